//! Reading channels.

use domain::channel::Channel;
use domain::ids::{ChannelId, UserId};
use table::{Page, keys};

use crate::listing::list;
use crate::{App, AppError};

/// A user's channel.
///
/// # Errors
/// [`AppError::NotFound`], also when it is someone else's: it is looked for among the user's own.
pub async fn find_channel(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<Channel, AppError> {
    let channel = app.table.get(&keys::channel(user_id, channel_id)).await?;
    channel.ok_or(AppError::NotFound("channel"))
}

/// One page of a user's channels, oldest first; `after` is the `next` of the page before.
pub async fn list_channels(
    app: &App,
    user_id: UserId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Channel>, AppError> {
    list(app, &keys::user(user_id).pk, keys::CHANNELS, limit, after).await
}
