//! An update comes from Telegram.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use channels::telegram::IncomingUpdate;
use domain::engine::decision::KeptUpdate;
use domain::engine::retry::backoff;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::BotId;
use futures::FutureExt;
use table::{CommitError, TableError};

use super::deed::{asked, chat_of};
use super::handle::Handling;
use super::run_kept::queue;
use crate::bot::KnownBot;
use crate::{App, AppError};

/// Handling may take this long; then the update is kept, and Telegram answered in time.
const AT_MOST: Duration = Duration::from_secs(5);

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It was handled.
    Handled,
    /// It was handled before.
    Repeated,
    /// It cannot be handled now, or waits behind one that cannot.
    Kept,
    /// It is of a kind that the bot has nothing to do with.
    Ignored,
}

impl Received {
    /// The name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Repeated => "repeated",
            Self::Kept => "kept",
            Self::Ignored => "ignored",
        }
    }
}

/// Handles an update, or keeps it (`body` is the update as it came) when that is not possible now.
/// An error is for an update that could not even be kept: Telegram must send it again.
pub async fn receive_update(
    app: &App,
    bot: &KnownBot,
    update: &IncomingUpdate,
    body: &str,
) -> Result<Received, AppError> {
    // Group chatter and the like: nothing is read, written or waited for.
    let asks = asked(&update.kind, bot).is_some();
    let Some(chat_id) = chat_of(&update.kind).filter(|_| asks) else {
        return Ok(Received::Ignored);
    };
    let handling = Handling { app, bot, chat_id, update, kept: None };
    let work = AssertUnwindSafe(Box::pin(in_turn(handling))).catch_unwind();
    let reason = match app.env.clock.within(AT_MOST, work).await {
        Some(Ok(Ok(received))) => return Ok(received),
        Some(Ok(Err(Waits::Behind))) => "one before it waits".to_owned(),
        Some(Ok(Err(Waits::For(error)))) => error.to_string(),
        Some(Err(_)) => "a panic".to_owned(),
        None => "too slow".to_owned(),
    };
    tracing::warn!(bot = %bot.id, update_id = update.update_id, reason, "an update is kept");
    keep(app, &bot.id, chat_id, update, body).await?;
    Ok(Received::Kept)
}

/// Why an update cannot be handled now.
enum Waits {
    /// An earlier one of the same chat waits.
    Behind,
    /// Something does not answer.
    For(AppError),
}

async fn in_turn(handling: Handling<'_>) -> Result<Received, Waits> {
    let Handling { app, bot, chat_id, .. } = handling;
    if waits(app, &bot.id, chat_id).await.map_err(|error| Waits::For(error.into()))? {
        return Err(Waits::Behind);
    }
    match handling.run().await {
        Ok(()) => Ok(Received::Handled),
        Err(AppError::Repeated) => Ok(Received::Repeated),
        Err(error) => Err(Waits::For(error)),
    }
}

/// Whether an update of the chat waits to be handled.
async fn waits(app: &App, bot: &BotId, chat_id: i64) -> Result<bool, TableError> {
    let mut after = None;
    loop {
        let page = queue(app, bot, chat_id, after.as_deref()).await?;
        if page.items.iter().any(|kept| !kept.set_aside) {
            return Ok(true);
        }
        after = page.next;
        if after.is_none() {
            return Ok(false);
        }
    }
}

/// Keeps an update with a timer of its own that tries again.
async fn keep(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    update: &IncomingUpdate,
    body: &str,
) -> Result<(), AppError> {
    let (now, update_id) = (app.env.now(), update.update_id);
    let kept = KeptUpdate {
        bot: bot.clone(),
        chat_id,
        update_id,
        body: body.to_owned(),
        kept_at: now,
        set_aside: false,
    };
    let job = NewJob {
        id: app.env.id(),
        job: Job::KeptUpdate { bot: bot.clone(), chat_id, update_id },
        due: now + backoff(0, app.env.fraction()),
        owner: None,
    };
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Create(kept.into())).job(job);
    match app.commit(decision).await {
        // Telegram sent it again, and it is kept already.
        Err(CommitError::Changed(_)) => Ok(()),
        other => Ok(other?),
    }
}
