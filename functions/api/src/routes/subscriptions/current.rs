//! `GET /api/public/subscriptions/current`

use app::App;
use app::subscription::{Current, current as find};
use axum::Json;
use axum::extract::State;
use domain::account::Tier;
use domain::subscription::SubscriptionStatus;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::Refusal;

use crate::problems::SessionProblems;
use crate::session::LoggedIn;

/// The names of [`SubscriptionStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = SubscriptionStatus)]
enum StatusName {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Canceled,
    Unpaid,
    Paused,
    Other,
}

/// What a person pays for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionView {
    /// What the person may: `free` or `pro`.
    #[schema(value_type = String)]
    tier: Tier,
    /// Where the subscription stands; `null` where there never was one.
    #[schema(value_type = Option<StatusName>)]
    status: Option<SubscriptionStatus>,
    /// Until when it is paid, RFC 3339, UTC.
    #[schema(format = DateTime)]
    current_period_end: Option<String>,
    /// Whether it ends then.
    cancel_at_period_end: bool,
    /// Until when a payment that failed is waited for, RFC 3339, UTC.
    #[schema(format = DateTime)]
    grace_until: Option<String>,
}

impl From<Current> for SubscriptionView {
    fn from(current: Current) -> Self {
        let of = current.subscription.as_ref();
        Self {
            tier: current.tier,
            status: of.map(|it| it.status),
            current_period_end: of.and_then(|it| it.current_period_end).map(Timestamp::rfc3339),
            cancel_at_period_end: of.is_some_and(|it| it.cancel_at_period_end),
            grace_until: current.grace_until.map(Timestamp::rfc3339),
        }
    }
}

/// Get the current subscription
///
/// As Stripe's last event has it: a moment after a payment, the tier may still be the one before.
#[utoipa::path(get, path = "/api/public/subscriptions/current",
    operation_id = "get_subscription", tag = "subscriptions",
    security(("session" = [])),
    responses((status = 200, description = "What is paid for", body = SubscriptionView), SessionProblems))]
pub(crate) async fn current(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
) -> Result<Json<SubscriptionView>, Refusal> {
    Ok(Json(find(&app, &who.user).await?.into()))
}
