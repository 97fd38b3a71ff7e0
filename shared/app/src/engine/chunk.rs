//! A chunk of up to 25 messages: wait for the slot, claim, send, record.
//!
//! ```text
//! booked ──▶ the first slot comes ──▶ claims (one call) ──▶ each is sent at its slot ──▶ records (one call)
//!   a crash here leaves nothing unknown │  a crash from here on leaves claims, which run out into "unknown"
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use channels::courier::Post;
use channels::telegram::Patience;
use domain::correlation::CorrelationId;
use domain::engine::delivery::{
    Consequence, DEADLINE_MARGIN, Delivery, DeliveryKey, DeliveryStatus, Resume, START_WITHIN,
    UnknownPolicy, record, release, resume,
};
use domain::ids::{BotId, JobId, RunId, TargetId};
use domain::mail::{MailStatus, Receipt};
use domain::message::{Content, Letter};
use domain::mutation::{Rule, broken};
use domain::outcome::Outcome;
use domain::time::Timestamp;
use futures::future::join_all;
use runtime::unit::following_from;
use table::{DeliveryWrite, Written};

use crate::App;
use crate::bot::{self, CurrentToken, NoToken};
use crate::engine::photos::{self, Files};
use crate::engine::work::{Address, Place, To, What};
use crate::engine::{consequence, lines, pace, slots};
use crate::mail::keep_receipts;

/// A message with its slot.
#[derive(Debug)]
pub(super) struct Booked {
    pub(super) place: Place,
    pub(super) slot: Timestamp,
    pub(super) address: Address,
    pub(super) key: DeliveryKey,
    pub(super) to: To,
    pub(super) what: What,
    pub(super) target_id: Option<TargetId>,
    pub(super) read: Option<Delivery>,
    pub(super) policy: UnknownPolicy,
    /// Its job.
    pub(super) job: JobId,
    /// The request that it follows from.
    pub(super) correlation: Option<CorrelationId>,
    /// When it was due.
    pub(super) due: Timestamp,
    /// Since when it waits for its slot.
    pub(super) asked: Timestamp,
    /// Stored photos that it may have to bring.
    pub(super) files: Arc<Files>,
}

/// What became of a message in its chunk.
#[derive(Debug)]
pub(super) enum Ended {
    /// It has its end: this one.
    Done(Delivery),
    /// Not before this instant, and not in this run.
    Later(Timestamp),
    /// To be booked again from this instant; it was read so.
    Again(Timestamp, Option<Delivery>),
    /// To be booked again, in the chat that the other one has become.
    Moved(i64, Option<Delivery>),
    /// It exists already, so.
    Exists(Delivery),
}

/// A chunk that has ended.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Whether it went at a bot's pace.
    pub(super) of_bot: bool,
    /// What became of its messages.
    pub(super) ended: Vec<(Place, Ended)>,
}

/// Claims are written at least this long before the first slot, so that the table's answer does not cost
/// the slot; a slow table is given more.
const CLAIM_AHEAD: Duration = Duration::from_millis(20);
/// A slot that passed longer ago than this is given back: a burst of late messages would draw a 429.
const SLOT_HOLDS: Duration = Duration::from_millis(45);
/// A record that the table does not take is tried again this often; then the claim runs out.
const RECORD_TRIES: u32 = 4;

/// Runs a chunk to its end.
pub(super) async fn run(
    app: &App,
    run: RunId,
    deadline: Timestamp,
    mut booked: Vec<Booked>,
) -> Chunk {
    booked.sort_by_key(|booked| booked.slot);
    let of_bot = booked.iter().any(|it| it.address.bot().is_some());
    Chunk { of_bot, ended: Box::pin(go(app, run, deadline, booked)).await }
}

async fn go(
    app: &App,
    run: RunId,
    deadline: Timestamp,
    booked: Vec<Booked>,
) -> Vec<(Place, Ended)> {
    let Some(first) = booked.first().map(|booked| booked.slot) else { return Vec::new() };
    app.env.clock.sleep_until(first - CLAIM_AHEAD.max(app.pace.claim_ahead())).await;
    if app.env.now() + margin() > deadline {
        let now = app.env.now();
        return booked.into_iter().map(|it| (it.place, Ended::Later(now))).collect();
    }
    let mut ended = Vec::with_capacity(booked.len());
    let claimed = claim(app, run, booked, &mut ended).await;
    let stop = AtomicBool::new(false);
    let outcomes = join_all(claimed.iter().map(|it| attempt(app, it, deadline, &stop))).await;
    ended.extend(conclude(app, claimed, outcomes).await);
    ended
}

/// How long before its deadline a run starts nothing more.
pub(super) fn margin() -> Duration {
    if broken(Rule::DeadlineMargin) { Duration::ZERO } else { DEADLINE_MARGIN }
}

/// A claimed message.
struct Claimed {
    booked: Booked,
    claim: Delivery,
    /// The version of its bot whose token it was sent with.
    used: OnceLock<u64>,
}

/// Claims the chunk in one call; what is not ours is ended.
async fn claim(
    app: &App,
    run: RunId,
    booked: Vec<Booked>,
    ended: &mut Vec<(Place, Ended)>,
) -> Vec<Claimed> {
    let now = app.env.now();
    let mut claims = Vec::with_capacity(booked.len());
    for booked in booked {
        let next = match &booked.read {
            None => Delivery::claim(run, booked.target_id, now),
            Some(read) => match resume(read, run, booked.policy, now) {
                Resume::Claim(next) => next,
                Resume::Done | Resume::Hold(_) => {
                    ended.push((booked.place, Ended::Exists(read.clone())));
                    continue;
                }
                Resume::Leave(until) => {
                    ended.push((booked.place, Ended::Later(until)));
                    continue;
                }
            },
        };
        claims.push(Claimed { booked, claim: next, used: OnceLock::new() });
    }
    let writes: Vec<DeliveryWrite> = claims
        .iter()
        .map(|it| DeliveryWrite {
            key: it.booked.key.clone(),
            read: it.booked.read.clone(),
            next: it.claim.clone(),
        })
        .collect();
    if broken(Rule::ClaimBeforeSend) {
        return claims;
    }
    let written = match app.table.write_deliveries(&writes).await {
        Ok(written) => written,
        Err(error) => vec![Written::Failed(error.to_string()); writes.len()],
    };
    let answered = app.env.now();
    let missed = claims.iter().any(|it| answered.since(it.booked.slot) > SLOT_HOLDS);
    app.pace.claim_took(answered.since(now), missed);
    keep_ours(app, claims, &written, ended).await
}

async fn keep_ours(
    app: &App,
    claims: Vec<Claimed>,
    written: &[Written],
    ended: &mut Vec<(Place, Ended)>,
) -> Vec<Claimed> {
    let now = app.env.now();
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for (claim, written) in claims.into_iter().zip(written) {
        match written {
            Written::Yes => ours.push(claim),
            Written::No => others.push(claim),
            // It may have been written after all; the next look tells.
            Written::Failed(reason) => {
                tracing::warn!(reason, "a message could not be claimed; it is tried again");
                ended.push((claim.booked.place, Ended::Later(now + Duration::from_secs(1))));
            }
        }
    }
    if others.is_empty() {
        return ours;
    }
    let keys: Vec<DeliveryKey> = others.iter().map(|it| it.booked.key.clone()).collect();
    if let Ok(existing) = app.table.deliveries(&keys).await {
        for (claim, existing) in others.into_iter().zip(existing) {
            match existing {
                Some(it) => ended.push((claim.booked.place, Ended::Exists(it))),
                None => ended.push((claim.booked.place, Ended::Again(now, None))),
            }
        }
    } else {
        let at = now + Duration::from_secs(1);
        ended.extend(others.into_iter().map(|it| (it.booked.place, Ended::Later(at))));
    }
    ours
}

/// Sends one message at its slot; `None` when it was not started. After a 429 or a refused token
/// nothing more is started.
async fn attempt(
    app: &App,
    it: &Claimed,
    deadline: Timestamp,
    stop: &AtomicBool,
) -> Option<Outcome> {
    app.env.clock.sleep_until(it.booked.slot).await;
    let passed = app.env.now().since(it.booked.slot);
    let of_bot = it.booked.address.bot().is_some();
    let keeps_pace = of_bot && !matches!(it.booked.what, What::Callback(_));
    if keeps_pace && passed > SLOT_HOLDS && pace::is_held(app.bots.rates) {
        return None;
    }
    let now = loop {
        let now = app.env.now();
        let late = now.since(it.claim.at) > START_WITHIN || now + margin() > deadline;
        if stop.load(Ordering::Relaxed) || late {
            return None;
        }
        let Address::Chat { bot, chat_id } = &it.booked.address else { break now };
        if !keeps_pace {
            break now;
        }
        match app.pace.turn(bot, *chat_id, now, app.bots.rates) {
            Ok(()) => break now,
            Err(at) => app.env.clock.sleep_until(at).await,
        }
    };
    let outcome = send(app, it).await;
    lines::message(app, &it.booked, now, &outcome);
    if of_bot && matches!(outcome, Outcome::RateLimited { .. } | Outcome::BotRevoked { .. }) {
        stop.store(true, Ordering::Relaxed);
    }
    // The others learn of it now, not when the slowest message of this chunk has its answer.
    if let Outcome::RateLimited { retry_after_ms } = outcome {
        let until = app.env.now() + Duration::from_millis(retry_after_ms);
        pause(app, &it.booked.address, until).await;
    }
    Some(outcome)
}

/// A bot's pause is everyone's; another service is left alone by this process, and tells the others
/// itself.
async fn pause(app: &App, address: &Address, until: Timestamp) {
    let Some(bot) = address.bot() else { return app.pace.pause(address, until) };
    if let Err(error) = slots::throttle(app, bot, until).await {
        tracing::warn!(%error, "the pause that a channel asked for could not be written");
    }
}

async fn send(app: &App, it: &Claimed) -> Outcome {
    match (&it.booked.address, &it.booked.what) {
        (Address::Chat { bot, chat_id }, What::Message(content)) => {
            to_chat(app, it, bot, *chat_id, content).await
        }
        // A press that is answered late or never shows a spinner for a while: never worth a retry.
        (Address::Chat { bot, .. }, What::Callback(id)) => {
            if let Ok(CurrentToken { token, .. }) = bot::token(app, bot).await {
                let _ = app.telegram.answer_callback_query(&token, id, None).await;
            }
            Outcome::Sent { message_id: 0 }
        }
        (Address::Email(to), What::Letter(letter, tag)) => to_mail(app, it, to, letter, tag).await,
        (Address::Email(to), What::Message(content)) => {
            let letter = channels::letter::of(content, &app.site.url);
            to_mail(app, it, to, &letter, content.name()).await
        }
        (Address::Hook(channel_id, hook), What::Message(content)) => {
            let key = it.booked.key.name();
            let repeat = it.claim.is_repeat();
            let opened = match crate::channel::open_hook(app, *channel_id, hook).await {
                Ok(opened) => opened,
                Err(error) => return Outcome::NotSent { reason: error.to_string() },
            };
            opened.send(app, &key, content, repeat).await
        }
        (address, _) => {
            let reason = format!("this is nothing for {}", address.service());
            Outcome::ContentRefused { reason }
        }
    }
}

async fn to_chat(app: &App, it: &Claimed, bot: &BotId, chat_id: i64, content: &Content) -> Outcome {
    let patience = Patience::begin(app.env.clock.as_ref());
    match bot::token(app, bot).await {
        Ok(CurrentToken { token, version }) => {
            if let Some(version) = version {
                // One message is sent once in a run: nothing was set before.
                let _ = it.used.set(version);
            }
            let repeat = it.claim.is_repeat();
            match content {
                // On the heap: messages without stored photos need not be as large.
                Content::Part(part) if photos::has_stored(part) => {
                    let (to, what, files) = ((bot, chat_id), (&**part, repeat), &it.booked.files);
                    Box::pin(photos::send(app, to, what, files, (&token, patience))).await
                }
                _ => app.telegram.send(&token, chat_id, content, repeat, patience).await,
            }
        }
        Err(error @ (NoToken::NoBot(_) | NoToken::Unreadable(_))) => {
            Outcome::BotRevoked { reason: error.to_string() }
        }
        // It may pass: what cannot be opened now, and a bot that was switched off a moment ago.
        Err(error) => Outcome::NotSent { reason: error.to_string() },
    }
}

/// An attempt that Courier has failed at used up its key: the next could be a repeat. All others are
/// one to Courier.
async fn to_mail(app: &App, it: &Claimed, to: &str, letter: &Letter, tag: &str) -> Outcome {
    let Some(courier) = &app.mailer.api else {
        return Outcome::NotSent { reason: "no mail service is configured".to_owned() };
    };
    let faults = it.claim.faults;
    let idempotency_key = &format!("{}.{faults}", it.booked.key.name());
    courier.send(Post { to, letter, idempotency_key, tag, repeat: faults > 0 }).await
}

/// What an outcome means for the message's next attempt.
enum Turn {
    None,
    Moved(i64),
    Stopped,
}

/// Records the outcomes in one call and carries out what follows from them.
async fn conclude(
    app: &App,
    claimed: Vec<Claimed>,
    outcomes: Vec<Option<Outcome>>,
) -> Vec<(Place, Ended)> {
    let now = app.env.now();
    let (mut records, mut follow, mut turns) = (Vec::new(), Vec::new(), Vec::new());
    for (it, outcome) in claimed.iter().zip(outcomes) {
        let (next, consequence) = match outcome {
            None => (release(&it.claim, now), Consequence::None),
            Some(outcome) => record(&it.claim, outcome, it.booked.policy, now, app.env.fraction()),
        };
        turns.push(match consequence {
            Consequence::Migrate(chat_id) => Turn::Moved(chat_id),
            Consequence::StopBot(_) => Turn::Stopped,
            _ => Turn::None,
        });
        // A pause was written when it was asked for.
        if !matches!(consequence, Consequence::None | Consequence::Throttle(_)) {
            follow.push((it, consequence));
        }
        records.push(DeliveryWrite {
            key: it.booked.key.clone(),
            read: Some(it.claim.clone()),
            next,
        });
    }
    // What follows for others comes before the record: a crash between repeats it, never loses it.
    for (it, consequence) in follow {
        let sent = (&it.booked, it.used.get().copied());
        let carried = Box::pin(consequence::carry_out(app, sent, consequence));
        if let Err(error) = following_from(it.booked.correlation.clone(), carried).await {
            tracing::warn!(%error, "what follows from an outcome could not be written");
        }
    }
    // Before the record: a crash between sends the mail again under its key, and gets the same answer.
    keep_receipts(app, receipts(&claimed, &records, now)).await;
    let written = write_records(app, &records).await;
    let mut ended = Vec::with_capacity(claimed.len());
    for (((it, write), recorded), turn) in claimed.iter().zip(records).zip(written).zip(turns) {
        let end = match (end_of(recorded, &write.next, now), turn) {
            (Ended::Again(_, read), Turn::Moved(chat_id)) => Ended::Moved(chat_id, read),
            // The next run finds the bot stopped, and its job waits with it.
            (Ended::Again(..), Turn::Stopped) => Ended::Later(now + Duration::from_secs(1)),
            (end, _) => end,
        };
        ended.push((it.booked.place, end));
    }
    ended
}

/// The receipts of the mails among these that were taken.
fn receipts(claimed: &[Claimed], records: &[DeliveryWrite], now: Timestamp) -> Vec<Receipt> {
    let pairs = claimed.iter().zip(records);
    let mails = pairs.filter(|(it, _)| matches!(it.booked.address, Address::Email(_)));
    let taken = mails.filter_map(|(it, record)| {
        let channel = match it.booked.to {
            To::Channel(user_id, channel_id) => Some((user_id, channel_id)),
            To::Mail(ref mail) => mail.channel(),
            To::Chat(..) => None,
        };
        Some(Receipt {
            reference: record.next.reference.clone()?,
            delivery: record.key.clone(),
            channel,
            status: MailStatus::Enqueued,
            at: now,
            version: 0,
        })
    });
    taken.collect()
}

/// Writes records, trying those again that the table did not take.
async fn write_records(app: &App, records: &[DeliveryWrite]) -> Vec<bool> {
    let mut done = vec![false; records.len()];
    let mut open: Vec<usize> = (0..records.len()).collect();
    for _ in 0..RECORD_TRIES {
        let batch: Vec<DeliveryWrite> = open.iter().map(|&i| records[i].clone()).collect();
        let Ok(written) = app.table.write_deliveries(&batch).await else { continue };
        let mut failed = Vec::new();
        for (&index, written) in open.iter().zip(written) {
            match written {
                Written::Yes => done[index] = true,
                Written::No => {}
                Written::Failed(_) => failed.push(index),
            }
        }
        open = failed;
        if open.is_empty() {
            break;
        }
    }
    done
}

fn end_of(recorded: bool, next: &Delivery, now: Timestamp) -> Ended {
    if !recorded {
        // Taken over, or the record's own answer was lost: the delivery itself tells.
        return Ended::Later(now + Duration::from_secs(1));
    }
    match next.status {
        DeliveryStatus::Waiting => Ended::Again(next.until, Some(next.clone())),
        _ => Ended::Done(next.clone()),
    }
}
