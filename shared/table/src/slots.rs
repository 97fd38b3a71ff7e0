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

/// The chats' clocks packed, so that a busy bot's item stays within one write unit: of each chat, in the order of their
/// ids, three numbers of variable length: how far its id lies from the one before, when it is free, in milliseconds from
/// the item's base, and how much later its tail is.
const CLOCKS: &str = "clocks";

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
    let (mut clocks, mut before) = (Vec::with_capacity(slots.chats.len() * 8), 0);
    for (chat_id, clock) in &slots.chats {
        let free = clock.free.as_millis();
        for number in [chat_id.wrapping_sub(before), free - base, clock.tail.as_millis() - free] {
            pack(number, &mut clocks);
        }
        before = *chat_id;
    }
    let mut item = key_item(&keys::send_slots(bot));
    item.insert(KIND.to_owned(), AttributeValue::S("send_slots".to_owned()));
    item.insert("version".to_owned(), AttributeValue::N(slots.version.to_string()));
    item.insert("free_us".to_owned(), number(slots.free_us));
    item.insert("bulk_free_us".to_owned(), number(slots.bulk_free_us));
    item.insert("base".to_owned(), number(base));
    item.insert(CLOCKS.to_owned(), AttributeValue::B(Blob::new(clocks)));
    item
}

/// Appends a number: its sign in the lowest bit, seven bits a byte, the highest bit set where more follow.
fn pack(number: i64, into: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        into.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    into.push(rest.to_le_bytes()[0]);
}

/// Takes a number off the front.
fn unpack(from: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    None
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
    let mut packed = match item.get(CLOCKS) {
        Some(AttributeValue::B(packed)) => packed.as_ref(),
        Some(_) => return Err(corrupt(CLOCKS)),
        // Written before clocks were packed so: at most one message goes too early.
        None => &[],
    };
    let (mut chats, mut before) = (BTreeMap::new(), 0_i64);
    while !packed.is_empty() {
        let mut next = || unpack(&mut packed).ok_or_else(|| corrupt(CLOCKS));
        let (step, free, later) = (next()?, next()?, next()?);
        before = before.wrapping_add(step);
        let free = base.wrapping_add(free);
        let tail = Timestamp::from_millis(free.wrapping_add(later));
        chats.insert(before, ChatClock { free: Timestamp::from_millis(free), tail });
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

    #[test]
    fn the_clocks_of_a_bot_at_its_limit_fit_into_one_write_unit() {
        // Two seconds at thirty a second, chats anywhere.
        let clock = |ms| ChatClock {
            free: Timestamp::from_millis(ms),
            tail: Timestamp::from_millis(ms + 1_050),
        };
        let chats = (0..60_i64)
            .map(|n| (n * 104_729 * 1_299_709 % 8_000_000_000, clock(1_700_000_000_000 + n * 34)));
        let slots = SendSlots { version: 9, free_us: 1, bulk_free_us: 1, chats: chats.collect() };
        let item = encode(&BotId::default_bot(), &slots);
        let packed = item.get(CLOCKS).and_then(|it| it.as_b().ok()).map(|it| it.as_ref().len());
        assert!(packed.is_some_and(|bytes| bytes <= 60 * 10), "{packed:?} bytes");
    }

    #[test]
    fn damaged_clocks_are_told() {
        let mut item = encode(&BotId::default_bot(), &SendSlots::default());
        item.insert(CLOCKS.to_owned(), AttributeValue::B(Blob::new([0x80])));
        assert!(matches!(decode(&item), Err(TableError::Corrupt { .. })));
    }

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
