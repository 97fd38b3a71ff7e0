//! Counters of attempts inside a window, shared by all functions: the rate limits of sign-up and login.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};

use crate::error::{Fault, TableError};
use crate::items::key_item;
use crate::keys;
use crate::meter::Unit;
use crate::store::{Failure, Table};

impl Table {
    /// Counts one attempt in `scope` (a name and a hash, never an address in plain text) and
    /// returns how many there were in the window that began last, with the time it has left.
    pub async fn count_attempt(
        &self,
        scope: &str,
        window: Duration,
    ) -> Result<(u64, Duration), TableError> {
        self.count_attempts(scope, window, 1).await
    }

    /// Takes back an attempt in `scope` that was counted in the window that began last.
    pub async fn give_back_attempt(&self, scope: &str, window: Duration) -> Result<(), TableError> {
        self.count_attempts(scope, window, -1).await?;
        Ok(())
    }

    async fn count_attempts(
        &self,
        scope: &str,
        window: Duration,
        by: i64,
    ) -> Result<(u64, Duration), TableError> {
        let length = i64::try_from(window.as_secs()).unwrap_or(i64::MAX).max(1);
        let now = self.env.now().as_seconds();
        let number = now.div_euclid(length);
        let ends = (number + 1) * length;
        let counted = self.persist(|_| async {
            let output = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key_item(&keys::attempts(scope, number))))
                .update_expression("SET #ttl = :ttl ADD attempts :by")
                .expression_attribute_names("#ttl", keys::TTL)
                .expression_attribute_values(":ttl", AttributeValue::N(ends.to_string()))
                .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
                .return_values(ReturnValue::UpdatedNew)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("UpdateItem", Unit::Write, output.consumed_capacity());
            let attempts = output.attributes.and_then(|mut new| new.remove("attempts"));
            Ok(attempts.and_then(|n| n.as_n().ok()?.parse().ok()).unwrap_or(1))
        });
        let left = Duration::from_secs(u64::try_from(ends - now).unwrap_or(1));
        Ok((counted.await.map_err(Failure::table)?, left))
    }
}
