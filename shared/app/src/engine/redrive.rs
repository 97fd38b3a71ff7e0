//! Bringing back what was set aside: dead letters, and a stopped bot's jobs.

use domain::engine::decision::BotState;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use table::{CommitError, DeadTimer, TableError};

use crate::App;
use crate::handover::hand_over;

/// Brings back every dead letter that can be read and that `wanted` picks; `progress` is told after each how many
/// they are by then. Returns how many.
pub async fn redrive(
    app: &App,
    wanted: impl Fn(&DeadTimer) -> bool,
    mut progress: impl FnMut(usize),
) -> Result<usize, TableError> {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let page = app.table.dead_timers(after.as_deref()).await?;
        for dead in page.items.iter().filter(|dead| wanted(dead)) {
            if let Some(timer) = app.table.revive(dead).await? {
                hand_over(app, &[timer]).await;
                count += 1;
                progress(count);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

/// Starts a stopped bot again, and those of its parked jobs with it that can be read; `progress` is told after each
/// how many they are by then. Returns how many.
pub async fn resume_bot(
    app: &App,
    bot: &BotId,
    mut progress: impl FnMut(usize),
) -> Result<usize, CommitError> {
    let now = app.env.now();
    let state = BotState { bot: bot.clone(), stopped: None, changed_at: now };
    app.commit(Decision::new(app.env.id(), now, ()).write(Write::Put(state.into()))).await?;
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let page = app.table.parked_timers(bot, after.as_deref()).await?;
        for parked in &page.items {
            if let Some(timer) = app.table.unpark(parked).await? {
                hand_over(app, &[timer]).await;
                count += 1;
                progress(count);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}
