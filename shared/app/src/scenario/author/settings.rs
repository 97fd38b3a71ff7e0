//! What a bot's scenarios share: its own variables, its time zone, and the scenario that a bare `/start` means.

use std::collections::BTreeMap;

use domain::account::check_timezone;
use domain::engine::Decision;
use domain::fault::ContentFault;
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::scenario::{BotScenarios, Scenario, StepContent};
use domain::slug::Slug;
use domain::template::check_globals;
use table::keys;

use super::Whose;
use super::desk::{Desk, own_bot, sound};
use super::uses::{must_be_unused, places};
use crate::{App, AppError};

/// What a bot's scenarios share.
///
/// # Errors
/// [`AppError::NotFound`] for the bot.
pub async fn find_settings(app: &App, whose: Whose<'_>) -> Result<BotScenarios, AppError> {
    let bot = own_bot(app, whose).await?;
    Ok(Desk::of(app, &bot).await?.settings)
}

/// What is to be different. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ChangeSettings {
    /// Variables by name, each with its value; `None` takes one away.
    pub variables: BTreeMap<String, Option<String>>,
    /// The scenario that a bare `/start` means.
    pub default_scenario: Option<String>,
    /// Whether what contacts write goes to the chats of the bot's admins.
    pub forward_replies: Option<bool>,
    /// The IANA name of the zone whose days are told to contacts.
    pub timezone: Option<String>,
}

/// Changes what a bot's scenarios share. Whatever is sent after that has the new values.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] with all faults; [`AppError::Conflict`] for a
/// variable that is taken away and that a saved text has, with the places: the text would have a hole, and
/// could not be saved again as it is.
pub async fn change_settings(
    app: &App,
    whose: Whose<'_>,
    change: ChangeSettings,
) -> Result<BotScenarios, AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let mut desk = Desk::of(app, &bot).await?;
        let before = desk.settings.clone();
        let mut errors = Vec::new();
        let mut removed = Vec::new();
        for (name, value) in &change.variables {
            match value {
                Some(value) => drop(desk.settings.variables.insert(name.clone(), value.clone())),
                None => removed.extend(desk.settings.variables.remove(name).map(|_| name)),
            }
        }
        if let Some(forward) = change.forward_replies {
            desk.settings.forward_replies = forward;
        }
        match change.timezone.as_deref().map(check_timezone) {
            Some(Ok(zone)) => desk.settings.timezone = Some(zone),
            Some(Err(message)) => errors.push(FieldError::new("timezone", message)),
            None => {}
        }
        errors.extend(check_globals("variables", &desk.settings.variables));
        if let Some(name) = &change.default_scenario {
            if let Some(slug) = named(app, &bot, name).await? {
                desk.settings.default_scenario = Some(slug);
            } else {
                errors.push(FieldError::of("default_scenario", ContentFault::NoScenario));
            }
        }
        sound(errors)?;
        if !removed.is_empty() {
            let uses = |content: &StepContent| {
                content.bot_variables().iter().any(|name| removed.contains(&name))
            };
            let places = places(app, &bot, uses).await?;
            let names: Vec<_> = removed.iter().map(|name| format!("bot.{name}")).collect();
            must_be_unused("VARIABLE_IN_USE", &names.join(" or "), &places)?;
        }
        let decision = Decision::new(app.env.id(), app.env.now(), desk.settings.clone());
        let changed = desk.settings != before;
        Ok::<_, AppError>(if changed { decision.write(desk.turn()) } else { decision })
    })
    .await
}

/// The slug of a scenario of the bot's.
async fn named(app: &App, bot: &BotId, name: &str) -> Result<Option<Slug>, AppError> {
    let Ok(slug) = Slug::parse(name) else { return Ok(None) };
    let found = app.table.get::<Scenario>(&keys::scenario(bot, &slug)).await?;
    Ok(found.map(|it| it.slug))
}
