//! What must hold of the table when a run of scenarios is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::contact::Contact;
use domain::engine::delivery::{DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::{Job, Timer};
use domain::ids::{BotId, JobId};
use domain::payment::{Order, OrderStatus};
use domain::scenario::{Part, ScenarioStatus};
use domain::slug::Slug;
use table::TableError;

use super::judge::Judge;
use super::log::{Log, Ms, Name};
use super::shop::scenario;
use super::tally::Held;
use crate::harness::Harness;

/// A step that is due longer than this is stuck.
const STUCK: Duration = Duration::from_mins(10);

/// A step that is put in, or moved ahead, so shortly before a run ends may be missed by it.
const PUT_IN: Ms = 30_000;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Contacts.
    pub(crate) contacts: usize,
    /// Contacts with a step to come.
    pub(crate) under_way: usize,
    /// Messages of steps whose fate nobody knows.
    pub(crate) held: usize,
    /// Those among them that did not come.
    pub(crate) missing: usize,
    /// Orders that were paid.
    pub(crate) paid: usize,
    /// What is wrong.
    pub(crate) wrong: Vec<String>,
}

/// Looks at the table.
pub(crate) async fn audit(
    harness: &Harness,
    log: &Log,
    bot: &BotId,
    judge: &Judge,
) -> Result<Found, TableError> {
    let mut found = Found::default();
    let contacts = harness.table.scan::<Contact>().await?;
    let timers = harness.timers_left().await;
    found.contacts = contacts.len();
    let steps: BTreeSet<JobId> = timers.iter().map(|timer| timer.key.id).collect();
    let mut awaited = BTreeSet::new();
    let mut held = judge.held.clone();
    for contact in &contacts {
        awaited.extend(contact.next.as_ref().map(|next| next.job));
        one(harness, contact, &steps, &mut found);
        held.extend(missed(judge, contact));
    }
    leftovers(harness, &timers, &awaited, &mut found).await;
    must_be_held(harness, log, bot, &held, &mut found).await?;
    for some in contacts.chunks(50) {
        count_held(harness, log, bot, (judge, some), &mut found).await?;
    }
    if !super::admin::is_told(harness, bot).await {
        found.wrong.push("the broadcast has not come to its end".to_owned());
    }
    for order in harness.table.scan::<Order>().await? {
        let live = order.live_payments().count();
        found.paid += usize::from(order.status == OrderStatus::Paid);
        if live > 1 {
            found.wrong.push(format!("order {} was paid {live} times", order.number));
        }
    }
    Ok(found)
}

/// Whoever is under way has a timer, whoever is not has none.
fn one(harness: &Harness, contact: &Contact, timers: &BTreeSet<JobId>, found: &mut Found) {
    let chat = contact.chat_id;
    let active = contact.active.as_ref().map(|slug| contact.run(slug).status);
    if active.is_some_and(|status| status != ScenarioStatus::Active) {
        found.wrong.push(format!("chat {chat}: the active run is {active:?}"));
    }
    let waits = active.is_some() && contact.blocked.is_none();
    match &contact.next {
        None if waits => {
            found.wrong.push(format!("chat {chat} is under way and waits for nothing"));
        }
        Some(_) if !waits => found.wrong.push(format!("chat {chat} waits and is not under way")),
        Some(next) if !timers.contains(&next.job) => {
            found.wrong.push(format!("chat {chat} waits for a timer that there is not"));
        }
        Some(next) if next.due + STUCK < harness.world.now() => {
            found.wrong.push(format!("chat {chat} is stuck since {:?}", next.due));
        }
        Some(_) => found.under_way += 1,
        None => {}
    }
}

/// Steps that somebody who has completed a scenario did not receive: they must be held.
fn missed(judge: &Judge, contact: &Contact) -> Vec<Held> {
    let Some(stand) = judge.stand(contact.chat_id) else { return Vec::new() };
    let mut missed = Vec::new();
    for (of, rest) in stand.rest.iter().enumerate() {
        let slug = Slug::parse(&scenario(of)).expect("a slug");
        let run = contact.run(&slug);
        let done = run.status == ScenarioStatus::Completed;
        // Where the last one is held, the run has ended without its coming: what was put ahead since is not for it.
        let ended = run.completed_at.map_or(Ms::MAX, |at| at.as_millis() - PUT_IN);
        for (step, since) in rest.iter().flatten().filter(|_| done && !stand.completed[of]) {
            if *since > ended {
                continue;
            }
            let name = Name { of, step: *step };
            let (chat, epoch) = (contact.chat_id, stand.epoch);
            missed.push(Held { chat, name, part: Part::TEXT, epoch });
        }
    }
    missed
}

/// No timers but those that are waited for, and what was cancelled when the clock had moved it; nothing dead.
async fn leftovers(
    harness: &Harness,
    timers: &[Timer],
    awaited: &BTreeSet<JobId>,
    found: &mut Found,
) {
    for timer in timers.iter().filter(|timer| !awaited.contains(&timer.key.id)) {
        let is_step = matches!(timer.job, Job::ScenarioStep { .. });
        if !is_step || timer.due + STUCK < harness.world.now() {
            found.wrong.push(format!("a timer of {} is left over: {timer:?}", timer.job.name()));
        }
    }
    let dead = harness.table.dead_timers(None).await.map(|page| page.items).unwrap_or_default();
    for dead in dead {
        found.wrong.push(format!("a dead letter: {} ({})", dead.timer.job.name(), dead.reason));
    }
    if !harness.telegram.idle() {
        found.wrong.push("updates of the bot are left over".to_owned());
    }
}

fn key(log: &Log, bot: &BotId, of: (i64, Name, u16), epoch: u32) -> DeliveryKey {
    let (chat_id, name, part) = of;
    DeliveryKey {
        to: Recipient::Chat { bot: bot.clone(), chat_id },
        thing: format!("step.{}.{}", scenario(name.of), log.first(name)),
        revision: epoch,
        part,
    }
}

/// What has not come and should have is of unknown fate, and the table says so.
async fn must_be_held(
    harness: &Harness,
    log: &Log,
    bot: &BotId,
    held: &[Held],
    found: &mut Found,
) -> Result<(), TableError> {
    for held in held {
        let of = (held.chat, held.name, held.part);
        let keys: Vec<_> = (0..=held.epoch).map(|epoch| key(log, bot, of, epoch)).collect();
        let stand = harness.table.deliveries(&keys).await?;
        let is = |status| stand.iter().flatten().any(|it| it.status == status);
        if is(DeliveryStatus::Unknown) {
            found.missing += 1;
        } else {
            let stand: Vec<_> = stand.iter().flatten().map(|it| it.status).collect();
            let Held { chat, name, part, .. } = held;
            found.wrong.push(format!("chat {chat} missed {name:?}, part {part}: {stand:?}"));
        }
    }
    Ok(())
}

async fn count_held(
    harness: &Harness,
    log: &Log,
    bot: &BotId,
    (judge, contacts): (&Judge, &[Contact]),
    found: &mut Found,
) -> Result<(), TableError> {
    let mut keys = Vec::new();
    for contact in contacts {
        for (of, steps) in judge.steps().into_iter().enumerate() {
            for step in 0..steps {
                let name = Name { of, step };
                for &part in judge.parts(name) {
                    let of = (contact.chat_id, name, part);
                    keys.extend((0..=contact.epoch).map(|epoch| key(log, bot, of, epoch)));
                }
            }
        }
    }
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for it in harness.table.deliveries(&keys).await?.iter().flatten() {
        *statuses.entry(it.status.as_str()).or_default() += 1;
    }
    found.held += statuses.get("unknown").copied().unwrap_or_default();
    for left in ["claimed", "waiting"] {
        // Of who has blocked the bot, stopped or gone over, one may be left as it was.
        let count = statuses.get(left).copied().unwrap_or_default();
        if count > contacts.len() {
            found.wrong.push(format!("{count} messages are {left}"));
        }
    }
    Ok(())
}
