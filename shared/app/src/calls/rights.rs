//! From a call to the rights that it needs (AWS: Service Authorization Reference).

use serde_json::Value;

use super::Right;

/// The rights that a call needs, by its `x-amz-target` and its body. What is not known is named as it
/// is, so that it is missed in no policy.
pub(super) fn needed(target: &str, body: &[u8]) -> Vec<Right> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    match service {
        "DynamoDB_20120810" => of_table(operation, &body),
        "AmazonSQS" => vec![of_queue(operation, &body)],
        "secretsmanager" => vec![right("secretsmanager", operation, &body["SecretId"])],
        "TrentService" => vec![right("kms", operation, &body["KeyId"])],
        "AWSEvents" => list(&body["Entries"])
            .map(|entry| right("events", operation, &entry["EventBusName"]))
            .collect(),
        _ => vec![right(service, operation, &Value::Null)],
    }
}

fn right(service: &str, action: &str, resource: &Value) -> Right {
    let resource = resource.as_str().unwrap_or_default().to_owned();
    Right { action: format!("{service}:{action}"), resource, index: None }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn of_table(operation: &str, body: &Value) -> Vec<Right> {
    match operation {
        "TransactWriteItems" => list(&body["TransactItems"]).flat_map(of_transact_item).collect(),
        "TransactGetItems" => list(&body["TransactItems"])
            .map(|item| right("dynamodb", "GetItem", &item["Get"]["TableName"]))
            .collect(),
        "BatchExecuteStatement" | "ExecuteTransaction" => {
            let statements = body.get("Statements").or_else(|| body.get("TransactStatements"));
            list(statements.unwrap_or(&Value::Null))
                .map(|it| of_statement(it["Statement"].as_str().unwrap_or_default()))
                .collect()
        }
        "ExecuteStatement" => vec![of_statement(body["Statement"].as_str().unwrap_or_default())],
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flat_map(|it| it.keys());
            tables.map(|table| right("dynamodb", operation, &table.as_str().into())).collect()
        }
        _ => {
            let right = right("dynamodb", operation, &body["TableName"]);
            vec![Right { index: body["IndexName"].as_str().map(str::to_owned), ..right }]
        }
    }
}

/// A transaction needs the rights of what it does.
fn of_transact_item(item: &Value) -> impl Iterator<Item = Right> {
    let kinds = [
        ("Put", "PutItem"),
        ("Update", "UpdateItem"),
        ("Delete", "DeleteItem"),
        ("ConditionCheck", "ConditionCheckItem"),
    ];
    kinds.into_iter().filter_map(|(kind, action)| {
        Some(right("dynamodb", action, item.get(kind)?.get("TableName")?))
    })
}

/// PartiQL has actions of its own. Its tables stand in double quotes, and before a dot its indexes.
fn of_statement(statement: &str) -> Right {
    let verb = statement.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let action = match verb.as_str() {
        "INSERT" => "PartiQLInsert",
        "UPDATE" => "PartiQLUpdate",
        "DELETE" => "PartiQLDelete",
        "SELECT" | "EXISTS" => "PartiQLSelect",
        other => other,
    };
    let mut quoted = statement.split('"').skip(1);
    let table = quoted.next().unwrap_or_default();
    let index = (quoted.next() == Some(".")).then(|| quoted.next().unwrap_or_default().to_owned());
    Right { index, ..right("dynamodb", action, &table.into()) }
}

/// Batches need the right of one message. The queue's URL ends with its name.
fn of_queue(operation: &str, body: &Value) -> Right {
    let url = body["QueueUrl"].as_str().unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or_default();
    right("sqs", operation.strip_suffix("Batch").unwrap_or(operation), &name.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs(target: &str, body: &Value) -> Vec<String> {
        let rights = needed(target, body.to_string().as_bytes());
        rights
            .into_iter()
            .map(|it| format!("{} {} {:?}", it.action, it.resource, it.index))
            .collect()
    }

    #[test]
    fn a_transaction_needs_the_rights_of_its_items() {
        let body = json!({ "TransactItems": [
            { "Put": { "TableName": "t" } },
            { "Update": { "TableName": "t" } },
            { "Delete": { "TableName": "t" } },
            { "ConditionCheck": { "TableName": "u" } },
        ] });
        let wanted = [
            "dynamodb:PutItem t None",
            "dynamodb:UpdateItem t None",
            "dynamodb:DeleteItem t None",
            "dynamodb:ConditionCheckItem u None",
        ];
        assert_eq!(needs("DynamoDB_20120810.TransactWriteItems", &body), wanted);
    }

    #[test]
    fn partiql_has_rights_of_its_own() {
        let body = json!({ "Statements": [
            { "Statement": "INSERT INTO \"t\" VALUE {}" },
            { "Statement": "update \"t\" SET a = 1" },
            { "Statement": "DELETE FROM \"t\"" },
            { "Statement": "SELECT * FROM \"t\".\"by_time\"" },
        ] });
        let wanted = [
            "dynamodb:PartiQLInsert t None",
            "dynamodb:PartiQLUpdate t None",
            "dynamodb:PartiQLDelete t None",
            "dynamodb:PartiQLSelect t Some(\"by_time\")",
        ];
        assert_eq!(needs("DynamoDB_20120810.BatchExecuteStatement", &body), wanted);
    }

    #[test]
    fn other_calls_need_the_right_of_their_name() {
        let query = json!({ "TableName": "t", "IndexName": "i" });
        assert_eq!(needs("DynamoDB_20120810.Query", &query), ["dynamodb:Query t Some(\"i\")"]);
        let get = json!({ "RequestItems": { "t": {} } });
        assert_eq!(needs("DynamoDB_20120810.BatchGetItem", &get), ["dynamodb:BatchGetItem t None"]);
        let send = json!({ "QueueUrl": "https://sqs/1/people", "Entries": [] });
        assert_eq!(needs("AmazonSQS.SendMessageBatch", &send), ["sqs:SendMessage people None"]);
        let read = json!({ "SecretId": "s" });
        let read = needs("secretsmanager.GetSecretValue", &read);
        assert_eq!(read, ["secretsmanager:GetSecretValue s None"]);
        let put = json!({ "Entries": [{ "EventBusName": "b" }] });
        assert_eq!(needs("AWSEvents.PutEvents", &put), ["events:PutEvents b None"]);
        let open = json!({ "KeyId": "k" });
        assert_eq!(needs("TrentService.Decrypt", &open), ["kms:Decrypt k None"]);
        assert_eq!(needs("New_1.Do", &json!({})), ["New_1:Do  None"]);
    }
}
