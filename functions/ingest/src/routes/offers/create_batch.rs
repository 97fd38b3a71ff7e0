//! `POST /api/internal/offers/batch`

use app::offer::{OfferResult, record_offers};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use runtime::problem::{FieldProblem, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::create::status;
use super::view::{OfferBody, RecordedView};
use crate::scraper::Scraper;

/// A batch.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct BatchBody {
    /// 1 to 100 offers.
    #[schema(value_type = Vec<OfferBody>, min_items = 1, max_items = 100)]
    offers: Vec<Value>,
}

/// What became of a batch.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct BatchView {
    /// One result for each offer, in their order.
    results: Vec<ResultView>,
}

/// What became of one offer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ResultView {
    /// Its place in the batch, from 0.
    index: usize,
    /// The status that it would have had alone: 201, 200, 422 or 503.
    status: u16,
    /// What was recorded, or what is wrong.
    #[serde(flatten)]
    outcome: OutcomeView,
}

/// What was recorded, or what is wrong.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OutcomeView {
    /// The offer is recorded.
    Recorded(RecordedView),
    /// It is not.
    Refused {
        /// A stable name for what is wrong.
        code: String,
        /// Each faulty field.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        errors: Vec<FieldProblem>,
    },
}

fn view((index, result): (usize, &OfferResult)) -> ResultView {
    match result {
        Ok(recorded) => ResultView {
            index,
            status: status(recorded).as_u16(),
            outcome: OutcomeView::Recorded(recorded.into()),
        },
        Err(error) => {
            let Problem { status, code, errors, .. } = Refusal::from(error.clone()).0;
            ResultView { index, status, outcome: OutcomeView::Refused { code, errors } }
        }
    }
}

#[expect(clippy::ptr_arg, reason = "the reply is a list")]
fn render(results: &Vec<OfferResult>) -> Answer {
    let results = results.iter().enumerate().map(view).collect();
    Answer::json(StatusCode::OK, &BatchView { results })
}

/// Posts a batch of offers
///
/// Each counts for itself: a faulty one does not fail the others.
#[utoipa::path(post, path = "/api/internal/offers/batch", tag = "offers",
    request_body = BatchBody, security(("api_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body gets the same answer for 24 hours")),
    responses(
        (status = 200, description = "One result for each offer", body = BatchView),
        (status = 422, description = "No batch of 1 to 100 offers",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create_batch(
    scraper: Scraper,
    State(app): State<App>,
    Keyed { body, asked }: Keyed<BatchBody>,
) -> Result<Response, Refusal> {
    let act = |keep| {
        let offers = body.offers.clone();
        let app = &app;
        async move { none_lost(record_offers(app, offers, keep).await?) }
    };
    once(&app, &scraper.who(), asked.as_ref(), render, act).await
}

/// A batch of which the table took nothing is answered as a whole: come again.
fn none_lost(results: Vec<OfferResult>) -> Result<Vec<OfferResult>, AppError> {
    let lost = |result: &OfferResult| matches!(result, Err(AppError::Unavailable(_)));
    if results.iter().all(lost) {
        return Err(AppError::Unavailable("no offer of the batch was recorded".to_owned()));
    }
    Ok(results)
}
