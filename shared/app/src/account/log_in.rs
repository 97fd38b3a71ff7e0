//! Logging in.

use domain::account::{ClaimKind, KnownNetwork, MAX_PASSWORD, NameClaim, Session, User, fold};
use domain::engine::Decision;
use domain::ids::UserId;
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
    /// The network that they are in, where it is known.
    pub network: Option<String>,
    /// Whether the account has been guessed at too often: then only a network that the user is known in is heard.
    pub held: bool,
}

/// Begins a session.
///
/// # Errors
/// [`AppError::Unauthenticated`] for an unknown user, for a wrong password and for a network that is not heard
/// alike, after the same time.
pub async fn log_in(app: &App, said: LogIn) -> Result<Began, AppError> {
    let LogIn { name, password, device, network, held } = said;
    let user = user_named(app, &name).await?;
    let heard = !held || knows(app, user.as_ref(), network.as_deref()).await?;
    let hash = user.as_ref().filter(|_| heard).and_then(|user| user.password_hash.clone());
    // Nobody's password is longer; cut it so that verifying takes no longer either.
    let password: String = password.chars().take(MAX_PASSWORD + 1).collect();
    if !password::verify(password, hash).await? {
        return Err(AppError::Unauthenticated);
    }
    let user = user.ok_or(AppError::Unauthenticated)?;
    let now = app.env.now();
    let (session, cookie) = Session::begin(user.id, app.env.id(), &app.env.secret(), now);
    let session = session.on(device.as_deref()).within(network.as_deref());
    let mut decision = Decision::new(app.env.id(), now, ());
    decision.writes = session.begins();
    app.commit(decision).await?;
    Ok(Began { user, cookie: cookie.value })
}

/// Whether the user is known in this network. Nobody's is looked for, too, so that time does not tell.
async fn knows(app: &App, user: Option<&User>, network: Option<&str>) -> Result<bool, AppError> {
    let Some(network) = network else { return Ok(false) };
    let (id, now) = (user.map_or_else(nobody, |user| user.id), app.env.now());
    let place = keys::known_network(id, &KnownNetwork::new(id, network, now).network);
    let known = app.table.get::<KnownNetwork>(&place).await?;
    Ok(known.is_some_and(|known| known.expires_at > now))
}

fn nobody() -> UserId {
    uuid::Uuid::nil().into()
}

/// Who has this username, or this e-mail address: the one with an `@`. An unknown name costs the second read,
/// too, so that time does not tell.
pub async fn user_named(app: &App, name: &str) -> Result<Option<User>, TableError> {
    let kind = if name.contains('@') { ClaimKind::Email } else { ClaimKind::Username };
    // Keys have an end; no name is that long.
    let name: String = fold(name).chars().take(256).collect();
    let claim = app.table.get::<NameClaim>(&keys::name_claim(kind, &name)).await?;
    let id = claim.map_or_else(nobody, |claim| claim.user_id);
    app.table.get::<User>(&keys::user(id)).await
}
