//! `GET /api/telegram/bots/{bot}/button-sets`

use app::App;
use app::scenario::author::list_button_sets;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::SetView;
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::whose;
use crate::session::Admin;

/// List a bot's button sets
///
/// By slug.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/button-sets", operation_id = "list_button_sets", tag = "scenarios",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id"), PagingQuery),
    responses(
        (status = 200, description = "A page of button sets", body = Listed<SetView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    paging: Paging,
) -> Result<Json<Listed<SetView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_button_sets(&app, whose(&who, &bot), paging.limit, after).await?;
    let items = page.items.iter().map(SetView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
