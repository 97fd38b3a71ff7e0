//! A forgotten password: asked for by address, set with the token of the mail.

use domain::account::{
    ClaimKind, MAX_PASSWORD, NameClaim, PasswordReset, SecretHash, User, check_password,
    decide_reset, fold,
};
use domain::engine::Decision;
use domain::field_error::FieldError;
use domain::mail::Mail;
use table::keys;

use super::password;
use crate::mail::must_be_possible;
use crate::{App, AppError};

/// Asks for a mail that sets another password. Whether anybody has the address is told by nothing: the
/// same is read and written, and a mail to nobody is dropped where it would be sent.
///
/// # Errors
/// [`AppError::Conflict`] when this deployment sends no mail.
pub async fn request_reset(app: &App, email: &str) -> Result<(), AppError> {
    must_be_possible(app)?;
    // Keys have an end; no address is that long.
    let email: String = fold(email).chars().take(256).collect();
    let claim = app.table.get::<NameClaim>(&keys::name_claim(ClaimKind::Email, &email)).await?;
    let user_id = claim.map_or_else(|| app.env.id(), |claim| claim.user_id);
    let now = app.env.now();
    let job = Mail::ResetPassword { user_id }.job(app.env.id(), now, None);
    Ok(app.commit(Decision::new(app.env.id(), now, ()).job(job)).await?)
}

/// Sets another password with a token, and ends every session that began before. The user is known from then on in
/// the network that they do it from, where that is known.
///
/// # Errors
/// [`AppError::Invalid`] for a faulty password, and for a token that is used, expired or unknown: one and
/// the same.
pub async fn reset_password(
    app: &App,
    token: &str,
    new: &str,
    network: Option<&str>,
) -> Result<(), AppError> {
    let new = check_password(new)
        .map_err(|message| AppError::Invalid(vec![FieldError::new("new_password", message)]))?;
    debug_assert!(new.chars().count() <= MAX_PASSWORD);
    let hash = SecretHash::of(token);
    find(app, &hash).await?;
    let password_hash = password::hash(&app.env, new).await?;
    app.decide(async || {
        let (user, reset) = find(app, &hash).await?;
        let (ids, now) = ((app.env.id(), app.env.id()), app.env.now());
        let (found, password_hash) = ((&user, &reset), password_hash.clone());
        decide_reset(ids, now, found, password_hash, network).ok_or_else(unusable)
    })
    .await
}

async fn find(app: &App, hash: &SecretHash) -> Result<(User, PasswordReset), AppError> {
    let reset = app.table.get::<PasswordReset>(&keys::password_reset(hash)).await?;
    let reset = reset.ok_or_else(unusable)?;
    let user = app.table.get::<User>(&keys::user(reset.user_id)).await?.ok_or_else(unusable)?;
    if reset.usable(&user, app.env.now()) { Ok((user, reset)) } else { Err(unusable()) }
}

fn unusable() -> AppError {
    let message = "does not work (any more): ask for a new mail";
    AppError::Invalid(vec![FieldError::new("token", message)])
}
