//! Links to pay at, for the messages that name them: made when the first of them goes.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::contact::Contact;
use domain::engine::Timer;
use domain::ids::BotId;
use domain::scenario::Scenario;
use domain::slug::Slug;
use domain::time::Timestamp;
use futures::future::join_all;
use table::{TableError, keys};

use super::begin::settings;
use super::render::Source;
use crate::App;
use crate::payment::link_for;

/// What waits for a link waits so long, however often its job runs meanwhile. Then it goes without: a course
/// must not stand still because a form does not answer, and `/start` brings the message again, with the link.
const PATIENCE: Duration = Duration::from_mins(2);
/// The first wait for a link. Each is about as long as all before it.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait for a link.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// So many links of a page are asked for side by side.
const AT_ONCE: usize = 10;
/// The links of a page are asked for so long in one run; those that were made by then are there in the next.
const AT_MOST: Duration = Duration::from_secs(8);

/// What the messages of a job may name.
const NAME: &str = "payment_link";

/// The links of a page's contacts.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Those that there are, by the contacts' chats.
    pub(crate) made: HashMap<i64, String>,
    /// The chats whose messages wait for theirs.
    pub(crate) missing: BTreeSet<i64>,
}

/// The link of a message's contact, if the message names it, and whether the message waits for one.
pub(super) async fn of_contact(
    app: &App,
    timer: &Timer,
    source: &Source,
    contact: &Contact,
) -> (Option<String>, bool) {
    let Some(scenario) = source.scenario().filter(|_| source.has_user(NAME)) else {
        return (None, false);
    };
    match link_for(app, contact, scenario).await {
        Ok(link) => (link, false),
        Err(error) => (None, waits(app, timer, &contact.bot_id, &error.to_string())),
    }
}

/// The links of a page's contacts by their chats, if a broadcast names them: each for the scenario that the
/// contact is in, or else for the bot's default one. One that is not made holds up no other contact.
pub(crate) async fn of_page(
    app: &App,
    timer: &Timer,
    (bot, source): (&BotId, &Source),
    contacts: &[Contact],
) -> Result<Links, TableError> {
    let mut links = Links::default();
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
    let (until, mut failed) = (app.env.now() + AT_MOST, None);
    for some in contacts.chunks(AT_ONCE) {
        if app.env.now() > until {
            failed.get_or_insert_with(|| "they take long".to_owned());
            links.missing.extend(some.iter().map(|it| it.chat_id));
            continue;
        }
        let asked = some.iter().map(|contact| {
            let scenario = of(contact).and_then(|slug| scenarios.get(&slug));
            async move {
                let Some(scenario) = scenario else { return Ok(None) };
                link_for(app, contact, scenario).await
            }
        });
        for (contact, made) in some.iter().zip(join_all(asked).await) {
            match made {
                Ok(link) => links.made.extend(link.map(|link| (contact.chat_id, link))),
                Err(error) => {
                    failed = Some(error.to_string());
                    links.missing.insert(contact.chat_id);
                }
            }
        }
    }
    if failed.is_some_and(|reason| !waits(app, timer, bot, &reason)) {
        links.missing.clear();
    }
    Ok(links)
}

/// Whether what lacks a link waits for it, or goes on without.
fn waits(app: &App, timer: &Timer, bot: &BotId, reason: &str) -> bool {
    let now = app.env.now();
    let waits = timer.links_since.is_none_or(|since| now.since(since) < PATIENCE);
    if waits {
        tracing::info!(%bot, reason, "a message waits for its payment link");
    } else {
        tracing::warn!(%bot, reason, "a message goes without its payment link");
    }
    waits
}

/// When a job whose messages have waited for links `since` asks for them again.
pub(crate) fn again_at(since: Timestamp, now: Timestamp) -> Timestamp {
    now + now.since(since).clamp(FIRST_WAIT, LONGEST_WAIT)
}
