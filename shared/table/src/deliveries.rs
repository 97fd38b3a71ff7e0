//! Deliveries: claimed and recorded in batches of 25 independent conditional writes.

use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementRequest, BatchStatementResponse, ReturnConsumedCapacity,
};
use domain::engine::delivery::{Delivery, DeliveryKey};

use crate::error::{Fault, TableError};
use crate::items::{Attributes, Item, KIND, attributes, record};
use crate::keys::{self, Key};
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// DynamoDB runs at most this many statements in one batch.
pub const BATCH: usize = 25;

/// One conditional write of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryWrite {
    /// Which delivery.
    pub key: DeliveryKey,
    /// As it was read, and must still be; `None` when it must not exist.
    pub read: Option<Delivery>,
    /// As it shall be.
    pub next: Delivery,
}

/// What became of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    Yes,
    /// The delivery exists, or is no longer as it was read.
    No,
    /// The table did not take it and may not have tried; ask again.
    Failed(String),
}

/// A delivery as the table has it, without its key.
struct Stored(Delivery);

impl Item for Stored {
    const KIND: &'static str = "delivery";

    fn key(&self) -> Key {
        self.0.key.as_ref().map_or_else(
            || Key { pk: String::new(), sk: String::new() },
            keys::delivery,
        )
    }

    fn encode(&self) -> Result<Attributes, TableError> {
        attributes(&self.0)
    }

    fn decode(item: Attributes) -> Result<Self, TableError> {
        record(item).map(Self)
    }
}

impl Table {
    /// The deliveries at these keys, in their order.
    pub async fn deliveries(
        &self,
        wanted: &[DeliveryKey],
    ) -> Result<Vec<Option<Delivery>>, TableError> {
        let keys: Vec<Key> = wanted.iter().map(keys::delivery).collect();
        let mut found = self.get_all(&keys).await?;
        let take = |(key, of): (&Key, &DeliveryKey)| -> Result<Option<Delivery>, TableError> {
            let stored = found.take::<Stored>(key)?;
            Ok(stored.map(|Stored(delivery)| Delivery { key: Some(of.clone()), ..delivery }))
        };
        keys.iter().zip(wanted).map(take).collect()
    }

    /// Writes deliveries, each on its own condition: at most [`BATCH`]; one result each.
    pub async fn write_deliveries(
        &self,
        writes: &[DeliveryWrite],
    ) -> Result<Vec<Written>, TableError> {
        let statements = writes
            .iter()
            .map(|write| match &write.read {
                None => insert(&self.name, &write.key, &write.next),
                Some(read) => update(&self.name, &write.key, read, &write.next),
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.run(statements).await
    }

    async fn run(
        &self,
        statements: Vec<BatchStatementRequest>,
    ) -> Result<Vec<Written>, TableError> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.persist(|_| async {
            let output = self
                .client
                .batch_execute_statement()
                .set_statements(Some(statements.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            let consumed = output.consumed_capacity();
            self.meter.count("BatchExecuteStatement", Unit::Write, consumed);
            Ok(output.responses.unwrap_or_default())
        });
        Ok(answers.await.map_err(Failure::table)?.iter().map(written).collect())
    }
}

fn written(answer: &BatchStatementResponse) -> Written {
    let Some(error) = answer.error() else { return Written::Yes };
    let code = error.code().map_or("unknown", |code| code.as_str());
    match Fault::of_code(code, error.message().unwrap_or_default()) {
        Fault::Condition => Written::No,
        Fault::Again(reason) | Fault::Ambiguous(reason) | Fault::Refused(reason) => {
            Written::Failed(reason)
        }
    }
}

/// The attributes of a delivery in a fixed order, absent ones as null: one statement for all.
fn fields(delivery: &Delivery) -> Result<Vec<(&'static str, AttributeValue)>, TableError> {
    const NAMES: [&str; 10] = [
        "status", "run", "at", "until", "attempts", "unknowns", "message_id", "reason",
        "target_id", "expires",
    ];
    let mut item = attributes(delivery)?;
    let mut fields: Vec<(&'static str, AttributeValue)> = NAMES
        .into_iter()
        .map(|name| (name, item.remove(name).unwrap_or(AttributeValue::Null(true))))
        .collect();
    let ttl = AttributeValue::N(delivery.expires.as_seconds().to_string());
    fields.push((keys::TTL, ttl));
    Ok(fields)
}

fn insert(
    table: &str,
    key: &DeliveryKey,
    delivery: &Delivery,
) -> Result<BatchStatementRequest, TableError> {
    let Key { pk, sk } = keys::delivery(key);
    let mut names = format!("'{}': ?, '{}': ?, '{KIND}': ?", keys::PK, keys::SK);
    let mut values = vec![
        AttributeValue::S(pk),
        AttributeValue::S(sk),
        AttributeValue::S(Stored::KIND.to_owned()),
    ];
    for (name, value) in fields(delivery)? {
        // An absent attribute stays absent in a new item.
        if !value.is_null() {
            names.push_str(&format!(", '{name}': ?"));
            values.push(value);
        }
    }
    statement(format!("INSERT INTO \"{table}\" VALUE {{{names}}}"), values)
}

fn update(
    table: &str,
    key: &DeliveryKey,
    read: &Delivery,
    next: &Delivery,
) -> Result<BatchStatementRequest, TableError> {
    let Key { pk, sk } = keys::delivery(key);
    let mut text = format!("UPDATE \"{table}\"");
    let mut values = Vec::new();
    for (name, value) in fields(next)? {
        text.push_str(&format!(" SET \"{name}\" = ?"));
        values.push(value);
    }
    text.push_str(" WHERE pk = ? AND sk = ? AND \"run\" = ? AND \"status\" = ? AND \"at\" = ?");
    values.push(AttributeValue::S(pk));
    values.push(AttributeValue::S(sk));
    values.push(AttributeValue::S(read.run.to_string()));
    values.push(AttributeValue::S(read.status.as_str().to_owned()));
    values.push(AttributeValue::N(read.at.as_millis().to_string()));
    statement(text, values)
}

fn statement(
    text: String,
    values: Vec<AttributeValue>,
) -> Result<BatchStatementRequest, TableError> {
    BatchStatementRequest::builder()
        .statement(text)
        .set_parameters(Some(values))
        .build()
        .map_err(|error| TableError::Refused(error.to_string()))
}
