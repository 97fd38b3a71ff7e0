//! How broadcasts are written.

use domain::broadcast::{Broadcast, BroadcastStatus, Condition, Sending, Targeting};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::scenarios::content::{ButtonsBody, ContentView, PhotoBody};

/// The names of [`BroadcastStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = BroadcastStatus)]
pub(crate) enum StatusName {
    /// It is written, and may be changed.
    Draft,
    /// It goes out.
    Sending,
    /// It waits where it is.
    Paused,
    /// It went to everyone.
    Done,
    /// It goes to nobody any more.
    Cancelled,
}

/// A condition on a contact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BroadcastCondition)]
pub(crate) enum ConditionBody {
    /// Is under way in no scenario.
    NoActiveScenario,
    /// Has paid for nothing.
    HasNotPaid,
    /// Has paid for something.
    HasPaid,
    /// Is in a private group of a scenario.
    JoinedGroup,
    /// Is under way in the scenario of this slug.
    InScenario(String),
    /// Wrote to the bot first before this time, in RFC 3339.
    RegisteredBefore(String),
    /// Wrote to the bot first at this time or later.
    RegisteredAfter(String),
}

impl From<&Condition> for ConditionBody {
    fn from(condition: &Condition) -> Self {
        match condition {
            Condition::NoActiveScenario => Self::NoActiveScenario,
            Condition::HasNotPaid => Self::HasNotPaid,
            Condition::HasPaid => Self::HasPaid,
            Condition::JoinedGroup => Self::JoinedGroup,
            Condition::InScenario(slug) => Self::InScenario(slug.to_string()),
            Condition::RegisteredBefore(at) => Self::RegisteredBefore(at.rfc3339()),
            Condition::RegisteredAfter(at) => Self::RegisteredAfter(at.rfc3339()),
        }
    }
}

/// Whom a broadcast goes to: those for whom all conditions hold; without any, everyone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BroadcastTargeting)]
pub(crate) struct TargetingBody {
    /// At most 20.
    conditions: Vec<ConditionBody>,
}

impl From<&Targeting> for TargetingBody {
    fn from(targeting: &Targeting) -> Self {
        Self { conditions: targeting.conditions.iter().map(ConditionBody::from).collect() }
    }
}

/// How far a broadcast has come. Contacts are counted a page of a hundred at a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BroadcastProgress)]
pub(crate) struct ProgressView {
    /// Contacts who have it.
    sent: u32,
    /// Contacts whose chat refused it.
    failed: u32,
    /// Contacts who have blocked the bot, or whose chat is gone: they are sent nothing more.
    blocked: u32,
    /// Contacts of whom nobody knows whether they have it: it is not sent again.
    unknown: u32,
    /// The contacts that it was to go to when it began, if they were counted.
    audience: Option<u32>,
    /// About how long it still takes, in seconds.
    seconds_left: Option<u32>,
    /// When it began, RFC 3339, UTC.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl ProgressView {
    fn of(broadcast: &Broadcast) -> Option<Self> {
        let Sending { counts, audience, started_at, ended_at, .. } = broadcast.sending.as_ref()?;
        Some(Self {
            sent: counts.sent,
            failed: counts.failed,
            blocked: counts.blocked,
            unknown: counts.unknown,
            audience: *audience,
            seconds_left: broadcast.seconds_left(),
            started_at: started_at.rfc3339(),
            ended_at: ended_at.map(domain::time::Timestamp::rfc3339),
        })
    }
}

/// A broadcast in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BroadcastLine)]
pub(crate) struct LineView {
    /// What it is called in addresses.
    slug: String,
    /// What people call it.
    name: String,
    /// Where it is.
    #[schema(value_type = StatusName)]
    status: BroadcastStatus,
    /// How far it has come, once it goes out.
    progress: Option<ProgressView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Broadcast> for LineView {
    fn from(broadcast: &Broadcast) -> Self {
        Self {
            slug: broadcast.slug.to_string(),
            name: broadcast.name.clone(),
            status: broadcast.status,
            progress: ProgressView::of(broadcast),
            created_at: broadcast.created_at.rfc3339(),
        }
    }
}

/// A broadcast.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Broadcast)]
pub(crate) struct BroadcastView {
    /// What it is called in addresses.
    slug: String,
    /// What people call it.
    name: String,
    /// A template in Markdown.
    text: String,
    /// Its photos.
    photos: Vec<PhotoBody>,
    /// Its buttons; that which ends broadcasts is added below them.
    buttons: Option<ButtonsBody>,
    /// Whom it goes to.
    targeting: TargetingBody,
    /// Where it is.
    #[schema(value_type = StatusName)]
    status: BroadcastStatus,
    /// How far it has come, once it goes out.
    progress: Option<ProgressView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Broadcast> for BroadcastView {
    fn from(broadcast: &Broadcast) -> Self {
        let ContentView { text, photos, buttons } = ContentView::from(&broadcast.content);
        Self {
            slug: broadcast.slug.to_string(),
            name: broadcast.name.clone(),
            text,
            photos,
            buttons,
            targeting: TargetingBody::from(&broadcast.targeting),
            status: broadcast.status,
            progress: ProgressView::of(broadcast),
            created_at: broadcast.created_at.rfc3339(),
        }
    }
}
