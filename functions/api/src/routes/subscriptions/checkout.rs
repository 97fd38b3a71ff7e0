//! `POST /api/public/subscriptions/create-checkout-session`

use app::App;
use app::subscription::create_checkout;
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::PageView;
use crate::limits::Limited;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::Nothing;
use crate::session::LoggedIn;

/// Upgrade to Pro
///
/// Opens a page at Stripe on which the person pays; asked again, it is the same page for as long as
/// it is open. 409 with `ALREADY_SUBSCRIBED` where there is a subscription, with
/// `PAYMENTS_NOT_CONFIGURED` where nothing can be paid for.
#[utoipa::path(post, path = "/api/public/subscriptions/create-checkout-session",
    operation_id = "create_checkout_session", tag = "subscriptions",
    security(("session" = [])),
    responses(
        (status = 200, description = "The page", body = PageView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn checkout(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    StrictJson(Nothing {}): StrictJson<Nothing>,
) -> Result<Json<PageView>, Refusal> {
    Limited::PaymentPages.count(&app, &who.user.id.to_string()).await?;
    let url = create_checkout(&app, &who.user).await?;
    Ok(Json(PageView { url }))
}
