//! `POST /api/public/targets`

use app::App;
use app::target::{CreateTarget, create_target};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::watch::Target;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::{CreateRequest, RulesRequest, TargetView};
use crate::problems::{BodyProblems, Conflict, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::session::LoggedIn;

/// Watch pages
///
/// Makes a target, active at once. The plan limits targets and pages: 403 with `QUOTA_EXCEEDED`.
#[utoipa::path(post, path = "/api/public/targets", operation_id = "create_target", tag = "targets",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The target", body = TargetView),
        BodyProblems, Conflict, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: LoggedIn,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let CreateRequest { name, page_urls, filter, notify_on, digest, baseline } = body.clone();
        let (user_id, app) = (who.0.user.id, &app);
        async move {
            let rules = RulesRequest { filter, notify_on, digest, baseline }.wish()?;
            create_target(app, CreateTarget { user_id, name, page_urls, rules, keep }).await
        }
    })
    .await
}

fn answer(target: &Target) -> Answer {
    Answer::json(StatusCode::CREATED, &TargetView::from(target))
}
