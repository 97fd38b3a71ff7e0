//! Scheduled tasks: one runs each minute while processes die, and is switched off in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use app::AppError;
use app::task::{CreateTask, Wish, create_task};
use domain::account::{Role, Tier, User};
use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, CompanyId};
use domain::message::REPEAT_MARK;
use domain::schedule::{Interval, Period, Schedule};
use domain::task::{RunStatus, ScheduledTask, TaskIds, TaskRun, decide_switch};
use domain::time::Timestamp;
use futures::FutureExt;
use serde_json::json;
use simulators::telegram::{NewChat, Outcome};
use uuid::Uuid;

use crate::harness::Harness;
use crate::process::insist;
use crate::world::BEGIN;

/// What the messages of tasks say.
const WORDS: &str = "the minute is over";

fn chat(number: usize) -> i64 {
    9_000 + i64::try_from(number).unwrap_or(0)
}

fn company(number: usize) -> CompanyId {
    CompanyId(Uuid::from_u128(0x7A5C_0000 + number as u128))
}

/// A company's admin schedules a message to a chat of theirs, each minute.
pub(crate) async fn schedule(harness: Harness, number: usize) {
    let world = harness.world.clone();
    world.pause(0..40_000).await;
    let (chat_id, company_id) = (chat(number), company(number));
    harness.telegram.add_chat(&NewChat::person(Some(chat_id), "Minutes")).expect("a new chat");
    harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
    connect(&harness, number).await;
    insist(&harness, 0, |app| {
        let kwargs = json!({ "text": WORDS, "chat_id": chat_id });
        let schedule = Schedule::Interval(Interval { every: 1, period: Period::Minutes });
        let wish = Wish {
            slug: Some("minutes".to_owned()),
            name: Some("Minutes".to_owned()),
            task: Some("send_telegram_message".to_owned()),
            kwargs: kwargs.as_object().cloned(),
            schedule: Some(schedule),
        };
        async move {
            let command = CreateTask { company_id, wish, enabled: true, keep: None };
            match create_task(app, command).await {
                // An earlier attempt was taken, whose answer was lost.
                Ok(_) | Err(AppError::Taken { .. }) => Some(()),
                Err(_) => None,
            }
        }
        .boxed()
    })
    .await;
}

/// The chat is one of the company's own.
async fn connect(harness: &Harness, number: usize) {
    let env = harness.table.env();
    let user = User {
        id: env.id(),
        company_id: company(number),
        username: format!("admin-{number}"),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: BEGIN,
        version: 0,
    };
    let details =
        ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(chat(number)) };
    let channel = Channel {
        id: env.id(),
        user_id: user.id,
        name: "Telegram".to_owned(),
        details,
        status: ChannelStatus::Active,
        reason: None,
        target_id: None,
        created_at: BEGIN,
        generation: 0,
        version: 0,
    };
    let link = channel.link();
    let decision = Decision::new(env.id(), harness.world.now(), ())
        .write(Write::Put(user.into()))
        .write(Write::Put(channel.into()));
    let decision = match link {
        Some(link) => decision.write(Write::Put(link.into())),
        None => decision,
    };
    harness.table.commit(&decision).await.expect("this view of the table has no mishaps");
}

/// Switches all tasks off, so that the run can come to rest.
pub(crate) async fn stop(harness: &Harness) {
    let env = harness.table.env();
    loop {
        let tasks = harness.table.scan::<ScheduledTask>().await.unwrap_or_default();
        let Some(task) = tasks.into_iter().find(|task| task.enabled) else { return };
        let ids = TaskIds { decision: env.id(), next: env.id() };
        let off = decide_switch(ids, harness.world.now(), &task, Some(false));
        // It has run meanwhile: once more.
        let _ = harness.table.commit(&off).await;
    }
}

/// What is wrong with the tasks' runs.
pub(crate) async fn judge(harness: &Harness) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut runs: BTreeMap<CompanyId, Vec<TaskRun>> = BTreeMap::new();
    for run in harness.table.scan::<TaskRun>().await.unwrap_or_default() {
        runs.entry(run.company_id).or_default().push(run);
    }
    for number in 0..harness.plan.tasks {
        let mut runs = runs.remove(&company(number)).unwrap_or_default();
        runs.sort_by_key(|run| run.due);
        in_turn(harness, number, &runs, &mut wrong);
        arrived(harness, number, &runs, &mut wrong);
    }
    wrong
}

/// A run for each minute at most, none for what was missed, and each with its end.
fn in_turn(harness: &Harness, number: usize, runs: &[TaskRun], wrong: &mut Vec<String>) {
    // Clocks of workers differ by this much.
    let apart = if harness.plan.skewed { crate::process::MOST_SKEW * 2 } else { Duration::ZERO };
    for pair in runs.windows(2) {
        if pair[1].due + apart <= pair[0].started_at {
            wrong.push(format!("task {number}: a run that was missed was made up for"));
        }
        if pair[1].due.since(pair[0].due) < Duration::from_mins(1) {
            wrong.push(format!("task {number}: two runs within a minute"));
        }
    }
    if let Some(run) = runs.iter().find(|run| run.status == RunStatus::Running) {
        wrong.push(format!("task {number}: the run of {} has no end", run.due));
    }
    if harness.plan.calm {
        let early = runs.iter().find(|run| run.started_at < run.due);
        let late = |run: &&TaskRun| run.started_at.since(run.due) > Duration::from_secs(3);
        if let Some(run) = early.or_else(|| runs.iter().find(late)) {
            wrong.push(format!("task {number}: the run of {} came at {}", run.due, run.started_at));
        }
        // Two and a half minutes of work, of which it missed forty seconds at most.
        if runs.is_empty() {
            wrong.push(format!("task {number} never ran"));
        }
    }
}

/// Each run that says so has sent a message, and what came more often says so.
fn arrived(harness: &Harness, number: usize, runs: &[TaskRun], wrong: &mut Vec<String>) {
    let entries = harness.telegram.entries(0, usize::MAX);
    let texts = entries
        .iter()
        .filter(|entry| entry.chat_id == Some(chat(number)) && entry.outcome == Outcome::Sent);
    let texts: Vec<(&str, Timestamp)> = texts
        .filter_map(|entry| Some((entry.text.as_deref()?, Timestamp::from_millis(entry.at_ms))))
        .filter(|(text, _)| text.contains(WORDS))
        .collect();
    let unmarked = texts.iter().filter(|(text, _)| !text.contains(REPEAT_MARK)).count();
    let sent = runs.iter().filter(|run| run.status == RunStatus::Sent).count();
    let tried = runs.iter().filter(|run| run.message.is_some()).count();
    if texts.len() < sent {
        wrong.push(format!("task {number}: {sent} runs were sent, {} messages came", texts.len()));
    }
    if unmarked > tried {
        wrong.push(format!("task {number}: {tried} runs, {unmarked} messages without a mark"));
    }
    if let Some(run) = runs.iter().find(|run| run.status == RunStatus::Failed) {
        wrong.push(format!("task {number}: the run of {} failed: {:?}", run.due, run.reason));
    }
}
