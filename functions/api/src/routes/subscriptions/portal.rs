//! `POST /api/public/subscriptions/create-portal-session`

use app::App;
use app::subscription::create_portal;
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::PageView;
use crate::limits::Limited;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::Nothing;
use crate::session::LoggedIn;

/// Manage the subscription
///
/// Opens Stripe's customer portal: cards, invoices, cancelling. 409 with `NO_SUBSCRIPTION` for who
/// was never about to pay.
#[utoipa::path(post, path = "/api/public/subscriptions/create-portal-session",
    operation_id = "create_portal_session", tag = "subscriptions",
    security(("session" = [])),
    responses(
        (status = 200, description = "The page", body = PageView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn portal(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    StrictJson(Nothing {}): StrictJson<Nothing>,
) -> Result<Json<PageView>, Refusal> {
    Limited::PaymentPages.count(&app, &who.user.id.to_string()).await?;
    let url = create_portal(&app, who.user.id).await?;
    Ok(Json(PageView { url }))
}
