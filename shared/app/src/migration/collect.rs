//! `hoopoe export`: what a bot has, to be written.

use domain::broadcast::Broadcast;
use domain::button::ButtonSet;
use domain::contact::Contact;
use domain::ids::BotId;
use domain::migration::Migration;
use domain::scenario::{BotScenarios, Photo, Scenario, Step, StepContent};
use runtime::objects::Objects;
use table::{Range, keys};

use super::apply::all;
use super::progress::{Progress, Stage};
use crate::photo::name_in_store;
use crate::{App, AppError};

/// Contacts of one read.
const PAGE: usize = 200;

/// What a bot has.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// All of it.
    pub migration: Migration,
    /// Pictures that the store does not have, by their keys.
    pub missing: Vec<String>,
}

/// Reads all of a bot's scenarios and contacts. What changes meanwhile is read before or after. `progress` is
/// told how far it is.
///
/// # Errors
/// [`AppError::Unavailable`] when the table or the store of pictures fails.
pub async fn export(
    app: &App,
    bot: &BotId,
    objects: &dyn Objects,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Collected, AppError> {
    let mut migration = Migration::default();
    let settings = app.table.get::<BotScenarios>(&keys::bot_scenarios(bot)).await?;
    if let Some(settings) = settings {
        migration.default_scenario = settings.default_scenario;
        migration.variables = settings.variables;
        migration.timezone = settings.timezone;
        migration.forward_replies = (!settings.forward_replies).then_some(false);
    }
    let scenarios = all::<Scenario>(app, bot, keys::SCENARIOS).await?;
    let total: usize = scenarios.iter().map(|it| it.outline.steps().count()).sum();
    let mut done = 0;
    for scenario in scenarios {
        let pk = keys::steps(bot, &scenario.slug);
        let steps: Vec<Step> = app.table.query_all(&pk, keys::STEPS).await?;
        done += scenario.outline.steps().count();
        progress(Progress { stage: Stage::Messages, done, total });
        migration.scenarios.insert(scenario.slug.clone(), (scenario, steps));
    }
    let sets = all::<ButtonSet>(app, bot, keys::BUTTON_SETS).await?;
    migration.button_sets = sets.into_iter().map(|it| (it.slug.clone(), it)).collect();
    let broadcasts = all::<Broadcast>(app, bot, keys::BROADCASTS).await?;
    migration.broadcasts = broadcasts.into_iter().map(|it| (it.slug.clone(), it)).collect();
    for shard in 0..keys::CONTACT_SHARDS {
        contacts(app, bot, shard, &mut migration).await?;
        let (done, read) = (migration.contacts.len(), usize::from(shard) + 1);
        // The parts are about alike.
        let total = done * usize::from(keys::CONTACT_SHARDS) / read;
        progress(Progress { stage: Stage::Contacts, done, total });
    }
    let missing = photos((objects, bot), &mut migration, progress).await?;
    Ok(Collected { migration, missing })
}

async fn contacts(
    app: &App,
    bot: &BotId,
    shard: u8,
    migration: &mut Migration,
) -> Result<(), AppError> {
    let pk = keys::contact_shard(bot, shard);
    let mut after: Option<String> = None;
    loop {
        let after_key = after.as_deref();
        let range = Range {
            pk: &pk,
            prefix: keys::CONTACTS,
            after: after_key,
            limit: PAGE,
            backward: false,
        };
        let page = app.table.query::<Contact>(&range).await?;
        migration.contacts.extend(page.items.into_iter().map(|it| (it.chat_id, it)));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Fetches the pictures; those that are not there are returned.
async fn photos(
    (objects, bot): (&dyn Objects, &BotId),
    migration: &mut Migration,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<String>, AppError> {
    let of = |content: &StepContent| content.photos.clone();
    let mut photos = Vec::new();
    for (scenario, steps) in migration.scenarios.values() {
        photos.extend(steps.iter().flat_map(|it| of(&it.content)));
        photos.extend(scenario.consent.iter().chain(&scenario.summary).flat_map(of));
    }
    photos.extend(migration.broadcasts.values().flat_map(|it| of(&it.content)));
    let mut missing = Vec::new();
    let total = photos.len();
    for (n, photo) in photos.into_iter().enumerate() {
        progress(Progress { stage: Stage::Photos, done: n + 1, total });
        let Photo::Object(key) = photo else { continue };
        if migration.photos.contains_key(&key) || missing.contains(&key) {
            continue;
        }
        let found = objects.get(&name_in_store(bot, &key)).await;
        match found.map_err(|error| AppError::Unavailable(error.to_string()))? {
            Some(bytes) => {
                migration.photos.insert(key, bytes);
            }
            None => missing.push(key),
        }
    }
    Ok(missing)
}
