//! Digests: what is gathered for a channel, told together when it is due.
//!
//! ```text
//! a page of a fan-out ──▶ entries and the digest's timer, one transaction ──▶ the page goes on
//! the timer is due ──▶ entries that no message has told ──▶ messages ──▶ a delivery for each entry ──▶ the timer goes
//! ```
//!
//! A process that dies on the way leaves entries that are written again as they are, messages that are done,
//! and deliveries that exist: nothing is told twice.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::User;
use domain::digest::{DigestEntry, Gather, MESSAGES, OFFERS_A_MESSAGE, due, job};
use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::{Decision, Job, NewJob, Timer, TimerKey, Write};
use domain::ids::{ChannelId, RunId, TargetId, UserId};
use domain::message::{DigestMessage, OfferMessage};
use domain::offer::Offer;
use domain::watch::{Digest, Target, TargetStatus};
use table::{CommitError, DeliveryWrite, TableError, deliveries, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::work::{Send, To, What, Work};
use crate::handover::hand_over;

/// One transaction gathers at most this many offers, each perhaps with a timer.
const GATHERED_AT_ONCE: usize = 45;
/// Losing this many races for a digest's timer in a row means that something else is wrong.
const RACES: u32 = 5;

/// News that waits for a digest.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) owner_id: UserId,
    pub(super) target_id: TargetId,
    /// Whose channel.
    pub(super) user_id: UserId,
    pub(super) channel_id: ChannelId,
    /// What its target asks for; what is to be told at once waits because too much came.
    pub(super) digest: Digest,
}

/// Puts news of an offer into the digests that it waits for.
pub(super) async fn gather(
    app: &App,
    (offer, revision): (&Offer, u32),
    waiting: Vec<Waiting>,
) -> Result<(), TableError> {
    if waiting.is_empty() {
        return Ok(());
    }
    let zones = zones(app, &waiting).await?;
    let now = app.env.now();
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(waiting.len());
    for it in waiting {
        let zone = zones.get(&it.owner_id).map_or("UTC", String::as_str);
        let gather = match it.digest {
            Digest::Immediate => Gather::Burst,
            digest => Gather::Digest(digest, zone),
        };
        let Some(due) = due(gather, now) else { continue };
        if seen.insert((it.channel_id, due)) {
            let entry = DigestEntry {
                channel_id: it.channel_id,
                due,
                offer_id: offer.offer_id.clone(),
                page_id: offer.page_id.clone(),
                revision,
                owner_id: it.owner_id,
                target_id: it.target_id,
                gathered_at: now,
            };
            entries.push((entry, job(it.user_id, it.channel_id, due)));
        }
    }
    for some in entries.chunks(GATHERED_AT_ONCE) {
        keep(app, some).await?;
    }
    Ok(())
}

/// The time zones of those whose digests come at an hour of theirs.
async fn zones(app: &App, waiting: &[Waiting]) -> Result<BTreeMap<UserId, String>, TableError> {
    let daily = |it: &&Waiting| matches!(it.digest, Digest::Daily { .. });
    let owners: BTreeSet<UserId> = waiting.iter().filter(daily).map(|it| it.owner_id).collect();
    let wanted: Vec<_> = owners.iter().map(|&id| keys::user(id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut zones = BTreeMap::new();
    for (id, key) in owners.into_iter().zip(&wanted) {
        zones.extend(found.take::<User>(key)?.map(|user| (id, user.timezone)));
    }
    Ok(zones)
}

/// Writes entries, with the timers of those digests that have none yet.
async fn keep(app: &App, entries: &[(DigestEntry, NewJob)]) -> Result<(), TableError> {
    for _ in 0..RACES {
        let now = app.env.now();
        let key = |job: &NewJob| keys::timer(&TimerKey::new(job.id, job.due, now, None));
        let wanted: Vec<_> = entries.iter().map(|(_, job)| key(job)).collect();
        let there = app.table.get_all(&wanted).await?;
        let mut decision = Decision::new(app.env.id(), now, ());
        for ((entry, job), key) in entries.iter().zip(&wanted) {
            decision.writes.push(Write::Put(entry.clone().into()));
            if there.peek::<Timer>(key)?.is_none() {
                decision.jobs.push(job.clone());
            }
        }
        match app.table.commit(&decision).await {
            Ok(committed) => {
                hand_over(app, &committed.timers).await;
                return Ok(());
            }
            // Another page was first to begin the digest.
            Err(CommitError::Changed(_) | CommitError::Stale) => {}
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Err(TableError::Unavailable("too many began one digest at once".to_owned()))
}

/// An entry of a digest that is being sent.
#[derive(Debug)]
pub(super) struct Entry {
    key: DeliveryKey,
    target_id: TargetId,
    /// Its delivery, where one has begun.
    begun: Option<Delivery>,
    /// Which message tells it; `None` when it is not told any more.
    part: Option<u16>,
}

/// What a digest owes: its messages, and what they tell of.
pub(super) async fn page(app: &App, timer: &Timer) -> Result<(Vec<Send>, Vec<Entry>), TableError> {
    let Job::Digest { user_id, channel_id, due } = timer.job else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut gathered: Vec<DigestEntry> =
        app.table.query_all(&keys::digest(channel_id, due), "").await?;
    // The same in each run, whatever has become of some of them meanwhile.
    gathered.sort_by_key(|it| (it.gathered_at, it.offer_id.clone(), it.revision));
    let offers: Vec<_> = gathered.iter().map(|it| keys::offer(&it.offer_id, &it.page_id)).collect();
    let targets: BTreeSet<_> =
        gathered.iter().map(|it| keys::target(it.owner_id, it.target_id)).collect();
    let wanted: Vec<_> = offers.iter().cloned().chain(targets).collect();
    let found = app.table.get_all(&wanted).await?;
    let told: Vec<DeliveryKey> = gathered.iter().map(|it| told(channel_id, it)).collect();
    let begun = app.table.deliveries(&told).await?;
    let mut messages: BTreeMap<u16, DigestMessage> = BTreeMap::new();
    let mut entries = Vec::new();
    for (place, ((it, key), begun)) in gathered.iter().zip(told).zip(begun).enumerate() {
        if begun.as_ref().is_some_and(|begun| begun.status.is_terminal()) {
            continue;
        }
        let offer = found.peek::<Offer>(&offers[place])?;
        let target = found.peek::<Target>(&keys::target(it.owner_id, it.target_id))?;
        let target = target.filter(|target| target.status == TargetStatus::Active);
        let part = offer.zip(target).map(|(offer, target)| {
            let last = MESSAGES - 1;
            let part = u16::try_from((place / OFFERS_A_MESSAGE).min(last)).unwrap_or(u16::MAX);
            let message = messages.entry(part).or_default();
            if place < MESSAGES * OFFERS_A_MESSAGE {
                message.offers.push(OfferMessage::new(&offer, target.id, target.name));
            } else {
                message.more += 1;
            }
            part
        });
        entries.push(Entry { key, target_id: it.target_id, begun, part });
    }
    let sends = messages.into_iter().map(|(part, message)| Send {
        key: DeliveryKey {
            to: Recipient::Channel { channel_id },
            thing: format!("digest.{}", due.as_millis()),
            revision: 0,
            part,
        },
        to: To::Channel(user_id, channel_id),
        what: What::Message(message.into()),
        target_id: None,
        apart: false,
        state: ready(timer),
        end: None,
    });
    Ok((sends.collect(), entries))
}

/// The delivery by which a channel knows that it was told.
fn told(channel_id: ChannelId, entry: &DigestEntry) -> DeliveryKey {
    DeliveryKey {
        to: Recipient::Channel { channel_id },
        thing: entry.offer_id.to_string(),
        revision: entry.revision,
        part: 0,
    }
}

/// Writes for each offer of a digest that is done what became of it.
pub(super) async fn record(app: &App, work: &Work) -> Result<(), TableError> {
    if work.digest.is_empty() {
        return Ok(());
    }
    let keys: Vec<DeliveryKey> = work.sends.iter().map(|send| send.key.clone()).collect();
    let ends = app.table.deliveries(&keys).await?;
    let ends: BTreeMap<u16, Delivery> =
        keys.iter().zip(ends).filter_map(|(key, end)| Some((key.part, end?))).collect();
    let (run, now): (RunId, _) = (app.env.id(), app.env.now());
    let writes = work.digest.iter().map(|it| {
        let end = it.part.and_then(|part| ends.get(&part));
        let claim = Delivery::claim(run, Some(it.target_id), now);
        let next = match end {
            Some(end) => Delivery {
                status: end.status,
                until: now,
                message_id: end.message_id,
                reason: end.reason.clone(),
                ..claim
            },
            None => Delivery {
                status: DeliveryStatus::Skipped,
                until: now,
                reason: Some("the target is disabled or gone".to_owned()),
                ..claim
            },
        };
        DeliveryWrite { key: it.key.clone(), read: it.begun.clone(), next }
    });
    let writes: Vec<DeliveryWrite> = writes.collect();
    for some in writes.chunks(deliveries::BATCH) {
        app.table.write_deliveries(some).await?;
    }
    Ok(())
}
