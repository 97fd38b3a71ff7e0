//! A bot is changed, switched on or off.

use channels::telegram::BotToken;
use domain::bot::{
    Bot, BotChange, BotStatus, ChatChange, DefaultBot, decide_change, decide_switch,
};
use domain::engine::decision::BotState;
use domain::field_error::FieldError;
use domain::ids::CompanyId;
use table::keys;

use super::add::{identify, seal, telegram_id};
use super::{BotView, get_bot, tokens};
use crate::payment::{FormInput, form_change};
use crate::{App, AppError};

/// What is to be different about a bot. What is absent stays.
#[derive(Default)]
pub struct ChangeBot {
    /// The chat that it writes to when none is named.
    pub default_chat: ChatChange,
    /// Whether the company speaks through it where no bot is named.
    pub is_default: Option<bool>,
    /// Another token of the same bot.
    pub token: Option<String>,
    /// The form that its contacts pay through.
    pub form: FormInput,
}

/// Changes a bot. With another token, one that Telegram had refused sends again.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for a token that is none, that Telegram does not know,
/// or that is another bot's; [`AppError::Unavailable`].
pub async fn change_bot(
    app: &App,
    company_id: CompanyId,
    name: &str,
    change: ChangeBot,
) -> Result<BotView, AppError> {
    let BotView { bot, .. } = get_bot(app, company_id, name).await?;
    let ChangeBot { default_chat, is_default, token, form } = change;
    let renewed = match token {
        None => None,
        Some(token) => Some(renew(app, &bot, &token).await?),
    };
    let form = form_change(app, &bot, &form).await?;
    let change = BotChange { default_chat, is_default, renewed, form };
    app.decide(|| async {
        let view = get_bot(app, company_id, bot.id.as_str()).await?;
        let default = app.table.get::<DefaultBot>(&keys::default_bot(company_id)).await?;
        let stands = (default.as_ref(), view.stopped.is_some());
        let ids = (app.env.id(), app.env.id());
        Ok::<_, AppError>(decide_change(ids, app.env.now(), &view.bot, stands, &change))
    })
    .await?;
    app.tokens.forget(&bot.id);
    get_bot(app, company_id, bot.id.as_str()).await
}

/// The webhook's secret stays, so that the webhook does.
async fn renew(
    app: &App,
    bot: &Bot,
    token: &str,
) -> Result<(domain::seal::Sealed, String), AppError> {
    let faulty = |message: &str| AppError::Invalid(vec![FieldError::new("token", message)]);
    let token = BotToken::parse(token).map_err(|error| faulty(&error.to_string()))?;
    if telegram_id(&token) != bot.telegram_id {
        return Err(faulty("is another bot's"));
    }
    let me = identify(app, &token).await?;
    let before = tokens::secrets(app, bot).await?;
    let (sealed, _) = seal(app, &bot.id, &token, before.webhook_secret).await?;
    Ok((sealed, me.username))
}

/// Switches a bot on or off. One that is off takes no updates, and what it would send waits; when it is
/// switched on, all that returns. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn switch_bot(
    app: &App,
    company_id: CompanyId,
    name: &str,
    status: BotStatus,
) -> Result<BotView, AppError> {
    let id = get_bot(app, company_id, name).await?.bot.id;
    app.decide(|| async {
        let bot = get_bot(app, company_id, id.as_str()).await?.bot;
        let state = app.table.get::<BotState>(&keys::bot_state(&id)).await?;
        let stopped = state.is_some_and(|state| state.stopped.is_some());
        let ids = (app.env.id(), app.env.id());
        Ok::<_, AppError>(decide_switch(ids, app.env.now(), &bot, stopped, status))
    })
    .await?;
    app.tokens.forget(&id);
    get_bot(app, company_id, id.as_str()).await
}
