//! `GET` and `DELETE /api/public/auth/sessions`, `DELETE /api/public/auth/sessions/{session_id}`

use app::App;
use app::account::{self, list_sessions};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::Session;
use domain::ids::SessionId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// A session of the user's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Its id.
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// What the browser said of itself when the session began: at most 120 characters of printable ASCII.
    #[schema(max_length = 120)]
    device: Option<String>,
    /// When it was used last, to within a day; RFC 3339, UTC.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// When it ends unless it is used before; RFC 3339, UTC.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionView {
    fn of(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.0,
            current: session.id == current,
            created_at: session.created_at.rfc3339(),
            device: session.device.clone(),
            last_used_at: session.last_used_at().rfc3339(),
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

/// List my sessions
///
/// Oldest first.
#[utoipa::path(get, path = "/api/public/auth/sessions", operation_id = "list_sessions", tag = "accounts",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of sessions", body = Listed<SessionView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    paging: Paging,
) -> Result<Json<Listed<SessionView>>, Refusal> {
    let page = list_sessions(&app, who.user.id, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.iter().map(|it| SessionView::of(it, who.session.id)).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

/// End one of my sessions
#[utoipa::path(delete, path = "/api/public/auth/sessions/{session_id}", operation_id = "end_session",
    tag = "accounts", security(("session" = [])), params(("session_id" = Uuid, Path)),
    responses((status = 204, description = "It has ended"), NotFound, SessionProblems))]
pub(crate) async fn end(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(session_id): InPath<SessionId>,
) -> Result<StatusCode, Refusal> {
    account::end_session(&app, &who.session, session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End my other sessions
///
/// All but the one that asks.
#[utoipa::path(delete, path = "/api/public/auth/sessions", operation_id = "end_other_sessions",
    tag = "accounts", security(("session" = [])),
    responses((status = 204, description = "They have ended"), SessionProblems))]
pub(crate) async fn end_others(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
) -> Result<StatusCode, Refusal> {
    account::end_other_sessions(&app, &who.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
