//! A scenario becomes another.

use domain::engine::{Decision, Write};
use domain::scenario::{ScenarioDraft, add_faults};

use super::desk::{Desk, own_bot, scenario, sound};
use super::photos::offer_photos;
use super::{BotScenario, Whose};
use crate::{App, AppError};

/// Changes a scenario, its steps aside. What is absent from the draft stays; who is under way goes on.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::ScenarioNotFound`];
/// [`AppError::Invalid`] with all faults, also of what stays.
pub async fn change_scenario(
    app: &App,
    whose: Whose<'_>,
    name: &str,
    draft: ScenarioDraft,
) -> Result<BotScenario, AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let before = scenario(app, &bot, name).await?;
        let (mut changed, mut errors) = (before.clone(), Vec::new());
        offer_photos(app, &draft, &mut changed).await?;
        draft.clone().apply(&mut changed, &mut errors);
        add_faults(&mut errors, desk.faults(app, &changed).await?);
        sound(errors)?;
        let is_default = desk.is_default(&changed.slug);
        let reply = BotScenario { scenario: changed.clone(), is_default };
        let decision = Decision::new(app.env.id(), app.env.now(), reply);
        if changed == before {
            return Ok(decision);
        }
        Ok::<_, AppError>(decision.write(Write::Replace(changed.into())).write(desk.turn()))
    })
    .await
}
