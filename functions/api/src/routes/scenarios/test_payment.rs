//! `POST /api/telegram/bots/{bot}/scenarios/{scenario}/test-payment`

use app::App;
use app::payment::{TestPayment, test_payment as make};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::payment::Order;
use serde::Serialize;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::{ScenarioName, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::{IdempotencyKey, Nothing};
use crate::session::Admin;

/// A payment to be tried.
#[derive(Serialize, ToSchema)]
#[schema(as = TestPayment)]
struct TestView {
    /// The page: it moves no money.
    url: String,
    /// The order's number, as Prodamus shows it.
    order: String,
    /// What is paid for.
    product: String,
    /// What it costs.
    price: String,
    /// In which currency, in lower case.
    currency: String,
}

/// Try a payment
///
/// Makes a link to a page of the bot's form in demo mode. What Prodamus says of a payment there is recorded, and
/// told to the company's links; nothing is given for it, and it counts nowhere. 409 `NO_PAYMENT_FORM` for a bot
/// without a form, `INVALID_SCENARIO_STATE` for a scenario that sells nothing, `PAYMENT_FORM_REFUSED` when the
/// form makes no link.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/test-payment", operation_id = "create_test_payment", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), IdempotencyKey),
    responses(
        (status = 201, description = "The payment to be tried", body = TestView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn test_payment(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    Keyed { asked, body: Nothing {} }: Keyed<Nothing>,
) -> Result<Response, Refusal> {
    let (whose, by) = (whose(&who, &bot), who.0.user.id);
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        make(&app, whose, TestPayment { scenario: &scenario, by, keep })
    })
    .await
}

fn answer(order: &Order) -> Answer {
    let view = TestView {
        url: order.link.clone().unwrap_or_default(),
        order: order.number.to_string(),
        product: order.product.clone(),
        price: order.price.normalize().to_string(),
        currency: order.currency.clone(),
    };
    Answer::json(StatusCode::CREATED, &view)
}
