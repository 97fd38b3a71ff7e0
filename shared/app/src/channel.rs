//! Channels: how they are made, confirmed, tested and given up.

mod add_email;
mod change_channel;
mod confirm_channel;
mod confirm_email;
mod connect_channel;
mod connect_hook;
mod deliver_test;
mod hook;
mod read;
mod register_channel;
mod remove_channel;
mod resend_confirmation;
mod test_channel;

pub use add_email::{AddEmail, add_email};
pub use change_channel::{ChangeChannel, change_channel};
pub use confirm_channel::{ConfirmChannel, confirm_channel};
pub use confirm_email::confirm_email;
pub use connect_channel::{ConnectChannel, Connected, connect_channel};
pub use connect_hook::{ConnectHook, connect_hook};
pub use domain::channel::Confirmed;
pub(crate) use hook::open_hook;
pub use read::{find_channel, list_channels};
pub use register_channel::{RegisterChannel, Registered, register_channel, renew_token};
pub use remove_channel::remove_channel;
pub use resend_confirmation::resend_confirmation;
pub use test_channel::test_channel;

use domain::account::User;
use domain::channel::{CHANNELS_PER_USER, Channel};
use domain::ids::UserId;
use table::keys;

use crate::{App, AppError};

/// The request's field with the bot.
const BOT_FIELD: &str = "details.bot";
/// What a channel is called whose user gave it no name.
const DEFAULT_NAME: &str = "Telegram";

/// A user's channels are bounded. Two that race for the last place may both get it.
async fn must_have_room(app: &App, user_id: UserId) -> Result<(), AppError> {
    room_beside(&all_of(app, user_id).await?)
}

/// Whose channels they are. Read before them and replaced with what is added: of two who add the same
/// address at once, the second decides again and finds the first one's channel.
async fn holder(app: &App, user_id: UserId) -> Result<User, AppError> {
    let user = app.table.get::<User>(&keys::user(user_id)).await?;
    user.ok_or(AppError::Unauthenticated)
}

async fn all_of(app: &App, user_id: UserId) -> Result<Vec<Channel>, AppError> {
    Ok(app.table.query_all(&keys::user(user_id).pk, keys::CHANNELS).await?)
}

fn room_beside(channels: &[Channel]) -> Result<(), AppError> {
    if channels.len() < CHANNELS_PER_USER {
        return Ok(());
    }
    Err(AppError::Quota { message: format!("a user has at most {CHANNELS_PER_USER} channels") })
}

/// A channel's name as one line, or the default.
fn name_or_default(name: Option<&str>) -> Result<String, AppError> {
    name.map_or_else(|| Ok(DEFAULT_NAME.to_owned()), checked_name)
}

fn checked_name(name: &str) -> Result<String, AppError> {
    use domain::field_error::FieldError;
    domain::watch::check_name(name)
        .map_err(|message| AppError::Invalid(vec![FieldError::new("name", message)]))
}
