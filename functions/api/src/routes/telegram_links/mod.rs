//! Company links: chats that receive what a company says.

mod change;
mod create;
mod get;
mod list;
mod remove;
mod renew;

use app::AppError;
use app::link::{LinkMade, TelegramLink};
use domain::account::Role;
use domain::channel::ChannelStatus;
use domain::link::OptIns;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Routes, routes};

use crate::session::LoggedIn;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(renew::renew))
}

/// The names of [`ChannelStatus`] that a link may have, for the description.
#[derive(ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = LinkStatus)]
enum StatusName {
    Pending,
    Active,
    Blocked,
}

/// A chat that receives what a company says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CompanyLink)]
pub(crate) struct LinkView {
    /// Its id.
    id: Uuid,
    /// Whose chat it is, if it is one person's.
    user_id: Option<Uuid>,
    /// Who made it; null once they have left the company.
    created_by: Option<Uuid>,
    /// The bot: the one that was asked for, then the one that the chat was linked through.
    bot: String,
    /// The chat, once it is linked.
    telegram_chat_id: Option<i64>,
    /// Where it stands: only an active link receives.
    #[schema(value_type = StatusName)]
    status: ChannelStatus,
    /// Why it is blocked.
    reason: Option<String>,
    /// Whether it is told alerts.
    opted_in_alerts: bool,
    /// Whether it is told reports.
    opted_in_reports: bool,
    /// Whether it is told what devices do.
    opted_in_device_events: bool,
    /// When its token expires, while it waits for a chat. RFC 3339, UTC.
    #[schema(format = DateTime)]
    link_token_expires_at: Option<String>,
    /// When a chat was linked. RFC 3339, UTC.
    #[schema(format = DateTime)]
    linked_at: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&TelegramLink> for LinkView {
    fn from(link: &TelegramLink) -> Self {
        let OptIns { alerts, reports, device_events } = link.opt_ins;
        Self {
            id: link.id.0,
            user_id: link.user_id.map(|id| id.0),
            created_by: link.created_by.map(|id| id.0),
            bot: link.bot.to_string(),
            telegram_chat_id: link.chat_id,
            status: link.status,
            reason: link.reason.clone(),
            opted_in_alerts: alerts,
            opted_in_reports: reports,
            opted_in_device_events: device_events,
            link_token_expires_at: link.token_expires_at.map(Timestamp::rfc3339),
            linked_at: link.linked_at.map(Timestamp::rfc3339),
            created_at: link.created_at.rfc3339(),
        }
    }
}

/// A link, and while it waits for a chat, what links one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LinkableCompanyLink)]
pub(crate) struct LinkableLink {
    /// The link.
    #[serde(flatten)]
    link: LinkView,
    /// To be sent to the bot as `/link <token>`. Works once, for 15 minutes.
    link_token: Option<String>,
    /// Opens the bot with the token.
    url: Option<String>,
    /// Lets you choose a group, which the bot joins with the token.
    group_url: Option<String>,
}

impl LinkableLink {
    /// A link that waits for nothing.
    fn bound(link: &TelegramLink) -> Self {
        Self { link: link.into(), link_token: None, url: None, group_url: None }
    }
}

impl From<LinkMade> for LinkableLink {
    fn from(made: LinkMade) -> Self {
        let LinkMade { link, token, url, group_url } = made;
        Self {
            link_token: Some(token),
            url: Some(url),
            group_url: Some(group_url),
            ..Self::bound(&link)
        }
    }
}

/// What a link wants to be told; what is absent stays, or is as for a new link.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[schema(as = LinkPreferences)]
#[expect(clippy::struct_field_names, reason = "these are the API's names")]
pub(crate) struct Preferences {
    /// Something needs someone's attention. True for a new link.
    opted_in_alerts: Option<bool>,
    /// What was, by the day or the week. False for a new link.
    opted_in_reports: Option<bool>,
    /// What devices do. False for a new link.
    opted_in_device_events: Option<bool>,
}

impl Preferences {
    fn over(self, before: OptIns) -> OptIns {
        OptIns {
            alerts: self.opted_in_alerts.unwrap_or(before.alerts),
            reports: self.opted_in_reports.unwrap_or(before.reports),
            device_events: self.opted_in_device_events.unwrap_or(before.device_events),
        }
    }
}

/// Members change their own links, admins all of their company's.
fn must_be_theirs(LoggedIn(who): &LoggedIn, link: &TelegramLink) -> Result<(), AppError> {
    let id = who.user.id;
    if who.user.role == Role::Admin || link.created_by == Some(id) || link.user_id == Some(id) {
        return Ok(());
    }
    Err(AppError::Forbidden)
}
