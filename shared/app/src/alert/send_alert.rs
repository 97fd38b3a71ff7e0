//! A service tells a company something.

use std::time::Duration;

use domain::account::SecretHash;
use domain::alert::{
    AlertIds, AlertMessage, NewAlert, Sending, TemplateError, TemplateInput, Throttle,
    decide_alert, render, throttle_hash,
};
use domain::field_error::FieldError;
use domain::ids::CompanyId;
use domain::link::Category;
use domain::slug::Slug;
use serde_json::{Map, Value};
use table::{TableError, keys};

use super::find_template;
use crate::answer::{self, Keep};
use crate::bot::companys_bot;
use crate::{App, AppError};

/// What an alert says: in its own words, or from a template.
#[derive(Clone, Debug)]
pub enum AlertText {
    /// In its own words.
    Words(AlertMessage),
    /// In the system's own words, for each link in the language of its reader.
    Own {
        /// In English.
        english: AlertMessage,
        /// In Russian.
        russian: AlertMessage,
    },
    /// From the company's template of this key.
    Template {
        /// The key.
        key: String,
        /// What the template's variables stand for.
        context: Map<String, Value>,
    },
}

/// An alert as a service posts it.
#[derive(Debug)]
pub struct SendAlert {
    /// Whose it is.
    pub company_id: CompanyId,
    /// Who wants to be told.
    pub category: Category,
    /// What it says.
    pub text: AlertText,
    /// The slug or id of the bot that alone sends it, if one alone does.
    pub bot: Option<String>,
    /// A key, and for how long after an alert others of it are dropped.
    pub throttle: Option<(String, Duration)>,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Sending>>,
}

/// Sends an alert to every link of the company that wants it, page by page, or drops it inside its
/// key's window and counts that.
///
/// # Errors
/// [`AppError::Invalid`] for what it says, and for what a template's context lacks;
/// [`AppError::NotFound`] for the template or the bot; [`AppError::Repeated`].
pub async fn send_alert(app: &App, command: SendAlert) -> Result<Sending, AppError> {
    let SendAlert { company_id, category, text, bot, throttle, keep } = command;
    let (message, russian) = messages(app, company_id, text).await?;
    let bot = match bot {
        None => None,
        Some(name) => Some(companys_bot(app, company_id, Some(&name)).await?.id),
    };
    let throttle = throttle.map(|(key, window)| (throttle_hash(&key), window));
    let new = NewAlert { company_id, category, message, russian, bot, throttle };
    let ids = AlertIds { decision: app.env.id(), alert: app.env.id(), job: app.env.id() };
    let now = app.env.now();
    let along = |sending: &Sending| answer::writes(keep.as_ref(), sending, now);
    let decide = || async {
        let open = match &new.throttle {
            None => None,
            Some((key, _)) => window_of(app, company_id, key).await?,
        };
        let ids = AlertIds { decision: app.env.id(), ..ids };
        Ok(decide_alert(ids, app.env.now(), &new, open.as_ref()))
    };
    app.decide_along(along, decide).await
}

/// The window of a throttle key as it stands, open or not, for whoever decides whether to open it.
pub(crate) async fn window_of(
    app: &App,
    company_id: CompanyId,
    key: &SecretHash,
) -> Result<Option<Throttle>, TableError> {
    app.table.get(&keys::throttle(company_id, key)).await
}

/// What is said, tidied, in Russian, too, where there are words for that; or what is wrong with it.
async fn messages(
    app: &App,
    company_id: CompanyId,
    text: AlertText,
) -> Result<(AlertMessage, Option<AlertMessage>), AppError> {
    let mut in_russian = None;
    let message = match text {
        AlertText::Words(message) => message.tidied(),
        AlertText::Own { english, russian } => {
            in_russian = Some(russian.tidied());
            english.tidied()
        }
        AlertText::Template { key, context } => {
            let key = Slug::parse(&key).map_err(|_| AppError::NotFound("template"))?;
            let template = find_template(app, company_id, &key).await?;
            rendered(&TemplateInput::from(&template), &context)?
        }
    };
    let faults = message.faults();
    if faults.is_empty() {
        return Ok((message, in_russian));
    }
    Err(AppError::Invalid(
        faults.into_iter().map(|(field, it)| FieldError::new(field, it)).collect(),
    ))
}

pub(super) fn rendered(
    template: &TemplateInput,
    context: &Map<String, Value>,
) -> Result<AlertMessage, AppError> {
    render(template, context).map_err(|TemplateError::Faulty(errors)| AppError::Invalid(errors))
}
