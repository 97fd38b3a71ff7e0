//! Links to pay at, for the messages that name them: made when the first of them goes.

use std::collections::HashMap;
use std::time::Duration;

use domain::contact::Contact;
use domain::engine::Timer;
use domain::ids::BotId;
use domain::scenario::Scenario;
use domain::slug::Slug;
use futures::future::join_all;
use table::{TableError, keys};

use super::begin::settings;
use super::render::Source;
use crate::App;
use crate::payment::{LinkFailed, link_for};

/// What waits for a link is tried again so often, which takes two minutes. Then it goes without: a course
/// must not stand still because a form does not answer, and `/start` brings the message again, with the link.
const TRIES: u32 = 6;
/// So many links of a page are asked for side by side.
const AT_ONCE: usize = 10;
/// The links of a page are asked for so long in one run; those that were made by then are there in the next.
const AT_MOST: Duration = Duration::from_secs(8);

/// What the messages of a job may name.
const NAME: &str = "payment_link";

/// The link of a message's contact, if the message names it.
pub(super) async fn of_contact(
    app: &App,
    timer: &Timer,
    source: &Source,
    contact: &Contact,
) -> Result<Option<String>, TableError> {
    let Some(scenario) = source.scenario().filter(|_| source.has_user(NAME)) else {
        return Ok(None);
    };
    match link_for(app, contact, scenario).await {
        Ok(link) => Ok(link),
        Err(error) => waits(timer, &contact.bot_id, &error.to_string()).map(|()| None),
    }
}

/// The links of a page's contacts by their chats, if a broadcast names them: each for the scenario that the
/// contact is in, or else for the bot's default one.
pub(crate) async fn of_page(
    app: &App,
    timer: &Timer,
    (bot, source): (&BotId, &Source),
    contacts: &[Contact],
) -> Result<HashMap<i64, String>, TableError> {
    let mut links = HashMap::new();
    if !source.has_user(NAME) {
        return Ok(links);
    }
    let default = settings(app, bot).await?.and_then(|it| it.default_scenario);
    let of = |contact: &Contact| contact.active.clone().or_else(|| default.clone());
    let mut slugs: Vec<Slug> = contacts.iter().filter_map(of).collect();
    slugs.sort_unstable();
    slugs.dedup();
    let wanted: Vec<_> = slugs.iter().map(|slug| keys::scenario(bot, slug)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut scenarios = HashMap::new();
    for (slug, key) in slugs.into_iter().zip(&wanted) {
        scenarios.extend(found.take::<Scenario>(key)?.map(|it| (slug, it)));
    }
    let until = app.env.now() + AT_MOST;
    for some in contacts.chunks(AT_ONCE) {
        let asked = some.iter().map(|contact| {
            let scenario = of(contact).and_then(|slug| scenarios.get(&slug));
            async move {
                let Some(scenario) = scenario else { return Ok(None) };
                let link = link_for(app, contact, scenario).await?;
                Ok::<_, LinkFailed>(link.map(|link| (contact.chat_id, link)))
            }
        });
        for made in join_all(asked).await {
            match made {
                Ok(made) => links.extend(made),
                Err(error) => {
                    waits(timer, bot, &error.to_string())?;
                    return Ok(links);
                }
            }
        }
        if app.env.now() > until {
            waits(timer, bot, "they take long")?;
            return Ok(links);
        }
    }
    Ok(links)
}

/// Whether a job that lacks a link is tried again, which is an error, or goes on without.
fn waits(timer: &Timer, bot: &BotId, reason: &str) -> Result<(), TableError> {
    if timer.runs < TRIES {
        return Err(TableError::Unavailable(format!("no payment link yet: {reason}")));
    }
    tracing::warn!(%bot, reason, "a message goes without its payment link");
    Ok(())
}
