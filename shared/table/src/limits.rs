//! Counters of attempts inside a window, shared by all functions: the rate limits of sign-up and login.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};

use crate::error::{Fault, TableError};
use crate::items::key_item;
use crate::keys::{self, Key};
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// An attempt that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many there were in its window, with itself.
    pub attempts: u64,
    /// The time that its window has left.
    pub left: Duration,
    counter: Key,
}

impl Table {
    /// Counts one attempt in `scope` (a name and a hash, never an address in plain text), in the window that began
    /// last.
    pub async fn count_attempt(
        &self,
        scope: &str,
        window: Duration,
    ) -> Result<Counted, TableError> {
        let length = i64::try_from(window.as_secs()).unwrap_or(i64::MAX).max(1);
        let now = self.env.now().as_seconds();
        let number = now.div_euclid(length);
        let ends = (number + 1) * length;
        let counter = keys::attempts(scope, number);
        let added = self.persist(|_| async {
            let output = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key_item(&counter)))
                .update_expression("SET #ttl = :ttl ADD attempts :one")
                .expression_attribute_names("#ttl", keys::TTL)
                .expression_attribute_values(":ttl", AttributeValue::N(ends.to_string()))
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
                .return_values(ReturnValue::UpdatedNew)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("UpdateItem", Unit::Write, output.consumed_capacity());
            let attempts = output.attributes.and_then(|mut new| new.remove("attempts"));
            Ok(attempts.and_then(|n| n.as_n().ok()?.parse().ok()).unwrap_or(1))
        });
        let attempts = added.await.map_err(Failure::table)?;
        let left = Duration::from_secs(u64::try_from(ends - now).unwrap_or(1));
        Ok(Counted { attempts, left, counter })
    }

    /// Takes back an attempt where it was counted, though another window may have begun since. Nothing is taken from
    /// a counter that has none.
    pub async fn give_back_attempt(&self, counted: &Counted) -> Result<(), TableError> {
        let given_back = self.persist(|_| async {
            let output = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key_item(&counted.counter)))
                .update_expression("ADD attempts :back")
                .condition_expression("attempts > :none")
                .expression_attribute_values(":back", AttributeValue::N("-1".to_owned()))
                .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("UpdateItem", Unit::Write, output.consumed_capacity());
            Ok(())
        });
        match given_back.await {
            // It has expired meanwhile.
            Ok(()) | Err(Failure::Condition { .. }) => Ok(()),
            Err(Failure::Table(error)) => Err(error),
        }
    }
}
