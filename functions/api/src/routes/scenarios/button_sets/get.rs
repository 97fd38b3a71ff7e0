//! `GET /api/telegram/bots/{bot}/button-sets/{button_set}`

use app::App;
use app::scenario::author::find_button_set;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::SetView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{SetName, whose};
use crate::session::Admin;

/// Get a button set
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/button-sets/{button_set}", operation_id = "get_button_set", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("button_set" = String, Path)),
    responses(
        (status = 200, description = "The set", body = SetView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(SetName(set)): InPath<SetName>,
) -> Result<Json<SetView>, Refusal> {
    let found = find_button_set(&app, whose(&who, &bot), &set).await?;
    Ok(Json(SetView::from(&found)))
}
