//! Broadcasts: whom one would go to, what they would get, and the moves that an admin makes.

use domain::broadcast::{
    Broadcast, BroadcastMove, BroadcastStatus, InvalidMove, Targeting, decide_move, facts,
};
use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::scenario::Part;
use domain::slug::Slug;
use domain::template::UserValues;
use futures::future::join_all;
use table::{Range, keys};

use super::Source;
use super::author::faults_of_broadcast;
use crate::{App, AppError};

/// Contacts are read in pages of so many.
const PAGE: usize = 500;

/// Whom a broadcast would go to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Contacts for whom its conditions hold.
    pub contacts: u32,
    /// How long it takes at the bot's rate, in seconds.
    pub seconds: u32,
}

/// What one contact would get of a broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The contact's chat.
    pub chat_id: i64,
    /// What the contact is called.
    pub user_name: Option<String>,
    /// The messages, in their order.
    pub parts: Vec<Part>,
}

/// Counts the contacts whom a broadcast would go to: reads all of its bot's contacts, page by page.
///
/// # Errors
/// [`AppError::Unavailable`].
pub async fn audience(app: &App, broadcast: &Broadcast) -> Result<Audience, AppError> {
    Ok(survey(app, broadcast, 0).await?.0)
}

/// The audience, and what the first `most` of it would get. Nothing is sent.
///
/// # Errors
/// [`AppError::Unavailable`].
pub(super) async fn rehearse(
    app: &App,
    broadcast: &Broadcast,
    most: usize,
) -> Result<(Audience, Vec<Sample>), AppError> {
    let (audience, contacts) = survey(app, broadcast, most).await?;
    let source = Source::of_broadcast(app, broadcast).await?;
    // An order is made for whoever is sent something, not for this: an example stands for the link.
    let sample = |contact: Contact| Sample {
        parts: source.render(&contact, UserValues::sample().payment_link),
        chat_id: contact.chat_id,
        user_name: contact.user_name,
    };
    Ok((audience, contacts.into_iter().map(sample).collect()))
}

/// The audience, and the first `most` of it.
async fn survey(
    app: &App,
    broadcast: &Broadcast,
    most: usize,
) -> Result<(Audience, Vec<Contact>), AppError> {
    let shards = (0..keys::CONTACT_SHARDS)
        .map(|shard| survey_shard(app, (&broadcast.bot_id, shard), &broadcast.targeting, most));
    let (mut contacts, mut first) = (0_u32, Vec::new());
    for shard in join_all(shards).await {
        let (count, some) = shard?;
        contacts = contacts.saturating_add(count);
        first.extend(some);
    }
    first.truncate(most);
    Ok((Audience { contacts, seconds: broadcast.seconds_for(contacts) }, first))
}

async fn survey_shard(
    app: &App,
    (bot, shard): (&BotId, u8),
    targeting: &Targeting,
    most: usize,
) -> Result<(u32, Vec<Contact>), AppError> {
    let (pk, mut after) = (keys::contact_shard(bot, shard), None::<String>);
    let (mut count, mut first) = (0_u32, Vec::new());
    loop {
        let after_here = after.as_deref();
        let range = Range {
            pk: &pk,
            prefix: keys::CONTACTS,
            after: after_here,
            limit: PAGE,
            backward: false,
        };
        let page = app.table.query::<Contact>(&range).await?;
        for contact in page.items {
            if !targeting.matches(&facts(&contact)) {
                continue;
            }
            count = count.saturating_add(1);
            if first.len() < most {
                first.push(contact);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok((count, first));
        }
    }
}

/// A broadcast of a bot.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find_broadcast(app: &App, bot: &BotId, name: &str) -> Result<Broadcast, AppError> {
    let not_found = || AppError::NotFound(BROADCAST);
    let slug = Slug::parse(name).map_err(|_| not_found())?;
    app.table.get(&keys::broadcast(bot, &slug)).await?.ok_or_else(not_found)
}

/// Sends, pauses, resumes or cancels a broadcast. One that begins is checked once more, and its audience is
/// counted: what it says may have been right when it was saved, and be no more.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] where its status does not allow it; [`AppError::Invalid`] for
/// one that cannot be sent.
pub async fn move_broadcast(
    app: &App,
    bot: &BotId,
    name: &str,
    wanted: BroadcastMove,
) -> Result<Broadcast, AppError> {
    let mut at_start = None;
    if wanted == BroadcastMove::Send {
        at_start = Some(checked(app, bot, name).await?);
    }
    app.decide(|| decide(app, bot, name, (wanted, at_start))).await
}

/// What sends a broadcast, for a transaction in which more is written.
///
/// # Errors
/// Those of [`move_broadcast`].
pub(crate) async fn decide_send(
    app: &App,
    bot: &BotId,
    name: &str,
) -> Result<Decision<Broadcast>, AppError> {
    let at_start = checked(app, bot, name).await?;
    decide(app, bot, name, (BroadcastMove::Send, Some(at_start))).await
}

/// The contacts of a draft that may be sent.
async fn checked(app: &App, bot: &BotId, name: &str) -> Result<u32, AppError> {
    let broadcast = find_broadcast(app, bot, name).await?;
    broadcast.status.after(BroadcastMove::Send).map_err(refused)?;
    must_be_sound(app, &broadcast).await?;
    Ok(audience(app, &broadcast).await?.contacts)
}

async fn decide(
    app: &App,
    bot: &BotId,
    name: &str,
    (wanted, at_start): (BroadcastMove, Option<u32>),
) -> Result<Decision<Broadcast>, AppError> {
    let broadcast = find_broadcast(app, bot, name).await?;
    let (now, job) = (app.env.now(), app.env.id());
    let (mut moved, job) = decide_move(&broadcast, wanted, now, job).map_err(refused)?;
    if let (Some(sending), Some(contacts)) = (&mut moved.sending, at_start) {
        sending.audience = Some(contacts);
    }
    let mut decision = Decision::new(app.env.id(), now, moved.clone());
    decision.jobs.extend(job);
    Ok(decision.write(Write::Replace(moved.into())))
}

/// # Errors
/// [`AppError::Invalid`] with all that is wrong with the broadcast.
pub(super) async fn must_be_sound(app: &App, broadcast: &Broadcast) -> Result<(), AppError> {
    let faults = faults_of_broadcast(app, broadcast).await?;
    if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
}

/// What is not done with a broadcast of this status.
pub(super) fn unfit(status: BroadcastStatus, what: &str) -> AppError {
    let message = format!("a broadcast whose status is {} cannot be {what}", status.as_str());
    AppError::Conflict { code: INVALID_BROADCAST_STATE, message }
}

fn refused(error: InvalidMove) -> AppError {
    AppError::Conflict { code: INVALID_BROADCAST_STATE, message: error.to_string() }
}

/// The code of what a broadcast's status does not allow.
pub(crate) const INVALID_BROADCAST_STATE: &str = "INVALID_BROADCAST_STATE";
/// What is not there where there is no broadcast.
pub(crate) const BROADCAST: &str = "broadcast";
