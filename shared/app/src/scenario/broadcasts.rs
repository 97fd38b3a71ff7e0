//! Broadcasts: whom one would go to, and the moves that an admin makes.

use domain::broadcast::{Broadcast, BroadcastMove, Targeting, decide_move, facts};
use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::slug::Slug;
use table::{Range, keys};

use crate::{App, AppError};

/// A bot sends about so many messages a second.
const PER_SECOND: u32 = 29;
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

/// Counts the contacts of a bot for whom these conditions hold: reads all of its contacts, page by page.
pub async fn audience(
    app: &App,
    bot: &BotId,
    targeting: &Targeting,
    parts: u32,
) -> Result<Audience, AppError> {
    let mut contacts = 0_u32;
    for shard in 0..keys::CONTACT_SHARDS {
        let (pk, mut after) = (keys::contact_shard(bot, shard), None::<String>);
        loop {
            let range = Range {
                pk: &pk,
                prefix: keys::CONTACTS,
                after: after.as_deref(),
                limit: PAGE,
                backward: false,
            };
            let page = app.table.query::<Contact>(&range).await?;
            let matching = page.items.iter().filter(|it| targeting.matches(&facts(it))).count();
            contacts = contacts.saturating_add(u32::try_from(matching).unwrap_or(u32::MAX));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let messages = contacts.saturating_mul(parts.max(1));
    Ok(Audience { contacts, seconds: messages.div_ceil(PER_SECOND) })
}

/// A broadcast of a bot.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find_broadcast(app: &App, bot: &BotId, name: &str) -> Result<Broadcast, AppError> {
    let not_found = || AppError::NotFound("broadcast");
    let slug = Slug::parse(name).map_err(|_| not_found())?;
    app.table.get(&keys::broadcast(bot, &slug)).await?.ok_or_else(not_found)
}

/// Sends, pauses, resumes or cancels a broadcast.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] where its status does not allow it.
pub async fn move_broadcast(
    app: &App,
    bot: &BotId,
    name: &str,
    wanted: BroadcastMove,
) -> Result<Broadcast, AppError> {
    app.decide(|| async {
        let broadcast = find_broadcast(app, bot, name).await?;
        let (now, job) = (app.env.now(), app.env.id());
        let (moved, job) = decide_move(&broadcast, wanted, now, job).map_err(|error| {
            AppError::Conflict { code: "INVALID_BROADCAST_STATE", message: error.to_string() }
        })?;
        let mut decision = Decision::new(app.env.id(), now, moved.clone());
        decision.jobs.extend(job);
        Ok::<_, AppError>(decision.write(Write::Replace(moved.into())))
    })
    .await
}
