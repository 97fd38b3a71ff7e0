//! `GET /api/telegram/bots/{bot}/broadcasts/{broadcast}/audience` and `POST …/dry-run`

use app::App;
use app::scenario::author::{broadcast_audience, dry_run as rehearse};
use app::scenario::broadcasts::{Audience, Sample};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::part::PartView;
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// Whom a broadcast would go to if it began now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BroadcastAudience)]
pub(crate) struct AudienceView {
    /// Contacts for whom its conditions hold. Whoever blocked the bot or wants no broadcasts is none of them.
    contacts: u32,
    /// About how long it takes, in seconds.
    seconds: u32,
}

/// What a contact would get.
#[derive(Serialize, ToSchema)]
#[schema(as = BroadcastSample)]
struct SampleView {
    /// The contact's chat.
    chat_id: i64,
    /// What the contact is called.
    user_name: Option<String>,
    /// The messages, in their order.
    parts: Vec<PartView>,
}

/// What a broadcast would do if it began now.
#[derive(Serialize, ToSchema)]
#[schema(as = BroadcastDryRun)]
pub(crate) struct DryRunView {
    /// Contacts for whom its conditions hold.
    contacts: u32,
    /// About how long it takes, in seconds.
    seconds: u32,
    /// What some of them would get: three at most.
    samples: Vec<SampleView>,
}

/// Count a broadcast's audience
///
/// As it is now, also where the broadcast went out.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/audience", operation_id = "get_broadcast_audience", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The audience", body = AudienceView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn audience(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<AudienceView>, Refusal> {
    let audience = broadcast_audience(&app, whose(&who, &bot), &broadcast).await?;
    let Audience { contacts, seconds } = audience;
    Ok(Json(AudienceView { contacts, seconds }))
}

/// Try a broadcast
///
/// Nothing is sent. 422 for a draft that cannot be sent, with all that is wrong with it.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/dry-run", operation_id = "dry_run_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "Whom it would go to, and what some of them would get", body = DryRunView),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn dry_run(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<DryRunView>, Refusal> {
    let (audience, samples) = rehearse(&app, whose(&who, &bot), &broadcast).await?;
    let samples = samples.into_iter().map(SampleView::from).collect();
    let Audience { contacts, seconds } = audience;
    Ok(Json(DryRunView { contacts, seconds, samples }))
}

impl From<Sample> for SampleView {
    fn from(Sample { chat_id, user_name, parts }: Sample) -> Self {
        Self { chat_id, user_name, parts: parts.into_iter().map(PartView::from).collect() }
    }
}
