//! What the runs of delivering jobs tell others.
//!
//! ```text
//! all messages of a page have their end ──▶ publish, in bounded time ──▶ the timer goes
//!                                             └─ not taken ▶ a job in the same transaction
//! ```
//!
//! A process that dies before its timer goes leaves a page that is done: its next run publishes again
//! what it reads, under the same ids. So nothing is lost, and in the normal case nothing is written.

use std::time::Duration;

use domain::engine::delivery::Recipient;
use domain::engine::{Delivery, DeliveryKey, Job, Timer};
use domain::event::{About, Event, EventKind, Subject};
use domain::ids::{BotId, ChannelId, JobId, UserId};
use domain::offer::Offer;
use domain::time::Timestamp;
use domain::url::OfferId;
use table::{TableError, keys};

use crate::App;
use crate::engine::batch::Ack;
use crate::engine::finish;
use crate::engine::work::Work;

/// A run keeps this long before its deadline for what it still has to write.
const KEPT_BACK: Duration = Duration::from_secs(3);

/// What an event of a delivering job is remade from.
enum Piece {
    /// The offer itself.
    Recorded,
    /// A channel that was told of it.
    To(UserId, ChannelId),
    /// One of several answers.
    Part(u16),
    /// Any other message.
    Message(DeliveryKey, Subject),
}

/// Publishes what works that are done have to tell. Answers for each the job that is left, if any.
pub(super) async fn tell(app: &App, works: &[Work], deadline: Timestamp) -> Vec<Option<Job>> {
    let told = works.iter().enumerate().flat_map(|(place, work)| {
        events(app, work).into_iter().map(move |(piece, event)| ((place, piece), event))
    });
    let told: Vec<_> = told.collect();
    let mut left: Vec<Vec<Piece>> = works.iter().map(|_| Vec::new()).collect();
    for (place, piece) in app.events.publish(&app.env, told, deadline - KEPT_BACK).await {
        left[place].push(piece);
    }
    let jobs = works.iter().zip(left).map(|(work, left)| job(work, left));
    jobs.map(|about| about.map(|about| Job::PublishEvents { about })).collect()
}

/// What a work that is done has to tell.
fn events(app: &App, work: &Work) -> Vec<(Piece, Event)> {
    let mut told: Vec<(Piece, Event)> = Vec::new();
    if !work.may_end(app.env.now()) {
        return told;
    }
    if let Some(event) = &work.recorded {
        told.push((Piece::Recorded, event.clone()));
    }
    if app.events.wants_messages() {
        told.extend(work.sends.iter().filter_map(|send| {
            ended(&work.timer.job, &send.key, send.subject.as_ref()?, send.end.as_ref()?)
        }));
        told.extend(work.digest.iter().filter_map(|entry| {
            ended(&work.timer.job, &entry.key, entry.subject.as_ref()?, entry.state.as_ref().ok()?)
        }));
    }
    told
}

fn ended(
    job: &Job,
    key: &DeliveryKey,
    subject: &Subject,
    delivery: &Delivery,
) -> Option<(Piece, Event)> {
    let piece = match (job, subject) {
        (
            Job::OfferFanout { .. } | Job::OfferApart { .. },
            Subject::Offer { user_id, channel_id, .. },
        ) => Piece::To(*user_id, *channel_id),
        (_, Subject::Answer { part, .. }) => Piece::Part(*part),
        _ => Piece::Message(key.clone(), subject.clone()),
    };
    Some((piece, Event::message(subject.clone(), key, delivery)?))
}

/// News of an offer, told to a channel.
pub(super) fn news(
    offer_id: &OfferId,
    revision: u32,
    (user_id, channel_id): (UserId, ChannelId),
) -> Subject {
    Subject::Offer { offer_id: offer_id.clone(), revision, user_id, channel_id, target_id: None }
}

/// One of several answers of a job.
pub(super) fn answer(bot: &BotId, job_id: JobId, part: u16) -> Subject {
    Subject::Answer { bot: bot.clone(), job_id, part }
}

/// The first page of a fan-out tells of the offer, which was recorded with the job.
pub(super) fn recorded(app: &App, timer: &Timer, offer: &Offer) -> Option<Event> {
    let Job::OfferFanout { after: None, revision, .. } = timer.job else { return None };
    let wanted = app.events.wants(EventKind::OfferRecorded);
    wanted.then(|| Event::offer_recorded(offer, revision, made_at(timer)))
}

/// When a job was made: its id says so.
fn made_at(timer: &Timer) -> Timestamp {
    let (seconds, nanos) = timer.key.id.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let millis = i64::try_from(seconds).unwrap_or_default() * 1_000;
    Timestamp::from_millis(millis + i64::from(nanos / 1_000_000))
}

/// What is left of a work to be published later.
fn job(work: &Work, left: Vec<Piece>) -> Option<About> {
    if left.is_empty() {
        return None;
    }
    let (mut recorded_at, mut to, mut parts) = (None, Vec::new(), Vec::new());
    let mut messages = Vec::new();
    for piece in left {
        match piece {
            Piece::Recorded => recorded_at = Some(made_at(&work.timer)),
            Piece::To(user_id, channel_id) => to.push((user_id, channel_id)),
            Piece::Part(part) => parts.push(part),
            Piece::Message(key, subject) => messages.push((key, subject)),
        }
    }
    match &work.timer.job {
        Job::OfferFanout { offer_id, page_id, revision, .. }
        | Job::OfferApart { offer_id, page_id, revision, .. } => Some(About::Offer {
            offer_id: offer_id.clone(),
            page_id: page_id.clone(),
            revision: *revision,
            recorded_at,
            to,
        }),
        Job::Messages { bot, chat_id, .. } => {
            let (bot, job_id) = (bot.clone(), work.timer.key.id);
            Some(About::Answers { bot, chat_id: *chat_id, job_id, parts })
        }
        _ => Some(About::Messages { messages }),
    }
}

/// A job that publishes: what the bus does not take is left in it, and tried again with back-off.
pub(super) async fn run(app: &App, timer: Timer, about: About, deadline: Timestamp) -> Ack {
    app.env.clock.sleep_until(timer.due).await;
    let told = match remade(app, &about).await {
        Ok(told) => told,
        Err(error) => return finish::retry(app, &timer, &error.to_string()).await,
    };
    let left = app.events.publish(&app.env, told, deadline - KEPT_BACK).await;
    if left.is_empty() {
        return finish::drop_timer(app, &timer, "done").await;
    }
    let job = Job::PublishEvents { about: about.only(&left) };
    finish::retry(app, &Timer { job, ..timer }, "the bus does not take events").await
}

/// Makes the events again from what stands in the table, each with its place in the job.
async fn remade(app: &App, about: &About) -> Result<Vec<(usize, Event)>, TableError> {
    match about {
        About::Offer { offer_id, page_id, revision, recorded_at, to } => {
            let mut told = Vec::new();
            if let Some(at) = recorded_at {
                let offer = app.table.get::<Offer>(&keys::offer(offer_id, page_id)).await?;
                let event = offer.map(|offer| Event::offer_recorded(&offer, *revision, *at));
                told.extend(event.map(|event| (0, event)));
            }
            let key = |channel_id: ChannelId| DeliveryKey {
                to: Recipient::Channel { channel_id },
                thing: offer_id.to_string(),
                revision: *revision,
                part: 0,
            };
            let keys: Vec<DeliveryKey> = to.iter().map(|(_, channel)| key(*channel)).collect();
            let found = app.table.deliveries(&keys).await?;
            for (place, ((user, channel), (key, delivery))) in
                to.iter().zip(keys.iter().zip(found)).enumerate()
            {
                let Some(delivery) = delivery else { continue };
                let subject = news(offer_id, *revision, (*user, *channel));
                told.extend(Event::message(subject, key, &delivery).map(|it| (place + 1, it)));
            }
            Ok(told)
        }
        About::Answers { bot, chat_id, job_id, parts } => {
            let key = |part: u16| DeliveryKey {
                to: Recipient::Chat { bot: bot.clone(), chat_id: *chat_id },
                thing: job_id.to_string(),
                revision: 0,
                part,
            };
            let keys: Vec<DeliveryKey> = parts.iter().map(|part| key(*part)).collect();
            let found = app.table.deliveries(&keys).await?;
            let told = keys.iter().zip(found).enumerate().filter_map(|(place, (key, delivery))| {
                let subject = answer(bot, *job_id, key.part);
                Some((place, Event::message(subject, key, &delivery?)?))
            });
            Ok(told.collect())
        }
        About::Messages { messages } => {
            let keys: Vec<DeliveryKey> = messages.iter().map(|(key, _)| key.clone()).collect();
            let found = app.table.deliveries(&keys).await?;
            let told = messages.iter().zip(found).enumerate().filter_map(
                |(place, ((key, subject), delivery))| {
                    Some((place, Event::message(subject.clone(), key, &delivery?)?))
                },
            );
            Ok(told.collect())
        }
        About::Channels { at, changes } => {
            let told = changes.iter().enumerate();
            Ok(told.map(|(place, it)| (place, Event::channel(it.clone(), *at))).collect())
        }
        About::Orders { at, changes } => {
            let told = changes.iter().enumerate();
            Ok(told.map(|(place, it)| (place, Event::order(it.clone(), *at))).collect())
        }
    }
}
