//! Clearing a partition of which nothing is to be left.

use aws_sdk_dynamodb::types::{Delete, ReturnConsumedCapacity, TransactWriteItem};

use crate::commit::{ACTIONS, refused};
use crate::error::{Fault, TableError};
use crate::items::{key_item, key_of};
use crate::keys;
use crate::meter::Unit;
use crate::store::{Failure, Table};

impl Table {
    /// Deletes some of a partition's items, whatever they are; whether there may be more. For a
    /// partition whose owner is gone: nothing asks what the items say.
    pub async fn clear_some(&self, pk: &str) -> Result<bool, TableError> {
        let limit = i32::try_from(ACTIONS).unwrap_or(i32::MAX);
        let output = self
            .persist(|_| async {
                let output = self
                    .client
                    .query()
                    .table_name(&self.name)
                    .key_condition_expression(keys::PARTITION)
                    .expression_attribute_values(
                        keys::PARTITION_VALUE,
                        aws_sdk_dynamodb::types::AttributeValue::S(pk.to_owned()),
                    )
                    .consistent_read(true)
                    .limit(limit)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| Fault::of(&error))?;
                self.meter.count("Query", Unit::Read, output.consumed_capacity());
                Ok(output)
            })
            .await
            .map_err(Failure::table)?;
        let items = output.items.unwrap_or_default();
        let mut actions = Vec::with_capacity(items.len());
        for key in items.iter().filter_map(key_of) {
            let delete = Delete::builder().table_name(&self.name).set_key(Some(key_item(&key)));
            let delete = delete.build().map_err(refused)?;
            actions.push(TransactWriteItem::builder().delete(delete).build());
        }
        self.transact(self.env.id(), actions).await?;
        Ok(output.last_evaluated_key.is_some())
    }
}
