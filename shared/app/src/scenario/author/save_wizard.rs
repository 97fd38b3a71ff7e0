//! What a wizard in a chat has gathered is saved, all in one transaction.

use std::collections::BTreeMap;

use domain::broadcast::{Broadcast, Targeting};
use domain::engine::{NewJob, Write};
use domain::fault::ContentFault;
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::scenario::{MAX_STEPS, OutlineError, Scenario, Spot, Step, StepContent};
use domain::slug::Slug;
use domain::text::{first_chars, one_line};
use domain::time::Timestamp;
use domain::wizard::{General, ListedStep, NewMessage, StepFix, WizardCommand};
use table::keys;

use super::broadcasts::{self, FALLBACK};
use super::create_scenario::{empty, free_slug};
use super::desk::{Desk, scenario, sound, step};
use super::steps::refused;
use crate::scenario::retime_jobs;
use crate::{App, AppError};

/// So much of a message's text is shown in a list, in characters.
const TITLE: usize = 40;

/// The writes and jobs of a wizard's commands.
///
/// # Errors
/// As the commands over the API.
pub(crate) async fn save_wizard(
    app: &App,
    bot: &BotId,
    commands: Vec<WizardCommand>,
) -> Result<(Vec<Write>, Vec<NewJob>), AppError> {
    let (desk, now) = (Desk::of(app, bot).await?, app.env.now());
    let (writes, last) = (Vec::new(), BTreeMap::new());
    let mut saving = Saving { app, bot, now, desk, about: None, writes, last };
    for command in commands {
        saving.take(command).await?;
    }
    Ok(saving.end())
}

/// What is saved of a wizard.
struct Saving<'a> {
    app: &'a App,
    bot: &'a BotId,
    now: Timestamp,
    desk: Desk,
    /// The scenario that the commands are about, and whether it is new.
    about: Option<(Scenario, bool)>,
    writes: Vec<Write>,
    /// The last step that was added behind a step.
    last: BTreeMap<Slug, Slug>,
}

impl Saving<'_> {
    async fn take(&mut self, command: WizardCommand) -> Result<(), AppError> {
        match command {
            WizardCommand::CreateScenario { name, product, private_group_id } => {
                self.create(General { name, product, private_group_id }).await
            }
            WizardCommand::UpdateScenario { slug, before, after } => {
                self.update(&slug, &before, after).await
            }
            WizardCommand::SetSummary { summary } => {
                if let Some((scenario, _)) = &mut self.about {
                    scenario.summary = summary;
                }
                Ok(())
            }
            WizardCommand::AddStep(message) => self.add(message),
            WizardCommand::ChangeStep { step, fixes } => self.change(&step, fixes).await,
            WizardCommand::MoveStep { step, to } => self.relocate(&step, &to),
            WizardCommand::DeleteStep { step } => self.delete(&step).await,
            WizardCommand::CreateBroadcast { name, content, targeting } => {
                self.broadcast(name, content, targeting).await
            }
        }
    }

    async fn create(&mut self, general: General) -> Result<(), AppError> {
        let General { name, product, private_group_id } = general;
        let slug = free_slug(self.app, &self.desk, None, &name).await?;
        let made = empty(self.bot, self.now);
        let scenario = Scenario { slug, name, product, private_group_id, ..made };
        self.desk.settings.default_scenario.get_or_insert_with(|| scenario.slug.clone());
        self.about = Some((scenario, true));
        Ok(())
    }

    /// What the wizard did not change stays, whoever has changed it meanwhile.
    async fn update(
        &mut self,
        slug: &Slug,
        before: &General,
        after: General,
    ) -> Result<(), AppError> {
        let mut scenario = scenario(self.app, self.bot, slug.as_str()).await?;
        if after.name != before.name {
            scenario.name = after.name;
        }
        if after.product != before.product {
            scenario.product = after.product;
        }
        if after.private_group_id != before.private_group_id {
            scenario.private_group_id = after.private_group_id;
        }
        self.about = Some((scenario, false));
        Ok(())
    }

    fn add(&mut self, message: NewMessage) -> Result<(), AppError> {
        let Some((scenario, _)) = &mut self.about else { return Ok(()) };
        if let Some(after) = message.after.as_ref().filter(|it| !scenario.outline.has(it)) {
            return Err(gone(after));
        }
        let slug = scenario.outline.free_slug();
        // Several behind one step follow each other.
        let spot = match &message.after {
            Some(after) => Spot::After(self.last.get(after).unwrap_or(after).clone()),
            None => Spot::End,
        };
        let added = scenario.outline.insert(slug.clone(), message.delay, &spot);
        added.map_err(|error| refused(&error))?;
        let step = Step {
            bot_id: self.bot.clone(),
            scenario: scenario.slug.clone(),
            slug: slug.clone(),
            content: message.content,
            created_at: self.now,
            version: 0,
        };
        self.last.extend(message.after.map(|after| (after, slug)));
        self.writes.push(Write::Create(step.into()));
        Ok(())
    }

    /// A step becomes what the fixes say; the rest of it stays, and all of it is checked.
    async fn change(&mut self, slug: &Slug, fixes: Vec<StepFix>) -> Result<(), AppError> {
        let Some((scenario, _)) = &mut self.about else { return Ok(()) };
        if !scenario.outline.has(slug) {
            return Err(gone(slug));
        }
        let mut step = step(self.app, scenario, slug.as_str()).await?;
        let (before, was) = (step.content.clone(), scenario.outline.delay_of(slug));
        let mut delay = was.unwrap_or_default();
        for fix in fixes {
            fix.apply(&mut step.content, &mut delay);
        }
        if was != Some(delay) {
            scenario.outline.set_delay(slug, delay).map_err(|error| refused(&error))?;
        }
        if step.content != before {
            sound(self.desk.faults_of(self.app, slug.as_str(), &step.content).await?)?;
            self.writes.push(Write::Replace(step.into()));
        }
        Ok(())
    }

    /// Moves a step behind or before another one, wherever the two stand by now.
    fn relocate(&mut self, step: &Slug, to: &Spot) -> Result<(), AppError> {
        let Some((scenario, _)) = &mut self.about else { return Ok(()) };
        match scenario.outline.move_to(step, to) {
            Ok(()) => Ok(()),
            Err(OutlineError::NoSuchStep(slug)) => Err(gone(&slug)),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Deletes a step; one that is gone already is.
    async fn delete(&mut self, slug: &Slug) -> Result<(), AppError> {
        let Some((scenario, _)) = &mut self.about else { return Ok(()) };
        if !scenario.outline.has(slug) {
            return Ok(());
        }
        let step = step(self.app, scenario, slug.as_str()).await?;
        scenario.outline.delete(slug).map_err(|error| refused(&error))?;
        self.writes.push(Write::Remove(step.into()));
        Ok(())
    }

    async fn broadcast(
        &mut self,
        name: String,
        content: StepContent,
        targeting: Targeting,
    ) -> Result<(), AppError> {
        let plain = Slug::of_name(&name, FALLBACK);
        let slug = broadcasts::free_slug(self.app, self.bot, None, &plain).await?;
        let draft = Broadcast::new(self.bot.clone(), slug, name, self.now);
        let broadcast = Broadcast { content, targeting, ..draft };
        self.writes.push(Write::Create(broadcast.into()));
        Ok(())
    }

    /// All writes and jobs.
    fn end(self) -> (Vec<Write>, Vec<NewJob>) {
        let Self { app, bot, desk, about, mut writes, .. } = self;
        let mut jobs = Vec::new();
        match about {
            Some((scenario, true)) => writes.push(Write::Create(scenario.into())),
            Some((scenario, false)) => {
                jobs.extend(retime_jobs(app, bot, &scenario.slug));
                writes.push(Write::Replace(scenario.into()));
            }
            None => {}
        }
        writes.push(desk.turn());
        (writes, jobs)
    }
}

/// A message that somebody else has deleted while the wizard was under way.
fn gone(slug: &Slug) -> AppError {
    AppError::Invalid(vec![FieldError::of(slug.as_str(), ContentFault::StepGone)])
}

/// The messages of a scenario in their order, as a wizard lists them.
pub(crate) async fn listed_steps(
    app: &App,
    scenario: &Scenario,
) -> Result<Vec<ListedStep>, AppError> {
    let key = |slug: &Slug| keys::step(&scenario.bot_id, &scenario.slug, slug);
    let steps = || scenario.outline.steps().take(MAX_STEPS);
    let wanted: Vec<_> = steps().map(|(slug, _)| key(slug)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut listed = Vec::new();
    for (slug, delay) in steps() {
        // One that was deleted between two reads is left out.
        let Some(step) = found.take::<Step>(&key(slug))? else { continue };
        let title = first_chars(&one_line(&step.content.text), TITLE).to_owned();
        listed.push(ListedStep { slug: slug.clone(), title, delay });
    }
    Ok(listed)
}

/// A step of a scenario as it is now: what it says, and its delay in seconds.
pub(crate) async fn step_now(
    app: &App,
    bot: &BotId,
    of: &Slug,
    slug: &Slug,
) -> Result<Option<(StepContent, u32)>, AppError> {
    let wanted = [keys::scenario(bot, of), keys::step(bot, of, slug)];
    let mut found = app.table.get_all(&wanted).await?;
    let scenario: Option<Scenario> = found.take(&wanted[0])?;
    let delay = scenario.and_then(|it| it.outline.delay_of(slug));
    let step: Option<Step> = found.take(&wanted[1])?;
    Ok(step.zip(delay).map(|(step, delay)| (step.content, delay)))
}

/// The rules for a message as they are now.
pub(crate) async fn names_and_sets(
    app: &App,
    bot: &BotId,
) -> Result<
    (domain::template::Names, std::collections::BTreeMap<Slug, domain::button::Rows>),
    AppError,
> {
    let desk = Desk::of(app, bot).await?;
    let pk = keys::bot(bot).pk;
    let sets: Vec<domain::button::ButtonSet> = app.table.query_all(&pk, keys::BUTTON_SETS).await?;
    let sets = sets.into_iter().map(|set| (set.slug, set.rows)).collect();
    Ok((desk.names(), sets))
}
