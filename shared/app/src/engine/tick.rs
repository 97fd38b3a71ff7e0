//! The clock: each minute it hands over what comes due, and moves what was left behind.

use std::time::Duration;

use domain::engine::timer::{CLOCK_AHEAD, CURSOR_LAG, SHARDS};
use domain::engine::{Timer, TimerKey};
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use queue::Hint;
use table::{Cursor, TableError, UnreadTimer};

use crate::App;
use crate::engine::finish;

/// The backward pass moves at most this many timers in one tick.
const MOVES: usize = 1_000;
/// A tick works at most this long.
const WORK: Duration = Duration::from_secs(40);

/// A timer that cannot be read is looked at again after this time.
const UNREAD: Duration = Duration::from_mins(10);

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Timers handed over ahead of their time.
    pub handed_over: usize,
    /// Timers found in minutes that have passed, and moved.
    pub moved: usize,
    /// Timers that were moved too often, and buried.
    pub buried: usize,
}

/// One tick. Ticks may overlap: hints are only hints, moves are fenced, the cursor never goes back.
pub async fn tick(app: &App, deadline: Timestamp) -> Result<Tick, TableError> {
    let now = app.env.now();
    let start = app.table.begin_cursor().await?;
    let until = deadline.min(now + WORK);
    let mut done = Tick::default();
    let forward = forward(app, start.forward, now, until, &mut done).await?;
    let backward = backward(app, start.backward, now, until, &mut done).await?;
    let cursor =
        Cursor { forward: forward.max(start.forward), backward: backward.max(start.backward) };
    app.table.advance_cursor(cursor).await?;
    Ok(done)
}

/// Hands over what comes due within the window and was not handed over by its creator.
async fn forward(
    app: &App,
    from: i64,
    now: Timestamp,
    until: Timestamp,
    done: &mut Tick,
) -> Result<i64, TableError> {
    let mut reached = from;
    // What lies further back than the lag is the backward pass's.
    let first = (from + 1).max((now - CURSOR_LAG).minute());
    for minute in first..=(now + CLOCK_AHEAD).minute() {
        if app.env.now() >= until {
            break;
        }
        for shard in 0..SHARDS {
            let mut after = None;
            loop {
                let page = app.table.timers_of_minute(minute, shard, after.as_deref()).await?;
                let mut due: Vec<&Timer> = page.items.iter().filter(|it| !it.inline).collect();
                if broken(Rule::ForwardPass) {
                    due.clear();
                }
                if !send_hints(app, &due).await {
                    return Ok(reached);
                }
                done.handed_over += due.len();
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        reached = minute;
    }
    Ok(reached)
}

/// Moves every timer out of the minutes that have passed, so that the cursor never stops at one that
/// is poisoned or waiting.
async fn backward(
    app: &App,
    from: i64,
    now: Timestamp,
    until: Timestamp,
    done: &mut Tick,
) -> Result<i64, TableError> {
    let mut left = MOVES;
    if broken(Rule::BackwardPass) {
        return Ok((now - CURSOR_LAG).minute().max(from));
    }
    for minute in from..(now - CURSOR_LAG).minute() {
        for shard in 0..SHARDS {
            let mut after = None;
            loop {
                if left == 0 || app.env.now() >= until {
                    return Ok(minute);
                }
                let page = app.table.timers_of_minute(minute, shard, after.as_deref()).await?;
                for timer in page.items {
                    left = left.saturating_sub(1);
                    if !rescue(app, &timer, done).await? {
                        return Ok(minute);
                    }
                }
                for unread in &page.unread {
                    left = left.saturating_sub(1);
                    carry(app, unread, done).await?;
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
    }
    Ok((now - CURSOR_LAG).minute().max(from))
}

/// Moves one overdue timer ahead and hands it over once, or buries it. `false` when the table did
/// not take the move.
async fn rescue(app: &App, timer: &Timer, done: &mut Tick) -> Result<bool, TableError> {
    let now = app.env.now();
    let Some(moved) = timer.overdue(now, app.table.known_cursor()) else {
        finish::set_dead(app, timer, "it was found overdue too often").await?;
        done.buried += 1;
        return Ok(true);
    };
    if app.table.move_timer(&timer.key, &moved).await? {
        done.moved += 1;
        // Lost hints of moved timers are found again in their new minute.
        send_hints(app, &[&moved]).await;
    }
    Ok(true)
}

/// Takes a timer along that this version of the program cannot read, as it is: the one that wrote it may run again.
async fn carry(app: &App, unread: &UnreadTimer, done: &mut Tick) -> Result<(), TableError> {
    let now = app.env.now();
    let to = TimerKey::new(unread.key.id, now + UNREAD, now, app.table.known_cursor());
    if app.table.carry_timer(unread, &to).await? {
        let (timer, reason) = (unread.key.id, &unread.reason);
        tracing::error!(%timer, reason, "a timer cannot be read, and is looked at again later");
        done.moved += 1;
    }
    Ok(())
}

async fn send_hints(app: &App, timers: &[&Timer]) -> bool {
    if timers.is_empty() {
        return true;
    }
    let now = app.env.now();
    let hints = timers.iter().map(|timer| Hint::of(timer, now)).collect();
    app.queue.send(hints).await.iter().all(Result::is_ok)
}

/// Hands over everything that is due within the creators' window, whoever was to hand it over:
/// for a queue that forgot its messages when its process ended.
pub async fn hand_over_all(app: &App) -> Result<usize, TableError> {
    let now = app.env.now();
    let cursor = app.table.begin_cursor().await?;
    let last = (now + domain::engine::timer::CREATOR_AHEAD).minute();
    let mut count = 0;
    for minute in cursor.backward..=last {
        for shard in 0..SHARDS {
            let mut after = None;
            loop {
                let page = app.table.timers_of_minute(minute, shard, after.as_deref()).await?;
                let all: Vec<&Timer> = page.items.iter().collect();
                send_hints(app, &all).await;
                count += all.len();
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
    }
    Ok(count)
}
