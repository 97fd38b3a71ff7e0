//! `GET /api/telegram/bots/{bot}/contacts`

use app::App;
use app::scenario::owner::{ContactsWanted, list_contacts};
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::filter::{FilterQuery, Filtered};
use super::view::ContactView;
use super::whose;
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// So many contacts are read for one page.
const READ: usize = 1_000;

/// List a bot's contacts
///
/// In no order of time. A page has fewer than `limit` contacts, or none, where few of a thousand are as the
/// filter says; `next_cursor` is `null` on the last page alone.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/contacts", operation_id = "list_contacts", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), FilterQuery, PagingQuery),
    responses(
        (status = 200, description = "A page of contacts", body = Listed<ContactView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    Filtered(filter): Filtered,
    Paging { limit, after }: Paging,
) -> Result<Json<Listed<ContactView>>, Refusal> {
    let after = after.as_deref();
    let wanted = ContactsWanted { filter: &filter, limit, read: READ, after };
    let page = list_contacts(&app, whose(&who, &bot), wanted).await?;
    let items = page.items.iter().map(ContactView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
