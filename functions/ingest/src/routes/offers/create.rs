//! `POST /api/internal/offers`

use app::App;
use app::AppError;
use app::offer::record_offer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::offer::{NewSighting, Recorded, Recording};
use serde_json::Value;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::view::{OfferBody, RecordedView};
use crate::scraper::Scraper;

/// The status of a recorded sighting.
pub(super) fn status(recorded: &Recorded) -> StatusCode {
    match recorded.recording {
        Recording::Created => StatusCode::CREATED,
        Recording::PriceChanged | Recording::Unchanged => StatusCode::OK,
    }
}

fn render(recorded: &Recorded) -> Answer {
    Answer::json(status(recorded), &RecordedView::from(recorded))
}

/// Posts an offer
///
/// A new one is answered at once and told to the page's watchers later. The same offer on the same
/// page again makes no second message; its changed price is recorded.
#[utoipa::path(post, path = "/api/internal/offers", tag = "offers",
    request_body = OfferBody, security(("api_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body gets the same answer for 24 hours")),
    responses(
        (status = 201, description = "New: recorded, told later", body = RecordedView),
        (status = 200, description = "Known", body = RecordedView),
        (status = 422, description = "Faulty fields, all of them",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    scraper: Scraper,
    State(app): State<App>,
    Keyed { body, asked }: Keyed<Value>,
) -> Result<Response, Refusal> {
    let new = NewSighting::check(body).map_err(AppError::Invalid)?;
    let act = |keep| record_offer(&app, new.clone(), keep);
    once(&app, &scraper.who(), asked.as_ref(), render, act).await
}
