//! What every edit of a bot's scenarios begins from, and ends with.

use std::collections::{BTreeMap, BTreeSet};

use domain::button::{ButtonSet, Rows};
use domain::engine::Write;
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::scenario::{
    BotScenarios, ContentRules, Scenario, ScenarioCode, Step, StepContent, check_content,
    check_scenario,
};
use domain::slug::Slug;
use domain::template::Names;
use table::keys;

use super::Whose;
use crate::bot::{BOT, companys_bot};
use crate::{App, AppError};

/// The id of a company's own bot.
///
/// # Errors
/// [`AppError::NotFound`], also for the platform's.
pub(crate) async fn own_bot(
    app: &App,
    Whose { company_id, bot }: Whose<'_>,
) -> Result<BotId, AppError> {
    let bot = companys_bot(app, company_id, Some(bot)).await?;
    let own = bot.company_id.is_some();
    if own { Ok(bot.id) } else { Err(AppError::NotFound(BOT)) }
}

/// A scenario by its name in a path.
///
/// # Errors
/// [`ScenarioCode::ScenarioNotFound`].
pub(crate) async fn scenario(app: &App, bot: &BotId, name: &str) -> Result<Scenario, AppError> {
    let unknown = || AppError::from(ScenarioCode::ScenarioNotFound);
    let slug = Slug::parse(name).map_err(|_| unknown())?;
    app.table.get(&keys::scenario(bot, &slug)).await?.ok_or_else(unknown)
}

/// A step by its name in a path.
///
/// # Errors
/// [`ScenarioCode::MessageNotFound`].
pub(super) async fn step(app: &App, scenario: &Scenario, name: &str) -> Result<Step, AppError> {
    let unknown = || AppError::from(ScenarioCode::MessageNotFound);
    let slug = Slug::parse(name).map_err(|_| unknown())?;
    let key = keys::step(&scenario.bot_id, &scenario.slug, &slug);
    app.table.get(&key).await?.ok_or_else(unknown)
}

/// What a bot's scenarios share, as an edit has read it.
pub(super) struct Desk {
    /// As it is, or will be.
    pub(super) settings: BotScenarios,
    is_new: bool,
}

impl Desk {
    pub(super) async fn of(app: &App, bot: &BotId) -> Result<Self, AppError> {
        let found: Option<BotScenarios> = app.table.get(&keys::bot_scenarios(bot)).await?;
        let is_new = found.is_none();
        let settings = found.unwrap_or_else(|| BotScenarios::new(bot.clone()));
        Ok(Self { settings, is_new })
    }

    /// The variables that there are.
    pub(super) fn names(&self) -> Names {
        Names::of(&self.settings.variables)
    }

    /// Whether a bare `/start` means this scenario.
    pub(super) fn is_default(&self, scenario: &Slug) -> bool {
        self.settings.default_scenario.as_ref() == Some(scenario)
    }

    /// The write that makes edits of one bot follow each other.
    pub(super) fn turn(self) -> Write {
        if self.is_new {
            Write::Create(self.settings.into())
        } else {
            Write::Replace(self.settings.into())
        }
    }

    /// The sets of buttons that these contents have, as far as they are there.
    pub(super) async fn sets<'a>(
        &self,
        app: &App,
        contents: impl Iterator<Item = &'a StepContent>,
    ) -> Result<BTreeMap<Slug, Rows>, AppError> {
        let named: BTreeSet<&Slug> = contents.filter_map(StepContent::button_set).collect();
        let key = |slug: &Slug| keys::button_set(&self.settings.bot_id, slug);
        let wanted: Vec<_> = named.iter().map(|slug| key(slug)).collect();
        let mut found = app.table.get_all(&wanted).await?;
        let mut sets = BTreeMap::new();
        for slug in named {
            if let Some(set) = found.take::<ButtonSet>(&key(slug))? {
                sets.insert(slug.clone(), set.rows);
            }
        }
        Ok(sets)
    }

    /// All that is wrong with a message.
    pub(super) async fn faults_of(
        &self,
        app: &App,
        field: &str,
        content: &StepContent,
    ) -> Result<Vec<FieldError>, AppError> {
        let (names, sets) = (self.names(), self.sets(app, std::iter::once(content)).await?);
        let rules = ContentRules { names: &names, button_sets: &sets };
        Ok(check_content(field, content, rules))
    }

    /// All that is wrong with a scenario, its steps aside.
    pub(super) async fn faults(
        &self,
        app: &App,
        scenario: &Scenario,
    ) -> Result<Vec<FieldError>, AppError> {
        let sets = self.sets(app, scenario.contents().map(|(_, content)| content)).await?;
        let names = self.names();
        Ok(check_scenario(scenario, ContentRules { names: &names, button_sets: &sets }))
    }
}

/// All faults, if there are any.
pub(super) fn sound(errors: Vec<FieldError>) -> Result<(), AppError> {
    if errors.is_empty() { Ok(()) } else { Err(AppError::Invalid(errors)) }
}
