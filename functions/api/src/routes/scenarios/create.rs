//! `POST /api/telegram/bots/{bot}/scenarios`

use app::App;
use app::scenario::author::{BotScenario, CreateScenario, create_scenario};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::scenario::{ContentDraft, OnPayment, OnRefund, ProductDraft, ScenarioDraft};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::content::ContentBody;
use super::view::{OnPaymentName, OnRefundName, ProductBody, ScenarioView};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::routes::bots::BotName;
use crate::session::Admin;

/// A scenario to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewScenario)]
pub(crate) struct CreateRequest {
    /// What people call it: at most 200 characters.
    #[schema(required, nullable = false)]
    name: Option<String>,
    /// What it is called in `/start`, 1 to 48 of `a-z`, `0-9`, `_` and `-`; made of its name when absent. It
    /// never changes.
    #[schema(min_length = 1, max_length = 48)]
    slug: Option<String>,
    /// Whether it may be started: yes when absent.
    is_active: Option<bool>,
    /// What it sells.
    #[schema(value_type = Option<ProductBody>)]
    product: Option<ProductDraft>,
    /// The group that whoever has paid is invited to: a supergroup's id, which begins with -100.
    #[schema(value_type = Option<i64>)]
    private_group_id: Option<Value>,
    /// What a payment does to who is under way: `continue` when absent.
    #[schema(value_type = Option<OnPaymentName>)]
    on_payment: Option<OnPayment>,
    /// What a refund does: `revoke` when absent.
    #[schema(value_type = Option<OnRefundName>)]
    on_refund: Option<OnRefund>,
    /// What is asked before the first message; a button of it says `accept`.
    #[schema(value_type = Option<ContentBody>)]
    consent: Option<ContentDraft>,
    /// What who has completed it gets on `/start`.
    #[schema(value_type = Option<ContentBody>)]
    summary: Option<ContentDraft>,
}

/// Make a scenario
///
/// Without steps; until it has some, it cannot be started. The bot's first one becomes its default. 409 for the
/// slug of another one, also of one that was deleted: contacts remember what they received by it.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/scenarios", operation_id = "create_scenario", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), IdempotencyKey),
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The scenario", body = ScenarioView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.company_id();
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let (bot, slug, draft) = (bot.clone(), body.slug.clone(), body.clone().into());
        create_scenario(&app, CreateScenario { company_id, bot, slug, draft, keep })
    })
    .await
}

impl From<CreateRequest> for ScenarioDraft {
    fn from(body: CreateRequest) -> Self {
        Self {
            name: body.name,
            is_active: body.is_active,
            product: body.product.map(Some),
            private_group_id: body.private_group_id.map(Some),
            on_payment: body.on_payment,
            on_refund: body.on_refund,
            consent: body.consent.map(Some),
            summary: body.summary.map(Some),
        }
    }
}

fn answer(made: &BotScenario) -> Answer {
    Answer::json(StatusCode::CREATED, &ScenarioView::from(made))
}
