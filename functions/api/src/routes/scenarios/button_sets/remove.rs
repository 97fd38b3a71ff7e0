//! `DELETE /api/telegram/bots/{bot}/button-sets/{button_set}`

use app::App;
use app::scenario::author::delete_button_set;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{SetName, whose};
use crate::session::Admin;

/// Delete a button set
///
/// 409 while a message has it: the detail says which.
#[utoipa::path(delete, path = "/api/telegram/bots/{bot}/button-sets/{button_set}", operation_id = "delete_button_set", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("button_set" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(SetName(set)): InPath<SetName>,
) -> Result<StatusCode, Refusal> {
    delete_button_set(&app, whose(&who, &bot), &set).await?;
    Ok(StatusCode::NO_CONTENT)
}
