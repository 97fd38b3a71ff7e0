//! `GET /api/telegram/bots/{bot}/broadcasts/{broadcast}/deliveries`

use app::App;
use app::scenario::author::{BroadcastDelivery, list_broadcast_deliveries};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::broadcast::ContactOutcome;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// The names of [`ContactOutcome`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = BroadcastOutcome)]
enum OutcomeName {
    /// It is on its way, or was when the broadcast was stopped.
    Waiting,
    /// The contact has it.
    Sent,
    /// The chat refused it.
    Failed,
    /// The contact has blocked the bot, or the chat is gone.
    Blocked,
    /// Nobody knows whether the contact has it: it is not sent again.
    Unknown,
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutcomeQuery {
    /// Only contacts with this outcome.
    #[param(value_type = Option<OutcomeName>)]
    status: Option<String>,
}

/// What became of a broadcast for a contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BroadcastDelivery)]
pub(crate) struct DeliveryView {
    /// The contact's chat.
    chat_id: i64,
    /// What the contact is called.
    user_name: Option<String>,
    /// What became of it.
    #[schema(value_type = OutcomeName)]
    status: &'static str,
    /// Why it did not arrive.
    reason: Option<String>,
    /// When that was.
    #[schema(format = DateTime)]
    at: String,
}

impl From<BroadcastDelivery> for DeliveryView {
    fn from(it: BroadcastDelivery) -> Self {
        Self {
            chat_id: it.chat_id,
            user_name: it.user_name,
            status: it.outcome.as_str(),
            reason: it.reason,
            at: it.at.rfc3339(),
        }
    }
}

/// List what became of a broadcast
///
/// For each contact that it has reached, for 90 days. A page may have fewer than `limit`, or none, and yet be
/// followed by others.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/deliveries", operation_id = "list_broadcast_deliveries", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path), OutcomeQuery, PagingQuery),
    responses(
        (status = 200, description = "A page of contacts", body = Listed<DeliveryView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn deliveries(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
    query: Result<Query<OutcomeQuery>, QueryRejection>,
    paging: Paging,
) -> Result<Json<Listed<DeliveryView>>, Refusal> {
    let Query(query) = query.map_err(|_| Refusal::field("query", "is not valid"))?;
    let only = match query.status {
        None => None,
        Some(name) => Some(ContactOutcome::parse(&name).ok_or_else(unknown)?),
    };
    let (whose, page) = (whose(&who, &bot), (paging.limit, paging.after.as_deref()));
    let page = list_broadcast_deliveries(&app, whose, &broadcast, only, page).await?;
    let items = page.items.into_iter().map(DeliveryView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

fn unknown() -> Refusal {
    Refusal::field("status", "must be waiting, sent, failed, blocked or unknown")
}
