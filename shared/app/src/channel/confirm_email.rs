//! The button of a confirmation mail's page: its token makes the channel active.

use domain::account::SecretHash;
use domain::channel::{
    Channel, Confirmed, EmailConfirmation, RegistrationToken, decide_confirm_email,
};
use table::keys;

use crate::events::channels_job;
use crate::{App, AppError};

/// Spends a mailed token. Used, expired and unknown tokens are one answer:
/// [`Confirmed::Unusable`].
///
/// # Errors
/// The table does not answer; then nothing was changed.
pub async fn confirm_email(app: &App, token: &str) -> Result<Confirmed, AppError> {
    let hash = SecretHash::of(token);
    let decide = || async {
        let found = find(app, &hash).await?;
        let mut decision = decide_confirm_email(app.env.id(), app.env.now(), found.as_ref());
        let before: Vec<Channel> = found.into_iter().map(|found| found.pending).collect();
        decision.jobs.extend(channels_job(app, &before, &decision.writes));
        Ok::<_, AppError>(decision)
    };
    app.decide(decide).await
}

async fn find(app: &App, hash: &SecretHash) -> Result<Option<EmailConfirmation>, AppError> {
    let key = keys::registration_token(hash);
    let Some(token) = app.table.get::<RegistrationToken>(&key).await? else { return Ok(None) };
    let pending = app.table.get(&keys::channel(token.user_id, token.channel_id)).await?;
    Ok(pending.map(|pending| EmailConfirmation { token, pending }))
}
