//! A message as a person would get it, before anybody does.

use std::collections::BTreeMap;

use domain::contact::Contact;
use domain::field_error::FieldError;
use domain::scenario::{
    ContentDraft, Photo, Scenario, ScenarioCode, StepContent, add_faults, check_paid_content,
    render,
};
use domain::template::{Fill, Scope, UserValues, Values};
use table::keys;

use super::Whose;
use super::desk::{Desk, own_bot, scenario, sound, step};
use crate::scenario::render::user_values;
use crate::{App, AppError};

pub use domain::scenario::Part as PreviewedPart;

/// What is shown, and to whom.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The scenario that it is of; its variables have no value without one.
    pub scenario: Option<String>,
    /// A saved step of the scenario.
    pub step: Option<String>,
    /// Another saved message of it: `consent`, `summary` or `paid_content`.
    pub part: Option<String>,
    /// A message that is not saved.
    pub content: Option<ContentDraft>,
    /// A contact of the bot's, by the chat: its values are taken.
    pub chat_id: Option<i64>,
    /// Values of the sample contact's that are to be others; `None` is a value that is missing.
    pub sample: BTreeMap<String, Option<String>>,
    /// Whether variables are shown by their names, as in a demonstration.
    pub demo: bool,
}

/// The messages that this becomes. Nothing is sent.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`ScenarioCode::ScenarioNotFound`],
/// [`ScenarioCode::MessageNotFound`], [`ScenarioCode::UserNotFound`]; [`AppError::Invalid`] for a request
/// that does not say what is meant; [`AppError::Unrenderable`] with all that is wrong with the message.
pub async fn preview(
    app: &App,
    whose: Whose<'_>,
    wanted: Preview,
) -> Result<Vec<PreviewedPart>, AppError> {
    sound(faults_of_request(&wanted))?;
    let bot = own_bot(app, whose).await?;
    let desk = Desk::of(app, &bot).await?;
    let scenario = match &wanted.scenario {
        Some(name) => Some(scenario(app, &bot, name).await?),
        None => None,
    };
    let contact = match wanted.chat_id {
        Some(chat_id) => {
            let found = app.table.get::<Contact>(&keys::contact(&bot, chat_id)).await?;
            Some(found.ok_or(ScenarioCode::UserNotFound)?)
        }
        None => None,
    };
    let (content, mut faults) = content(app, scenario.as_ref(), &wanted).await?;
    if wanted.part.as_deref() == Some("paid_content") {
        let text = check_paid_content(&content.text, &desk.names()).err().into_iter().flatten();
        faults.extend(text.map(|it| FieldError::of("text", it)));
    } else {
        add_faults(&mut faults, desk.faults_of(app, "", &content).await?);
    }
    if !faults.is_empty() {
        return Err(AppError::Unrenderable(faults));
    }
    let sets = desk.sets(app, std::iter::once(&content)).await?;
    let user = match &contact {
        Some(contact) => user_values(contact, scenario.as_ref(), desk.settings.zone()),
        None => sample(&wanted.sample),
    };
    let mut values = Values::default().with_bot(&desk.settings.variables).with_user(&user);
    if let Some(scenario) = &scenario {
        values = values.with_scenario(scenario);
    }
    let fill = if wanted.demo { Fill::Demo } else { Fill::Values(&values) };
    Ok(render(&content, |slug| sets.get(slug), &fill))
}

fn faults_of_request(wanted: &Preview) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let named =
        [wanted.step.is_some(), wanted.part.is_some(), wanted.content.is_some()].map(usize::from);
    if named.iter().sum::<usize>() != 1 {
        errors.push(FieldError::new(
            "content",
            "exactly one of content, step and part must be given",
        ));
    }
    if wanted.scenario.is_none() && wanted.content.is_none() {
        errors.push(FieldError::new("scenario", "is required with a step or a part"));
    }
    if let Some(part) = &wanted.part
        && !["consent", "summary", "paid_content"].contains(&part.as_str())
    {
        errors.push(FieldError::new("part", "must be consent, summary or paid_content"));
    }
    let known = |name: &str| Scope::User.known().iter().any(|(known, _)| *known == name);
    let unknown = wanted.sample.keys().filter(|name| !known(name));
    errors.extend(
        unknown.map(|name| FieldError::new(format!("sample.{name}"), "is no variable of user")),
    );
    if wanted.chat_id.is_some() && !wanted.sample.is_empty() {
        errors.push(FieldError::new("sample", "must not stand beside chat_id"));
    }
    errors
}

/// What is shown, and what is wrong with its form.
async fn content(
    app: &App,
    scenario: Option<&Scenario>,
    wanted: &Preview,
) -> Result<(StepContent, Vec<FieldError>), AppError> {
    let mut errors = Vec::new();
    if let Some(draft) = &wanted.content {
        // No photo is read, so that any may stand in it.
        let photos = draft.photos.iter().flatten().filter_map(|it| it.object.clone());
        let photos = photos.map(Photo::Object).collect();
        let before = StepContent { photos, ..StepContent::default() };
        let content = draft.clone().read_whole("", Some(&before), &mut errors);
        return Ok((content, errors));
    }
    let scenario = scenario.ok_or(ScenarioCode::ScenarioNotFound)?;
    if let Some(name) = &wanted.step {
        return Ok((step(app, scenario, name).await?.content, errors));
    }
    let found = match wanted.part.as_deref() {
        Some("consent") => scenario.consent.clone(),
        Some("summary") => scenario.summary.clone(),
        _ => scenario.product.as_ref().map(|it| {
            let text = it.paid_content.clone();
            StepContent { text, ..StepContent::default() }
        }),
    };
    Ok((found.ok_or(ScenarioCode::MessageNotFound)?, errors))
}

/// A contact who does not exist, with these values in the place of its own.
fn sample(other: &BTreeMap<String, Option<String>>) -> UserValues {
    let usual = UserValues::sample();
    let value = |name: &str, usual: Option<String>| other.get(name).cloned().unwrap_or(usual);
    UserValues {
        user_name: value("user_name", usual.user_name),
        payment_link: value("payment_link", usual.payment_link),
        invite_link: value("invite_link", usual.invite_link),
        reg_date: value("reg_date", usual.reg_date),
        payment_date: value("payment_date", usual.payment_date),
        joined_date: value("joined_date", usual.joined_date),
    }
}
