//! What the table itself is like, for `hoopoe doctor`.

use aws_sdk_dynamodb::types::{
    KeyType, PointInTimeRecoveryStatus, TableDescription, TableStatus, TimeToLiveStatus,
};

use crate::error::{Fault, TableError};
use crate::keys::{PK, SK, TTL};
use crate::store::Table;

/// The table's own settings. What could not be asked is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Whether it takes requests.
    pub active: bool,
    /// Whether its keys are those that this program writes.
    pub keys_fit: bool,
    /// Whether it deletes what has expired.
    pub expiry: Option<bool>,
    /// Whether it can be restored to any second of the last weeks.
    pub recovery: Option<bool>,
    /// Whether it refuses to be deleted.
    pub deletion_protection: Option<bool>,
}

impl Table {
    /// Asks for the table's settings. Each needs a right of its own; only the first must be there.
    pub async fn describe(&self) -> Result<Description, TableError> {
        let described = self.client.describe_table().table_name(&self.name).send().await;
        let described = described.map_err(|error| match Fault::of(&error) {
            Fault::Again(reason) | Fault::Ambiguous(reason) => TableError::Unavailable(reason),
            Fault::Refused(reason) => TableError::Refused(reason),
            Fault::Condition => TableError::Refused("an unexpected condition".to_owned()),
        })?;
        let table = described.table();
        Ok(Description {
            active: table.and_then(TableDescription::table_status) == Some(&TableStatus::Active),
            keys_fit: table.is_some_and(keys_fit),
            expiry: self.expiry().await,
            recovery: self.recovery().await,
            deletion_protection: table.and_then(TableDescription::deletion_protection_enabled),
        })
    }

    async fn expiry(&self) -> Option<bool> {
        let asked = self.client.describe_time_to_live().table_name(&self.name).send().await.ok()?;
        let ttl = asked.time_to_live_description()?;
        let on = matches!(
            ttl.time_to_live_status(),
            Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
        );
        Some(on && ttl.attribute_name() == Some(TTL))
    }

    async fn recovery(&self) -> Option<bool> {
        let asked = self.client.describe_continuous_backups().table_name(&self.name).send().await;
        let asked = asked.ok()?;
        let backups = asked.continuous_backups_description()?;
        let recovery = backups.point_in_time_recovery_description()?;
        let status = recovery.point_in_time_recovery_status()?;
        Some(*status == PointInTimeRecoveryStatus::Enabled)
    }
}

fn keys_fit(table: &TableDescription) -> bool {
    let keys: Vec<_> =
        table.key_schema().iter().map(|key| (key.attribute_name(), key.key_type())).collect();
    keys == [(PK, &KeyType::Hash), (SK, &KeyType::Range)]
}
