//! Send slots: one item per bot, booked by compare-and-set.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
};
use domain::engine::rate::{ChatClock, SendSlots};
use domain::ids::BotId;
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;

use crate::error::{Fault, TableError};
use crate::items::{Attributes, KIND, key_item};
use crate::keys;
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// One chat's clock packed: id, then two offsets in milliseconds from the item's base.
const CHAT_BYTES: usize = 16;

impl Table {
    /// A bot's send slots; fresh ones when it has never sent.
    pub async fn send_slots(&self, bot: &BotId) -> Result<SendSlots, TableError> {
        let found = self.raw(&keys::send_slots(bot), true).await?;
        let slots = found.map_or_else(|| Ok(SendSlots::default()), |item| decode(&item))?;
        Ok(self.remember_slots(bot, slots))
    }

    /// A bot's send slots as this process saw them last. Slots only ever move forward, so
    /// what these refuse, the table would refuse too; what they grant, the booking's condition checks.
    pub fn known_slots(&self, bot: &BotId) -> Option<SendSlots> {
        self.slots_seen.lock().unwrap_or_else(PoisonError::into_inner).get(bot).cloned()
    }

    fn remember_slots(&self, bot: &BotId, slots: SendSlots) -> SendSlots {
        let mut seen = self.slots_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.entry(bot.clone()).or_default();
        if slots.version >= known.version {
            known.clone_from(&slots);
        }
        slots
    }

    /// Writes slots back on the version they were computed from. On a conflict the slots as they
    /// are now come back, without another read.
    pub async fn book_slots(
        &self,
        bot: &BotId,
        next: &SendSlots,
    ) -> Result<Result<(), SendSlots>, TableError> {
        let item = encode(bot, next);
        let read = AttributeValue::N((next.version.saturating_sub(1)).to_string());
        let booked = self.persist(|_| async {
            let sent = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item.clone()))
                .condition_expression(if broken(Rule::BookedOnVersion) {
                    format!("{} OR version <> :read OR version = :read", keys::ABSENT)
                } else {
                    format!("{} OR version = :read", keys::ABSENT)
                })
                .expression_attribute_values(":read", read.clone())
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match sent {
                Ok(output) => {
                    self.meter.count("PutItem", Unit::Write, output.consumed_capacity());
                    Ok(None)
                }
                Err(error) => {
                    let old = match error.as_service_error() {
                        Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
                        _ => None,
                    };
                    old.map_or_else(|| Err(Fault::of(&error)), |old| Ok(Some(old)))
                }
            }
        });
        match booked.await {
            Ok(None) => {
                self.remember_slots(bot, next.clone());
                Ok(Ok(()))
            }
            Ok(Some(old)) => Ok(Err(self.remember_slots(bot, decode(&old)?))),
            Err(Failure::Condition { .. }) => Ok(Err(self.send_slots(bot).await?)),
            Err(Failure::Table(error)) => Err(error),
        }
    }
}

fn encode(bot: &BotId, slots: &SendSlots) -> Attributes {
    let number = |n: i64| AttributeValue::N(n.to_string());
    let base = slots.chats.values().map(|clock| clock.free.as_millis()).min().unwrap_or_default();
    let offset = |at: Timestamp| u32::try_from(at.as_millis() - base).unwrap_or(u32::MAX);
    let mut chats = Vec::with_capacity(slots.chats.len() * CHAT_BYTES);
    for (chat_id, clock) in &slots.chats {
        chats.extend_from_slice(&chat_id.to_le_bytes());
        chats.extend_from_slice(&offset(clock.free).to_le_bytes());
        chats.extend_from_slice(&offset(clock.tail).to_le_bytes());
    }
    let mut item = key_item(&keys::send_slots(bot));
    item.insert(KIND.to_owned(), AttributeValue::S("send_slots".to_owned()));
    item.insert("version".to_owned(), AttributeValue::N(slots.version.to_string()));
    item.insert("free_us".to_owned(), number(slots.free_us));
    item.insert("bulk_free_us".to_owned(), number(slots.bulk_free_us));
    item.insert("base".to_owned(), number(base));
    item.insert("chats".to_owned(), AttributeValue::B(Blob::new(chats)));
    item
}

fn decode(item: &Attributes) -> Result<SendSlots, TableError> {
    let corrupt = |name: &str| TableError::Corrupt {
        item: "send_slots".to_owned(),
        reason: format!("{name} is missing or damaged"),
    };
    let number = |name: &str| -> Result<i64, TableError> {
        let value = item.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|n| n.parse().ok()).ok_or_else(|| corrupt(name))
    };
    let base = number("base")?;
    let packed = match item.get("chats") {
        Some(AttributeValue::B(packed)) => packed.as_ref(),
        _ => return Err(corrupt("chats")),
    };
    let mut chats = BTreeMap::new();
    for entry in packed.chunks_exact(CHAT_BYTES) {
        let (chat_id, offsets) = entry.split_at(8);
        let (free, tail) = offsets.split_at(4);
        let chat_id = i64::from_le_bytes(chat_id.try_into().map_err(|_| corrupt("chats"))?);
        let at = |bytes: &[u8]| -> Result<Timestamp, TableError> {
            let offset = u32::from_le_bytes(bytes.try_into().map_err(|_| corrupt("chats"))?);
            Ok(Timestamp::from_millis(base + i64::from(offset)))
        };
        chats.insert(chat_id, ChatClock { free: at(free)?, tail: at(tail)? });
    }
    Ok(SendSlots {
        version: u64::try_from(number("version")?).unwrap_or_default(),
        free_us: number("free_us")?,
        bulk_free_us: number("bulk_free_us")?,
        chats,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slots_survive_the_table(
            version in 1_u64..1_000_000,
            free in 0_i64..i64::MAX / 2,
            chats in prop::collection::btree_map(
                any::<i64>(), (1_700_000_000_000_i64..1_700_000_900_000, 0_i64..900_000), 0..80)
        ) {
            let chats: BTreeMap<i64, ChatClock> = chats
                .into_iter()
                .map(|(id, (free, more))| (id, ChatClock {
                    free: Timestamp::from_millis(free),
                    tail: Timestamp::from_millis(free + more),
                }))
                .collect();
            let slots = SendSlots { version, free_us: free, bulk_free_us: free / 2, chats };
            let item = encode(&BotId::default_bot(), &slots);
            prop_assert_eq!(decode(&item).expect("readable"), slots);
        }
    }
}
