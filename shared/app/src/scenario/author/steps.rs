//! The steps of a scenario: reading them, and a new one.

use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId};
use domain::scenario::{
    ContentDraft, MAX_PLACES, MAX_STEPS, OutlineError, Scenario, ScenarioCode, SpotDraft, Step,
    StepContent, TimingDraft, add_faults,
};
use domain::slug::Slug;
use table::{Page, keys};

use super::Whose;
use super::desk::{Desk, own_bot, scenario, sound, step};
use super::photos::with_photos;
use crate::answer::{self, Keep};
use crate::scenario::retime_jobs;
use crate::{App, AppError};

/// A page of steps ends early where it has so many bytes of JSON: an answer has its limit.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A step, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedStep {
    /// The step.
    pub step: Step,
    /// How long after the message before it it is due, in seconds.
    pub delay: u32,
    /// Its number among the steps as they are now, from 1.
    pub number: usize,
}

impl PlacedStep {
    /// # Errors
    /// [`ScenarioCode::MessageNotFound`] for a step that the outline does not have.
    pub(super) fn of(scenario: &Scenario, step: Step) -> Result<Self, AppError> {
        let mut steps = scenario.outline.steps().zip(1..);
        let found = steps.find(|((slug, _), _)| **slug == step.slug);
        let ((_, delay), number) = found.ok_or(ScenarioCode::MessageNotFound)?;
        Ok(Self { step, delay, number })
    }
}

/// A step of a scenario.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`ScenarioCode::ScenarioNotFound`],
/// [`ScenarioCode::MessageNotFound`].
pub async fn find_step(
    app: &App,
    whose: Whose<'_>,
    (of, name): (&str, &str),
) -> Result<PlacedStep, AppError> {
    let bot = own_bot(app, whose).await?;
    let scenario = scenario(app, &bot, of).await?;
    PlacedStep::of(&scenario, step(app, &scenario, name).await?)
}

/// One page of a scenario's steps in their order. `after` is a place of the outline: a step that is moved
/// between two pages may be on both or on none.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`ScenarioCode::ScenarioNotFound`].
pub async fn list_steps(
    app: &App,
    whose: Whose<'_>,
    of: &str,
    (limit, after): (usize, Option<&str>),
) -> Result<Page<PlacedStep>, AppError> {
    let bot = own_bot(app, whose).await?;
    let scenario = scenario(app, &bot, of).await?;
    let after = after.and_then(|after| after.parse().ok());
    let places: Vec<_> = scenario.outline.live_after(after).take(limit + 1).collect();
    let key = |slug: &Slug| keys::step(&bot, &scenario.slug, slug);
    let wanted: Vec<_> = places.iter().take(limit).map(|it| key(&it.step)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
    for place in places.iter().take(limit) {
        // One that was deleted between two reads is left out.
        let Some(step) = found.take::<Step>(&key(&place.step))? else { continue };
        bytes += serde_json::to_vec(&step.content).map_or(0, |json| json.len());
        if bytes > PAGE_BYTES && !items.is_empty() {
            return Ok(Page { items, next: last });
        }
        items.push(PlacedStep::of(&scenario, step)?);
        last = Some(place.place.to_string());
    }
    let more = places.len() > limit;
    let end = places.get(limit.saturating_sub(1)).map(|it| it.place.to_string());
    Ok(Page { items, next: end.filter(|_| more) })
}

/// What an admin wants.
#[derive(Debug)]
pub struct AddStep {
    /// The admin's company.
    pub company_id: CompanyId,
    /// The bot's slug or id.
    pub bot: String,
    /// The scenario.
    pub scenario: String,
    /// What it is called; `msg_1`, `msg_2` and so on where it is absent.
    pub slug: Option<String>,
    /// What it says.
    pub content: ContentDraft,
    /// When it is due.
    pub timing: Option<TimingDraft>,
    /// Where it is put.
    pub spot: SpotDraft,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<PlacedStep>>,
}

/// Adds a step. Whoever is past its place does not receive it.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`ScenarioCode::ScenarioNotFound`]; [`AppError::Invalid`] with all
/// faults; [`AppError::Taken`] for the slug; [`AppError::Conflict`] when the scenario has as many steps or
/// edits as it may have; [`AppError::Repeated`].
pub async fn add_step(app: &App, command: AddStep) -> Result<PlacedStep, AppError> {
    let bot = own_bot(app, Whose { company_id: command.company_id, bot: &command.bot }).await?;
    let now = app.env.now();
    let along = |added: &PlacedStep| answer::writes(command.keep.as_ref(), added, now);
    app.decide_along(along, || decide(app, &bot, &command)).await
}

async fn decide(
    app: &App,
    bot: &BotId,
    command: &AddStep,
) -> Result<Decision<PlacedStep>, AppError> {
    let desk = Desk::of(app, bot).await?;
    let mut scenario = scenario(app, bot, &command.scenario).await?;
    let mut errors = Vec::new();
    let asked = command.slug.as_deref().map(Slug::parse);
    if let Some(Err(error)) = &asked {
        errors.push(FieldError::new("slug", error.to_string()));
    }
    let before = with_photos(app, bot, &command.content, &StepContent::default()).await?;
    let content = command.content.clone().read("", &before, &mut errors);
    if command.timing.is_none() {
        errors.push(FieldError::new("timing", "is required"));
    }
    let delay = command.timing.unwrap_or_default().read("timing", &mut errors);
    let spot = command.spot.clone().read(&mut errors);
    add_faults(&mut errors, desk.faults_of(app, "", &content).await?);
    let slug = asked.and_then(Result::ok).unwrap_or_else(|| scenario.outline.free_slug());
    match scenario.outline.insert(slug.clone(), delay, &spot) {
        // A delay that is too long has its fault already.
        Ok(()) | Err(OutlineError::Delay) => {}
        Err(OutlineError::NoSuchStep(_)) => errors.push(no_such(&command.spot)),
        Err(error) => {
            sound(errors)?;
            return Err(refused(&error));
        }
    }
    sound(errors)?;
    let now = app.env.now();
    let step = Step {
        bot_id: bot.clone(),
        scenario: scenario.slug.clone(),
        slug,
        content,
        created_at: now,
        version: 0,
    };
    let reply = PlacedStep::of(&scenario, step.clone())?;
    let mut decision = Decision::new(app.env.id(), now, reply);
    decision.jobs.extend(retime_jobs(app, bot, &scenario.slug));
    decision = decision
        .write(Write::Create(step.into()))
        .write(Write::Replace(scenario.into()))
        .write(desk.turn());
    Ok(decision)
}

/// A spot that is beside no step.
pub(super) fn no_such(spot: &SpotDraft) -> FieldError {
    let field = if spot.before.is_some() { "before" } else { "after" };
    FieldError::new(field, "is no step of this scenario")
}

/// The code of an outline that takes no more steps or edits.
pub(crate) const TOO_MANY_STEPS: &str = "TOO_MANY_STEPS";

/// Why an outline is not edited, where no field is at fault.
pub(super) fn refused(error: &OutlineError) -> AppError {
    match error {
        OutlineError::StepExists(_) => AppError::Taken { fields: vec!["slug"] },
        OutlineError::NoSuchStep(_) => ScenarioCode::MessageNotFound.into(),
        OutlineError::Full | OutlineError::Delay => AppError::Conflict {
            code: TOO_MANY_STEPS,
            message: format!(
                "a scenario has at most {MAX_STEPS} steps, and at most {MAX_PLACES} that are added or \
                 moved in all"
            ),
        },
    }
}
