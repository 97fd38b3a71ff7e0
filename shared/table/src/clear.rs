//! Clearing a partition of which nothing is to be left.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};

use crate::commit::{ACTIONS, refused};
use crate::error::TableError;
use crate::items::{key_item, key_of};
use crate::read::Range;
use crate::store::Table;

impl Table {
    /// Deletes some of a partition's items, whatever they are; whether there may be more. For a
    /// partition whose owner is gone: nothing asks what the items say.
    pub async fn clear_some(&self, pk: &str) -> Result<bool, TableError> {
        let range = Range { pk, limit: ACTIONS, ..Range::default() };
        let output = self.query_raw(&range, None).await?;
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
