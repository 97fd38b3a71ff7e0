//! An operator makes an admin.

use domain::account::{SignUpInput, User, decide_sign_up};

use super::{password, sign_up};
use crate::{App, AppError};

/// Makes a company and its admin, as a sign-up does, without logging in.
///
/// # Errors
/// As [`super::sign_up()`].
pub async fn create_admin(app: &App, input: &SignUpInput) -> Result<User, AppError> {
    let (admin, password) = input.check().map_err(AppError::Invalid)?;
    let password_hash = password::hash(&app.env, password).await?;
    let decision = decide_sign_up(sign_up::ids(app), app.env.now(), admin, password_hash, None);
    sign_up::create(app, decision).await
}
