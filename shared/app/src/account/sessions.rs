//! A user's sessions: listing and ending them.

use domain::account::Session;
use domain::engine::{Decision, Write};
use domain::ids::{SessionId, UserId};
use table::{CommitError, Page, keys};

use super::networks::forget_other_networks;
use crate::listing::list;
use crate::{App, AppError};

/// So many sessions are ended in one transaction.
const AT_ONCE: usize = 100;

/// One page of a user's sessions, oldest first; `after` is the `next` of the page before.
pub async fn list_sessions(
    app: &App,
    user_id: UserId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Session>, AppError> {
    list(app, &keys::user(user_id).pk, keys::SESSIONS, limit, after).await
}

/// Ends one of the sessions of whoever asks by theirs. One that has ended already stays so. With another than theirs,
/// they are known no more where it began, nor anywhere else but where theirs did.
///
/// # Errors
/// [`AppError::NotFound`], also when it is someone else's: it is looked for among the user's own.
pub async fn end_session(app: &App, asking: &Session, id: SessionId) -> Result<(), AppError> {
    let session = app.table.get::<Session>(&keys::session(asking.user_id, id)).await?;
    super::log_out(app, session.ok_or(AppError::NotFound("session"))?).await?;
    if id == asking.id { Ok(()) } else { forget_other_networks(app, asking).await }
}

/// Ends all of a user's sessions but `kept`, and forgets all networks but the one where that began.
pub async fn end_other_sessions(app: &App, kept: &Session) -> Result<(), AppError> {
    // The next page is read from its place, so that one that another request has ended is passed.
    let mut after = None;
    loop {
        let page = list_sessions(app, kept.user_id, AT_ONCE, after.as_deref()).await?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        let others = page.items.into_iter().filter(|session| session.id != kept.id);
        decision.writes.extend(others.map(|session| Write::Remove(session.into())));
        if !decision.writes.is_empty() {
            match app.commit(decision).await {
                Ok(()) => {}
                // One of them ended meanwhile: this page once more.
                Err(CommitError::Changed(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return forget_other_networks(app, kept).await,
        }
    }
}
