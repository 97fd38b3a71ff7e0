//! `POST /api/public/company/api-keys`

use app::api_key::{CreateCompanyKey, ShownKey, create_company_key, renew_company_key};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::account::CompanyApiKey;
use domain::ids::ApiKeyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::once::{Answer, REPLAYED, Turn, turn};
use web::{Keyed, Refusal};

use super::api_keys::{ApiKeyView, ScopeName};
use crate::limits::Limited;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::session::Admin;

/// What a key is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(crate) struct CreateRequest {
    /// What it is for, at most 100 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it may do. `scraper` is for keys of the platform, which its operator makes.
    #[schema(required, nullable = false, min_items = 1, value_type = Vec<ScopeName>)]
    scopes: Option<Vec<String>>,
}

/// An API key as it is shown, once.
#[derive(Serialize, ToSchema)]
#[schema(as = ShownApiKey)]
pub(crate) struct ShownView {
    #[serde(flatten)]
    record: ApiKeyView,
    /// The key itself: `Authorization: Bearer <key>`. It is kept as a hash and not shown again.
    key: String,
}

/// What is kept of the answer: the key is shown once, so a repeated request gets another one.
#[derive(Serialize, Deserialize)]
struct Kept {
    key_id: ApiKeyId,
}

/// Make an API key
///
/// For admins. The key is shown in this answer and never again. A repeated request (same
/// `Idempotency-Key`) gives the same key another secret; the one before is void.
#[utoipa::path(post, path = "/api/public/company/api-keys", operation_id = "create_api_key", tag = "company",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The key", body = ShownView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    admin: Admin,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let mut raced = false;
    loop {
        let keep = match turn::<CompanyApiKey>(&app, &admin.name(), asked.as_ref(), kept).await? {
            Turn::Act(keep) => keep,
            Turn::Replay(answer) => return replay(&app, &admin, &answer).await,
        };
        let company_id = admin.company_id();
        Limited::ApiKeys.count(&app, &company_id.to_string()).await?;
        let CreateRequest { name, scopes } = body.clone();
        let command = CreateCompanyKey { company_id, name, scopes, keep };
        match create_company_key(&app, command).await {
            Ok(made) => return Ok(shown(made, HeaderMap::new())),
            // The same request, sent twice at once: the other one has made the key.
            Err(AppError::Repeated) if !raced => raced = true,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn replay(app: &App, admin: &Admin, answer: &Answer) -> Result<Response, Refusal> {
    let Kept { key_id } = serde_json::from_str(&answer.body)
        .map_err(|error| AppError::Unavailable(format!("a kept answer: {error}")))?;
    let renewed = renew_company_key(app, admin.company_id(), key_id).await?;
    let replayed = HeaderMap::from_iter([(REPLAYED, HeaderValue::from_static("true"))]);
    Ok(shown(renewed, replayed))
}

fn shown(ShownKey { record, key }: ShownKey, headers: HeaderMap) -> Response {
    let view = ShownView { record: ApiKeyView::from(&record), key };
    (StatusCode::CREATED, headers, Json(view)).into_response()
}

fn kept(key: &CompanyApiKey) -> Answer {
    Answer::json(StatusCode::CREATED, &Kept { key_id: key.id })
}
