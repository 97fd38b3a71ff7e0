//! What a task does, as things are now: who says what, and where.

use std::time::Duration;

use domain::account::User;
use domain::alert::{AlertMessage, NewAlert, day_of};
use domain::broadcast::Broadcast;
use domain::channel::ChannelStatus;
use domain::ids::{BotId, CompanyId};
use domain::link::{Category, TelegramLink};
use domain::task::{Act, Cast, Deed, Report, RunMessage, Say, Tell};
use table::{TableError, keys};

use crate::alert::{CountsRange, list_counts};
use crate::bot::{KnownBot, companys_bot};
use crate::scenario::author::faults_of_broadcast;
use crate::scenario::broadcasts::find_broadcast;
use crate::update::Chat;
use crate::{App, AppError};

/// Counts are read so many at a time.
const PAGE: usize = 500;

/// Why a task cannot do what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The request's field that is at fault.
    pub(super) field: &'static str,
    /// What is the matter with it.
    pub(super) reason: String,
}

fn fault<T>(field: &'static str, reason: &str) -> Result<T, Fault> {
    Err(Fault { field, reason: reason.to_owned() })
}

/// What an act comes to, as things are now.
///
/// # Errors
/// [`AppError::Unavailable`].
pub(super) async fn find(
    app: &App,
    company_id: CompanyId,
    act: &Act,
) -> Result<Result<Deed, Fault>, AppError> {
    match act {
        Act::SendTelegramMessage(say) => {
            Ok(message(app, company_id, say).await?.map(Deed::Message))
        }
        Act::SendCompanyAlert(tell) => {
            let alert = alert(app, company_id, tell).await?;
            Ok(alert.map(|alert| Deed::Alert(app.env.id(), Box::new(alert))))
        }
        Act::SendReport(about) => {
            let alert = report(app, company_id, about).await?;
            Ok(alert.map(|alert| Deed::Alert(app.env.id(), Box::new(alert))))
        }
        Act::SendBroadcast(cast) => {
            let broadcast = broadcast(app, company_id, cast).await?;
            Ok(broadcast.map(|it| Deed::Broadcast(Box::new(it))))
        }
    }
}

/// The broadcast of an act, as far as a copy of it can be sent. The platform's bot has none that a company
/// writes.
async fn broadcast(
    app: &App,
    company_id: CompanyId,
    Cast { bot: name, broadcast }: &Cast,
) -> Result<Result<Broadcast, Fault>, AppError> {
    let own = match companys_bot(app, company_id, Some(name)).await {
        Ok(bot) => bot.company_id.map(|_| bot.id),
        Err(AppError::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let Some(bot) = own else { return Ok(fault("kwargs.bot", "there is no such bot")) };
    let found = match find_broadcast(app, &bot, broadcast).await {
        Ok(found) => found,
        Err(AppError::NotFound(_)) => {
            return Ok(fault("kwargs.broadcast", "there is no such broadcast"));
        }
        Err(error) => return Err(error),
    };
    match faults_of_broadcast(app, &found).await?.first() {
        None => Ok(Ok(found)),
        Some(wrong) => {
            let reason =
                format!("the broadcast cannot be sent: {}: {}", wrong.field, wrong.message);
            Ok(fault("kwargs.broadcast", &reason))
        }
    }
}

async fn report(
    app: &App,
    company_id: CompanyId,
    Report { days, bot_name }: &Report,
) -> Result<Result<NewAlert, Fault>, AppError> {
    let bot = match only(app, company_id, bot_name.as_deref()).await? {
        Ok(bot) => bot,
        Err(fault) => return Ok(Err(fault)),
    };
    let (days, now) = (days.unwrap_or(1), app.env.now());
    let ago = |days: u32| day_of(now - Duration::from_hours(24) * days);
    let range = CountsRange { from: ago(days), to: ago(1) };
    let (mut counts, mut after) = (Vec::new(), None);
    loop {
        let page = list_counts(app, company_id, &range, PAGE, after.as_deref()).await?;
        counts.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let message = domain::alert::report(days, &counts);
    let category = Category::Reports;
    Ok(Ok(NewAlert { company_id, category, message, russian: None, bot, throttle: None }))
}

/// The bot that alone says it, if one is named.
async fn only(
    app: &App,
    company_id: CompanyId,
    named: Option<&str>,
) -> Result<Result<Option<BotId>, Fault>, AppError> {
    if named.is_none() {
        return Ok(Ok(None));
    }
    Ok(bot(app, company_id, named).await?.map(|bot| Some(bot.id)))
}

async fn alert(
    app: &App,
    company_id: CompanyId,
    Tell { text, category, bot_name }: &Tell,
) -> Result<Result<NewAlert, Fault>, AppError> {
    let bot = match only(app, company_id, bot_name.as_deref()).await? {
        Ok(bot) => bot,
        Err(fault) => return Ok(Err(fault)),
    };
    let category = category.unwrap_or(Category::Alerts);
    let message = AlertMessage::plain(category, text).tidied();
    if let Some((_, reason)) = message.faults().into_iter().next() {
        return Ok(fault("kwargs.text", &reason));
    }
    Ok(Ok(NewAlert { company_id, category, message, russian: None, bot, throttle: None }))
}

/// The message of an act. A bot that is switched off says it when it is on again.
///
/// The platform's bot speaks for everyone: through it a company reaches only chats that are
/// connected to one of its own people, or linked to the company itself.
async fn message(
    app: &App,
    company_id: CompanyId,
    Say { text, bot_name, chat_id }: &Say,
) -> Result<Result<RunMessage, Fault>, AppError> {
    let bot = match bot(app, company_id, bot_name.as_deref()).await? {
        Ok(bot) => bot,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(chat_id) = chat_id.or(bot.default_chat) else {
        return Ok(fault("kwargs.chat_id", "is required: the bot has no default chat"));
    };
    let everyones = bot.company_id.is_none();
    if everyones && !is_connected(app, company_id, &bot.id, chat_id).await? {
        return Ok(fault("kwargs.chat_id", "must be a chat that is connected to your company"));
    }
    Ok(Ok(RunMessage { bot: bot.id, chat_id, text: text.clone() }))
}

async fn bot(
    app: &App,
    company_id: CompanyId,
    named: Option<&str>,
) -> Result<Result<KnownBot, Fault>, AppError> {
    match companys_bot(app, company_id, named).await {
        Ok(bot) => Ok(Ok(bot)),
        Err(AppError::NotFound(_)) => Ok(fault("kwargs.bot_name", "there is no such bot")),
        Err(error) => Err(error),
    }
}

/// Whether the chat is linked to the company or a channel of one of its people, and receives.
async fn is_connected(
    app: &App,
    company_id: CompanyId,
    bot: &BotId,
    chat_id: i64,
) -> Result<bool, TableError> {
    let chat = Chat::read(app, bot, chat_id).await?;
    let is_active = |status: ChannelStatus| status == ChannelStatus::Active;
    let of_company = |link: &TelegramLink| link.company_id == company_id && is_active(link.status);
    if chat.companies.iter().any(of_company) {
        return Ok(true);
    }
    let active = chat.channels.iter().filter(|channel| is_active(channel.status));
    let users: Vec<_> = active.map(|channel| keys::user(channel.user_id)).collect();
    let found = app.table.get_all(&users).await?;
    for user in &users {
        if found.peek::<User>(user)?.is_some_and(|user| user.company_id == company_id) {
            return Ok(true);
        }
    }
    Ok(false)
}
