//! What is left of an account or a company is taken away, some of it in each run.

use std::collections::BTreeSet;

use domain::account::Erasure;
use domain::bot::{Bot, BotName, BotSlug, TelegramBot};
use domain::broadcast::Broadcast;
use domain::button::ButtonSet;
use domain::channel::Channel;
use domain::engine::{Decision, Record, Write};
use domain::ids::{BotId, CompanyId, UserId};
use domain::invite::GuestTarget;
use domain::payment::{ContactOrder, Order};
use domain::photo::StoredPhoto;
use domain::scenario::{BotScenarios, Scenario};
use domain::time::Timestamp;
use domain::watch::Target;
use table::{CommitError, keys};

use super::networks::forget_networks;
use super::{list_sessions, log_out};
use crate::api_key::{list_company_keys, revoke_company_key};
use crate::channel::{list_channels, remove_channel};
use crate::link::{leave_link, list_links, remove_link};
use crate::listing::list;
use crate::photo::name_in_store;
use crate::target::{leaving, list_targets, remove_target};
use crate::task::{list_tasks, remove_task};
use crate::{App, AppError};

/// So many things are read at once.
const AT_ONCE: usize = 25;
/// So many links are read at once: most of them are somebody else's.
const LINKS_AT_ONCE: usize = 100;
/// So many records go in one transaction.
const FORGOTTEN_AT_ONCE: usize = 50;

/// Takes away what it can until `until`; whether all of it is gone.
///
/// What stands elsewhere too goes first, each by its own use case: a target with its watchers, a channel
/// with its chat's link, a key with what requests find. The rest stands in one partition.
pub(crate) async fn erase(app: &App, erasure: Erasure, until: Timestamp) -> Result<bool, AppError> {
    match erasure {
        Erasure::User { user_id } => user(app, user_id, until).await,
        Erasure::Sessions { user_id, until: begun } => sessions(app, user_id, begun, until).await,
        Erasure::Links { company_id, user_id } => links(app, company_id, user_id, until).await,
        Erasure::Company { company_id } => company(app, company_id, until).await,
    }
}

async fn user(app: &App, user_id: UserId, until: Timestamp) -> Result<bool, AppError> {
    loop {
        let targets = list_targets(app, user_id, AT_ONCE, None).await?.items;
        let channels = list_channels(app, user_id, AT_ONCE, None).await?.items;
        let pk = keys::user(user_id).pk;
        let guest = list::<GuestTarget>(app, &pk, keys::GUEST_TARGETS, AT_ONCE, None).await?.items;
        if targets.is_empty() && channels.is_empty() && guest.is_empty() {
            return rest(app, &pk, until).await;
        }
        for Target { id, .. } in targets {
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(remove_target(app, user_id, id).await)?;
        }
        for target in guest {
            if app.env.now() >= until {
                return Ok(false);
            }
            leave(app, target).await?;
        }
        for Channel { id, .. } in channels {
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(remove_channel(app, user_id, id).await)?;
        }
    }
}

/// Ends the sessions that began until then, and forgets the networks that were proven before; those after it stay, and
/// so does the one where it was done.
async fn sessions(
    app: &App,
    user_id: UserId,
    begun: Timestamp,
    until: Timestamp,
) -> Result<bool, AppError> {
    let mut after = None;
    loop {
        let page = list_sessions(app, user_id, AT_ONCE, after.as_deref()).await?;
        for session in page.items.into_iter().filter(|it| it.created_at <= begun) {
            if app.env.now() >= until {
                return Ok(false);
            }
            log_out(app, session).await?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    forget_networks(app, user_id, |known| known.proven_at() < begun).await?;
    Ok(true)
}

/// Parts a company's links from somebody who has left it.
async fn links(
    app: &App,
    company_id: CompanyId,
    user_id: UserId,
    until: Timestamp,
) -> Result<bool, AppError> {
    let mut after = None;
    loop {
        let page = list_links(app, company_id, LINKS_AT_ONCE, after.as_deref()).await?;
        for link in page.items {
            if link.user_id != Some(user_id) && link.created_by != Some(user_id) {
                continue;
            }
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(leave_link(app, &link, user_id).await)?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}

/// Takes a guest off a target of somebody else's.
async fn leave(app: &App, guest: GuestTarget) -> Result<(), AppError> {
    app.decide(|| async {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.writes = leaving(app, guest).await?;
        Ok::<_, AppError>(decision)
    })
    .await
}

async fn company(app: &App, company_id: CompanyId, until: Timestamp) -> Result<bool, AppError> {
    loop {
        let keys = list_company_keys(app, company_id, AT_ONCE, None).await?.items;
        let tasks = list_tasks(app, company_id, AT_ONCE, None).await?.items;
        let pk = keys::company(company_id).pk;
        let bots = list::<BotSlug>(app, &pk, keys::COMPANY_BOTS, AT_ONCE, None).await?.items;
        let links = list_links(app, company_id, AT_ONCE, None).await?.items;
        if keys.is_empty() && tasks.is_empty() && bots.is_empty() && links.is_empty() {
            return rest(app, &pk, until).await;
        }
        for key in keys {
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(revoke_company_key(app, company_id, key.id).await)?;
        }
        for task in tasks {
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(remove_task(app, company_id, &task.slug).await)?;
        }
        for link in links {
            if app.env.now() >= until {
                return Ok(false);
            }
            gone(remove_link(app, company_id, link.id).await)?;
        }
        for slug in bots {
            if app.env.now() >= until {
                return Ok(false);
            }
            // While the bot is listed, what is left of a run that died is found again.
            if !forget_scenarios(app, &slug.bot, until).await? {
                return Ok(false);
            }
            forget_bot(app, slug).await?;
        }
    }
}

/// A bot's scenarios with their steps, its sets of buttons, broadcasts and photos, its contacts and what they
/// paid.
async fn forget_scenarios(app: &App, bot: &BotId, until: Timestamp) -> Result<bool, AppError> {
    let pk = keys::bot(bot).pk;
    let scenarios: Vec<Scenario> = app.table.query_all(&pk, keys::SCENARIOS).await?;
    for scenario in &scenarios {
        if !rest(app, &keys::steps(bot, &scenario.slug), until).await? {
            return Ok(false);
        }
    }
    for shard in 0..keys::CONTACT_SHARDS {
        if !rest(app, &keys::contact_shard(bot, shard), until).await? {
            return Ok(false);
        }
    }
    if !forget_orders(app, bot, until).await? {
        return Ok(false);
    }
    if !forget_photos(app, bot, until).await? {
        return Ok(false);
    }
    let sets: Vec<ButtonSet> = app.table.query_all(&pk, keys::BUTTON_SETS).await?;
    let broadcasts: Vec<Broadcast> = app.table.query_all(&pk, keys::BROADCASTS).await?;
    let shared = app.table.get::<BotScenarios>(&keys::bot_scenarios(bot)).await?;
    let records = scenarios.into_iter().map(Record::from);
    let records = records.chain(sets.into_iter().map(Record::from));
    let records = records.chain(broadcasts.into_iter().map(Record::from));
    let records: Vec<Record> = records.chain(shared.map(Record::from)).collect();
    for some in records.chunks(FORGOTTEN_AT_ONCE) {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.writes = some.iter().cloned().map(Write::Remove).collect();
        app.commit(decision).await?;
    }
    Ok(true)
}

/// A bot's orders, with what names them in the chats of those who made them, and the words about payments. A
/// chat has more than that, so it is not cleared as a whole.
async fn forget_orders(app: &App, bot: &BotId, until: Timestamp) -> Result<bool, AppError> {
    let pk = keys::orders(bot);
    loop {
        let orders = list::<Order>(app, &pk, keys::ORDERS, AT_ONCE, None).await?.items;
        if orders.is_empty() {
            return rest(app, &pk, until).await;
        }
        if app.env.now() >= until {
            return Ok(false);
        }
        let pointers: BTreeSet<_> =
            orders.iter().map(|it| keys::contact_order(bot, it.chat_id, &it.scenario)).collect();
        let pointers: Vec<_> = pointers.into_iter().collect();
        let mut found = app.table.get_all(&pointers).await?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        for key in &pointers {
            let pointer: Option<ContactOrder> = found.take(key)?;
            decision.writes.extend(pointer.map(|it| Write::Remove(it.into())));
        }
        decision.writes.extend(orders.into_iter().map(|it| Write::Remove(it.into())));
        match app.commit(decision).await {
            // Another run was faster, or somebody pays.
            Ok(()) | Err(CommitError::Changed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A bot's stored photos: the file goes before what names it.
async fn forget_photos(app: &App, bot: &BotId, until: Timestamp) -> Result<bool, AppError> {
    let photos: Vec<StoredPhoto> = app.table.query_all(&keys::bot(bot).pk, keys::PHOTOS).await?;
    for photo in &photos {
        if app.env.now() >= until {
            return Ok(false);
        }
        let gone = app.photos.store().remove(&name_in_store(bot, &photo.object)).await;
        gone.map_err(|error| AppError::Unavailable(error.to_string()))?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.writes.push(Write::Remove(photo.clone().into()));
        match app.commit(decision).await {
            // Another run was faster.
            Ok(()) | Err(CommitError::Changed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// A bot with the claims of its names. Telegram finds nobody at its webhook from then on.
async fn forget_bot(app: &App, slug: BotSlug) -> Result<(), AppError> {
    app.decide(|| async {
        let bot = app.table.get::<Bot>(&keys::bot(&slug.bot)).await?;
        let name = app.table.get::<BotName>(&keys::bot_name(&slug.slug)).await?;
        let of_telegram = bot.as_ref().map(|bot| keys::telegram_bot(bot.telegram_id));
        let claim = match of_telegram {
            Some(key) => app.table.get::<TelegramBot>(&key).await?,
            None => None,
        };
        let listed = app.table.get::<BotSlug>(&keys::bot_slug(slug.company_id, &slug.slug)).await?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        let ours = name.filter(|name| name.bot == slug.bot);
        let writes = &mut decision.writes;
        writes.extend(bot.map(|it| Write::Remove(it.into())));
        writes.extend(ours.map(|it| Write::Remove(it.into())));
        writes.extend(claim.filter(|it| it.bot == slug.bot).map(|it| Write::Remove(it.into())));
        writes.extend(listed.map(|it| Write::Remove(it.into())));
        Ok::<_, AppError>(decision)
    })
    .await
}

/// All that is left of a partition.
async fn rest(app: &App, pk: &str, until: Timestamp) -> Result<bool, AppError> {
    while app.table.clear_some(pk).await? {
        if app.env.now() >= until {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Another run may have been faster.
fn gone(result: Result<(), AppError>) -> Result<(), AppError> {
    match result {
        Err(AppError::NotFound(_)) => Ok(()),
        other => other,
    }
}
