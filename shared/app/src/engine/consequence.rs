//! What follows from an outcome for others: the bot waits, the channel is blocked, the chat has moved,
//! the bot is stopped.

use domain::account::{Member, Role, User};
use domain::bot::{Bot, decide_tell_of_stop};
use domain::channel::Channel;
use domain::engine::decision::BotState;
use domain::engine::delivery::Consequence;
use domain::engine::{Decision, NewJob, Write};
use domain::ids::{BotId, ChannelId, UserId};
use domain::mail::Mail;
use domain::time::Timestamp;
use domain::update::CHANGED_AT_ONCE;
use table::{CommitError, TableError, keys};

use crate::engine::chunk::Booked;
use crate::engine::slots;
use crate::engine::work::{Address, To};
use crate::events::channels_job;
use crate::scenario::{self, At};
use crate::update::{Chat, migrate};
use crate::{App, AppError};

/// So many of a company's admins are told by mail: all jobs of a decision are one transaction.
const ADMINS_TOLD: usize = 20;

/// Carries it out; `used` is the version of the bot whose token the message was sent with, if one was. A
/// failure is the run's: it is tried again with the delivery.
pub(super) async fn carry_out(
    app: &App,
    (booked, used): (&Booked, Option<u64>),
    consequence: Consequence,
) -> Result<(), AppError> {
    let (bot, to) = (booked.address.bot(), &booked.to);
    match consequence {
        Consequence::None => Ok(()),
        Consequence::Throttle(until) => match bot {
            Some(bot) => Ok(slots::throttle(app, bot, until).await?),
            None => Ok(()),
        },
        Consequence::Block(reason) => match to {
            To::Channel(user_id, channel_id) => {
                Ok(block(app, *user_id, *channel_id, &reason).await?)
            }
            To::Chat(bot, chat_id) => block_chat(app, bot, *chat_id, &reason).await,
            To::Mail(_) => Ok(()),
        },
        Consequence::Migrate(now) => match &booked.address {
            Address::Chat { bot, chat_id } => Box::pin(migrate(app, bot, *chat_id, now, &[])).await,
            Address::Email(_) | Address::Hook(..) => Ok(()),
        },
        Consequence::StopBot(reason) => match bot {
            // It is rare: it need not be in the size of what is carried out each time.
            Some(bot) => Box::pin(stop(app, bot, used, &reason)).await,
            None => Ok(()),
        },
    }
}

/// Everything that the chat is falls silent: company links, and channels.
async fn block_chat(app: &App, bot: &BotId, chat_id: i64, reason: &str) -> Result<(), AppError> {
    while !app.decide(|| block_some(app, bot, chat_id, reason)).await? {}
    Ok(())
}

/// As much of it as one transaction takes; the reply says whether that is all.
async fn block_some(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    reason: &str,
) -> Result<Decision<bool>, AppError> {
    let chat = Chat::read(app, bot, chat_id).await?;
    let mut writes = chat.receivers().blocked(reason);
    let decision = Decision::new(app.env.id(), app.env.now(), writes.len() <= CHANGED_AT_ONCE);
    writes.truncate(CHANGED_AT_ONCE);
    let contact = scenario::block(app, At { bot, chat_id }, reason).await?;
    let mut decision = contact.added_to(decision);
    decision.writes.extend(writes);
    decision.jobs.extend(channels_job(app, &chat.channels, &decision.writes));
    Ok(decision)
}

async fn block(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
    reason: &str,
) -> Result<(), TableError> {
    let key = keys::channel(user_id, channel_id);
    // A channel that changed meanwhile is read again; three collisions in a row are not met.
    for _ in 0..3 {
        let Some(channel) = app.table.get::<Channel>(&key).await? else { return Ok(()) };
        let Some(blocked) = channel.blocked(reason) else { return Ok(()) };
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        let mut decision = decision.write(Write::Replace(blocked.into()));
        decision.jobs.extend(channels_job(app, &[channel], &decision.writes));
        match app.commit(decision).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Changed(_) | CommitError::Stale) => {}
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Ok(())
}

/// The bot sends nothing until it has another token, and its company hears of that, once. `used` is the
/// version of the bot whose token was refused: of one that has been renewed since, the answer says nothing,
/// however late it comes.
pub(crate) async fn stop(
    app: &App,
    bot: &BotId,
    used: Option<u64>,
    reason: &str,
) -> Result<(), AppError> {
    app.tokens.forget(bot);
    app.decide(|| async {
        let now = app.env.now();
        let decision = Decision::new(app.env.id(), now, ());
        let (record, state) = (keys::bot(bot), keys::bot_state(bot));
        let mut found = app.table.get_all(&[record.clone(), state.clone()]).await?;
        let record = found.take::<Bot>(&record)?;
        let stopped = found.take::<BotState>(&state)?.is_some_and(|it| it.stopped.is_some());
        // The token that was refused is no longer the bot's.
        let renewed = record.as_ref().is_some_and(|bot| used.is_some_and(|it| it != bot.version));
        if stopped || renewed {
            return Ok(decision);
        }
        tracing::error!(%bot, reason, "the bot's token is refused: its jobs wait until it returns");
        let state =
            BotState { bot: bot.clone(), stopped: Some(reason.to_owned()), changed_at: now };
        let decision = decision.write(Write::Put(state.into()));
        let Some(bot) = record else { return Ok(decision) };
        let mails = mails(app, &bot, now).await?;
        let ids = (app.env.id(), app.env.id());
        let mut decision = decide_tell_of_stop(decision, ids, &bot, reason);
        decision.jobs.extend(mails);
        Ok::<_, AppError>(decision)
    })
    .await
}

/// Tells the admins of the bot's company by mail, where mails are sent.
async fn mails(app: &App, bot: &Bot, now: Timestamp) -> Result<Vec<NewJob>, TableError> {
    if app.mailer.api.is_none() {
        return Ok(Vec::new());
    }
    let company = keys::company(bot.company_id).pk;
    let members: Vec<Member> = app.table.query_all(&company, keys::MEMBERS).await?;
    let users: Vec<_> = members.iter().map(|it| keys::user(it.user_id)).collect();
    let mut found = app.table.get_all(&users).await?;
    let mut mails = Vec::new();
    for key in &users {
        let user = found.take::<User>(key)?;
        let admin = user.filter(|it| it.role == Role::Admin && it.email.is_some());
        let mail = admin.map(|it| Mail::BotStopped { user_id: it.id, bot: bot.id.clone() });
        mails.extend(mail.map(|mail| mail.job(app.env.id(), now, None)));
    }
    mails.truncate(ADMINS_TOLD);
    Ok(mails)
}
