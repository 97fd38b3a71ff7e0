//! `GET /api/telegram/bots/{bot}/orders/{order}`

use std::convert::Infallible;
use std::str::FromStr;

use app::App;
use app::scenario::owner::find_order;
use axum::Json;
use axum::extract::State;
use domain::payment::{Heard, Order, Whom};
use serde::Serialize;
use utoipa::ToSchema;
use web::Refusal;

use super::view::OrderView;
use super::whose;
use crate::path::{InPath, PathId};
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// An order's number in a path.
pub(crate) struct OrderName(String);

impl FromStr for OrderName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for OrderName {
    const PARAMETER: &'static str = "order";
    const WHAT: &'static str = "order";
}

/// What was heard of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeardPayment)]
pub(crate) struct HeardView {
    /// The number of the payment: Prodamus's, or one of a gift.
    payment: String,
    /// What has happened: `paid`, `refunded`, `denied`, `canceled` or `other`.
    kind: String,
    /// The sum.
    sum: String,
    /// Whether it pays the order: the sum is right, and did not go back.
    counts: bool,
    /// When it happened; RFC 3339, UTC.
    #[schema(format = DateTime)]
    at: String,
}

/// An order, with whose it is and what was heard of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderDetails)]
pub(crate) struct FoundOrderView {
    #[serde(flatten)]
    order: OrderView,
    /// The contact's chat; `null` for a test.
    chat_id: Option<i64>,
    /// What was heard of it, by payment.
    payments: Vec<HeardView>,
}

impl From<&Order> for FoundOrderView {
    fn from(order: &Order) -> Self {
        let heard = |it: &Heard| HeardView {
            payment: it.payment.clone(),
            kind: it.kind.as_str().to_owned(),
            sum: it.sum.normalize().to_string(),
            counts: order.live_payments().any(|live| live == it),
            at: it.at.rfc3339(),
        };
        Self {
            order: OrderView::from(order),
            chat_id: Whom::from(order).chat_id,
            payments: order.heard.iter().map(heard).collect(),
        }
    }
}

/// Get an order
///
/// By the number that Prodamus shows with a payment: whose it is, and what was heard of it.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/orders/{order}", operation_id = "get_order", tag = "contacts",
    security(("session" = [])),
    params(
        ("bot" = String, Path, description = "Its slug or id"),
        ("order" = String, Path, description = "Its number"),
    ),
    responses(
        (status = 200, description = "The order", body = FoundOrderView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn order(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(OrderName(number)): InPath<OrderName>,
) -> Result<Json<FoundOrderView>, Refusal> {
    let order = find_order(&app, whose(&who, &bot), &number).await?;
    Ok(Json(FoundOrderView::from(&order)))
}
