//! Digests: what is gathered for a channel, told together when it is due.
//!
//! ```text
//! a page of a fan-out ──▶ entries and the digest's timer, one transaction ──▶ the page goes on
//! the timer is due ──▶ each offer is claimed ──▶ messages ──▶ each claim is recorded ──▶ the timer goes
//! ```
//!
//! The claim is the delivery by which a channel knows that it was told: nobody else tells of the offer from then
//! on, and what others have told or are telling is left out. It bears the digest's own run, so that a process that
//! dies leaves claims which the next one knows for its own.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::User;
use domain::digest::{DigestEntry, KEPT, MESSAGES, OFFERS_A_MESSAGE, due, job};
use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, LEFT_OUT, Recipient};
use domain::engine::{Decision, Job, NewJob, Timer, TimerKey, Write};
use domain::event::Subject;
use domain::ids::{ChannelId, RunId, TargetId, UserId};
use domain::message::{DigestMessage, OfferMessage};
use domain::offer::Offer;
use domain::time::Timestamp;
use domain::url::OfferId;
use domain::watch::{Digest, Target, TargetStatus};
use table::{CommitError, DeliveryWrite, TableError, Written, deliveries, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::tell;
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
        let due = due(it.digest, zone, now);
        if seen.insert((it.channel_id, due, it.target_id)) {
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
        keep(app, some, now).await?;
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

/// Writes entries, with the timers of those digests that have none yet. What was gathered too long ago is not
/// written: its digest may have begun, and the page is run again.
async fn keep(
    app: &App,
    entries: &[(DigestEntry, NewJob)],
    gathered_at: Timestamp,
) -> Result<(), TableError> {
    for _ in 0..RACES {
        let key = |job: &NewJob| keys::timer(&TimerKey::new(job.id, job.due, gathered_at, None));
        let wanted: Vec<_> = entries.iter().map(|(_, job)| key(job)).collect();
        let there = app.table.get_all(&wanted).await?;
        let mut decision = Decision::new(app.env.id(), gathered_at, ());
        for ((entry, job), key) in entries.iter().zip(&wanted) {
            decision.writes.push(Write::Put(entry.clone().into()));
            let begins = decision.jobs.iter().all(|other| other.id != job.id);
            if begins && there.peek::<Timer>(key)?.is_none() {
                decision.jobs.push(job.clone());
            }
        }
        match app.table.commit(&decision).await {
            Ok(committed) => {
                hand_over(app, &committed.timers).await;
                return Ok(());
            }
            // Another page was first to begin the digest.
            Err(CommitError::Changed(_)) => {}
            Err(CommitError::Stale) => break,
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Err(TableError::Unavailable("a digest was not to be had in time".to_owned()))
}

/// An offer of a digest that is being sent.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: DeliveryKey,
    target_id: TargetId,
    /// What others are told that it was.
    pub(super) subject: Option<Subject>,
    /// What is known of it: our claim and then its end, or that it is not told, for this reason.
    pub(super) state: Result<Delivery, &'static str>,
    /// Which message tells of it.
    part: u16,
}

/// What a digest owes: its messages, and what they tell of.
pub(super) async fn page(app: &App, timer: &Timer) -> Result<(Vec<Send>, Vec<Entry>), TableError> {
    let Job::Digest { user_id, channel_id, due } = timer.job else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut gathered: Vec<DigestEntry> =
        app.table.query_all(&keys::digest(channel_id, due), "").await?;
    gathered.sort_by_key(|it| (it.gathered_at, it.offer_id.clone(), it.revision, it.target_id));
    let offers: Vec<_> = gathered.iter().map(|it| keys::offer(&it.offer_id, &it.page_id)).collect();
    let targets: BTreeSet<_> =
        gathered.iter().map(|it| keys::target(it.owner_id, it.target_id)).collect();
    let wanted: Vec<_> = offers.iter().cloned().chain(targets).collect();
    let found = app.table.get_all(&wanted).await?;
    let begun: Vec<DeliveryKey> = gathered.iter().map(|it| told_by(channel_id, it)).collect();
    let begun = app.table.deliveries(&begun).await?;
    let run = RunId(timer.key.id.0);
    let (mut told, mut left_out): (Vec<Told>, _) = (Vec::new(), Vec::new());
    for ((it, offer), begun) in gathered.iter().zip(&offers).zip(begun) {
        let key = told_by(channel_id, it);
        if told.iter().any(|other| other.key == key) {
            continue;
        }
        // What an earlier run of ours has claimed is told, whatever has become of its target since.
        let ours = begun.as_ref().is_some_and(|begun| begun.run == run);
        let target = found.peek::<Target>(&keys::target(it.owner_id, it.target_id))?;
        let hears = target.as_ref().is_some_and(|target| {
            target.status == TargetStatus::Active
                && target.recipients().any(|it| it == (user_id, channel_id))
        });
        match found.peek::<Offer>(offer)? {
            Some(offer) if ours || hears => {
                let name = target.map(|target| target.name).unwrap_or_default();
                let offer = OfferMessage::new(&offer.as_of(it.revision), it.target_id, name);
                told.push(Told { key, offer_id: it.offer_id.clone(), offer, claim: begun });
            }
            _ => left_out.push((key, it.target_id)),
        }
    }
    claim(app, run, &mut told).await?;
    Ok(messages((user_id, channel_id, due), timer, told, left_out))
}

/// An offer that a digest is to tell of, and who tells it.
struct Told {
    key: DeliveryKey,
    offer_id: OfferId,
    offer: OfferMessage,
    claim: Option<Delivery>,
}

/// Claims the offers for this digest; those that others have told, or are telling, are dropped.
async fn claim(app: &App, run: RunId, told: &mut Vec<Told>) -> Result<(), TableError> {
    let now = app.env.now();
    told.retain(|it| it.claim.as_ref().is_none_or(|claim| claim.run == run));
    let mut open: Vec<&mut Told> = told.iter_mut().filter(|it| it.claim.is_none()).collect();
    for some in open.chunks_mut(deliveries::BATCH) {
        let writes = some.iter().map(|it| DeliveryWrite {
            key: it.key.clone(),
            read: None,
            next: Delivery {
                until: now + KEPT,
                ..Delivery::claim(run, Some(it.offer.target_id), now)
            },
        });
        let writes: Vec<DeliveryWrite> = writes.collect();
        let written = app.table.write_deliveries(&writes).await?;
        for ((it, write), written) in some.iter_mut().zip(writes).zip(written) {
            match written {
                Written::Yes => it.claim = Some(write.next),
                Written::No => {}
                Written::Failed(reason) => return Err(TableError::Unavailable(reason)),
            }
        }
    }
    told.retain(|it| it.claim.is_some());
    Ok(())
}

/// The messages of what is claimed: one line for each offer, whatever became of it meanwhile.
fn messages(
    (user_id, channel_id, due): (UserId, ChannelId, Timestamp),
    timer: &Timer,
    told: Vec<Told>,
    left_out: Vec<(DeliveryKey, TargetId)>,
) -> (Vec<Send>, Vec<Entry>) {
    let (mut messages, mut entries) = (Vec::<DigestMessage>::new(), Vec::new());
    let mut parts: BTreeMap<String, u16> = BTreeMap::new();
    let mut lines = 0;
    for Told { key, offer_id, offer, claim } in told {
        let Some(claim) = claim else { continue };
        let target_id = offer.target_id;
        let part = *parts.entry(key.thing.clone()).or_insert_with(|| {
            let place = (lines / OFFERS_A_MESSAGE).min(MESSAGES - 1);
            if messages.len() <= place {
                messages.push(DigestMessage::default());
            }
            if lines < MESSAGES * OFFERS_A_MESSAGE {
                messages[place].offers.push(offer);
            } else {
                messages[place].more += 1;
            }
            lines += 1;
            u16::try_from(place).unwrap_or(u16::MAX)
        });
        let subject = Some(tell::news(&offer_id, key.revision, (user_id, channel_id)));
        entries.push(Entry { key, target_id, subject, state: Ok(claim), part });
    }
    entries.extend(left_out.into_iter().map(|(key, target_id)| Entry {
        key: DeliveryKey { part: LEFT_OUT, ..key },
        target_id,
        subject: None,
        state: Err("the target is disabled, gone, or not linked to the channel any more"),
        part: 0,
    }));
    let sends = messages.into_iter().zip(0..).map(|(message, part)| Send {
        key: DeliveryKey {
            to: Recipient::Channel { channel_id },
            thing: format!("digest.{}", due.as_millis()),
            revision: 0,
            part,
        },
        to: To::Channel(user_id, channel_id),
        what: What::Message(message.into()),
        target_id: None,
        // Others hear of each offer that it tells.
        subject: None,
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    });
    (sends.collect(), entries)
}

/// The delivery by which a channel knows that it was told.
fn told_by(channel_id: ChannelId, entry: &DigestEntry) -> DeliveryKey {
    DeliveryKey {
        to: Recipient::Channel { channel_id },
        thing: entry.offer_id.to_string(),
        revision: entry.revision,
        part: 0,
    }
}

/// Writes for each offer of a digest that is done what became of it.
pub(super) async fn record(app: &App, work: &mut Work) -> Result<(), TableError> {
    if work.digest.is_empty() {
        return Ok(());
    }
    let keys: Vec<DeliveryKey> = work.sends.iter().map(|send| send.key.clone()).collect();
    let ends = app.table.deliveries(&keys).await?;
    let ends: BTreeMap<u16, Delivery> =
        keys.iter().zip(ends).filter_map(|(key, end)| Some((key.part, end?))).collect();
    let (run, now) = (RunId(work.timer.key.id.0), app.env.now());
    let mut writes = Vec::with_capacity(work.digest.len());
    for it in &mut work.digest {
        let (read, next) = match &mut it.state {
            Ok(claim) if claim.status.is_terminal() => continue,
            Ok(claim) => {
                let end = ends.get(&it.part);
                let status = end.map_or(DeliveryStatus::Unknown, |end| end.status);
                let message_id = end.and_then(|end| end.message_id);
                let reason = end.and_then(|end| end.reason.clone());
                let read = claim.clone();
                *claim =
                    Delivery { status, at: now, until: now, message_id, reason, ..read.clone() };
                (Some(read), claim.clone())
            }
            Err(reason) => {
                let next = Delivery {
                    status: DeliveryStatus::Skipped,
                    until: now,
                    reason: Some((*reason).to_owned()),
                    ..Delivery::claim(run, Some(it.target_id), now)
                };
                (None, next)
            }
        };
        writes.push(DeliveryWrite { key: it.key.clone(), read, next });
    }
    for some in writes.chunks(deliveries::BATCH) {
        for written in app.table.write_deliveries(some).await? {
            // What was written before, by a run that died, is written.
            if let Written::Failed(reason) = written {
                return Err(TableError::Unavailable(reason));
            }
        }
    }
    Ok(())
}
