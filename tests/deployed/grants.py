#!/usr/bin/env python3
"""Lets the emulator read the deployed roles as AWS does.

Some calls have no right of their own on AWS but need another's; the emulator asks for their own, and
does not see the table in a statement's text. Nor does it see the context that a key is used in.
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


def granted(policy):
    """What the emulator needs to be told for a policy."""
    for statement in policy["Statement"]:
        actions = as_list(statement["Action"])
        for call, needs in CALLS_WITHOUT_A_RIGHT.items():
            if needs <= set(actions):
                yield {"Effect": "Allow", "Action": call, "Resource": "*"}
        conditions = statement.get("Condition", {}).values()
        if any(key.startswith("kms:EncryptionContext:") for condition in conditions for key in condition):
            yield {"Effect": "Allow", "Action": actions, "Resource": statement["Resource"]}


def policies(iam, role):
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        yield json.loads(document) if isinstance(document, str) else document


def main():
    iam = boto3.client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        more = [statement for policy in policies(iam, name) for statement in granted(policy)]
        if more:
            document = json.dumps({"Version": "2012-10-17", "Statement": more})
            iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=document)


if __name__ == "__main__":
    main()
