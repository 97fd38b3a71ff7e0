//! Onboarding invites: links that make a target, a person and their channel in one step.

mod create;
mod list;
mod revoke;

use domain::invite::{InviteStatus, OnboardingInvite};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create::create, list::list)).routes(routes!(revoke::revoke))
}

/// The names of [`InviteStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = InviteStatus)]
enum StatusName {
    Open,
    Used,
    Expired,
    Revoked,
}

/// An invite.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub(crate) struct InviteView {
    /// Its id.
    id: Uuid,
    /// Where it stands.
    #[schema(value_type = StatusName)]
    status: InviteStatus,
    /// What the target is called.
    target_name: String,
    /// What the target watches at first, in canonical form.
    page_urls: Vec<String>,
    /// The bot that it is opened with.
    bot: String,
    /// The admin whose target it makes.
    admin_id: Uuid,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it can be used; RFC 3339, UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was used; RFC 3339, UTC.
    #[schema(format = DateTime)]
    used_at: Option<String>,
    /// The target that was made.
    target_id: Option<Uuid>,
    /// The person's channel.
    channel_id: Option<Uuid>,
}

impl InviteView {
    fn new(invite: &OnboardingInvite, now: Timestamp) -> Self {
        Self {
            id: invite.id.0,
            status: invite.status(now),
            target_name: invite.target_name.clone(),
            page_urls: invite.pages.iter().map(|page| page.url.to_string()).collect(),
            bot: invite.bot.to_string(),
            admin_id: invite.admin_id.0,
            created_at: invite.created_at.rfc3339(),
            expires_at: invite.expires_at.rfc3339(),
            used_at: invite.used.map(|used| used.at.rfc3339()),
            target_id: invite.used.map(|used| used.target_id.0),
            channel_id: invite.used.map(|used| used.channel_id.0),
        }
    }
}
