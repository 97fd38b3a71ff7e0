//! Who a cookie belongs to.

use domain::account::{Session, SessionCookie, User};
use domain::engine::{Decision, Write};
use table::keys;

use crate::{App, AppError};

/// Someone who is logged in.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who.
    pub user: User,
    /// By which session.
    pub session: Session,
    /// Whether the session's expiry was moved on, and the cookie's should be.
    pub slid: bool,
}

/// Finds the session of a cookie and its user, and moves the session's expiry on, at most once
/// a day.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session that lives.
pub async fn authenticate(app: &App, cookie: &str) -> Result<Authenticated, AppError> {
    let cookie = SessionCookie::parse(cookie).ok_or(AppError::Unauthenticated)?;
    let places = [keys::session(cookie.user_id, cookie.id), keys::user(cookie.user_id)];
    let mut found = app.table.get_all(&places).await?;
    let now = app.env.now();
    let session = found.take::<Session>(&places[0])?.filter(|it| cookie.proves(it, now));
    let session = session.ok_or(AppError::Unauthenticated)?;
    let user = found.take::<User>(&places[1])?.ok_or(AppError::Unauthenticated)?;
    let Some(later) = session.slide(now) else {
        return Ok(Authenticated { user, session, slid: false });
    };
    // Replaced, not put: a session that was ended meanwhile must not come back.
    let mut decision = Decision::new(app.env.id(), now, ());
    decision.writes.push(Write::Replace(later.clone().into()));
    decision.writes.extend(later.known_network().map(|known| Write::Put(known.into())));
    let slid = app.commit(decision).await.is_ok();
    Ok(Authenticated { user, session: if slid { later } else { session }, slid })
}
