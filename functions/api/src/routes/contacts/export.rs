//! `GET /api/telegram/bots/{bot}/contacts.csv`

use app::App;
use app::scenario::owner::{ContactsWanted, list_contacts};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use web::{Listed, Paging, Refusal};

use super::cells::part;
use super::filter::{FilterQuery, Filtered};
use super::whose;
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::CursorQuery;
use crate::routes::bots::BotName;
use crate::session::Admin;

/// So many contacts are read for one part of the file.
const READ: usize = 5_000;

/// List a bot's contacts as CSV
///
/// A row for each scenario of a contact, and one for a contact without any. Where the file is long, it comes in
/// parts: `Link` with `rel="next"` names the next one, and only the first part has the names of the columns, so
/// that the parts one behind the other are the file; it begins with a byte order mark. An apostrophe stands
/// before what a spreadsheet would take for a formula.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/contacts.csv", operation_id = "export_contacts", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), FilterQuery, CursorQuery),
    responses(
        (status = 200, description = "A part of the file", body = String, content_type = "text/csv"),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn export(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    Filtered(filter): Filtered,
    Paging { after, .. }: Paging,
    uri: Uri,
) -> Result<Response, Refusal> {
    let after = after.as_deref();
    let wanted = ContactsWanted { filter: &filter, limit: READ, read: READ, after };
    let page = list_contacts(&app, whose(&who, &bot), wanted).await?;
    let Ok((file, next)) = part(&page, after.is_none()) else {
        return Err(app::AppError::Unavailable("a row could not be written".to_owned()).into());
    };
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"contacts.csv\""),
        ),
    ]);
    let link = next.map(|next| HeaderValue::try_from(link(&uri, &next)));
    headers.extend(link.and_then(Result::ok).map(|link| (header::LINK, link)));
    Ok((headers, file).into_response())
}

/// Where the next part is: the same request with another cursor.
fn link(uri: &Uri, next: &str) -> String {
    let page: Listed<()> = Listed::new(Vec::new(), Some(next));
    let cursor = page.next_cursor.unwrap_or_default();
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.filter(|(name, _)| name != "cursor"));
    query.append_pair("cursor", &cursor);
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_part_is_of_the_same_filter() {
        let uri: Uri = "/a/contacts.csv?paid=true&cursor=old".parse().expect("a URI");
        assert_eq!(link(&uri, "7.1"), "</a/contacts.csv?paid=true&cursor=Ny4x>; rel=\"next\"");
    }
}
