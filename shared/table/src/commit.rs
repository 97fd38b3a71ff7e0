//! `commit(Decision)`: state and the jobs that follow from it, in one transaction.
//!
//! ```text
//! decision ──▶ one TransactWriteItems, token = the decision's id
//!                ├─ taken             ▶ the timers, to be handed over
//!                ├─ conflict, throttle ▶ the same again
//!                ├─ no answer          ▶ the same again: the token makes it one
//!                └─ condition          ▶ is it our own write? then taken, else Changed
//! ```

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::alert::{AlertCount, AlertCountKey, AlertCounts, COUNTS_KEPT};
use domain::engine::decision::DECISION_LIFE;
use domain::engine::{Decision, NewJob, Record, Timer, Write};
use domain::ids::DecisionId;
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use domain::url::PageId;
use domain::watch::Page;

use crate::error::{CommitError, Fault, TableError};
use crate::items::{Attributes, Item, KIND, LAST_DECISION, Mark, VERSION, item, key_item};
use crate::keys::{self, Key};
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// DynamoDB takes at most this many actions in one transaction.
pub const ACTIONS: usize = 100;

/// What a commit wrote that must happen later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed {
    /// The timers of the decision's jobs, to be handed over.
    pub timers: Vec<Timer>,
}

impl Table {
    /// Commits the decision: all of it, or nothing.
    pub async fn commit<R>(&self, decision: &Decision<R>) -> Result<Committed, CommitError> {
        let cursor = self.cursor_seen().await?;
        let timers = self.new_timers(decision.jobs.iter().cloned(), cursor);
        let mut actions = Vec::with_capacity(decision.writes.len() + timers.len());
        for write in &decision.writes {
            actions.push(action(&self.name, write, decision.id)?);
        }
        for timer in &timers {
            actions.push(put_timer(&self.name, timer, decision.id)?);
        }
        if self.env.now().since(decision.decided_at) > DECISION_LIFE {
            return Err(CommitError::Stale);
        }
        match self.transact(decision.id, actions).await? {
            Taken::Yes => Ok(Committed { timers }),
            Taken::No(failed) => Err(CommitError::Changed(failed)),
        }
    }

    /// One transaction, however often it must be sent.
    pub(crate) async fn transact(
        &self,
        id: DecisionId,
        actions: Vec<TransactWriteItem>,
    ) -> Result<Taken, TableError> {
        if actions.is_empty() {
            return Ok(Taken::Yes);
        }
        if actions.len() > ACTIONS {
            return Err(TableError::Refused(format!("{} actions in one decision", actions.len())));
        }
        let taken = self.persist(|_| async {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(actions.clone()))
                .client_request_token(self.token(id).to_string())
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match sent {
                Ok(output) => {
                    self.meter.count("TransactWriteItems", Unit::Write, output.consumed_capacity());
                    Ok(Taken::Yes)
                }
                Err(error) => {
                    self.meter.count("TransactWriteItems", Unit::Write, []);
                    match error.as_service_error() {
                        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                            judge(cancelled.cancellation_reasons(), self.token(id))
                        }
                        _ => Err(Fault::of(&error)),
                    }
                }
            }
        });
        taken.await.map_err(Failure::table)
    }
}

impl Table {
    /// The timers of new jobs, which follow from what the running work follows from.
    pub(crate) fn new_timers(
        &self,
        jobs: impl IntoIterator<Item = NewJob>,
        cursor: Option<Timestamp>,
    ) -> Vec<Timer> {
        let (now, correlation) = (self.env.now(), runtime::unit::correlation());
        let timer = |job| Timer::new(job, now, cursor).following_from(correlation.clone());
        jobs.into_iter().map(timer).collect()
    }

    /// The token that makes one commit of however many attempts.
    fn token(&self, id: DecisionId) -> DecisionId {
        if broken(Rule::SameToken) { self.env.id() } else { id }
    }
}

/// What the reasons of a cancelled transaction mean.
///
/// A condition that fails on an item which this very decision wrote says that an earlier attempt
/// was taken after all.
fn judge(reasons: &[CancellationReason], id: DecisionId) -> Result<Taken, Fault> {
    let ours = AttributeValue::S(id.to_string());
    let mut failed = Vec::new();
    let mut other = None;
    for (index, reason) in reasons.iter().enumerate() {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => {
                if reason.item().is_some_and(|old| old.get(LAST_DECISION) == Some(&ours)) {
                    return Ok(Taken::Yes);
                }
                failed.push(index);
            }
            Some(code) => other = Some((code, reason.message().unwrap_or_default())),
        }
    }
    match other {
        Some((code, message)) => Err(Fault::of_code(code, message)),
        None => Ok(Taken::No(failed)),
    }
}

/// Whether a transaction was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// These actions' conditions failed.
    No(Vec<usize>),
}

/// The action of one write.
pub(crate) fn action(
    table: &str,
    write: &Write,
    id: DecisionId,
) -> Result<TransactWriteItem, TableError> {
    match write {
        Write::Create(record) => put(table, record, id, PutWhen::Absent),
        Write::Replace(record) => put(table, record, id, PutWhen::AsRead),
        Write::Put(record) => put(table, record, id, PutWhen::Always),
        Write::Remove(record) => remove(table, record),
        Write::Expect(record) => expect(table, record),
        Write::CountTarget { page_id, url, joined } => {
            count_target(table, page_id, url.as_str(), *joined)
        }
        Write::CountAlerts { key, counts } => count_alerts(table, key, *counts, id),
        Write::Cancel(timer) => delete(table, &keys::timer(timer)),
    }
}

#[derive(Clone, Copy)]
enum PutWhen {
    Absent,
    AsRead,
    Always,
}

/// A record with what a condition on it needs.
struct Encoded {
    key: Key,
    item: Attributes,
    stands: Option<Mark>,
    replaces: Option<Mark>,
    version: Option<u64>,
    expires: bool,
}

fn encoded(record: &Record) -> Result<Encoded, TableError> {
    fn of<T: Item>(value: &T) -> Result<Encoded, TableError> {
        Ok(Encoded {
            key: value.key(),
            item: item(value)?,
            stands: value.stands(),
            replaces: value.replaces(),
            version: value.version(),
            expires: value.expires().is_some(),
        })
    }
    match record {
        Record::Company(it) => of(it),
        Record::User(it) => of(it),
        Record::NameClaim(it) => of(it),
        Record::Session(it) => of(it),
        Record::KnownNetwork(it) => of(it),
        Record::ApiKey(it) => of(it),
        Record::PasswordReset(it) => of(it),
        Record::Invitation(it) => of(it),
        Record::InvitationToken(it) => of(it),
        Record::CompanyApiKey(it) => of(it),
        Record::Member(it) => of(it),
        Record::FormerGuest(it) => of(it),
        Record::Target(it) => of(it),
        Record::Watcher(it) => of(it),
        Record::Page(it) => of(it),
        Record::PageScrapes(it) => of(it),
        Record::Channel(it) => of(it),
        Record::OnboardingInvite(it) => of(it),
        Record::InviteToken(it) => of(it),
        Record::ChatPerson(it) => of(it),
        Record::GuestTarget(it) => of(it),
        Record::ChatLink(it) => of(it),
        Record::StoppedChat(it) => of(it),
        Record::RegistrationToken(it) => of(it),
        Record::Offer(it) => of(it),
        Record::PageOffer(it) => of(it),
        Record::DigestEntry(it) => of(it),
        Record::SeenUpdate(it) => of(it),
        Record::KeptUpdate(it) => of(it),
        Record::BotState(it) => of(it),
        Record::SavedAnswer(it) => of(it),
        Record::Heartbeat(it) => of(it),
        Record::Receipt(it) => of(it),
        Record::ScheduledTask(it) => of(it),
        Record::TaskRun(it) => of(it),
        Record::Bot(it) => of(it),
        Record::BotSlug(it) => of(it),
        Record::BotName(it) => of(it),
        Record::TelegramBot(it) => of(it),
        Record::DefaultBot(it) => of(it),
        Record::TelegramLink(it) => of(it),
        Record::CompanyChat(it) => of(it),
        Record::ChatCompany(it) => of(it),
        Record::LinkToken(it) => of(it),
        Record::Alert(it) => of(it),
        Record::AlertTemplate(it) => of(it),
        Record::Throttle(it) => of(it),
        Record::Scenario(it) => of(it),
        Record::Step(it) => of(it),
        Record::BotScenarios(it) => of(it),
        Record::ButtonSet(it) => of(it),
        Record::Broadcast(it) => of(it),
        Record::ChatWizard(it) => of(it),
        Record::ForwardedReply(it) => of(it),
        Record::Contact(it) => of(it),
        Record::Billing(it) => of(it),
        Record::Customer(it) => of(it),
        Record::SeenEvent(it) => of(it),
        Record::Order(it) => of(it),
        Record::ContactOrder(it) => of(it),
        Record::KeptWord(it) => of(it),
        Record::StoredPhoto(it) => of(it),
    }
}

/// The condition that an item bears this mark. `None` is for a record that bears none: it need
/// only exist.
fn bears(mark: Option<Mark>) -> (String, Option<HashMap<String, AttributeValue>>) {
    match mark {
        None => (keys::PRESENT.to_owned(), None),
        Some((attribute, value)) => {
            let value = AttributeValue::N(value.to_string());
            let values = HashMap::from([(":read".to_owned(), value)]);
            (format!("{attribute} = :read"), Some(values))
        }
    }
}

fn put(
    table: &str,
    record: &Record,
    id: DecisionId,
    when: PutWhen,
) -> Result<TransactWriteItem, TableError> {
    let mut encoded = encoded(record)?;
    encoded.item.insert(LAST_DECISION.to_owned(), AttributeValue::S(id.to_string()));
    let mut put = Put::builder()
        .table_name(table)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match when {
        PutWhen::Always => {}
        PutWhen::Absent if encoded.expires => {
            put = put
                .condition_expression(format!("{} OR #ttl <= :decided", keys::ABSENT))
                .expression_attribute_names("#ttl", keys::TTL)
                .expression_attribute_values(":decided", decided_seconds(id));
        }
        PutWhen::Absent => put = put.condition_expression(keys::ABSENT),
        PutWhen::AsRead => {
            let (condition, values) = bears(encoded.replaces);
            put = put.condition_expression(condition).set_expression_attribute_values(values);
            if let Some(version) = encoded.version {
                let raised = AttributeValue::N((version + 1).to_string());
                encoded.item.insert(VERSION.to_owned(), raised);
            }
        }
    }
    let put = put.set_item(Some(encoded.item)).build().map_err(refused)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The decision's own time, which its id (`UUIDv7`) carries: the condition stays the same however
/// often the decision is sent.
fn decided_seconds(id: DecisionId) -> AttributeValue {
    AttributeValue::N(decided_at(id).to_string())
}

fn decided_at(id: DecisionId) -> u64 {
    id.0.get_timestamp().map_or(0, |at| at.to_unix().0)
}

fn remove(table: &str, record: &Record) -> Result<TransactWriteItem, TableError> {
    let encoded = encoded(record)?;
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key_item(&encoded.key)))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let (condition, values) = bears(encoded.stands);
    let delete = delete.condition_expression(condition).set_expression_attribute_values(values);
    let delete = delete.build().map_err(refused)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn expect(table: &str, record: &Record) -> Result<TransactWriteItem, TableError> {
    let encoded = encoded(record)?;
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key_item(&encoded.key)))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let (condition, values) = bears(encoded.stands);
    let check = check.condition_expression(condition).set_expression_attribute_values(values);
    let check = check.build().map_err(refused)?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

fn count_target(
    table: &str,
    page_id: &PageId,
    url: &str,
    joined: bool,
) -> Result<TransactWriteItem, TableError> {
    let number = |n: i32| AttributeValue::N(n.to_string());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(&keys::page(page_id))))
        .expression_attribute_names("#url", "url");
    let update = if joined {
        update
            .update_expression("SET id = :id, #url = :url, #kind = :kind ADD active_targets :one")
            .expression_attribute_names("#kind", KIND)
            .expression_attribute_values(":id", text(page_id.as_str()))
            .expression_attribute_values(":url", text(url))
            .expression_attribute_values(":kind", text(Page::KIND))
            .expression_attribute_values(":one", number(1))
    } else {
        update
            .update_expression("SET #url = :url ADD active_targets :less")
            .condition_expression("active_targets > :none")
            .expression_attribute_values(":url", text(url))
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":none", number(0))
    };
    let update = update.build().map_err(refused)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn count_alerts(
    table: &str,
    key: &AlertCountKey,
    counts: AlertCounts,
    id: DecisionId,
) -> Result<TransactWriteItem, TableError> {
    let number = |n: u64| AttributeValue::N(n.to_string());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let kept = decided_at(id) + COUNTS_KEPT.as_secs();
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(&keys::alert_count(key))))
        .update_expression(
            "SET company_id = :company, #day = :day, category = :category, bot = :bot, \
             #kind = :kind, #ttl = :ttl ADD sent :sent, throttled :throttled, failed :failed",
        )
        .expression_attribute_names("#day", "day")
        .expression_attribute_names("#kind", KIND)
        .expression_attribute_names("#ttl", keys::TTL)
        .expression_attribute_values(":company", text(&key.company_id.to_string()))
        .expression_attribute_values(":day", text(&key.day))
        .expression_attribute_values(":category", text(key.category.as_str()))
        .expression_attribute_values(":bot", text(key.bot.as_str()))
        .expression_attribute_values(":kind", text(AlertCount::KIND))
        .expression_attribute_values(":ttl", number(kept))
        .expression_attribute_values(":sent", number(counts.sent))
        .expression_attribute_values(":throttled", number(counts.throttled))
        .expression_attribute_values(":failed", number(counts.failed));
    let update = update.build().map_err(refused)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The action that writes a new timer.
pub(crate) fn put_timer(
    table: &str,
    timer: &Timer,
    id: DecisionId,
) -> Result<TransactWriteItem, TableError> {
    put_new(table, item(timer)?, id)
}

/// The action that puts an item where nothing stands.
pub(crate) fn put_new(
    table: &str,
    mut item: Attributes,
    id: DecisionId,
) -> Result<TransactWriteItem, TableError> {
    item.insert(LAST_DECISION.to_owned(), AttributeValue::S(id.to_string()));
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(keys::ABSENT)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(refused)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The action that removes an item, whether it is there or not.
fn delete(table: &str, key: &Key) -> Result<TransactWriteItem, TableError> {
    let delete = Delete::builder().table_name(table).set_key(Some(key_item(key)));
    let delete = delete.build().map_err(refused)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// The action that removes an item whose existence is the fence.
pub(crate) fn delete_if_exists(table: &str, key: &Key) -> Result<TransactWriteItem, TableError> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .condition_expression(keys::PRESENT)
        .build()
        .map_err(refused)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

pub(crate) fn refused(error: impl std::fmt::Display) -> TableError {
    TableError::Refused(error.to_string())
}
