//! Channels: how a user is reached.

mod change;
mod create;
mod deliveries;
mod get;
mod list;
mod remove;
mod resend;
mod test;
mod wish;

use std::borrow::Cow;

use web::{Routes, routes};

use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(deliveries::deliveries))
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
enum KindName {}

impl PartialSchema for KindName {
    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The way that the messages of a channel take."))
            .enum_values(Some(ChannelDetails::kinds()));
        RefOr::T(Schema::Object(names.build()))
    }
}

impl ToSchema for KindName {
    fn name() -> Cow<'static, str> {
        "ChannelType".into()
    }
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

/// Where a channel leads, by its kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ChannelDetails)]
pub(crate) enum DetailsView {
    /// A Telegram chat.
    Telegram {
        /// The bot's slug.
        bot: String,
        /// The chat, once it is known.
        chat_id: Option<i64>,
    },
    /// An e-mail address.
    Email {
        /// The address.
        address: String,
    },
    /// An address of a service.
    Hook {
        /// Its beginning: whoever knows the whole may post there.
        url: String,
    },
}

impl From<&ChannelDetails> for DetailsView {
    fn from(details: &ChannelDetails) -> Self {
        match details {
            ChannelDetails::Telegram { bot, chat_id } => {
                Self::Telegram { bot: bot.to_string(), chat_id: *chat_id }
            }
            ChannelDetails::Email { address } => Self::Email { address: address.clone() },
            ChannelDetails::Hook(hook) => Self::Hook { url: hook.shown.clone() },
        }
    }
}

impl From<&Channel> for ChannelView {
    fn from(channel: &Channel) -> Self {
        Self {
            id: channel.id.0,
            channel_type: channel.details.kind(),
            name: channel.name.clone(),
            status: channel.status,
            reason: channel.reason.clone(),
            details: DetailsView::from(&channel.details),
            created_at: channel.created_at.rfc3339(),
        }
    }
}

/// A channel, and while it waits for a chat, what confirms it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfirmableChannel {
    /// The channel.
    #[serde(flatten)]
    channel: ChannelView,
    /// The token, to be sent to the bot as `/start <token>`. Works once, for 15 minutes.
    token: Option<String>,
    /// Opens the bot with the token.
    url: Option<String>,
    /// What messages to a webhook are signed with, by the Standard Webhooks specification. Shown once,
    /// when the channel is made.
    signing_secret: Option<String>,
}

impl ConfirmableChannel {
    fn new(channel: &Channel, link: Option<(String, String)>) -> Self {
        let (token, url) = link.unzip();
        Self { channel: channel.into(), token, url, signing_secret: None }
    }

    fn with_secret(channel: &Channel, secret: &SecretString) -> Self {
        let signing_secret = Some(secret.expose_secret().to_owned());
        Self { signing_secret, ..Self::new(channel, None) }
    }
}
