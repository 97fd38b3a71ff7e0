//! Timers: read, move, finish, bury, park. The key is the fence: each of these holds
//! only while the timer still stands where it was read.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, TransactWriteItem,
};
use domain::engine::{Decision, NewJob, Timer, TimerKey, Write};
use domain::ids::{BotId, DecisionId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commit::{Committed, Taken, action, delete_if_exists, put_new, put_timer, refused};
use crate::error::{Fault, TableError};
use crate::items::{Attributes, Item, attributes, item, key_item, key_of, plain_item, record};
use crate::keys;
use crate::meter::Unit;
use crate::read::{Page, Range};
use crate::store::{Failure, Table};

/// A timer that will not run: with its reason, until someone brings it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadTimer {
    /// The timer as it was.
    pub timer: Timer,
    /// Why it died. Never personal data.
    pub reason: String,
    /// When.
    pub died_at: Timestamp,
}

plain_item!(DeadTimer, "dead_timer", |it| keys::dead(&it.timer.key));

/// A stopped bot's timer: it returns with the bot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParkedTimer {
    /// The bot.
    pub bot: BotId,
    /// The timer as it was.
    pub timer: Timer,
}

plain_item!(ParkedTimer, "parked_timer", |it| keys::parked(&it.bot, &it.timer.key));

/// One page of the timers of a shard of a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct TimerPage {
    /// Those that can be read, in the order of their time.
    pub items: Vec<Timer>,
    /// The others.
    pub unread: Vec<UnreadTimer>,
    /// The sort key to continue after, when there is more.
    pub next: Option<String>,
}

/// A timer that this version of the program cannot read: another one wrote it, as while one is deployed or taken
/// back.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadTimer {
    /// Where it stands.
    pub key: TimerKey,
    /// Why it cannot be read. Never what it holds.
    pub reason: String,
    stored: Attributes,
}

/// One page of what was set aside: of the dead letters, or of a stopped bot's timers.
#[derive(Clone, Debug, PartialEq)]
pub struct AsidePage<T> {
    /// Those that can be read, in key order.
    pub items: Vec<T>,
    /// The others.
    pub unread: Vec<UnreadAside>,
    /// The sort key to continue after, when there is more.
    pub next: Option<String>,
}

/// A dead letter or a parked timer that this version of the program cannot read: it stays where it is for the one
/// that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadAside {
    /// The id of its job.
    pub job: String,
    /// Why it cannot be read. Never what it holds.
    pub reason: String,
}

/// What every version can read of a timer.
#[derive(Serialize, Deserialize)]
struct Place {
    key: TimerKey,
}

/// What became of a timer that was to be parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// It waits with its bot.
    Yes,
    /// Someone else owns it.
    Lost,
    /// Its bot is not stopped any more.
    BotSends,
}

impl Table {
    /// The timers at these keys, in their order; absent ones are done or elsewhere.
    pub async fn timers(&self, wanted: &[TimerKey]) -> Result<Vec<Option<Timer>>, TableError> {
        let keys: Vec<_> = wanted.iter().map(keys::timer).collect();
        let mut found = self.get_all(&keys).await?;
        keys.iter().map(|key| found.take(key)).collect()
    }

    /// One page of one shard of a minute's timers.
    pub async fn timers_of_minute(
        &self,
        minute: i64,
        shard: u8,
        after: Option<&str>,
    ) -> Result<TimerPage, TableError> {
        let pk = keys::timer_bucket(minute, shard);
        let range = Range { pk: &pk, prefix: "", after, limit: 250, backward: false };
        match self.query(&range).await {
            Ok(Page { items, next }) => Ok(TimerPage { items, unread: Vec::new(), next }),
            // It is rare: then they are read once more, one by one.
            Err(TableError::Corrupt { .. }) => self.timers_as_far_as_readable(&range).await,
            Err(error) => Err(error),
        }
    }

    async fn timers_as_far_as_readable(&self, range: &Range<'_>) -> Result<TimerPage, TableError> {
        let Page { items: all, next } = self.query_stored(range).await?;
        let (mut items, mut unread) = (Vec::new(), Vec::new());
        for stored in all {
            match Timer::decode(stored.clone()) {
                Ok(timer) => items.push(timer),
                Err(error) => {
                    let Place { key } = record(stored.clone())?;
                    unread.push(UnreadTimer { key, reason: error.to_string(), stored });
                }
            }
        }
        Ok(TimerPage { items, unread, next })
    }

    /// Moves a timer as it is stored. `false` when it no longer stands where it was read.
    pub async fn carry_timer(&self, from: &UnreadTimer, to: &TimerKey) -> Result<bool, TableError> {
        let id: DecisionId = self.env.id();
        let mut stored = from.stored.clone();
        stored.extend(key_item(&keys::timer(to)));
        stored.extend(attributes(&Place { key: *to })?);
        let gone = delete_if_exists(&self.name, &keys::timer(&from.key))?;
        let actions = vec![gone, put_new(&self.name, stored, id)?];
        Ok(self.transact(id, actions).await? == Taken::Yes)
    }

    /// Moves a timer. `false` when it no longer stands where it was read: someone else owns it.
    pub async fn move_timer(&self, from: &TimerKey, to: &Timer) -> Result<bool, TableError> {
        if *from == to.key {
            return self.rewrite_timer(to).await;
        }
        let id: DecisionId = self.env.id();
        let actions =
            vec![delete_if_exists(&self.name, &keys::timer(from))?, put_timer(&self.name, to, id)?];
        Ok(self.transact(id, actions).await? == Taken::Yes)
    }

    /// A timer that stays in its place and changes.
    async fn rewrite_timer(&self, timer: &Timer) -> Result<bool, TableError> {
        let item = item(timer)?;
        let put = self.persist(|_| async {
            let output = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item.clone()))
                .condition_expression(keys::PRESENT)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("PutItem", Unit::Write, output.consumed_capacity());
            Ok(())
        });
        held(put.await)
    }

    /// Removes a timer whose work is done. `false` when someone else did, or owns it.
    pub async fn delete_timer(&self, timer: &TimerKey) -> Result<bool, TableError> {
        let key = key_item(&keys::timer(timer));
        let deleted = self.persist(|_| async {
            let output = self
                .client
                .delete_item()
                .table_name(&self.name)
                .set_key(Some(key.clone()))
                .condition_expression(keys::PRESENT)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("DeleteItem", Unit::Write, output.consumed_capacity());
            Ok(())
        });
        held(deleted.await)
    }

    /// Removes a timer and writes what follows from its work, in one transaction.
    /// `None` when someone else owns the timer: nothing was written.
    pub async fn finish_timer(
        &self,
        timer: &TimerKey,
        follows: Vec<NewJob>,
    ) -> Result<Option<Committed>, TableError> {
        self.finish_timer_with(timer, &[], follows).await
    }

    /// As [`Table::finish_timer`], with the state that the work has changed.
    pub async fn finish_timer_with(
        &self,
        timer: &TimerKey,
        writes: &[Write],
        follows: Vec<NewJob>,
    ) -> Result<Option<Committed>, TableError> {
        if writes.is_empty() && follows.is_empty() {
            let deleted = self.delete_timer(timer).await?;
            return Ok(deleted.then(Committed::default));
        }
        let cursor = self.cursor_seen().await?;
        let decision = Decision::new(self.env.id(), self.env.now(), ());
        let timers = self.new_timers(follows, cursor);
        let mut actions = vec![delete_if_exists(&self.name, &keys::timer(timer))?];
        for write in writes {
            actions.push(action(&self.name, write, decision.id)?);
        }
        for timer in &timers {
            actions.push(put_timer(&self.name, timer, decision.id)?);
        }
        let taken = self.transact(decision.id, actions).await?;
        Ok((taken == Taken::Yes).then_some(Committed { timers }))
    }

    /// Counts that a message for this timer came back unfinished; the new count, or `None` when
    /// the timer is gone.
    pub async fn count_receive(&self, timer: &TimerKey) -> Result<Option<u32>, TableError> {
        let key = key_item(&keys::timer(timer));
        let counted = self.persist(|_| async {
            let output = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key.clone()))
                .update_expression("ADD receives :one")
                .condition_expression(keys::PRESENT)
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
                .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("UpdateItem", Unit::Write, output.consumed_capacity());
            let receives = output.attributes.and_then(|mut new| new.remove("receives"));
            Ok(receives.and_then(|n| n.as_n().ok()?.parse().ok()).unwrap_or(1))
        });
        match counted.await {
            Ok(receives) => Ok(Some(receives)),
            Err(Failure::Condition { .. }) => Ok(None),
            Err(Failure::Table(error)) => Err(error),
        }
    }

    /// Makes a timer a dead letter. `false` when someone else owns it.
    pub async fn bury_timer(&self, timer: &Timer, reason: &str) -> Result<bool, TableError> {
        let dead =
            DeadTimer { timer: timer.clone(), reason: reason.to_owned(), died_at: self.env.now() };
        let put = self.put_action(item(&dead)?)?;
        self.replace_timer(&timer.key, put).await
    }

    /// Parks a timer under its stopped bot. Whoever lets the bot send again finds it there, or it is not
    /// parked: a timer that was parked after that would wait for ever.
    pub async fn park_timer(&self, bot: &BotId, timer: &Timer) -> Result<Parked, TableError> {
        let parked = ParkedTimer { bot: bot.clone(), timer: timer.clone() };
        let actions = vec![
            delete_if_exists(&self.name, &keys::timer(&timer.key))?,
            self.put_action(item(&parked)?)?,
            self.bot_is_stopped(bot)?,
        ];
        Ok(match self.transact(self.env.id(), actions).await? {
            Taken::Yes => Parked::Yes,
            Taken::No(failed) if failed.contains(&0) => Parked::Lost,
            Taken::No(_) => Parked::BotSends,
        })
    }

    fn bot_is_stopped(&self, bot: &BotId) -> Result<TransactWriteItem, TableError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&keys::bot_state(bot))))
            .condition_expression("attribute_type(stopped, :text)")
            .expression_attribute_values(":text", AttributeValue::S("S".to_owned()));
        let check = check.build().map_err(refused)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    async fn replace_timer(
        &self,
        timer: &TimerKey,
        put: TransactWriteItem,
    ) -> Result<bool, TableError> {
        let actions = vec![delete_if_exists(&self.name, &keys::timer(timer))?, put];
        Ok(self.transact(self.env.id(), actions).await? == Taken::Yes)
    }

    fn put_action(&self, item: crate::items::Attributes) -> Result<TransactWriteItem, TableError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        Ok(TransactWriteItem::builder().put(put.build().map_err(refused)?).build())
    }

    /// One page of the dead letters.
    pub async fn dead_timers(
        &self,
        after: Option<&str>,
    ) -> Result<AsidePage<DeadTimer>, TableError> {
        self.set_aside(keys::DEAD, after).await
    }

    /// One page of a stopped bot's timers.
    pub async fn parked_timers(
        &self,
        bot: &BotId,
        after: Option<&str>,
    ) -> Result<AsidePage<ParkedTimer>, TableError> {
        self.set_aside(&keys::parked_timers(bot), after).await
    }

    async fn set_aside<T: Item>(
        &self,
        pk: &str,
        after: Option<&str>,
    ) -> Result<AsidePage<T>, TableError> {
        let range = Range { pk, prefix: "", after, limit: 100, backward: false };
        let Page { items: all, next } = self.query_stored(&range).await?;
        let (mut items, mut unread) = (Vec::new(), Vec::new());
        for stored in all {
            // Its sort key is the job's id, whatever else another version has written.
            let job = key_of(&stored).map(|key| key.sk).unwrap_or_default();
            match T::decode(stored) {
                Ok(item) => items.push(item),
                Err(error) => unread.push(UnreadAside { job, reason: error.to_string() }),
            }
        }
        Ok(AsidePage { items, unread, next })
    }

    /// Brings a dead letter back as a fresh timer due now; `None` when someone else did.
    pub async fn revive(&self, dead: &DeadTimer) -> Result<Option<Timer>, TableError> {
        self.bring_back(&keys::dead(&dead.timer.key), &dead.timer).await
    }

    /// Brings a parked timer back; `None` when someone else did.
    pub async fn unpark(&self, parked: &ParkedTimer) -> Result<Option<Timer>, TableError> {
        let key = keys::parked(&parked.bot, &parked.timer.key);
        self.bring_back(&key, &parked.timer).await
    }

    async fn bring_back(
        &self,
        from: &keys::Key,
        timer: &Timer,
    ) -> Result<Option<Timer>, TableError> {
        let cursor = self.cursor_seen().await?;
        let now = self.env.now();
        let fresh = Timer { moves: 0, ..timer.moved(timer.due.max(now), now, cursor) };
        let id: DecisionId = self.env.id();
        let actions = vec![delete_if_exists(&self.name, from)?, put_timer(&self.name, &fresh, id)?];
        Ok((self.transact(id, actions).await? == Taken::Yes).then_some(fresh))
    }
}

/// Whether the condition of a single write held. A condition that fails after an attempt of
/// unknown fate may be our own success; whoever asks treats both as "not mine any more".
fn held<T>(result: Result<T, Failure>) -> Result<bool, TableError> {
    match result {
        Ok(_) => Ok(true),
        Err(Failure::Condition { .. }) => Ok(false),
        Err(Failure::Table(error)) => Err(error),
    }
}
