//! What a job needs before it runs: its owner, its bot's state, its recipients.

use std::time::Duration;

use domain::channel::Channel;
use domain::engine::decision::BotState;
use domain::engine::delivery::{
    Delivery, DeliveryKey, DeliveryStatus, LEFT_OUT, Recipient, Resume, UnknownPolicy, resume,
};
use domain::engine::{Job, Timer};
use domain::ids::{BotId, ChannelId, RunId, TargetId, UserId};
use domain::message::OfferMessage;
use domain::mutation::{Rule, broken};
use domain::offer::Offer;
use domain::task::TaskRun;
use domain::time::Timestamp;
use domain::watch::{Baseline, Digest, News, Target, Verdict, Watcher};
use futures::future::join_all;
use table::{DeliveryWrite, TableError, Written, keys};

use crate::App;
use crate::engine::batch::WAIT_AT_MOST;
use crate::engine::digest::Waiting;
use crate::engine::work::{Send, State, To, What, Work};
use crate::engine::{alert, baseline, broadcast, digest, single, tell, watchers};
use crate::scenario;

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

/// Decides for each timer whether it runs. One read for all owners and bots.
pub(super) async fn check(
    app: &App,
    timers: Vec<Timer>,
) -> Result<Vec<Check>, (TableError, usize)> {
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
    Ok(checks)
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
    let (mut step, mut on_its_way) = (None, None);
    let loaded = match &timer.job {
        Job::AlertFanout { .. } => alert::page(app, &timer).await.map(|page| {
            counted = page.counted;
            (page.sends, page.next)
        }),
        Job::BaselineFanout { .. } => baseline::page(app, &timer).await,
        Job::Digest { .. } => digest::page(app, &timer).await.map(|(sends, entries)| {
            told = entries;
            (sends, None)
        }),
        Job::Messages { bot, chat_id, notices, callback } => {
            Ok(single::messages(&timer, bot, *chat_id, notices, callback.as_deref()))
        }
        Job::SendMail { mail } => Ok((vec![single::letter(&timer, mail)], None)),
        Job::ScenarioStep { bot, chat_id, scenario } => {
            let owed = scenario::step(app, &timer, (bot, *chat_id, scenario)).await;
            owed.map(|owed| {
                step = owed.plan;
                (single::parts(&timer, bot, *chat_id, owed), None)
            })
        }
        Job::BroadcastPage { .. } => broadcast::page(app, &timer).await.map(|(sends, page)| {
            on_its_way = Some(page);
            (sends, None)
        }),
        Job::ScenarioWords { bot, chat_id, scenario, words } => {
            let owed = scenario::words(app, &timer, (bot, *chat_id, scenario), words).await;
            owed.map(|owed| (single::parts(&timer, bot, *chat_id, owed), None))
        }
        Job::OfferFanout { .. } => match offer {
            Ok(Some(offer)) => fanout(app, &timer, &offer).await,
            // An offer is never removed while its fan-out runs; without it there is nothing to say.
            Ok(None) => Ok((Vec::new(), None)),
            Err(error) => Err(error),
        },
        Job::OfferApart { to, .. } => match offer {
            Ok(Some(offer)) => apart(app, &timer, &offer, to).await,
            Ok(None) => Ok((Vec::new(), None)),
            Err(error) => Err(error),
        },
        Job::TaskRun { task_id, run_id, .. } => {
            match app.table.get::<TaskRun>(&keys::task_run(*task_id, *run_id)).await {
                Ok(run) => {
                    let sends = run.as_ref().and_then(|run| single::task_message(&timer, run));
                    task_run = run;
                    Ok((sends.into_iter().collect(), None))
                }
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
        | Job::RefreshSubscription { .. } => Ok((Vec::new(), None)),
    };
    let ordered = matches!(
        timer.job,
        Job::Messages { .. }
            | Job::Digest { .. }
            | Job::ScenarioStep { .. }
            | Job::ScenarioWords { .. }
    );
    let (sends, next) = match loaded {
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
    };
    match resume_sends(app, &mut work).await {
        Ok(()) => {
            work.was_done = !work.sends.is_empty() && work.is_done();
            Ok(work)
        }
        Err(error) => Err(Box::new((work.timer, error))),
    }
}

/// One page of an offer's watchers: whole watchers, at most a page's worth of channels.
async fn fanout(
    app: &App,
    timer: &Timer,
    offer: &Offer,
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let Job::OfferFanout { offer_id, page_id, revision, after, baseline } = &timer.job else {
        return Ok((Vec::new(), None));
    };
    let Some(news) = News::of(*revision, offer) else { return Ok((Vec::new(), None)) };
    let (watchers, next) = watchers::some(app, page_id, after.as_deref()).await?;
    let (mut sends, mut waiting): (Vec<Send>, _) = (Vec::new(), Vec::new());
    for watcher in watchers {
        if *baseline && watcher.rules.baseline == Baseline::Summary {
            continue;
        }
        let left_out = match watcher.rules.judge(news, &offer.listing) {
            Verdict::Pass => continue,
            Verdict::Tell => None,
            Verdict::LeaveOut(reason) => Some(reason),
        };
        for (user_id, channel_id) in watcher.recipients() {
            let key = DeliveryKey {
                to: Recipient::Channel { channel_id },
                thing: if broken(Rule::OfferOnce) {
                    format!("{offer_id}{page_id}")
                } else {
                    offer_id.to_string()
                },
                revision: *revision,
                part: if left_out.is_some() { LEFT_OUT } else { 0 },
            };
            // A user's targets stand together: a channel that several share is met here once.
            if sends.iter().any(|send| send.key == key) {
                continue;
            }
            if left_out.is_none()
                && let Some(digest) = gathers(app, timer, news, &watcher, channel_id)
            {
                let (owner_id, target_id) = (watcher.user_id, watcher.target_id);
                waiting.push(Waiting { owner_id, target_id, user_id, channel_id, digest });
                continue;
            }
            let message =
                || OfferMessage::new(offer, watcher.target_id, watcher.target_name.clone());
            sends.push(Send {
                key,
                to: To::Channel(user_id, channel_id),
                what: left_out.map_or_else(|| What::Message(message().into()), What::LeftOut),
                target_id: Some(watcher.target_id),
                subject: Some(tell::news(offer_id, *revision, (user_id, channel_id))),
                apart: false,
                state: ready(timer),
                end: None,
            });
        }
    }
    digest::gather(app, (offer, *revision), waiting).await?;
    let next = next.map(|after| Job::OfferFanout {
        offer_id: offer_id.clone(),
        page_id: page_id.clone(),
        revision: *revision,
        after: Some(after),
        baseline: *baseline,
    });
    Ok((sends, next))
}

/// Which digest news waits for, if it waits: its target's, or, of one that is told at once, the next one,
/// because too much came for one chat.
fn gathers(
    app: &App,
    timer: &Timer,
    news: News,
    watcher: &Watcher,
    channel_id: ChannelId,
) -> Option<Digest> {
    match watcher.rules.digest {
        // What has begun to be sent is not gathered any more.
        Digest::Immediate if news != News::New || !timer.is_fresh() => None,
        Digest::Immediate => {
            let most = app.site.bundle_above;
            app.pace.is_burst(channel_id, app.env.now(), most).then_some(Digest::Immediate)
        }
        digest => Some(digest),
    }
}

/// What was set apart from a page.
async fn apart(
    app: &App,
    timer: &Timer,
    offer: &Offer,
    to: &[(UserId, ChannelId, TargetId)],
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let wanted: Vec<_> = to.iter().map(|(user, _, target)| keys::target(*user, *target)).collect();
    let found = app.table.get_all(&wanted).await?;
    let revision = offer_revision(timer);
    let mut sends = Vec::with_capacity(to.len());
    for ((user_id, channel_id, target_id), key) in to.iter().zip(&wanted) {
        // A target that is gone has no name any more; who watched hears the rest all the same.
        let name = found.peek::<Target>(key)?.map(|target| target.name).unwrap_or_default();
        sends.push(Send {
            key: DeliveryKey {
                to: Recipient::Channel { channel_id: *channel_id },
                thing: offer.offer_id.to_string(),
                revision,
                part: 0,
            },
            to: To::Channel(*user_id, *channel_id),
            what: What::Message(OfferMessage::new(offer, *target_id, name).into()),
            target_id: Some(*target_id),
            subject: Some(tell::news(&offer.offer_id, revision, (*user_id, *channel_id))),
            apart: true,
            state: ready(timer),
            end: None,
        });
    }
    Ok((sends, None))
}

fn offer_revision(timer: &Timer) -> u32 {
    match timer.job {
        Job::OfferFanout { revision, .. } | Job::OfferApart { revision, .. } => revision,
        _ => 0,
    }
}

/// A message that may be sent when its job is due.
pub(super) fn ready(timer: &Timer) -> State {
    let not_before = if broken(Rule::SleepTheRest) { Timestamp::default() } else { timer.due };
    State::Ready { not_before, read: None, reserved: false }
}

/// Where a job has run before, takes up each of its deliveries where it stands.
async fn resume_sends(app: &App, work: &mut Work) -> Result<(), TableError> {
    // What was set apart, or stopped, has deliveries from a job before.
    let begun =
        matches!(work.timer.job, Job::OfferApart { .. } | Job::BroadcastPage { again: true, .. });
    if work.timer.is_fresh() && !begun {
        return Ok(());
    }
    let keys: Vec<DeliveryKey> = work.sends.iter().map(|send| send.key.clone()).collect();
    let existing = app.table.deliveries(&keys).await?;
    let (policy, waits) = (work.policy(), work.timer.waits.clone());
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
