//! Channels: how a user is reached.

mod create;
mod get;
mod list;
mod remove;
mod rename;
mod resend;
mod test;

use std::time::Duration;

use app::App;
use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use web::limit::Limit;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, rename::rename, remove::remove))
        .routes(routes!(test::test))
        .routes(routes!(resend::resend))
}

/// The names of [`ChannelStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = ChannelStatus)]
enum StatusName {
    Pending,
    Active,
    Blocked,
    Disabled,
}

/// The kinds of [`ChannelDetails`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = ChannelType)]
enum KindName {
    Telegram,
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelView {
    /// Its id.
    id: Uuid,
    /// How it reaches the user.
    #[schema(value_type = KindName)]
    channel_type: &'static str,
    /// What the user calls it.
    name: String,
    /// Where it stands: only an active channel receives.
    #[schema(value_type = StatusName)]
    status: ChannelStatus,
    /// Why it is blocked, in the service's words.
    reason: Option<String>,
    /// Of its kind.
    details: DetailsView,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A Telegram chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TelegramDetails)]
pub(crate) struct DetailsView {
    /// The bot's slug.
    bot: String,
    /// The chat, once it is known.
    chat_id: Option<i64>,
}

impl From<&Channel> for ChannelView {
    fn from(channel: &Channel) -> Self {
        let ChannelDetails::Telegram { bot, chat_id } = &channel.details;
        Self {
            id: channel.id.0,
            channel_type: channel.details.kind(),
            name: channel.name.clone(),
            status: channel.status,
            reason: channel.reason.clone(),
            details: DetailsView { bot: bot.to_string(), chat_id: *chat_id },
            created_at: channel.created_at.rfc3339(),
        }
    }
}

/// A channel, and while it is pending, what confirms it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfirmableChannel {
    /// The channel.
    #[serde(flatten)]
    channel: ChannelView,
    /// The token, to be sent to the bot as `/start <token>`. Works once, for 15 minutes.
    token: Option<String>,
    /// Opens the bot with the token.
    url: Option<String>,
}

impl ConfirmableChannel {
    fn new(channel: &Channel, link: Option<(String, String)>) -> Self {
        let (token, url) = link.unzip();
        Self { channel: channel.into(), token, url }
    }
}

/// Test messages go to chats that a user only says are theirs.
fn test_messages(app: &App) -> Limit {
    Limit {
        name: "test-message",
        attempts: app.site.attempts.test_messages_per_user,
        window: Duration::from_mins(10),
    }
}
