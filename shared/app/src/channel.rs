//! Channels: how they are made, confirmed, tested and given up.

mod confirm_channel;
mod connect_channel;
mod deliver_test;
mod read;
mod register_channel;
mod remove_channel;
mod rename_channel;
mod test_channel;

pub use confirm_channel::{ConfirmChannel, confirm_channel};
pub use connect_channel::{ConnectChannel, Connected, connect_channel};
pub use domain::channel::Confirmed;
pub use read::{find_channel, list_channels};
pub use register_channel::{RegisterChannel, Registered, register_channel, renew_token};
pub use remove_channel::remove_channel;
pub use rename_channel::rename_channel;
pub use test_channel::test_channel;

use domain::channel::{CHANNELS_PER_USER, Channel};
use domain::ids::UserId;
use table::keys;

use crate::{App, AppError};

/// What a channel is called whose user gave it no name.
const DEFAULT_NAME: &str = "Telegram";

/// A user's channels are bounded. Two that race for the last place may both get it.
async fn must_have_room(app: &App, user_id: UserId) -> Result<(), AppError> {
    let pk = keys::user(user_id).pk;
    let channels: Vec<Channel> = app.table.query_all(&pk, keys::CHANNELS).await?;
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
