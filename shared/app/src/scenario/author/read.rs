//! Reading scenarios.

use domain::scenario::Scenario;
use table::{Page, keys};

use super::Whose;
use super::desk::{Desk, own_bot, scenario};
use crate::listing::list;
use crate::{App, AppError};

/// A scenario of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotScenario {
    /// The scenario.
    pub scenario: Scenario,
    /// Whether a bare `/start` means it.
    pub is_default: bool,
}

/// One page of a bot's scenarios, by slug.
///
/// # Errors
/// [`AppError::NotFound`] for the bot.
pub async fn list_scenarios(
    app: &App,
    whose: Whose<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<BotScenario>, AppError> {
    let bot = own_bot(app, whose).await?;
    let desk = Desk::of(app, &bot).await?;
    let page = list::<Scenario>(app, &keys::bot(&bot).pk, keys::SCENARIOS, limit, after).await?;
    let of = |scenario: Scenario| {
        let is_default = desk.is_default(&scenario.slug);
        BotScenario { scenario, is_default }
    };
    Ok(Page { items: page.items.into_iter().map(of).collect(), next: page.next })
}

/// A scenario of a bot.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::ScenarioNotFound`].
pub async fn find_scenario(
    app: &App,
    whose: Whose<'_>,
    name: &str,
) -> Result<BotScenario, AppError> {
    let bot = own_bot(app, whose).await?;
    let scenario = scenario(app, &bot, name).await?;
    let is_default = Desk::of(app, &bot).await?.is_default(&scenario.slug);
    Ok(BotScenario { scenario, is_default })
}
