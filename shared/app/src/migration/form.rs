//! The form that a bot was paid through before it moved in.

use domain::bot::{Bot, FormChange};
use domain::ids::BotId;
use serde::Serialize;
use table::keys;

use super::apply::Mode;
use crate::bot::{ChangeBot, change_bot};
use crate::payment::{FormInput, NewForm, form_change};
use crate::{App, AppError};

/// What became of the form of before, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormTaken {
    /// There was none.
    #[default]
    None,
    /// It is the bot's from now on.
    Set,
    /// It was the bot's already.
    Known,
    /// The bot has another one, which stays.
    Kept,
    /// Nobody pays through the platform's bot: there is nothing to set.
    Platform,
    /// There is no key to seal it with here.
    NoKey,
}

/// Makes the form of before the bot's, unless it has one.
///
/// # Errors
/// [`AppError::Invalid`] for what is no form.
pub async fn import_form(
    app: &App,
    bot: &BotId,
    form: NewForm,
    mode: Mode,
) -> Result<FormTaken, AppError> {
    let Some(bot) = app.table.get::<Bot>(&keys::bot(bot)).await? else {
        return Ok(FormTaken::Platform);
    };
    if !app.sealer.has_key() {
        return Ok(FormTaken::NoKey);
    }
    let form = FormInput::Set(form);
    let taken = match (form_change(app, &bot, &form).await?, &bot.form) {
        (FormChange::Keep, _) => FormTaken::Known,
        (_, Some(_)) => FormTaken::Kept,
        (_, None) => FormTaken::Set,
    };
    if taken == FormTaken::Set && mode == Mode::Apply {
        let change = ChangeBot { form, ..ChangeBot::default() };
        Box::pin(change_bot(app, bot.company_id, bot.id.as_str(), change)).await?;
    }
    Ok(taken)
}
