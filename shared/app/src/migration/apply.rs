//! `hoopoe import`: what was read becomes a bot's.

use std::collections::{BTreeMap, BTreeSet};

use domain::broadcast::Broadcast;
use domain::button::ButtonSet;
use domain::engine::{Decision, Record, Write};
use domain::ids::BotId;
use domain::migration::{Finding, Migration};
use domain::photo::StoredPhoto;
use domain::scenario::{BotScenarios, Outline, SCENARIOS_PER_BOT, Scenario, Step};
use domain::slug::Slug;
use runtime::objects::Objects;
use serde::Serialize;
use table::keys;

use super::contacts::import_contacts;
use super::form::FormTaken;
use super::progress::{Progress, Stage};
use crate::photo::name_in_store;
use crate::{App, AppError};

/// Steps of one transaction: their texts are long.
const STEPS_AT_ONCE: usize = 20;

/// Whether an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It only says what it would do.
    DryRun,
    /// It does it.
    Apply,
}

/// What an import has done, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Scenarios that were made.
    pub scenarios: usize,
    /// Steps of these.
    pub steps: usize,
    /// Sets of buttons that were made.
    pub button_sets: usize,
    /// Broadcasts that were made.
    pub broadcasts: usize,
    /// What is here under the same name and says something else, such as `scenario default`: it stays as it
    /// is here.
    pub kept: Vec<String>,
    /// Scenarios of the files that were deleted here: neither they are made again, nor what contacts have of them.
    pub deleted: Vec<String>,
    /// Pictures that were kept.
    pub photos: usize,
    /// Contacts that were made.
    pub contacts_made: usize,
    /// Contacts that are further along in the files than they were here.
    pub contacts_changed: usize,
    /// Contacts that stay as they are here.
    pub contacts_unchanged: usize,
    /// Timers of next messages.
    pub timers: usize,
    /// Those of them that were due already: they go out one after the other.
    pub overdue: usize,
    /// What payment services had said of contacts, that was kept sealed.
    pub payments: usize,
    /// What of that cannot be read, or cannot be sealed for want of a key.
    pub payments_left_out: usize,
    /// Which of these cannot be read, and why: the contact stands in the path.
    pub payments_unread: Vec<Finding>,
    /// What became of the form of before ([`super::import_form`]).
    pub form: FormTaken,
}

/// Scenarios as the files have them and as they are here.
pub(super) type Outlines = BTreeMap<Slug, (Outline, Outline)>;

/// Brings what was read to a bot. Nothing that is here is overwritten; done twice, the second time changes
/// nothing. `progress` is told how far it is.
///
/// # Errors
/// [`AppError::Quota`] for too many scenarios, [`AppError::Unavailable`] when the table or the store of
/// pictures fails: what was done by then stays, and the same import goes on from there.
pub async fn import(
    app: &App,
    bot: &BotId,
    migration: &Migration,
    (objects, mode): (&dyn Objects, Mode),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Applied, AppError> {
    let mut applied = Applied::default();
    let settings = app.table.get::<BotScenarios>(&keys::bot_scenarios(bot)).await?;
    let retired = settings.map(|it| it.retired).unwrap_or_default();
    let importer = Importer { app, bot, migration, mode, retired: &retired };
    let known: Vec<Scenario> = all(app, bot, keys::SCENARIOS).await?;
    importer.check_quota(&known)?;
    importer.photos(objects, &mut applied, progress).await?;
    importer.button_sets(&mut applied).await?;
    let outlines = importer.scenarios(known, &mut applied, progress).await?;
    importer.settings().await?;
    importer.broadcasts(&mut applied).await?;
    import_contacts(&importer, &outlines, &mut applied, progress).await?;
    importer.payment_infos(&mut applied, progress).await?;
    Ok(applied)
}

/// All of one kind in a bot's partition.
pub(super) async fn all<T: table::items::Item>(
    app: &App,
    bot: &BotId,
    prefix: &str,
) -> Result<Vec<T>, AppError> {
    Ok(app.table.query_all(&keys::bot(bot).pk, prefix).await?)
}

#[derive(Clone, Copy)]
pub(super) struct Importer<'a> {
    pub(super) app: &'a App,
    pub(super) bot: &'a BotId,
    pub(super) migration: &'a Migration,
    pub(super) mode: Mode,
    /// The scenarios that were deleted here: their names are not given again.
    retired: &'a BTreeSet<Slug>,
}

impl Importer<'_> {
    fn check_quota(&self, known: &[Scenario]) -> Result<(), AppError> {
        let is_known = |slug: &Slug| known.iter().any(|it| it.slug == *slug);
        let is_new = |slug: &&Slug| !is_known(slug) && !self.retired.contains(*slug);
        let new = self.migration.scenarios.keys().filter(is_new).count();
        if known.len() + new <= SCENARIOS_PER_BOT {
            return Ok(());
        }
        let message = format!("a bot has at most {SCENARIOS_PER_BOT} scenarios");
        Err(AppError::Quota { message })
    }

    pub(super) async fn write(&self, writes: Vec<Write>) -> Result<(), AppError> {
        if self.mode == Mode::DryRun || writes.is_empty() {
            return Ok(());
        }
        let mut decision = Decision::new(self.app.env.id(), self.app.env.now(), ());
        decision.writes = writes;
        Ok(self.app.commit(decision).await?)
    }

    async fn photos(
        &self,
        objects: &dyn Objects,
        applied: &mut Applied,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), AppError> {
        let failed =
            |error: runtime::objects::ObjectError| AppError::Unavailable(error.to_string());
        let total = self.migration.photos.len();
        for (n, (key, bytes)) in self.migration.photos.iter().enumerate() {
            let name = name_in_store(self.bot, key);
            // The key is made of the bytes.
            if objects.get(&name).await.map_err(failed)?.is_none() {
                applied.photos += 1;
                if self.mode == Mode::Apply {
                    objects.put(&name, bytes).await.map_err(failed)?;
                }
            }
            if self.mode == Mode::Apply {
                self.own_photo(key).await?;
            }
            progress(Progress { stage: Stage::Photos, done: n + 1, total });
        }
        Ok(())
    }

    /// The bot has the photo from now on, if it had not.
    async fn own_photo(&self, key: &str) -> Result<(), AppError> {
        let (app, object) = (self.app, key.to_owned());
        if app.table.get::<StoredPhoto>(&keys::stored_photo(self.bot, key)).await?.is_some() {
            return Ok(());
        }
        let (bot_id, changed_at) = (self.bot.clone(), app.env.now());
        let photo = StoredPhoto { bot_id, object, file_id: None, changed_at };
        self.write(vec![Write::Create(photo.into())]).await
    }

    async fn button_sets(&self, applied: &mut Applied) -> Result<(), AppError> {
        let known: Vec<ButtonSet> = all(self.app, self.bot, keys::BUTTON_SETS).await?;
        for set in self.migration.button_sets.values() {
            match known.iter().find(|it| it.slug == set.slug) {
                None => {
                    self.write(vec![Write::Create(set.clone().into())]).await?;
                    applied.button_sets += 1;
                }
                Some(it) if it.rows != set.rows => {
                    applied.kept.push(format!("button set {}", set.slug));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn scenarios(
        &self,
        known: Vec<Scenario>,
        applied: &mut Applied,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Outlines, AppError> {
        let mut outlines = Outlines::new();
        let total: usize = self.migration.scenarios.values().map(|(_, steps)| steps.len()).sum();
        let mut done = 0;
        let mut tell = |steps: &[Step]| {
            done += steps.len();
            progress(Progress { stage: Stage::Messages, done, total });
        };
        for (slug, (scenario, steps)) in &self.migration.scenarios {
            if self.retired.contains(slug) {
                applied.deleted.push(slug.to_string());
                tell(steps);
                continue;
            }
            let here = known.iter().find(|it| it.slug == *slug);
            let outline = here.map_or(&scenario.outline, |it| &it.outline).clone();
            outlines.insert(slug.clone(), (scenario.outline.clone(), outline));
            if let Some(here) = here {
                if self.differs(scenario, steps, here).await? {
                    applied.kept.push(format!("scenario {slug}"));
                }
                tell(steps);
                continue;
            }
            // The scenario comes last: until then nothing refers to its steps.
            for some in steps.chunks(STEPS_AT_ONCE) {
                let puts = some.iter().map(|it| Write::Put(Record::from(it.clone())));
                self.write(puts.collect()).await?;
                tell(some);
            }
            self.write(vec![Write::Create(scenario.clone().into())]).await?;
            applied.scenarios += 1;
            applied.steps += steps.len();
        }
        Ok(outlines)
    }

    /// Whether a scenario that is here says something else than the files.
    async fn differs(
        &self,
        read: &Scenario,
        steps: &[Step],
        here: &Scenario,
    ) -> Result<bool, AppError> {
        let said = |it: &Scenario| {
            let bare = Scenario {
                bot_id: self.bot.clone(),
                outline: Outline::default(),
                created_at: here.created_at,
                version: 0,
                ..it.clone()
            };
            (
                bare,
                it.outline.steps().map(|(step, delay)| (step.clone(), delay)).collect::<Vec<_>>(),
            )
        };
        if said(read) != said(here) {
            return Ok(true);
        }
        let pk = keys::steps(self.bot, &here.slug);
        let known: Vec<Step> = self.app.table.query_all(&pk, keys::STEPS).await?;
        let same =
            |step: &Step| known.iter().any(|it| it.slug == step.slug && it.content == step.content);
        Ok(!steps.iter().all(same))
    }

    /// Default scenario, variables, time zone, and whether replies are forwarded: what is set here stays.
    async fn settings(&self) -> Result<(), AppError> {
        let here = self.app.table.get::<BotScenarios>(&keys::bot_scenarios(self.bot)).await?;
        let new = here.is_none();
        let here = here.unwrap_or_else(|| BotScenarios {
            forward_replies: self.migration.forward_replies.unwrap_or(true),
            ..BotScenarios::new(self.bot.clone())
        });
        let mut variables = self.migration.variables.clone();
        variables.extend(here.variables.clone());
        let named = here.default_scenario.clone();
        let read = self.migration.default_scenario.clone();
        let default_scenario = named.or(read.filter(|it| !self.retired.contains(it)));
        let timezone = here.timezone.clone().or_else(|| self.migration.timezone.clone());
        let after = BotScenarios { default_scenario, variables, timezone, ..here.clone() };
        self.write(match (new, after == here) {
            (true, _) => vec![Write::Create(after.into())],
            (false, false) => vec![Write::Replace(after.into())],
            (false, true) => Vec::new(),
        })
        .await
    }

    async fn broadcasts(&self, applied: &mut Applied) -> Result<(), AppError> {
        let known: Vec<Broadcast> = all(self.app, self.bot, keys::BROADCASTS).await?;
        for broadcast in self.migration.broadcasts.values() {
            let said = |it: &Broadcast| (it.name.clone(), it.content.clone(), it.targeting.clone());
            match known.iter().find(|it| it.slug == broadcast.slug) {
                None => {
                    self.write(vec![Write::Create(broadcast.clone().into())]).await?;
                    applied.broadcasts += 1;
                }
                Some(it) if said(it) != said(broadcast) => {
                    applied.kept.push(format!("broadcast {}", broadcast.slug));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
