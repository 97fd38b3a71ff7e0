#!/usr/bin/env python3
"""Lets the emulator read the deployed roles as AWS does.

Some calls have no right of their own on AWS but need another's; the emulator asks for their own, and
does not see the table in a statement's text.
"""

import json

import boto3

# What AWS wants for these calls: the rights in its service authorization reference.
CALLS_WITHOUT_A_RIGHT = {
    "sqs:SendMessageBatch": {"sqs:SendMessage"},
    "dynamodb:BatchExecuteStatement": {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"},
}


def as_list(it):
    return it if isinstance(it, list) else [it]


def main():
    iam = boto3.client("iam")
    for role in iam.list_roles()["Roles"]:
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            more = [
                {"Effect": "Allow", "Action": call, "Resource": "*"}
                for statement in policy["Statement"]
                for call, needs in CALLS_WITHOUT_A_RIGHT.items()
                if needs <= set(as_list(statement["Action"]))
            ]
            if more:
                document = json.dumps({"Version": "2012-10-17", "Statement": more})
                iam.put_role_policy(RoleName=role["RoleName"], PolicyName="calls", PolicyDocument=document)


if __name__ == "__main__":
    main()
