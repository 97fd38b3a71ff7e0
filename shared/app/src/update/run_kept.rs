//! A kept update is due: the chat's queue is handled, in order.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use channels::telegram::IncomingUpdate;
use domain::engine::decision::KeptUpdate;
use domain::engine::retry::JobError;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use futures::FutureExt;
use table::{Page, Range, TableError, keys};

use super::handle::Handling;
use crate::bot::{KnownBot, find_bot};
use crate::{App, AppError};

/// One run handles at most this many updates; the others have timers of their own.
const AT_ONCE: usize = 25;
/// After this long in vain an update no longer holds up its chat. Its own job becomes a dead letter,
/// and whoever brings that back has it handled.
const SET_ASIDE_AFTER: Duration = Duration::from_mins(30);

/// Handles what waits in the chat, in order; the job of `update_id` is done then.
pub async fn run_kept(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    update_id: i64,
) -> Result<(), JobError> {
    let found = find_bot(app, bot).await.map_err(again)?;
    let bot = &found.ok_or_else(|| JobError::Reject(format!("there is no bot {bot} any more")))?;
    let (mut handled, mut after) = (0, None);
    loop {
        let page = queue(app, &bot.id, chat_id, after.as_deref()).await.map_err(again)?;
        for kept in &page.items {
            let own = kept.update_id == update_id;
            if kept.set_aside && !own {
                continue;
            }
            if handled == AT_ONCE {
                return more(kept, update_id);
            }
            handled += 1;
            run_one(app, bot, kept, own).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// One page of what waits in a chat, in Telegram's order, and of what was set aside there.
pub(super) async fn queue(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    after: Option<&str>,
) -> Result<Page<KeptUpdate>, TableError> {
    let pk = keys::chat(bot, chat_id);
    let prefix = keys::KEPT_UPDATES;
    app.table.query(&Range { pk: &pk, prefix, after, limit: AT_ONCE, backward: false }).await
}

/// The run has done enough before it came to `next`.
fn more(next: &KeptUpdate, update_id: i64) -> Result<(), JobError> {
    if next.update_id > update_id {
        return Ok(());
    }
    let reason = "others of the chat wait before it".to_owned();
    Err(JobError::RetryAfter { after: Duration::from_secs(1), reason })
}

/// Handles one kept update, or sets it aside when that failed for too long. The error ends the run.
async fn run_one(app: &App, bot: &KnownBot, kept: &KeptUpdate, own: bool) -> Result<(), JobError> {
    let Err(reason) = handle_kept(app, bot, kept).await else { return Ok(()) };
    if app.env.now().since(kept.kept_at) < SET_ASIDE_AFTER {
        return Err(JobError::Retry(reason));
    }
    set_aside(app, kept).await.map_err(again)?;
    tracing::error!(bot = %bot.id, update_id = kept.update_id, reason, "an update is set aside");
    if own { Err(JobError::Reject(reason)) } else { Ok(()) }
}

/// Handles one kept update and takes it out of the queue. The error says why it stays.
async fn handle_kept(app: &App, bot: &KnownBot, kept: &KeptUpdate) -> Result<(), String> {
    let update = IncomingUpdate::parse(kept.body.as_bytes()).map_err(|error| error.to_string())?;
    let chat_id = kept.chat_id;
    let handling = Handling { app, bot, chat_id, update: &update, kept: Some(kept) };
    let handled = match AssertUnwindSafe(handling.run()).catch_unwind().await {
        // It was handled when it came after all, or another run was faster.
        Ok(Err(AppError::Repeated)) => handling.forget().await,
        Ok(handled) => handled,
        Err(_) => return Err("a panic".to_owned()),
    };
    handled.map_err(|error| error.to_string())
}

async fn set_aside(app: &App, kept: &KeptUpdate) -> Result<(), AppError> {
    if kept.set_aside {
        return Ok(());
    }
    let aside = KeptUpdate { set_aside: true, ..kept.clone() };
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    Ok(app.commit(decision.write(Write::Replace(aside.into()))).await?)
}

fn again(error: impl Into<AppError>) -> JobError {
    JobError::Retry(error.into().to_string())
}
