//! The form that a bot's contacts pay through: told once, sealed, and never shown.

use std::fmt;

use domain::bot::{Bot, FormChange, PayForm};
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::seal::Sealed;
use runtime::seal::SealError;
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

/// What becomes of a bot's form by what an admin says of it. The one that it has, told again, is no other:
/// links that are out stay those of messages to come.
pub(crate) async fn form_change(
    app: &App,
    bot: &Bot,
    input: &FormInput,
) -> Result<FormChange, AppError> {
    let new = match input {
        FormInput::Keep => return Ok(FormChange::Keep),
        FormInput::Remove => return Ok(FormChange::Remove),
        FormInput::Set(new) => checked(app, new)?,
    };
    // One that cannot be opened any more is replaced.
    if let Some(sealed) = &bot.form
        && let Ok(known) = open(app, &bot.id, sealed).await
        && known.url == new.url
        && known.key.expose_secret() == new.secret
    {
        return Ok(FormChange::Keep);
    }
    let text = serde_json::to_string(&new)
        .map_err(|error| AppError::Unavailable(format!("a bot's form: {error}")))?;
    Ok(FormChange::Set(app.sealer.seal(&Bot::about_form(&bot.id), &text).await?))
}

/// Checks a form.
fn checked(app: &App, new: &NewForm) -> Result<PayForm, AppError> {
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
    Ok(PayForm { url, secret: secret.to_owned() })
}

/// Opens a bot's form, if it has one.
pub(super) async fn open_form(app: &App, bot: &Bot) -> Result<Option<PaymentForm>, AppError> {
    match &bot.form {
        Some(sealed) => Ok(Some(open(app, &bot.id, sealed).await?)),
        None => Ok(None),
    }
}

/// Opens one of a bot's forms, which may be an earlier one.
///
/// # Errors
/// [`SealError::Closed`] for one that never opens again; any other may pass.
pub(super) async fn open(app: &App, bot: &BotId, form: &Sealed) -> Result<PaymentForm, SealError> {
    let opened = app.sealer.open(&Bot::about_form(bot), form).await?;
    let form: PayForm = serde_json::from_str(opened.expose_secret())
        .map_err(|_| SealError::Closed("it holds no form"))?;
    Ok(PaymentForm { url: form.url, key: form.secret.into() })
}
