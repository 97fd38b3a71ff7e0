//! The mail that tells an admin of a bot that Telegram refuses.

use domain::account::{Role, User};
use domain::bot::Bot;
use domain::engine::decision::BotState;
use domain::ids::{BotId, UserId};
use domain::mail::bot_stopped;
use table::{TableError, keys};

use super::Prepared;
use crate::App;

/// Makes the words, as long as the bot is stopped and the user an admin of its company.
pub(super) async fn prepare(
    app: &App,
    user_id: UserId,
    bot: &BotId,
) -> Result<Prepared, TableError> {
    let (user, state, bot) = (keys::user(user_id), keys::bot_state(bot), keys::bot(bot));
    let mut found = app.table.get_all(&[user.clone(), state.clone(), bot.clone()]).await?;
    let stopped = found.take::<BotState>(&state)?.and_then(|state| state.stopped);
    let (Some(bot), Some(reason)) = (found.take::<Bot>(&bot)?, stopped) else {
        return Ok(Prepared::Skip("the bot is not stopped"));
    };
    let user = found.take::<User>(&user)?;
    let admin = user.filter(|it| it.role == Role::Admin && it.company_id == bot.company_id);
    let language = admin.as_ref().map(User::language).unwrap_or_default();
    let Some(to) = admin.and_then(|it| it.email) else {
        return Ok(Prepared::Skip("the user is no admin with an address"));
    };
    let letter = bot_stopped(language, &bot.username, bot.slug.as_str(), &reason);
    Ok(Prepared::Ready { to, letter })
}
