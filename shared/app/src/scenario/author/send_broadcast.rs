//! Broadcasts as admins send them: whom one would go to, what they would get, and its way.

use domain::broadcast::{Broadcast, BroadcastMove};

use super::desk::own_bot;
use super::{Whose, companys_broadcast};
use crate::scenario::broadcasts::{
    Audience, Sample, audience, move_broadcast, must_be_sound, rehearse,
};
use crate::{App, AppError};

/// So many contacts of the audience are shown what they would get.
const SAMPLES: usize = 3;

/// Whom a broadcast would go to if it began now.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast.
pub async fn broadcast_audience(
    app: &App,
    whose: Whose<'_>,
    name: &str,
) -> Result<Audience, AppError> {
    let broadcast = companys_broadcast(app, whose, name).await?;
    audience(app, &broadcast).await
}

/// Whom a broadcast would go to if it began now, and what some of them would get. Nothing is sent.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Invalid`] for a draft that cannot be sent.
pub async fn dry_run(
    app: &App,
    whose: Whose<'_>,
    name: &str,
) -> Result<(Audience, Vec<Sample>), AppError> {
    let broadcast = companys_broadcast(app, whose, name).await?;
    if broadcast.status.is_open() {
        must_be_sound(app, &broadcast).await?;
    }
    rehearse(app, &broadcast, SAMPLES).await
}

/// Sends, pauses, resumes or cancels a broadcast of a company's bot.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Conflict`] where its status does not allow
/// it; [`AppError::Invalid`] for a draft that cannot be sent.
pub async fn move_companys_broadcast(
    app: &App,
    whose: Whose<'_>,
    name: &str,
    wanted: BroadcastMove,
) -> Result<Broadcast, AppError> {
    let bot = own_bot(app, whose).await?;
    move_broadcast(app, &bot, name, wanted).await
}
