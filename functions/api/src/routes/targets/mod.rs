//! Targets: what a user watches.

mod change;
mod create;
mod deliveries;
mod get;
mod link_channel;
mod list;
mod offers;
mod pages;
mod remove;
mod rules;
mod set_status;
mod telegram_link;

use domain::watch::{Target, TargetStatus};
use rules::{
    BaselineName, DigestView, FilterRequest, FilterView, NotifyOnName, RulesRequest, RulesView,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(set_status::disable))
        .routes(routes!(set_status::enable))
        .routes(routes!(link_channel::link, link_channel::unlink))
        .routes(routes!(telegram_link::telegram_link))
        .routes(routes!(offers::offers))
        .routes(routes!(pages::pages))
        .routes(routes!(deliveries::deliveries))
}

/// The names of [`TargetStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = TargetStatus)]
enum StatusName {
    Active,
    Disabled,
}

/// A target.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Target)]
pub(crate) struct TargetView {
    /// Its id.
    id: Uuid,
    /// What the user calls it.
    name: String,
    /// Whether it is watched.
    #[schema(value_type = StatusName)]
    status: TargetStatus,
    /// What it watches, in canonical form.
    page_urls: Vec<String>,
    /// Which of the user's channels hear of it.
    channel_ids: Vec<Uuid>,
    /// Channels of people who were invited to it. They are taken off like one's own.
    #[serde(default)]
    guest_channel_ids: Vec<Uuid>,
    /// Which offers they hear of.
    filter: FilterView,
    /// Which news of them.
    notify_on: NotifyOnName,
    /// At once or gathered.
    digest: DigestView,
    /// What is said of what the first scrape of a page finds.
    baseline: BaselineName,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Target> for TargetView {
    fn from(target: &Target) -> Self {
        let RulesView { filter, notify_on, digest, baseline } = RulesView::from(&target.rules);
        Self {
            id: target.id.0,
            name: target.name.clone(),
            status: target.status,
            page_urls: target.pages.iter().map(|page| page.url.to_string()).collect(),
            channel_ids: target.channels.iter().map(|id| id.0).collect(),
            guest_channel_ids: target.guests.iter().map(|guest| guest.channel_id.0).collect(),
            filter,
            notify_on,
            digest,
            baseline,
            created_at: target.created_at.rfc3339(),
        }
    }
}

/// What a target is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewTarget)]
pub(crate) struct CreateRequest {
    /// At most 100 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// 1 to 40 `http` or `https` addresses.
    #[schema(required, nullable = false, min_items = 1, max_items = 40)]
    page_urls: Option<Vec<String>>,
    /// Which offers its channels hear of; all without it.
    filter: Option<FilterRequest>,
    /// Which news of them; `new` without it.
    notify_on: Option<NotifyOnName>,
    /// At once or gathered; `immediate` without it.
    digest: Option<DigestView>,
    /// What is said of what the first scrape of a page finds; `summary` without it.
    baseline: Option<BaselineName>,
}

/// What is to be different. What is absent stays.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = TargetChange)]
pub(crate) struct ChangeRequest {
    /// At most 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// All of its pages: 1 to 40 addresses. At most 20 may come and go at once.
    #[schema(min_items = 1, max_items = 40)]
    page_urls: Option<Vec<String>>,
    /// Which offers its channels hear of, in whole.
    filter: Option<FilterRequest>,
    /// Which news of them.
    notify_on: Option<NotifyOnName>,
    /// At once or gathered.
    digest: Option<DigestView>,
    /// What is said of what the first scrape of a page finds.
    baseline: Option<BaselineName>,
}
