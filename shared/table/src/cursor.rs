//! The clock's cursor: how far its two passes have come.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::engine::timer::CURSOR_LAG;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, TableError};
use crate::items::{item, plain_item};
use crate::keys;
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// A process asks for the cursor again after this time.
const FRESH: Duration = Duration::from_secs(45);

/// How far the clock has come, in minutes since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The last minute whose timers were handed over ahead of time.
    pub forward: i64,
    /// The first minute that may still hold timers: everything before it is empty.
    pub backward: i64,
}

plain_item!(Cursor, "cursor", |_it| keys::cursor());

impl Table {
    /// The cursor, if the clock has ever run.
    pub async fn cursor(&self) -> Result<Option<Cursor>, TableError> {
        let cursor = self.get::<Cursor>(&keys::cursor()).await?;
        self.remember_cursor(cursor.map(|cursor| Timestamp::from_minute(cursor.backward)));
        Ok(cursor)
    }

    /// The cursor; begun at this process's own time where there is none yet.
    ///
    /// Whoever writes the first timer begins it, so that the clock's first tick cannot start ahead of a timer
    /// that a process with a slow clock has written.
    pub async fn begin_cursor(&self) -> Result<Cursor, TableError> {
        if let Some(cursor) = self.cursor().await? {
            return Ok(cursor);
        }
        let minute = (self.env.now() - CURSOR_LAG).minute();
        let first = Cursor { forward: minute - 1, backward: minute };
        self.advance_cursor(first).await?;
        Ok(self.cursor().await?.unwrap_or(first))
    }

    /// The backward cursor as this process knows it, asked for again when that is old.
    pub async fn cursor_seen(&self) -> Result<Option<Timestamp>, TableError> {
        let seen = self.cursor_cache();
        let now = self.env.now();
        // A clock that was set back makes the last reading lie in the future: read again.
        let fresh = seen.back.is_some()
            && seen.read_at.is_some_and(|at| at <= now && now.since(at) < FRESH);
        if !fresh {
            self.begin_cursor().await?;
        }
        Ok(self.cursor_cache().back)
    }

    /// What this process knows of the backward cursor, without asking.
    pub fn known_cursor(&self) -> Option<Timestamp> {
        self.cursor_cache().back
    }

    /// Moves the cursor, never back: another tick may have come further.
    pub async fn advance_cursor(&self, to: Cursor) -> Result<(), TableError> {
        let item = item(&to)?;
        let number = |n: i64| AttributeValue::N(n.to_string());
        let put = self.persist(|_| async {
            let output = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item.clone()))
                .condition_expression(format!(
                    "{} OR (#forward <= :forward AND #backward <= :backward)",
                    keys::ABSENT
                ))
                .expression_attribute_names("#forward", "forward")
                .expression_attribute_names("#backward", "backward")
                .expression_attribute_values(":forward", number(to.forward))
                .expression_attribute_values(":backward", number(to.backward))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("PutItem", Unit::Write, output.consumed_capacity());
            Ok(())
        });
        match put.await {
            Ok(()) => {
                self.remember_cursor(Some(Timestamp::from_minute(to.backward)));
                Ok(())
            }
            Err(Failure::Condition { .. }) => self.cursor().await.map(|_| ()),
            Err(Failure::Table(error)) => Err(error),
        }
    }
}
