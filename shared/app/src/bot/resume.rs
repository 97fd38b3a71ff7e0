//! A bot sends again: what waited for it returns.

use domain::engine::decision::BotState;
use domain::engine::retry::JobError;
use domain::ids::BotId;
use table::{TableError, keys};

use crate::App;
use crate::handover::hand_over;

/// Brings a bot's parked timers back, unless it was stopped again meanwhile.
pub(crate) async fn run_resume(app: &App, bot: &BotId) -> Result<(), JobError> {
    resume(app, bot).await.map_err(|error| JobError::Retry(error.to_string()))
}

async fn resume(app: &App, bot: &BotId) -> Result<(), TableError> {
    let mut after = None::<String>;
    loop {
        let state = app.table.get::<BotState>(&keys::bot_state(bot)).await?;
        if state.is_some_and(|state| state.stopped.is_some()) {
            return Ok(());
        }
        let page = app.table.parked_timers(bot, after.as_deref()).await?;
        for parked in &page.items {
            if let Some(timer) = app.table.unpark(parked).await? {
                hand_over(app, &[timer]).await;
            }
        }
        for unread in &page.unread {
            let (timer, reason) = (&unread.job, &unread.reason);
            tracing::error!(timer, reason, "a parked timer cannot be read, and stays");
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
