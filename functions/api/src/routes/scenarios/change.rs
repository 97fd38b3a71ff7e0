//! `PATCH /api/telegram/bots/{bot}/scenarios/{scenario}`

use app::App;
use app::scenario::author::change_scenario;
use axum::Json;
use axum::extract::State;
use domain::scenario::{ContentDraft, OnPayment, OnRefund, ProductDraft, ScenarioDraft, given};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::content::ContentBody;
use super::view::{OnPaymentName, OnRefundName, ProductBody, ScenarioView};
use super::{ScenarioName, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// What is to be different. What is absent stays; `null` takes away what may be absent.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScenarioChange)]
#[expect(clippy::option_option, reason = "null is something else than nothing")]
pub(crate) struct ChangeRequest {
    /// What people call it: at most 200 characters.
    name: Option<String>,
    /// Whether it may be started; who is under way goes on all the same.
    is_active: Option<bool>,
    /// What it sells, whole.
    #[schema(value_type = Option<ProductBody>)]
    #[serde(default, deserialize_with = "given")]
    product: Option<Option<ProductDraft>>,
    /// The group that whoever has paid is invited to: a supergroup's id, which begins with -100.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "given")]
    private_group_id: Option<Option<Value>>,
    /// What a payment does to who is under way.
    #[schema(value_type = Option<OnPaymentName>)]
    on_payment: Option<OnPayment>,
    /// What a refund does.
    #[schema(value_type = Option<OnRefundName>)]
    on_refund: Option<OnRefund>,
    /// What is asked before the first message, whole; a button of it says `accept`.
    #[schema(value_type = Option<ContentBody>)]
    #[serde(default, deserialize_with = "given")]
    consent: Option<Option<ContentDraft>>,
    /// What who has completed it gets on `/start`, whole.
    #[schema(value_type = Option<ContentBody>)]
    #[serde(default, deserialize_with = "given")]
    summary: Option<Option<ContentDraft>>,
}

/// Change a scenario
///
/// Its steps aside, which have requests of their own.
#[utoipa::path(patch, path = "/api/telegram/bots/{bot}/scenarios/{scenario}", operation_id = "change_scenario", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The scenario as it is now", body = ScenarioView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<ScenarioView>, Refusal> {
    let changed = change_scenario(&app, whose(&who, &bot), &scenario, body.into()).await?;
    Ok(Json(ScenarioView::from(&changed)))
}

impl From<ChangeRequest> for ScenarioDraft {
    fn from(body: ChangeRequest) -> Self {
        Self {
            name: body.name,
            is_active: body.is_active,
            product: body.product,
            private_group_id: body.private_group_id,
            on_payment: body.on_payment,
            on_refund: body.on_refund,
            consent: body.consent,
            summary: body.summary,
        }
    }
}
