//! What a job needs before it runs: its owner, its bot's state, its recipients.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::channel::Channel;
use domain::engine::decision::BotState;
use domain::engine::delivery::{Delivery, DeliveryStatus, Resume, UnknownPolicy, resume};
use domain::engine::{Job, Timer};
use domain::ids::{BotId, RunId};
use domain::mutation::{Rule, broken};
use domain::offer::Offer;
use domain::task::TaskRun;
use domain::time::Timestamp;
use futures::future::join_all;
use table::{DeliveryWrite, TableError, Written, keys};

use crate::App;
use crate::engine::batch::WAIT_AT_MOST;
use crate::engine::photos::Files;
use crate::engine::work::{Send, State, To, Work};
use crate::engine::{
    alert, baseline, broadcast, digest, missing, page, photos, relay, shape, single, tell,
};
use crate::scenario::{self, pay_links};

/// A message that another run is about to send is looked at again after this time, or when that run's
/// claim ends.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Whether a job runs now.
pub(super) enum Check {
    Run(Timer),
    /// Its owner has cancelled or moved it, or is gone.
    Drop(Timer),
    /// Its bot is stopped.
    Park(BotId, Timer),
    /// Its time is further off than a run waits.
    Early(Timer),
}

/// Decides for each timer whether it runs, and says which of their bots are stopped. One read for all owners
/// and bots.
pub(super) async fn check(
    app: &App,
    timers: Vec<Timer>,
) -> Result<(Vec<Check>, Vec<BotId>), (TableError, usize)> {
    let mut wanted = Vec::new();
    for timer in &timers {
        wanted.push(keys::bot_state(&timer.job.bot()));
        if let Some(owner) = &timer.owner {
            wanted.push(keys::channel(owner.user_id, owner.channel_id));
        }
    }
    let count = timers.len();
    let mut found = app.table.get_all(&wanted).await.map_err(|error| (error, count))?;
    let mut stopped: Vec<BotId> = Vec::new();
    for timer in &timers {
        let state = found.take::<BotState>(&keys::bot_state(&timer.job.bot()));
        if let Some(state) = state.map_err(|error| (error, count))?
            && state.stopped.is_some()
        {
            stopped.push(state.bot);
        }
    }
    let now = app.env.now();
    let mut checks = Vec::with_capacity(count);
    for timer in timers {
        let bot = timer.job.bot();
        let cancelled = match &timer.owner {
            None => false,
            Some(_) if broken(Rule::OwnersGeneration) => false,
            Some(owner) => found
                .peek::<Channel>(&keys::channel(owner.user_id, owner.channel_id))
                .map_err(|error| (error, count))?
                .is_none_or(|channel| channel.generation != owner.generation),
        };
        checks.push(if cancelled {
            Check::Drop(timer)
        } else if timer.due.since(now) > WAIT_AT_MOST {
            Check::Early(timer)
        } else if timer.job.waits_for_bot() && stopped.contains(&bot) {
            Check::Park(bot, timer)
        } else {
            Check::Run(timer)
        });
    }
    Ok((checks, stopped))
}

/// Reads what the jobs owe: offers in one call, then each page of watchers.
pub(super) async fn works(
    app: &App,
    timers: Vec<Timer>,
) -> Vec<Result<Work, Box<(Timer, TableError)>>> {
    let offers: Vec<_> = timers
        .iter()
        .filter_map(|timer| match &timer.job {
            Job::OfferFanout { offer_id, page_id, .. }
            | Job::OfferApart { offer_id, page_id, .. } => Some(keys::offer(offer_id, page_id)),
            _ => None,
        })
        .collect();
    let found = match app.table.get_all(&offers).await {
        Ok(found) => found,
        Err(error) => {
            return timers.into_iter().map(|timer| Err(Box::new((timer, error.clone())))).collect();
        }
    };
    let mut loads = Vec::with_capacity(timers.len());
    for timer in timers {
        let offer = match &timer.job {
            Job::OfferFanout { offer_id, page_id, .. }
            | Job::OfferApart { offer_id, page_id, .. } => {
                found.peek::<Offer>(&keys::offer(offer_id, page_id))
            }
            _ => Ok(None),
        };
        loads.push(work(app, timer, offer));
    }
    join_all(loads).await
}

async fn work(
    app: &App,
    timer: Timer,
    offer: Result<Option<Offer>, TableError>,
) -> Result<Work, Box<(Timer, TableError)>> {
    let recorded = match &offer {
        Ok(Some(offer)) => tell::recorded(app, &timer, offer),
        _ => None,
    };
    let (mut task_run, mut counted, mut told) = (None, None, Vec::new());
    let (mut step, mut on_its_way, mut without_link) = (None, None, BTreeSet::new());
    let loaded = match &timer.job {
        Job::AlertFanout { .. } => alert::page(app, &timer).await.map(|page| {
            counted = page.counted;
            (page.sends, page.next)
        }),
        Job::BaselineFanout { .. } => baseline::page(app, &timer).await,
        Job::BaselineApart { .. } => baseline::apart(app, &timer).await,
        Job::Digest { .. } => digest::page(app, &timer).await.map(|(sends, entries)| {
            told = entries;
            (sends, None)
        }),
        Job::Messages { bot, chat_id, notices, callback } => {
            Ok(single::messages(&timer, bot, *chat_id, notices, callback.as_deref()))
        }
        Job::SendMail { mail } => Ok((vec![single::letter(&timer, mail)], None)),
        Job::ShowReply { .. } | Job::AnswerReply { .. } => relay::message(app, &timer).await,
        Job::PhotoGone { .. } => missing::notices(app, &timer).await.map(|sends| (sends, None)),
        Job::ScenarioStep { bot, chat_id, .. } | Job::ScenarioWords { bot, chat_id, .. } => {
            scenario::owed(app, &timer).await.map(|owed| {
                step = owed.plan;
                without_link.extend(owed.lacks_link.then_some(*chat_id));
                (single::parts(&timer, bot, *chat_id, owed), None)
            })
        }
        Job::BroadcastPage { .. } => broadcast::page(app, &timer).await.map(|(sends, page)| {
            without_link.clone_from(&page.without_link);
            on_its_way = Some(page);
            (sends, None)
        }),
        Job::OfferFanout { .. } => match offer {
            Ok(Some(offer)) => page::fanout(app, &timer, &offer).await,
            // An offer is never removed while its fan-out runs; without it there is nothing to say.
            Ok(None) => Ok((Vec::new(), None)),
            Err(error) => Err(error),
        },
        Job::OfferApart { to, .. } => match offer {
            Ok(Some(offer)) => page::apart(app, &timer, &offer, to).await,
            Ok(None) => Ok((Vec::new(), None)),
            Err(error) => Err(error),
        },
        Job::TaskRun { task_id, run_id, .. } => {
            match app.table.get::<TaskRun>(&keys::task_run(*task_id, *run_id)).await {
                Ok(Some(run)) => {
                    let send = single::task_message(app, &timer, &run).await;
                    task_run = Some(run);
                    send.map(|send| (send.into_iter().collect(), None))
                }
                Ok(None) => Ok((Vec::new(), None)),
                Err(error) => Err(error),
            }
        }
        Job::KeptUpdate { .. }
        | Job::ResumeBot { .. }
        | Job::MailNews { .. }
        | Job::Heartbeat
        | Job::Erase { .. }
        | Job::PublishEvents { .. }
        | Job::ScheduledTask { .. }
        | Job::RetimeScenario { .. }
        | Job::GroupAccess { .. }
        | Job::AdminMenu { .. }
        | Job::ForwardReply { .. }
        | Job::RefreshSubscription { .. } => Ok((Vec::new(), None)),
    };
    let ordered = is_ordered(&timer.job);
    let (sends, next, files) = match with_photos(app, &timer, loaded).await {
        Ok(loaded) => loaded,
        Err(error) => return Err(Box::new((timer, error))),
    };
    let mut work = Work {
        timer,
        sends,
        next,
        was_done: false,
        recorded,
        task_run,
        ordered,
        counted,
        digest: told,
        step,
        broadcast: on_its_way,
        files,
    };
    match resume_sends(app, &mut work).await {
        Ok(()) => {
            broadcast::halt(&mut work);
            wait_for_links(app, &mut work, &without_link);
            work.was_done = !work.sends.is_empty() && work.is_done();
            Ok(work)
        }
        Err(error) => Err(Box::new((work.timer, error))),
    }
}

/// Puts off the messages to these chats, until their links to pay at are asked for again.
fn wait_for_links(app: &App, work: &mut Work, without_link: &BTreeSet<i64>) {
    if without_link.is_empty() {
        return;
    }
    let now = app.env.now();
    let since = *work.timer.links_since.get_or_insert(now);
    let at = pay_links::again_at(since, now);
    for send in &mut work.sends {
        let is_ready = matches!(send.state, State::Ready { .. });
        if is_ready && matches!(send.to, To::Chat(_, chat_id) if without_link.contains(&chat_id)) {
            send.state = State::Later { at, reserved: false };
        }
    }
}

/// Whether a job's messages go one after the other.
const fn is_ordered(job: &Job) -> bool {
    matches!(
        job,
        Job::Messages { .. }
            | Job::Digest { .. }
            | Job::ScenarioStep { .. }
            | Job::ScenarioWords { .. }
    )
}

/// What was loaded, with the files of its photos.
async fn with_photos(
    app: &App,
    timer: &Timer,
    loaded: Result<(Vec<Send>, Option<Job>), TableError>,
) -> Result<(Vec<Send>, Option<Job>, Arc<Files>), TableError> {
    let (mut sends, next) = loaded?;
    let files = photos::prepare(app, timer, &mut sends).await?;
    Ok((sends, next, Arc::new(files)))
}

/// A message that may be sent when its job is due.
pub(super) fn ready(timer: &Timer) -> State {
    let not_before = if broken(Rule::SleepTheRest) { Timestamp::default() } else { timer.due };
    State::Ready { not_before, read: None, reserved: false }
}

/// Where a job has run before, takes up each of its deliveries where it stands.
async fn resume_sends(app: &App, work: &mut Work) -> Result<(), TableError> {
    // What was set apart, or stopped, has deliveries from a job before.
    let begun = matches!(
        work.timer.job,
        Job::OfferApart { .. } | Job::BaselineApart { .. } | Job::BroadcastPage { again: true, .. }
    );
    if work.timer.is_fresh() && !begun {
        return Ok(());
    }
    let (policy, waits) = (work.policy(), work.timer.waits.clone());
    let existing = shape::keep(app, &mut work.sends, policy).await?;
    let mut holds = Vec::new();
    for (place, (send, existing)) in work.sends.iter_mut().zip(existing).enumerate() {
        if let Some(read) = existing
            && let Some(hold) = take_up(app, send, read, policy)
        {
            holds.push((place, hold));
        }
        if let (Some(at), State::Ready { not_before, reserved, .. }) =
            (waits.get(&send.name()), &mut send.state)
        {
            (*not_before, *reserved) = ((*not_before).max(*at), true);
        }
    }
    for holds in holds.chunks(table::deliveries::BATCH) {
        let writes: Vec<DeliveryWrite> = holds.iter().map(|(_, hold)| hold.clone()).collect();
        let written = app.table.write_deliveries(&writes).await?;
        for ((place, hold), written) in holds.iter().zip(written) {
            if written == Written::Yes {
                work.sends[*place].end = Some(hold.next.clone());
            } else {
                let at = app.env.now() + Duration::from_secs(1);
                work.sends[*place].state = State::Later { at, reserved: false };
            }
        }
    }
    Ok(())
}

/// Sets how far a message is from its delivery as read; answers a write where its fate stays unknown.
pub(super) fn take_up(
    app: &App,
    send: &mut Send,
    read: Delivery,
    policy: UnknownPolicy,
) -> Option<DeliveryWrite> {
    let now = app.env.now();
    let run: RunId = app.env.id();
    let mut hold = None;
    send.state = match resume(&read, run, policy, now) {
        Resume::Done => {
            send.end = Some(read);
            State::Done
        }
        // Its own time is near or far: the run waits for it, or is put off until then.
        Resume::Leave(until) if read.status == DeliveryStatus::Waiting => {
            State::Ready { not_before: until, read: Some(read), reserved: false }
        }
        Resume::Leave(until) => {
            let at = until.min(now + LOOK_AGAIN).max(now + LOOK_AGAIN / 10);
            State::Later { at, reserved: false }
        }
        Resume::Claim(_) => State::Ready { not_before: now, read: Some(read), reserved: false },
        Resume::Hold(next) => {
            hold = Some(DeliveryWrite { key: send.key.clone(), read: Some(read), next });
            State::Done
        }
    };
    hold
}
