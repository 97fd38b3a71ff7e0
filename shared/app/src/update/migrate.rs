//! A group has another id: everything that is kept under the old one moves.

use domain::bot::Bot;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::update::{Moved, decide_migration};
use table::keys;

use super::chat::Chat;
use crate::events::channels_job;
use crate::{App, AppError};

/// Moves a chat's channels, the links that lead to them, its company links, and the bot's default chat
/// if it is this one. `marks` stand in the last transaction: where one of them fails, all was done
/// before.
///
/// # Errors
/// [`AppError::Repeated`], or the table does not answer; what was moved by then stays moved.
pub(crate) async fn migrate(
    app: &App,
    bot: &BotId,
    from: i64,
    to: i64,
    marks: &[Write],
) -> Result<(), AppError> {
    let along = |done: &bool| if *done { marks.to_vec() } else { Vec::new() };
    while !app.decide_along(along, || step(app, bot, from, to)).await? {}
    Ok(())
}

async fn step(app: &App, bot: &BotId, from: i64, to: i64) -> Result<Decision<bool>, AppError> {
    let chat = Chat::read(app, bot, from).await?;
    let Moved { writes, done } = decide_migration(&chat.links, chat.receivers(), to);
    let mut decision = Decision::new(app.env.id(), app.env.now(), done);
    decision.writes = writes;
    if done && let Some(bot) = app.table.get::<Bot>(&keys::bot(bot)).await? {
        let is_default = bot.default_chat == Some(from);
        let moved = is_default.then_some(Bot { default_chat: Some(to), ..bot });
        decision.writes.extend(moved.map(|bot| Write::Replace(bot.into())));
    }
    decision.jobs.extend(channels_job(app, &chat.channels, &decision.writes));
    Ok(decision)
}
