//! `GET /api/telegram/bots/{bot}/photos/{photo}`

use app::App;
use app::scenario::author::find_photo;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use web::Refusal;

use super::PhotoName;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::whose;
use crate::session::Admin;

/// Nothing in it runs, wherever it is shown.
const POLICY: &str = "default-src 'none'; sandbox";
/// A key is made of the file: it never changes.
const KEPT: &str = "private, max-age=86400, immutable";

/// Get a stored photo
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/photos/{photo}", operation_id = "get_stored_photo", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"),
        ("photo" = String, Path, description = "The photo's `object`")),
    responses(
        (status = 200, description = "The file", content(
            ("image/jpeg"), ("image/png"), ("image/webp"),
        )),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(PhotoName(photo)): InPath<PhotoName>,
) -> Result<impl IntoResponse, Refusal> {
    let (bytes, kind) = find_photo(&app, whose(&who, &bot), &photo).await?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, KEPT),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    Ok((headers, bytes))
}
