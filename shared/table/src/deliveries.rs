//! Deliveries: claimed and recorded in batches of 25 independent conditional writes.

use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementRequest, BatchStatementResponse, ReturnConsumedCapacity,
};
use domain::engine::delivery::{Delivery, DeliveryKey};

use crate::error::{Fault, TableError};
use crate::items::{Attributes, Item, KIND, attributes, record};
use crate::keys::{self, Key};
use crate::meter::Unit;
use crate::store::{FIRST_WAIT, Failure, GIVE_UP, Table};

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
    /// The table did not take it in all the time that a call may take.
    Failed(String),
}

/// A delivery as the table has it, without its key.
struct Stored(Delivery);

impl Item for Stored {
    const KIND: &'static str = "delivery";

    fn key(&self) -> Key {
        self.0
            .key
            .as_ref()
            .map_or_else(|| Key { pk: String::new(), sk: String::new() }, keys::delivery)
    }

    fn encode(&self) -> Result<Attributes, TableError> {
        attributes(&self.0)
    }

    fn decode(item: Attributes) -> Result<Self, TableError> {
        record(item).map(Self)
    }
}

impl Table {
    /// The deliveries at these keys, in their order. Expired ones too: until the table has
    /// deleted them they stand in the way of a claim, and `resume` knows what they are worth.
    pub async fn deliveries(
        &self,
        wanted: &[DeliveryKey],
    ) -> Result<Vec<Option<Delivery>>, TableError> {
        let keys: Vec<Key> = wanted.iter().map(keys::delivery).collect();
        let found = self.raw_all(&keys).await?;
        let read = |(key, of): (&Key, &DeliveryKey)| -> Result<Option<Delivery>, TableError> {
            let stored = found.get(key).cloned().map(Stored::decode).transpose()?;
            Ok(stored.map(|Stored(delivery)| Delivery { key: Some(of.clone()), ..delivery }))
        };
        keys.iter().zip(wanted).map(read).collect()
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
        let mut answers = vec![Answer::Open(String::new()); writes.len()];
        let mut doubtful = vec![false; writes.len()];
        self.run_until_answered(&statements, &mut answers, &mut doubtful).await?;
        self.find_own(writes, &mut answers, &doubtful).await?;
        Ok(answers.into_iter().map(Answer::written).collect())
    }

    /// Runs the statements, then those again that the table did not take, for as long as a call
    /// may take. `doubtful` are those that an attempt without an answer may have carried out.
    async fn run_until_answered(
        &self,
        statements: &[BatchStatementRequest],
        answers: &mut [Answer],
        doubtful: &mut [bool],
    ) -> Result<(), TableError> {
        let give_up = self.env.now() + GIVE_UP;
        let mut wait = FIRST_WAIT;
        loop {
            let open: Vec<usize> =
                (0..answers.len()).filter(|&i| matches!(answers[i], Answer::Open(_))).collect();
            if open.is_empty() {
                return Ok(());
            }
            let batch = open.iter().map(|&i| statements[i].clone()).collect();
            let (given, unsure) = self.run(batch).await?;
            for (&i, answer) in open.iter().zip(given) {
                doubtful[i] |= unsure || matches!(answer, Answer::Open(_));
                answers[i] = answer;
            }
            let pause = self.pause(&mut wait);
            if self.env.now() + pause >= give_up {
                return Ok(());
            }
            if answers.iter().any(|answer| matches!(answer, Answer::Open(_))) {
                self.env.clock.sleep(pause).await;
            }
        }
    }

    /// A condition that fails after an attempt of unknown fate may be that attempt's own success:
    /// looks whether what stands there is what was to be written.
    async fn find_own(
        &self,
        writes: &[DeliveryWrite],
        answers: &mut [Answer],
        doubtful: &[bool],
    ) -> Result<(), TableError> {
        let unsure: Vec<usize> =
            (0..writes.len()).filter(|&i| doubtful[i] && answers[i] == Answer::No).collect();
        let keys: Vec<DeliveryKey> = unsure.iter().map(|&i| writes[i].key.clone()).collect();
        let standing = self.deliveries(&keys).await?;
        for (i, standing) in unsure.into_iter().zip(standing) {
            let next = &writes[i].next;
            let is_next =
                |it: Delivery| (it.run, it.status, it.at) == (next.run, next.status, next.at);
            if standing.is_some_and(is_next) {
                answers[i] = Answer::Yes;
            }
        }
        Ok(())
    }

    /// Runs one batch; the answers, and whether an earlier attempt may have been carried out.
    async fn run(
        &self,
        statements: Vec<BatchStatementRequest>,
    ) -> Result<(Vec<Answer>, bool), TableError> {
        let answers = self.persist(|ambiguous| {
            let statements = statements.clone();
            async move {
                let output = self
                    .client
                    .batch_execute_statement()
                    .set_statements(Some(statements))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| Fault::of(&error))?;
                let consumed = output.consumed_capacity();
                self.meter.count("BatchExecuteStatement", Unit::Write, consumed);
                let answers = output.responses().iter().map(Answer::of).collect();
                Ok((answers, ambiguous > 0))
            }
        });
        answers.await.map_err(Failure::table)
    }
}

/// What is known of one statement so far.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// Not taken, or perhaps: worth asking again.
    Open(String),
    /// Not taken, and never will be.
    Refused(String),
}

impl Answer {
    fn of(response: &BatchStatementResponse) -> Self {
        let Some(error) = response.error() else { return Self::Yes };
        let code = error.code().map_or("unknown", |code| code.as_str());
        match Fault::of_code(code, error.message().unwrap_or_default()) {
            Fault::Condition => Self::No,
            Fault::Again(reason) | Fault::Ambiguous(reason) => Self::Open(reason),
            Fault::Refused(reason) => Self::Refused(reason),
        }
    }

    fn written(self) -> Written {
        match self {
            Self::Yes => Written::Yes,
            Self::No => Written::No,
            Self::Open(reason) | Self::Refused(reason) => Written::Failed(reason),
        }
    }
}

/// The attributes of a delivery in a fixed order, absent ones as null: one statement for all.
fn fields(delivery: &Delivery) -> Result<Vec<(&'static str, AttributeValue)>, TableError> {
    const NAMES: [&str; 12] = [
        "status",
        "run",
        "at",
        "until",
        "attempts",
        "unknowns",
        "faults",
        "message_id",
        "reference",
        "reason",
        "target_id",
        "expires",
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
            names = names + ", '" + name + "': ?";
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
        text = text + " SET \"" + name + "\" = ?";
        values.push(value);
    }
    text.push_str(" WHERE ");
    text.push_str(keys::PLACE);
    text.push_str(" AND \"run\" = ? AND \"status\" = ? AND \"at\" = ?");
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
