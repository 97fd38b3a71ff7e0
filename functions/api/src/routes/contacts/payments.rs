//! `GET /api/telegram/bots/{bot}/payments`

use app::App;
use app::scenario::owner::{SeenWord, list_payments};
use axum::Json;
use axum::extract::State;
use domain::payment::Whom;
use serde::Serialize;
use utoipa::ToSchema;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::whose;
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// What Prodamus has said of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    /// Prodamus's number of the payment.
    payment: String,
    /// What has happened: `paid`, `refunded`, `denied`, `canceled` or `other`.
    kind: String,
    /// What became of it: `honoured`, or why not, such as `paid_twice`, `wrong_amount`, `unknown_order` or `demo`.
    outcome: String,
    /// The sum.
    sum: String,
    /// Our number of the order; `null` where it is not known.
    order: Option<String>,
    /// The scenario whose product it is.
    scenario: Option<String>,
    /// The chat of the contact who pays; `null` for a test.
    chat_id: Option<i64>,
    /// When it was heard; RFC 3339, UTC.
    #[schema(format = DateTime)]
    heard_at: String,
}

impl From<&SeenWord> for PaymentView {
    fn from(SeenWord { word, order }: &SeenWord) -> Self {
        let whom = order.as_ref().map(Whom::from);
        Self {
            payment: word.payment.clone(),
            kind: word.kind.as_str().to_owned(),
            outcome: word.outcome.as_str().to_owned(),
            sum: word.sum.normalize().to_string(),
            order: word.order.as_ref().map(ToString::to_string),
            scenario: whom.map(|it| it.scenario.to_string()),
            chat_id: whom.and_then(|it| it.chat_id),
            heard_at: word.heard_at.rfc3339(),
        }
    }
}

/// List what was said of payments
///
/// All that Prodamus has said of payments through the bot, honoured or not, for 400 days. The payment with the
/// last number first, as text.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/payments", operation_id = "list_payments", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), PagingQuery),
    responses(
        (status = 200, description = "A page of words about payments", body = Listed<PaymentView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn payments(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    Paging { limit, after }: Paging,
) -> Result<Json<Listed<PaymentView>>, Refusal> {
    let page = list_payments(&app, whose(&who, &bot), limit, after.as_deref()).await?;
    let items = page.items.iter().map(PaymentView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
