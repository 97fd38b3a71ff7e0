//! The form that a bot's contacts pay through: told once, sealed, and never shown.

use std::fmt;

use domain::bot::{Bot, PayForm};
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::seal::Sealed;
use secrecy::{ExposeSecret, SecretString};

use crate::{App, AppError};

/// The longest secret key, in bytes.
const MAX_KEY: usize = 256;

/// A form as an admin tells of it.
pub struct NewForm {
    /// Where it is.
    pub url: String,
    /// Its secret key.
    pub secret: SecretString,
}

/// What an admin says of a bot's form.
#[derive(Default)]
pub enum FormInput {
    /// Nothing: it stays.
    #[default]
    Keep,
    /// It is this one.
    Set(NewForm),
    /// There is none any more.
    Remove,
}

/// A form that was opened.
pub struct PaymentForm {
    /// Where it is.
    pub url: String,
    /// Its secret key.
    pub key: SecretString,
}

impl fmt::Debug for PaymentForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentForm").finish_non_exhaustive()
    }
}

/// Checks and seals a form.
pub(crate) async fn seal_form(app: &App, bot: &BotId, new: &NewForm) -> Result<Sealed, AppError> {
    let mut errors = Vec::new();
    let url = app.forms.form(&new.url).map(|url| url.as_str().to_owned());
    let url = url.map_err(|error| {
        errors.push(FieldError::new("prodamus.form_url", error.to_string()));
    });
    let secret = new.secret.expose_secret().trim();
    let graphic = secret.bytes().all(|b| b.is_ascii_graphic());
    if secret.is_empty() || secret.len() > MAX_KEY || !graphic {
        let message = "must be the form's secret key, as Prodamus shows it";
        errors.push(FieldError::new("prodamus.secret", message));
    }
    let Ok(url) = url else { return Err(AppError::Invalid(errors)) };
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let form = PayForm { url, secret: secret.to_owned() };
    let text = serde_json::to_string(&form)
        .map_err(|error| AppError::Unavailable(format!("a bot's form: {error}")))?;
    Ok(app.sealer.seal(&Bot::about_form(bot), &text).await?)
}

/// Opens a bot's form, if it has one.
pub(super) async fn open_form(app: &App, bot: &Bot) -> Result<Option<PaymentForm>, AppError> {
    let Some(sealed) = &bot.form else { return Ok(None) };
    let opened = app.sealer.open(&Bot::about_form(&bot.id), sealed).await?;
    let form: PayForm = serde_json::from_str(opened.expose_secret())
        .map_err(|_| AppError::Unavailable("what was sealed is no form".to_owned()))?;
    Ok(Some(PaymentForm { url: form.url, key: form.secret.into() }))
}
