//! The mail that lets a user set another password.

use domain::account::{PasswordReset, SecretHash, User};
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use domain::mail::reset_password;
use table::{TableError, keys};

use super::{Prepared, retried};
use crate::App;

/// Makes the token and the words. A mail that is tried again holds another token; the first that is
/// used makes the rest void.
pub(super) async fn prepare(app: &App, user_id: UserId) -> Result<Prepared, TableError> {
    let Some(user) = app.table.get::<User>(&keys::user(user_id)).await? else {
        return Ok(Prepared::Skip("there is no such user"));
    };
    let Some(to) = user.email.clone() else {
        return Ok(Prepared::Skip("the user has no address"));
    };
    let (token, now) = (app.env.secret(), app.env.now());
    let record = PasswordReset::new(&user, SecretHash::of(&token), now);
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Create(record.into()));
    app.commit(decision).await.map_err(retried)?;
    let url = format!("{}/reset-password?token={token}", app.site.url);
    let letter = reset_password(user.language(), &user.username, &url);
    Ok(Prepared::Ready { to, letter })
}
