//! The mail that asks whether an address may become a channel.

use domain::account::{SecretHash, User};
use domain::channel::{Channel, ChannelStatus};
use domain::engine::{Decision, Write};
use domain::ids::{ChannelId, UserId};
use domain::mail::confirm_channel;
use table::{TableError, keys};

use super::{Prepared, retried};
use crate::App;

/// Makes the token and the words. A mail that is tried again holds another token; of all that
/// arrive, the first that is used makes the rest void.
pub(super) async fn prepare(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<Prepared, TableError> {
    let key = keys::channel(user_id, channel_id);
    let Some(channel) = app.table.get::<Channel>(&key).await? else {
        return Ok(Prepared::Skip("the channel is gone"));
    };
    let Some(to) = channel.email().filter(|_| channel.status == ChannelStatus::Pending) else {
        return Ok(Prepared::Skip("the channel waits for no confirmation"));
    };
    let Some(user) = app.table.get::<User>(&keys::user(user_id)).await? else {
        return Ok(Prepared::Skip("the user is gone"));
    };
    let (token, now) = (app.env.secret(), app.env.now());
    let record = channel.mailed_token(now, SecretHash::of(&token));
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Create(record.into()));
    app.commit(decision).await.map_err(retried)?;
    let url = format!("{}/confirm-email?token={token}", app.site.url);
    let letter = confirm_channel(user.language(), &user.username, &url);
    Ok(Prepared::Ready { to: to.to_owned(), letter })
}
