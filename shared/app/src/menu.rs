//! The menu of commands in a private chat with a company's bot: admins see theirs beside everyone's.
//!
//! Which of the two a chat sees is decided when the job runs, over what the chat is then: the job may run
//! twice, late, or for a chat whose person is an admin no more.

use std::collections::BTreeSet;
use std::time::Duration;

use channels::telegram::TelegramError;
use domain::account::{Role, User};
use domain::bot::Bot;
use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::retry::JobError;
use domain::engine::{Job, NewJob, Timer};
use domain::ids::{BotId, CompanyId, UserId};
use domain::link::TelegramLink;
use table::{Range, TableError, keys};

use crate::App;
use crate::bot::{self, COMMANDS, NoToken};
use crate::update::is_admins_chat;

/// What Telegram does not answer is asked again so often: a menu is a convenience, and every command works
/// without it.
const TRIES: u32 = 5;
/// So many chats of one person are thought of: their jobs are written in one transaction.
const CHATS: usize = 20;
/// Among so many links of their company.
const LINKS: usize = 1_000;

/// The commands of admins, in English and Russian.
const OF_ADMINS: [(&str, &str, &str); 9] = [
    ("scenarios", "All scenarios", "Все сценарии"),
    ("create_scenario", "Make a scenario", "Создать сценарий"),
    (
        "edit_scenario",
        "Change a scenario: /edit_scenario name",
        "Изменить сценарий: /edit_scenario имя",
    ),
    ("set_default_scenario", "What /start begins: its name", "Что начинает /start: имя сценария"),
    ("demo_scenario", "Show all of a scenario: its name", "Показать весь сценарий: его имя"),
    ("delete_scenario", "Delete a scenario: its name", "Удалить сценарий: его имя"),
    ("create_broadcast", "Write a broadcast", "Создать рассылку"),
    ("send_broadcast", "Send a broadcast: its name", "Отправить рассылку: её имя"),
    ("cancel", "End what is being written", "Прервать то, что сейчас пишется"),
];

/// Everyone's commands in Russian, in the order of [`COMMANDS`].
const OF_ALL: [(&str, &str); 7] = [
    ("start", "Начать или продолжить после /stop"),
    ("link", "Связать этот чат с компанией: /link и токен"),
    ("status", "Что получает этот чат"),
    ("targets", "За чем здесь следят"),
    ("add", "Следить ещё за одной страницей: /add и её адрес"),
    ("stop", "Больше никаких сообщений"),
    ("help", "Что умеет этот бот"),
];

/// The job for one chat.
fn job(app: &App, bot: BotId, chat_id: i64) -> NewJob {
    let job = Job::AdminMenu { bot, chat_id };
    NewJob { id: app.env.id(), job, due: app.env.now(), owner: None }
}

/// The job for a chat that becomes a user's, or is theirs no more: `None` where the user is no admin of the bot's
/// company. Who stops being one has had the menus of all their chats set then.
pub(crate) async fn of_chat(
    app: &App,
    (bot, chat_id): (&BotId, i64),
    user_id: UserId,
) -> Result<Option<NewJob>, TableError> {
    // The platform's bot has no admins, and a group no menu of one's own.
    if *bot == BotId::default_bot() || chat_id < 0 {
        return Ok(None);
    }
    let (record, user) = (keys::bot(bot), keys::user(user_id));
    let mut found = app.table.get_all(&[record.clone(), user.clone()]).await?;
    let (record, user) = (found.take::<Bot>(&record)?, found.take::<User>(&user)?);
    let is_admin = record
        .zip(user)
        .is_some_and(|(bot, user)| user.role == Role::Admin && user.company_id == bot.company_id);
    Ok(is_admin.then(|| job(app, bot.clone(), chat_id)))
}

/// The jobs for all chats of a user who becomes an admin of one of these companies, or is one no more.
pub(crate) async fn of_user(
    app: &App,
    companies: &[CompanyId],
    user_id: UserId,
) -> Result<Vec<NewJob>, TableError> {
    let own = keys::user(user_id).pk;
    let channels: Vec<Channel> = app.table.query_all(&own, keys::CHANNELS).await?;
    let mut links = Vec::new();
    for company_id in companies {
        let company = keys::company(*company_id).pk;
        let prefix = keys::COMPANY_LINKS;
        let range = Range { pk: &company, prefix, after: None, limit: LINKS, backward: false };
        links.extend(app.table.query::<TelegramLink>(&range).await?.items);
    }
    let of_channels = channels.into_iter().filter_map(|it| match it.details {
        ChannelDetails::Telegram { bot, chat_id } if it.status == ChannelStatus::Active => {
            Some((bot, chat_id?))
        }
        _ => None,
    });
    let of_links = links.into_iter().filter(|it| it.user_id == Some(user_id));
    let of_links = of_links.filter_map(|it| Some((it.bot, it.chat_id?)));
    let chats: BTreeSet<(BotId, i64)> = of_channels.chain(of_links).collect();
    let theirs = chats.into_iter().filter(|(bot, chat)| *bot != BotId::default_bot() && *chat > 0);
    Ok(theirs.take(CHATS).map(|(bot, chat_id)| job(app, bot, chat_id)).collect())
}

/// Sets the menu of a chat, as it is to be now.
pub(crate) async fn run(app: &App, timer: &Timer) -> Result<(), JobError> {
    let Job::AdminMenu { bot, chat_id } = &timer.job else { return Ok(()) };
    let found = app.table.get::<Bot>(&keys::bot(bot)).await.map_err(again)?;
    let Some(record) = found else { return Ok(()) };
    let chat = (bot, *chat_id);
    let is_admin = is_admins_chat(app, chat, record.company_id).await.map_err(again)?;
    let current = match bot::token(app, bot).await {
        Ok(current) => current,
        Err(NoToken::NoBot(_) | NoToken::Unreadable(_)) => return Ok(()),
        // It may pass, and a bot that was switched off a moment ago is found so by the next run.
        Err(error) => return Err(JobError::Retry(error.to_string())),
    };
    // Telegram shows each person the one in their language.
    for (language, commands) in [(None, english(is_admin)), (Some("ru"), russian(is_admin))] {
        let set =
            app.telegram.set_chat_commands(&current.token, *chat_id, language, &commands).await;
        match set {
            Ok(()) => {}
            Err(TelegramError::RateLimited { retry_after_ms }) => {
                let after = Duration::from_millis(retry_after_ms);
                let reason = "too many requests".to_owned();
                return Err(JobError::RetryAfter { after, reason });
            }
            Err(error @ (TelegramError::NotSent(_) | TelegramError::Unknown(_)))
                if timer.runs < TRIES =>
            {
                return Err(JobError::Retry(error.to_string()));
            }
            Err(error) => {
                tracing::warn!(%bot, %error, "the menu of an admin's chat could not be set");
                return Ok(());
            }
        }
    }
    Ok(())
}

fn english(is_admin: bool) -> Vec<(&'static str, &'static str)> {
    let own = OF_ADMINS.iter().filter(|_| is_admin).map(|(name, words, _)| (*name, *words));
    own.chain(COMMANDS).collect()
}

fn russian(is_admin: bool) -> Vec<(&'static str, &'static str)> {
    let own = OF_ADMINS.iter().filter(|_| is_admin).map(|(name, _, words)| (*name, *words));
    own.chain(OF_ALL).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed over")]
fn again(error: TableError) -> JobError {
    JobError::Retry(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::ADMIN_COMMANDS;

    #[test]
    fn the_menu_has_every_command_in_both_languages() {
        let names = |menu: Vec<(&'static str, &'static str)>| {
            menu.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(english(true)), names(russian(true)));
        assert_eq!(names(english(false)), COMMANDS.map(|(name, _)| name));
        let mut admins = names(english(true));
        admins.truncate(ADMIN_COMMANDS.len());
        admins.sort_unstable();
        let mut known = ADMIN_COMMANDS.to_vec();
        known.sort_unstable();
        assert_eq!(admins, known);
        for (name, words) in english(true).into_iter().chain(russian(true)) {
            assert!(name.len() <= 32 && words.chars().count() <= 256, "{name}");
        }
    }
}
