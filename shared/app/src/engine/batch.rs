//! A batch of hints: read the timers, run their jobs, acknowledge.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::account::ERASE_AGAIN;
use domain::engine::timer::{MAX_RECEIVES, Timer, TimerKey};
use domain::engine::{Job, Lane};
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all};
use runtime::unit;
use table::TableError;

use crate::App;
use crate::engine::{access, deliver, finish, load, relay, tell};

/// Nothing waits longer than this inside a batch; what would is moved.
pub const WAIT_AT_MOST: Duration = Duration::from_secs(2);

/// So long before the deadline nothing more is erased: one step takes no longer.
const STOP_ERASING: Duration = Duration::from_secs(15);

/// A hint as a worker receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The timer it is about.
    pub timer: TimerKey,
    /// How often this message was received, this time included.
    pub receives: u32,
}

/// What becomes of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// Delete it: its timer is gone, moved, or someone else's.
    Done,
    /// Let it come back: the table did not answer.
    Again,
}

/// Runs the jobs that a batch of hints is about. One answer per hint, in order.
///
/// Hints that came back unfinished run last and alone, counted on their timer before they
/// run: what kills its worker must not take others with it, and dies at the fifth time.
pub async fn run_batch(app: &App, hints: &[Incoming], deadline: Timestamp) -> Vec<Ack> {
    let keys: Vec<TimerKey> = hints.iter().map(|hint| hint.timer).collect();
    // The same hint twice in one batch is one hint: the copy shares the answer.
    let first_of = |index: usize| keys.iter().position(|key| *key == keys[index]).unwrap_or(index);
    let mut acks = vec![Ack::Done; hints.len()];
    let timers = match app.table.timers(&keys).await {
        Ok(timers) => timers,
        // It is rare: it need not be in the size of each run.
        Err(TableError::Corrupt { .. }) => Box::pin(one_by_one(app, &keys, &mut acks)).await,
        Err(error) => {
            tracing::warn!(%error, hints = hints.len(), "the timers could not be read");
            return vec![Ack::Again; hints.len()];
        }
    };
    let (mut first, mut suspects) = (Vec::new(), Vec::new());
    for (index, timer) in timers.into_iter().enumerate() {
        let Some(timer) = timer.filter(|_| first_of(index) == index) else { continue };
        if hints[index].receives > 1 {
            suspects.push((index, timer));
        } else {
            first.push((index, timer));
        }
    }
    run_first(app, first, deadline, &mut acks).await;
    for (index, timer) in suspects {
        acks[index] = run_suspect(app, timer, deadline).await;
    }
    (0..acks.len()).map(|index| acks[first_of(index)]).collect()
}

/// The timers, where one of them cannot be read: it does not hold up the others, and its hint comes back, for the
/// version of the program that wrote it.
async fn one_by_one(app: &App, keys: &[TimerKey], acks: &mut [Ack]) -> Vec<Option<Timer>> {
    let each = keys.iter().map(|key| app.table.timers(std::slice::from_ref(key)));
    let mut timers = Vec::with_capacity(keys.len());
    for (read, ack) in join_all(each).await.into_iter().zip(acks) {
        timers.push(match read {
            Ok(found) => found.into_iter().next().flatten(),
            Err(error) => {
                tracing::warn!(%error, "a timer could not be read");
                *ack = Ack::Again;
                None
            }
        });
    }
    timers
}

/// Bulk jobs of a batch share bookings and table calls; people's jobs run side by side, so that
/// none waits for another's slow channel.
async fn run_first(app: &App, timers: Vec<(usize, Timer)>, deadline: Timestamp, acks: &mut [Ack]) {
    let (bulk, people): (Vec<_>, Vec<_>) =
        timers.into_iter().partition(|(_, timer)| timer.lane() == Lane::Bulk);
    let runs = people.into_iter().map(|(index, timer)| async move {
        (vec![index], run_caught(app, Lane::People, vec![timer], deadline).await)
    });
    let (bulk_indexes, bulk_timers): (Vec<usize>, Vec<Timer>) = bulk.into_iter().unzip();
    let bulk = async {
        let acks = run_caught(app, Lane::Bulk, bulk_timers, deadline).await;
        (bulk_indexes, acks)
    };
    let (people, bulk) = futures::future::join(join_all(runs), bulk).await;
    for (indexes, results) in people.into_iter().chain([bulk]) {
        for (index, ack) in indexes.into_iter().zip(results) {
            acks[index] = ack;
        }
    }
}

async fn run_suspect(app: &App, timer: Timer, deadline: Timestamp) -> Ack {
    let receives = match app.table.count_receive(&timer.key).await {
        Ok(Some(receives)) => receives,
        Ok(None) => return Ack::Done,
        Err(_) => return Ack::Again,
    };
    let timer = Timer { receives, ..timer };
    if receives >= MAX_RECEIVES && !broken(Rule::CountedReceives) {
        return finish::bury(app, &timer, "its runs stopped without an end").await;
    }
    run_caught(app, timer.lane(), vec![timer], deadline).await.pop().unwrap_or(Ack::Again)
}

/// A panic is one job's: of a batch that shares its work, the messages come back, and then
/// each runs alone.
async fn run_caught(app: &App, lane: Lane, timers: Vec<Timer>, deadline: Timestamp) -> Vec<Ack> {
    let count = timers.len();
    if count == 0 {
        return Vec::new();
    }
    // Each of people's jobs runs alone; those of the bulk lane share what they follow from with none.
    let correlation = timers.first().filter(|_| count == 1).and_then(|it| it.correlation.clone());
    // On the heap and without its type, which is too deep for the compiler in a function's own.
    let work: BoxFuture<'_, Vec<Ack>> = Box::pin(run(app, lane, timers, deadline));
    let work = AssertUnwindSafe(work).catch_unwind();
    if let (Ok(acks), ..) = unit::run(app.env.now(), correlation, work).await {
        acks
    } else {
        tracing::error!(jobs = count, "a job panicked; its message comes back and runs alone");
        vec![Ack::Again; count]
    }
}

async fn run(app: &App, lane: Lane, timers: Vec<Timer>, deadline: Timestamp) -> Vec<Ack> {
    let (checked, stopped) = match load::check(app, timers).await {
        Ok(checked) => checked,
        Err((error, count)) => {
            tracing::warn!(%error, "the jobs' owners could not be read");
            return vec![Ack::Again; count];
        }
    };
    let mut acks = Vec::with_capacity(checked.len());
    let (mut pages, mut told) = (Vec::new(), Vec::new());
    for (place, check) in checked.into_iter().enumerate() {
        acks.push(Ack::Done);
        match check {
            load::Check::Drop(timer) => {
                acks[place] = Box::pin(deliver::give_up(app, timer, deadline)).await;
            }
            load::Check::Park(bot, timer) => {
                acks[place] = finish::park(app, &bot, &timer).await;
            }
            load::Check::Early(timer) => finish::hint_again(app, &timer).await,
            load::Check::Run(timer) => match &timer.job {
                Job::PublishEvents { about } => {
                    let about = about.clone();
                    told.push((place, tell::run(app, timer, about, deadline)));
                }
                Job::KeptUpdate { .. } => acks[place] = run_kept(app, timer).await,
                Job::MailNews { .. } => acks[place] = run_news(app, timer).await,
                Job::Erase { .. } => acks[place] = run_erase(app, timer, deadline).await,
                Job::Heartbeat => acks[place] = run_heartbeat(app, timer).await,
                Job::ScheduledTask { .. } => acks[place] = run_due(app, timer).await,
                Job::RetimeScenario { .. } => acks[place] = run_retime(app, timer).await,
                Job::GroupAccess { .. } => acks[place] = run_access(app, timer).await,
                Job::AdminMenu { .. } => acks[place] = run_menu(app, timer).await,
                Job::ForwardReply { .. } => acks[place] = run_forward(app, timer).await,
                Job::ResumeBot { .. } => acks[place] = run_resume(app, timer).await,
                Job::RefreshSubscription { .. } => acks[place] = run_refresh(app, timer).await,
                Job::OfferFanout { .. }
                | Job::BaselineFanout { .. }
                | Job::BaselineApart { .. }
                | Job::Digest { .. }
                | Job::AlertFanout { .. }
                | Job::OfferApart { .. }
                | Job::Messages { .. }
                | Job::SendMail { .. }
                | Job::ScenarioStep { .. }
                | Job::ScenarioWords { .. }
                | Job::BroadcastPage { .. }
                | Job::ShowReply { .. }
                | Job::AnswerReply { .. }
                | Job::PhotoGone { .. }
                | Job::TaskRun { .. } => pages.push((place, timer)),
            },
        }
    }
    let (places, timers): (Vec<usize>, Vec<Timer>) = pages.into_iter().unzip();
    // Messages and events do not wait for each other.
    let told = join_all(told.into_iter().map(|(place, run)| async move { (place, run.await) }));
    let delivered = Box::pin(deliver::run(app, (lane, stopped), timers, deadline));
    let (delivered, told) = join(delivered, told).await;
    for (place, ack) in places.into_iter().zip(delivered).chain(told) {
        acks[place] = ack;
    }
    acks
}

async fn run_heartbeat(app: &App, timer: Timer) -> Ack {
    app.env.clock.sleep_until(timer.due).await;
    match crate::heartbeat::beat(app, &timer).await {
        Ok(true) => finish::ended(app, &timer, "done"),
        Ok(false) => finish::ended(app, &timer, finish::LOST),
        Err(error) => finish::retry(app, &timer, &error.to_string()).await,
    }
}

async fn run_due(app: &App, timer: Timer) -> Ack {
    let Job::ScheduledTask { company_id, slug } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let run = crate::task::run_due(app, &timer, *company_id, slug).await;
    finish::settled(app, &timer, run).await
}

async fn run_retime(app: &App, timer: Timer) -> Ack {
    let Job::RetimeScenario { bot, scenario, shard, after } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let from = (*shard, after.as_deref());
    let run = crate::scenario::run_retime(app, &timer, (bot, scenario), from).await;
    finish::settled(app, &timer, run).await
}

async fn run_access(app: &App, timer: Timer) -> Ack {
    app.env.clock.sleep_until(timer.due).await;
    let run = Box::pin(access::run(app, &timer)).await;
    finish::settled(app, &timer, run).await
}

async fn run_menu(app: &App, timer: Timer) -> Ack {
    app.env.clock.sleep_until(timer.due).await;
    let result = Box::pin(crate::menu::run(app, &timer)).await;
    finish::effect(app, &timer, result).await
}

async fn run_forward(app: &App, timer: Timer) -> Ack {
    app.env.clock.sleep_until(timer.due).await;
    let run = relay::run_forward(app, &timer).await;
    finish::settled(app, &timer, run).await
}

async fn run_resume(app: &App, timer: Timer) -> Ack {
    let Job::ResumeBot { bot } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let result = crate::bot::run_resume(app, bot).await;
    finish::effect(app, &timer, result).await
}

async fn run_news(app: &App, timer: Timer) -> Ack {
    let Job::MailNews { news } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let result = crate::mail::run_kept(app, news, timer.runs).await;
    finish::effect(app, &timer, result).await
}

/// Erases what it can in its time. What is left waits for the next run, and when nothing is, the second
/// look for its own time.
async fn run_erase(app: &App, timer: Timer, deadline: Timestamp) -> Ack {
    let Job::Erase { erasure, again } = timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    match crate::account::erase(app, erasure, deadline - STOP_ERASING).await {
        Ok(true) if again => finish::drop_timer(app, &timer, "done").await,
        Ok(true) => {
            let due = app.env.now() + ERASE_AGAIN;
            finish::follow(app, &timer, Job::Erase { erasure, again: true }, due).await
        }
        Ok(false) => finish::put_off(app, &timer, app.env.now(), None).await,
        Err(error) => finish::retry(app, &timer, &error.to_string()).await,
    }
}

async fn run_refresh(app: &App, timer: Timer) -> Ack {
    let Job::RefreshSubscription { user_id } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let run = crate::subscription::run_refresh(app, &timer, *user_id).await;
    finish::settled(app, &timer, run).await
}

async fn run_kept(app: &App, timer: Timer) -> Ack {
    let Job::KeptUpdate { bot, chat_id, update_id } = &timer.job else { return Ack::Done };
    app.env.clock.sleep_until(timer.due).await;
    let result = crate::update::run_kept(app, bot, *chat_id, *update_id).await;
    finish::effect(app, &timer, result).await
}
