//! A scenario goes, with its steps.

use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::scenario::{RETIRED_PER_BOT, ScenarioCode, Step};
use table::{Range, keys};

use super::Whose;
use super::create_scenario::TOO_MANY_SCENARIOS;
use super::desk::{Desk, own_bot, scenario};
use crate::scenario::retime_jobs;
use crate::{App, AppError};

/// So many steps go in one transaction: the longest ones fit.
const AT_ONCE: usize = 40;

/// Deletes a scenario. Whoever is under way in it receives nothing more of it; what they have paid for is
/// remembered. Its name is not given again.
///
/// Where its steps do not fit one transaction, they go before it, some at a time, and it can no longer be
/// started meanwhile: what is deleted in part is a scenario with fewer steps, and can be deleted again.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`ScenarioCode::ScenarioNotFound`], also the second time;
/// [`ScenarioCode::InvalidScenarioState`] for the default scenario.
pub async fn delete_scenario(app: &App, whose: Whose<'_>, name: &str) -> Result<(), AppError> {
    let bot = own_bot(app, whose).await?;
    loop {
        let gone = app.decide(|| decide(app, &bot, name)).await?;
        if gone {
            return Ok(());
        }
    }
}

/// The end of the scenario, or of some of its steps.
async fn decide(app: &App, bot: &BotId, name: &str) -> Result<Decision<bool>, AppError> {
    let mut desk = Desk::of(app, bot).await?;
    let mut scenario = scenario(app, bot, name).await?;
    if desk.is_default(&scenario.slug) {
        let code = ScenarioCode::InvalidScenarioState;
        let message = "the default scenario is not deleted: make another one the default first";
        return Err(AppError::Scenario { code, message: message.to_owned() });
    }
    if desk.settings.retired.len() >= RETIRED_PER_BOT {
        let message = format!("at most {RETIRED_PER_BOT} scenarios of a bot are deleted");
        return Err(AppError::Conflict { code: TOO_MANY_SCENARIOS, message });
    }
    let pk = keys::steps(bot, &scenario.slug);
    let range =
        Range { pk: &pk, prefix: keys::STEPS, after: None, limit: AT_ONCE, backward: false };
    let page = app.table.query::<Step>(&range).await?;
    let gone = page.next.is_none();
    let mut decision = Decision::new(app.env.id(), app.env.now(), gone);
    for step in page.items {
        // One that the outline does not have goes all the same.
        let _ = scenario.outline.delete(&step.slug);
        decision = decision.write(Write::Remove(step.into()));
    }
    let slug = scenario.slug.clone();
    if gone {
        desk.settings.retired.insert(slug.clone());
        decision = decision.write(Write::Remove(scenario.into()));
        decision.jobs.extend(retime_jobs(app, bot, &slug));
    } else {
        scenario.is_active = false;
        decision = decision.write(Write::Replace(scenario.into()));
    }
    Ok(decision.write(desk.turn()))
}
