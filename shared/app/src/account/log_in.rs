//! Logging in.

use domain::account::{ClaimKind, MAX_PASSWORD, NameClaim, Session, User, fold};
use domain::engine::{Decision, Write};
use table::{TableError, keys};

use super::{Began, password};
use crate::{App, AppError};

/// Who someone says they are, and their password.
#[derive(Clone)]
pub struct LogIn {
    /// A username, or an e-mail address: the one with an `@`.
    pub name: String,
    /// The password.
    pub password: String,
    /// What the browser says of itself, as it came.
    pub device: Option<String>,
}

/// Begins a session.
///
/// # Errors
/// [`AppError::Unauthenticated`] for an unknown user and for a wrong password alike, after
/// the same time.
pub async fn log_in(app: &App, said: LogIn) -> Result<Began, AppError> {
    let LogIn { name, password, device } = said;
    let user = user_named(app, &name).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    // Nobody's password is longer; cut it so that verifying takes no longer either.
    let password: String = password.chars().take(MAX_PASSWORD + 1).collect();
    if !password::verify(password, hash).await? {
        return Err(AppError::Unauthenticated);
    }
    let user = user.ok_or(AppError::Unauthenticated)?;
    let now = app.env.now();
    let (session, cookie) = Session::begin(user.id, app.env.id(), &app.env.secret(), now);
    let session = session.on(device.as_deref());
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Create(session.into()));
    app.commit(decision).await?;
    Ok(Began { user, cookie: cookie.value })
}

/// Who has this username, or this e-mail address: the one with an `@`. An unknown name costs the second read,
/// too, so that time does not tell.
pub async fn user_named(app: &App, name: &str) -> Result<Option<User>, TableError> {
    let kind = if name.contains('@') { ClaimKind::Email } else { ClaimKind::Username };
    // Keys have an end; no name is that long.
    let name: String = fold(name).chars().take(256).collect();
    let claim = app.table.get::<NameClaim>(&keys::name_claim(kind, &name)).await?;
    let id = claim.map_or_else(|| uuid::Uuid::nil().into(), |claim| claim.user_id);
    app.table.get::<User>(&keys::user(id)).await
}
