//! A step says something else, comes at another time, stands elsewhere, or goes.

use domain::engine::{Decision, Write};
use domain::scenario::{ContentDraft, OutlineError, SpotDraft, TimingDraft, add_faults};

use super::desk::{Desk, own_bot, scenario, sound, step};
use super::photos::with_photos;
use super::steps::{no_such, refused};
use super::{PlacedStep, Whose};
use crate::scenario::retime_jobs;
use crate::{App, AppError};

/// What is to be different about a step. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ChangeStep {
    /// What it says.
    pub content: ContentDraft,
    /// When it is due.
    pub timing: Option<TimingDraft>,
}

/// Changes a step. Whoever has not received it receives it as it is then.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::ScenarioNotFound`],
/// [`domain::scenario::ScenarioCode::MessageNotFound`]; [`AppError::Invalid`] with all faults.
pub async fn change_step(
    app: &App,
    whose: Whose<'_>,
    (of, name): (&str, &str),
    change: ChangeStep,
) -> Result<PlacedStep, AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let mut scenario = scenario(app, &bot, of).await?;
        let before = step(app, &scenario, name).await?;
        let placed = PlacedStep::of(&scenario, before.clone())?;
        let mut errors = Vec::new();
        let had = with_photos(app, &bot, &change.content, &before.content).await?;
        let content = change.content.clone().read("", &had, &mut errors);
        let delay = change.timing.map_or(placed.delay, |it| it.read("timing", &mut errors));
        add_faults(&mut errors, desk.faults_of(app, "", &content).await?);
        sound(errors)?;
        let said_otherwise = content != before.content;
        let step = domain::scenario::Step { content, ..before };
        let reply = PlacedStep { step: step.clone(), delay, ..placed };
        let mut decision = Decision::new(app.env.id(), app.env.now(), reply);
        if said_otherwise {
            decision = decision.write(Write::Replace(step.clone().into()));
        }
        if delay != placed.delay {
            scenario.outline.set_delay(&step.slug, delay).map_err(|error| refused(&error))?;
            decision.jobs.extend(retime_jobs(app, &bot, &scenario.slug));
            decision = decision.write(Write::Replace(scenario.into()));
        }
        let changed = !decision.writes.is_empty();
        Ok::<_, AppError>(if changed { decision.write(desk.turn()) } else { decision })
    })
    .await
}

/// Moves a step. Whoever has received it does not receive it again; whoever had it ahead does not miss it.
///
/// # Errors
/// As [`change_step`]; [`AppError::Conflict`] when the scenario was edited as often as it may be.
pub async fn move_step(
    app: &App,
    whose: Whose<'_>,
    (of, name): (&str, &str),
    spot: SpotDraft,
) -> Result<PlacedStep, AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let mut scenario = scenario(app, &bot, of).await?;
        let step = step(app, &scenario, name).await?;
        let before = scenario.outline.clone();
        let mut errors = Vec::new();
        let to = spot.clone().read(&mut errors);
        sound(errors)?;
        match scenario.outline.move_to(&step.slug, &to) {
            Ok(()) => {}
            Err(OutlineError::NoSuchStep(slug)) if slug != step.slug => {
                return Err(AppError::Invalid(vec![no_such(&spot)]));
            }
            Err(error) => return Err(refused(&error)),
        }
        let reply = PlacedStep::of(&scenario, step)?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), reply);
        if scenario.outline == before {
            return Ok(decision);
        }
        decision.jobs.extend(retime_jobs(app, &bot, &scenario.slug));
        Ok::<_, AppError>(decision.write(Write::Replace(scenario.into())).write(desk.turn()))
    })
    .await
}

/// Deletes a step. Whoever has not received it never does.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::ScenarioNotFound`],
/// [`domain::scenario::ScenarioCode::MessageNotFound`], also the second time.
pub async fn delete_step(
    app: &App,
    whose: Whose<'_>,
    (of, name): (&str, &str),
) -> Result<(), AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let mut scenario = scenario(app, &bot, of).await?;
        let step = step(app, &scenario, name).await?;
        scenario.outline.delete(&step.slug).map_err(|error| refused(&error))?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.jobs.extend(retime_jobs(app, &bot, &scenario.slug));
        decision = decision
            .write(Write::Remove(step.into()))
            .write(Write::Replace(scenario.into()))
            .write(desk.turn());
        Ok::<_, AppError>(decision)
    })
    .await
}
