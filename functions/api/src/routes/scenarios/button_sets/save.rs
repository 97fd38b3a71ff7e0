//! `PUT /api/telegram/bots/{bot}/button-sets/{button_set}`

use app::App;
use app::scenario::author::save_button_set;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::button::RowDraft;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::SetView;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::content::RowBody;
use crate::routes::scenarios::{SetName, whose};
use crate::session::Admin;

/// The buttons of a set.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewButtonSet)]
pub(crate) struct SaveRequest {
    /// 1 to 20 rows.
    #[schema(value_type = Vec<RowBody>, required = true)]
    #[serde(default)]
    rows: Vec<RowDraft>,
}

/// Save a button set
///
/// Makes it, or puts other buttons in it: all messages that are sent after that have them. 409 where a consent
/// would lose its button of acceptance.
#[utoipa::path(put, path = "/api/telegram/bots/{bot}/button-sets/{button_set}", operation_id = "save_button_set", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"),
        ("button_set" = String, Path, description = "1 to 48 of `a-z`, `0-9`, `_` and `-`")),
    request_body = SaveRequest,
    responses(
        (status = 200, description = "The set as it is now", body = SetView),
        (status = 201, description = "The set, which is new", body = SetView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn save(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(SetName(set)): InPath<SetName>,
    StrictJson(SaveRequest { rows }): StrictJson<SaveRequest>,
) -> Result<(StatusCode, Json<SetView>), Refusal> {
    let (saved, is_new) = save_button_set(&app, whose(&who, &bot), set, rows).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(SetView::from(&saved))))
}
