//! Another name.

use domain::channel::Channel;
use domain::engine::{Decision, Write};
use domain::ids::{ChannelId, UserId};

use super::{checked_name, find_channel};
use crate::{App, AppError};

/// Gives a channel another name; `None` leaves it.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::NotFound`].
pub async fn rename_channel(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
    name: Option<&str>,
) -> Result<Channel, AppError> {
    let name = name.map(checked_name).transpose()?;
    app.decide(|| async {
        let channel = find_channel(app, user_id, channel_id).await?;
        let renamed = Channel {
            name: name.clone().unwrap_or_else(|| channel.name.clone()),
            ..channel.clone()
        };
        let changed = (renamed != channel).then(|| Write::Replace(renamed.clone().into()));
        let mut decision = Decision::new(app.env.id(), app.env.now(), renamed);
        decision.writes.extend(changed);
        Ok::<_, AppError>(decision)
    })
    .await
}
