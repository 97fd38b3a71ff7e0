//! What contacts write, shown to a bot's admins, and what those answer.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::account::{Member, Role, SecretHash, User};
use domain::bot::Bot;
use domain::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink};
use domain::contact::{
    ForwardedReply, LEFT_OUT_TOLD, Language, SHOWN_OF_A_CONTACT, TURNS_AHEAD, said_by_button,
    shown_at, turn_of,
};
use domain::engine::delivery::{DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::retry::JobError;
use domain::engine::{Decision, Job, NewJob, Timer, Write};
use domain::ids::{BotId, UserId};
use domain::link::TelegramLink;
use domain::message::{Content, DeskNotice, Notice, Relay};
use domain::time::Timestamp;
use table::{CommitError, Range, TableError, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::once;
use crate::engine::settle::settle;
use crate::engine::work::{Send, To, What, Work};
use crate::update::is_admins_chat;

/// The chats of so many of a company's admins are looked for.
const ADMINS: usize = 20;
/// Among so many of its links.
const LINKS: usize = 1_000;
/// So many of these chats are shown what contacts write: a transaction has at most 100 writes.
const CHATS: usize = 50;
/// What is shown in a turn to come is counted by the day.
const KEPT: Duration = Duration::from_hours(24);

/// The chats of a bot's admins, each with the language of whose it is: private chats with the bot that are an
/// admin's channel, or the company's link to one.
pub(super) async fn admin_chats(
    app: &App,
    bot: &BotId,
) -> Result<BTreeMap<i64, Language>, TableError> {
    let mut chats = BTreeMap::new();
    let Some(record) = app.table.get::<Bot>(&keys::bot(bot)).await? else { return Ok(chats) };
    let company = keys::company(record.company_id).pk;
    let members: Vec<Member> = app.table.query_all(&company, keys::MEMBERS).await?;
    let users: Vec<_> = members.iter().map(|it| keys::user(it.user_id)).collect();
    let mut found = app.table.get_all(&users).await?;
    let mut admins: BTreeMap<UserId, Language> = BTreeMap::new();
    for key in &users {
        let user = found.take::<User>(key)?;
        let is_admin = |it: &User| it.role == Role::Admin && it.company_id == record.company_id;
        if let Some(user) = user.filter(is_admin).filter(|_| admins.len() < ADMINS) {
            admins.insert(user.id, user.language());
        }
    }
    for (user, language) in &admins {
        let channels: Vec<Channel> =
            app.table.query_all(&keys::user(*user).pk, keys::CHANNELS).await?;
        for chat_id in channels.iter().filter_map(|it| of_channel(it, bot)) {
            let link = app.table.get::<ChatLink>(&keys::chat_link(bot, chat_id, *user)).await?;
            // A number that an admin has mistyped is another person's.
            if link.is_some_and(|it| !it.claimed) {
                chats.insert(chat_id, *language);
            }
        }
    }
    let prefix = keys::COMPANY_LINKS;
    let range = Range { pk: &company, prefix, after: None, limit: LINKS, backward: false };
    for link in app.table.query::<TelegramLink>(&range).await?.items {
        let language = link.user_id.and_then(|it| admins.get(&it));
        let active = link.status == ChannelStatus::Active && link.bot == *bot;
        let chat = link.chat_id.filter(|it| active && *it > 0);
        chats.extend(chat.zip(language.copied()));
    }
    Ok(chats)
}

fn of_channel(channel: &Channel, of: &BotId) -> Option<i64> {
    match &channel.details {
        ChannelDetails::Telegram { bot, chat_id } if bot == of => {
            chat_id.filter(|it| *it > 0 && channel.status == ChannelStatus::Active)
        }
        _ => None,
    }
}

/// Writes the job of each admin's chat in the transaction in which the timer goes: `false` when another run was
/// first. One that waits for its chat holds up no other.
pub(super) async fn run_forward(app: &App, timer: &Timer) -> Result<bool, JobError> {
    let Shown { jobs, due, once: is_once } = shown_by(app, &timer.job).await.map_err(again)?;
    let new = |job| NewJob { id: app.env.id(), job, due, owner: None };
    let jobs: Vec<NewJob> = jobs.into_iter().map(new).collect();
    let (jobs, bot) = (&jobs, &timer.job.bot());
    settle(app, timer, || async move {
        if !is_once {
            return Ok(Some((Vec::new(), jobs.clone())));
        }
        let window = once::window(app, bot, "replies/left", LEFT_OUT_TOLD).await.map_err(again)?;
        Ok(window.map(|window| (vec![window], jobs.clone())))
    })
    .await
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed over")]
fn again(error: TableError) -> JobError {
    JobError::Retry(error.to_string())
}

/// What a contact's message leads to.
struct Shown {
    jobs: Vec<Job>,
    /// When these are due.
    due: Timestamp,
    /// Whether they are written once in a while.
    once: bool,
}

/// The jobs that show a contact's message to the admins, and when. Where nobody reads it, and to an admin, the bot
/// answers itself.
async fn shown_by(app: &App, job: &Job) -> Result<Shown, TableError> {
    let now = app.env.now();
    let Job::ForwardReply { bot, chat_id, message_id, said, pressed, too_many } = job else {
        return Ok(Shown { jobs: Vec::new(), due: now, once: false });
    };
    let says = |chat_id, notice| {
        let (bot, notices) = (bot.clone(), vec![notice]);
        Job::Messages { bot, chat_id, notices, callback: None }
    };
    let chats = admin_chats(app, bot).await?;
    if chats.is_empty() || chats.contains_key(chat_id) {
        let answer = if pressed.is_some() { Notice::ButtonOutdated } else { Notice::NotUnderstood };
        let jobs = vec![says(*chat_id, answer)];
        return Ok(Shown { jobs, due: now, once: false });
    }
    let chats = chats.into_iter().take(CHATS);
    let (told, once) = if *too_many {
        (DeskNotice::TooManyReplies { who: said.clone() }, false)
    } else if let Some(due) = turn(app, bot, *chat_id).await? {
        let shown = chats.map(|(to, language)| Job::ShowReply {
            bot: bot.clone(),
            chat_id: to,
            contact: *chat_id,
            message_id: *message_id,
            said: match pressed {
                Some(data) => said_by_button(said, data, language),
                None => said.clone(),
            },
            pressed: pressed.is_some(),
        });
        return Ok(Shown { jobs: shown.collect(), due, once: false });
    } else {
        (DeskNotice::TooManyContacts, true)
    };
    let told = chats.map(|(to, language)| says(to, Notice::Desk { said: told.clone(), language }));
    Ok(Shown { jobs: told.collect(), due: now, once })
}

/// When a contact's next message is shown; `None` where all turns that it may wait for are taken.
async fn turn(app: &App, bot: &BotId, chat_id: i64) -> Result<Option<Timestamp>, TableError> {
    let now = app.env.now();
    for turn in turn_of(now)..turn_of(now) + TURNS_AHEAD {
        let of_contact = format!("{bot}/{chat_id}/{turn}");
        if counted(app, "replies-of", &of_contact, KEPT).await? > SHOWN_OF_A_CONTACT {
            continue;
        }
        let nth = counted(app, "replies", &format!("{bot}/{turn}"), KEPT).await?;
        if let Some(at) = shown_at(turn, nth, now) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Which of its kind and window this is.
async fn counted(app: &App, what: &str, of: &str, window: Duration) -> Result<u64, TableError> {
    let scope = format!("{what}#{}", SecretHash::of(of).0);
    Ok(app.table.count_attempt(&scope, window).await?.attempts)
}

/// What a contact wrote, for an admin; what an admin answers, for the contact. Who is no admin any more when it is
/// about to go is shown nothing.
pub(super) async fn message(
    app: &App,
    timer: &Timer,
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let (bot, chat_id, content) = match &timer.job {
        Job::ShowReply { bot, chat_id, said, pressed: true, .. } => {
            (bot, *chat_id, Content::Text { text: said.clone() })
        }
        Job::ShowReply { bot, chat_id, contact, message_id, said, pressed: false } => {
            let (from_chat, message_id, instead) = (*contact, *message_id, said.clone());
            (bot, *chat_id, Relay { from_chat, message_id, as_own: false, instead }.into())
        }
        Job::AnswerReply { bot, chat_id, from_chat, message_id, .. } => {
            let (from_chat, message_id, instead) = (*from_chat, *message_id, String::new());
            (bot, *chat_id, Relay { from_chat, message_id, as_own: true, instead }.into())
        }
        _ => return Ok((Vec::new(), None)),
    };
    let mut message = send(timer, bot, chat_id, content);
    let is_shown = matches!(timer.job, Job::ShowReply { .. });
    if is_shown && !still_admins(app, bot, chat_id).await? {
        message.what = What::LeftOut("the chat is no admin's any more");
    }
    Ok((vec![message], None))
}

async fn still_admins(app: &App, bot: &BotId, chat_id: i64) -> Result<bool, TableError> {
    match app.table.get::<Bot>(&keys::bot(bot)).await? {
        Some(record) => is_admins_chat(app, (bot, chat_id), record.company_id).await,
        None => Ok(false),
    }
}

/// A message of a job that says one thing to each chat.
pub(super) fn send(timer: &Timer, bot: &BotId, chat_id: i64, content: Content) -> Send {
    Send {
        key: key(timer, bot, chat_id),
        to: To::Chat(bot.clone(), chat_id),
        what: What::Message(content),
        target_id: None,
        subject: None,
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    }
}

fn key(timer: &Timer, bot: &BotId, chat_id: i64) -> DeliveryKey {
    DeliveryKey {
        to: Recipient::Chat { bot: bot.clone(), chat_id },
        thing: timer.key.id.to_string(),
        revision: 0,
        part: 0,
    }
}

/// Whose message it is that was forwarded: an answer to it finds them.
pub(super) fn kept(work: &Work, now: Timestamp) -> Option<Write> {
    let Job::ShowReply { bot, chat_id, contact, .. } = &work.timer.job else { return None };
    let end = work.sends.first()?.end.as_ref()?;
    let message_id = end.message_id.filter(|_| end.status == DeliveryStatus::Sent)?;
    let forwarded = ForwardedReply {
        bot: bot.clone(),
        chat_id: *chat_id,
        message_id,
        contact: *contact,
        forwarded_at: now,
    };
    Some(Write::Put(forwarded.into()))
}

/// What an admin is told whose answer did not arrive, whatever stood in its way.
pub(super) fn lost(work: &Work) -> Option<Job> {
    let ends = work.sends.iter().map(|send| send.end.as_ref().map(|end| end.status));
    if ends.eq([Some(DeliveryStatus::Sent)]) {
        return None;
    }
    answer_lost(&work.timer.job)
}

/// Tells an admin of an answer whose job is to be given up. Where that fails behind it, they are told twice.
pub(super) async fn answer_died(app: &App, timer: &Timer) -> Result<(), TableError> {
    let (Some(job), Job::AnswerReply { bot, chat_id, .. }) = (answer_lost(&timer.job), &timer.job)
    else {
        return Ok(());
    };
    // One that another run has moved lives on, and one may have arrived although its job came to no end.
    let stands = app.table.timers(&[timer.key]).await?.into_iter().flatten().next().is_some();
    let deliveries = app.table.deliveries(&[key(timer, bot, *chat_id)]).await?;
    let arrived = deliveries.iter().flatten().any(|it| it.status == DeliveryStatus::Sent);
    if !stands || arrived {
        return Ok(());
    }
    let now = app.env.now();
    let told = NewJob { id: app.env.id(), job, due: now, owner: None };
    match app.commit(Decision::new(app.env.id(), now, ()).job(told)).await {
        Ok(()) => Ok(()),
        Err(CommitError::Table(error)) => Err(error),
        Err(error) => Err(TableError::Unavailable(error.to_string())),
    }
}

fn answer_lost(job: &Job) -> Option<Job> {
    let Job::AnswerReply { bot, from_chat, language, .. } = job else { return None };
    let notice = Notice::Desk { said: DeskNotice::AnswerLost, language: *language };
    let (bot, notices) = (bot.clone(), vec![notice]);
    Some(Job::Messages { bot, chat_id: *from_chat, notices, callback: None })
}
