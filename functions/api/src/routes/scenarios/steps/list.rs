//! `GET /api/telegram/bots/{bot}/scenarios/{scenario}/steps`

use app::App;
use app::scenario::author::list_steps;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::view::StepView;
use crate::routes::scenarios::{ScenarioName, whose};
use crate::session::Admin;

/// List a scenario's steps
///
/// In their order. A page has fewer than `limit` steps where they say a lot.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps", operation_id = "list_scenario_steps", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), PagingQuery),
    responses(
        (status = 200, description = "A page of steps", body = Listed<StepView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    paging: Paging,
) -> Result<Json<Listed<StepView>>, Refusal> {
    let asked = (paging.limit, paging.after.as_deref());
    let page = list_steps(&app, whose(&who, &bot), &scenario, asked).await?;
    let items = page.items.iter().map(StepView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
