//! A person came into a group, left it or was removed: what that means where the group is a scenario's.

use domain::contact::{Contact, decide_contact_moved, decide_link_used};
use domain::engine::job::AccessChange;
use domain::engine::{Job, NewJob, Write};
use domain::ids::BotId;
use domain::payment::Move;
use domain::scenario::Scenario;
use domain::slug::Slug;
use domain::time::Timestamp;
use table::{TableError, keys};

use super::handle::Handling;
use crate::App;
use crate::scenario::Effects;

/// The contact that a person is: the id of a private chat is the person's.
pub(super) async fn contact(
    app: &App,
    bot: &BotId,
    person: i64,
) -> Result<Option<Contact>, TableError> {
    app.table.get(&keys::contact(bot, person)).await
}

/// What a move does to the contact's runs of the scenarios whose private group it is, and to whoever's link
/// they came by, if it was made for someone else.
pub(super) async fn decide(
    handling: Handling<'_>,
    person: i64,
    (what, at): (Move, Timestamp),
    others_link: Option<&(i64, String)>,
) -> Result<Effects, TableError> {
    let mut effects = of_contact(handling, person, (what, at)).await?;
    if let Some((owner, link)) = others_link {
        let used = link_used(handling, person, (*owner, link)).await?;
        effects.writes.extend(used.writes);
        effects.jobs.extend(used.jobs);
    }
    Ok(effects)
}

/// Someone came in by a contact's link: it ends, they are taken out unless they have paid, too, and the
/// contact gets a fresh one. One that is not the contact's any more should have ended: it does so now.
async fn link_used(
    handling: Handling<'_>,
    person: i64,
    (owner, link): (i64, &str),
) -> Result<Effects, TableError> {
    let Handling { app, bot, chat_id: group, .. } = handling;
    let Some(owner) = contact(app, &bot.id, owner).await? else { return Ok(Effects::default()) };
    let job = |chat_id, scenario: &Slug, group, change| {
        let (bot, scenario) = (bot.id.clone(), scenario.clone());
        let job = Job::GroupAccess { bot, chat_id, scenario, group, change };
        NewJob { id: app.env.id(), job, due: app.env.now(), owner: None }
    };
    let out = AccessChange::Close { link: Some(link.to_owned()), remove: true };
    tracing::info!(bot = %bot.id, "someone came into a group by the link of someone else");
    let Some((owner, slug)) = decide_link_used(&owner, link) else {
        let scenarios = scenarios_of(app, &owner, group).await?;
        let out = scenarios.first().map(|(slug, _)| job(person, slug, group, out));
        return Ok(Effects { jobs: out.into_iter().collect(), ..Effects::default() });
    };
    let scenario = app.table.get::<Scenario>(&keys::scenario(&bot.id, &slug)).await?;
    let group_now = scenario.and_then(|it| it.private_group_id);
    let renew = AccessChange::Renew { asked: false, by_hand: false };
    let renewed = group_now.map(|group| job(owner.chat_id, &slug, group, renew));
    Ok(Effects {
        jobs: renewed.into_iter().chain([job(person, &slug, group, out)]).collect(),
        writes: vec![Write::Replace(owner.into())],
        notices: Vec::new(),
    })
}

async fn of_contact(
    handling: Handling<'_>,
    person: i64,
    (what, at): (Move, Timestamp),
) -> Result<Effects, TableError> {
    let Handling { app, bot, chat_id: group, .. } = handling;
    let Some(contact) = contact(app, &bot.id, person).await? else { return Ok(Effects::default()) };
    let scenarios = scenarios_of(app, &contact, group).await?;
    let Some(moved) = decide_contact_moved(&contact, &scenarios, (group, what), at) else {
        return Ok(Effects::default());
    };
    let jobs = moved.follow.into_iter().map(|(scenario, group, change)| {
        let (bot, chat_id) = (bot.id.clone(), person);
        let job = Job::GroupAccess { bot, chat_id, scenario, group, change };
        NewJob { id: app.env.id(), job, due: app.env.now(), owner: None }
    });
    Ok(Effects {
        jobs: jobs.collect(),
        writes: vec![Write::Replace(moved.contact.into())],
        notices: Vec::new(),
    })
}

/// The scenarios with this private group among those that the contact has to do with, and those through which
/// they have their way into it. Each with the group that it has now.
async fn scenarios_of(
    app: &App,
    contact: &Contact,
    group: i64,
) -> Result<Vec<(Slug, Option<i64>)>, TableError> {
    let wanted: Vec<_> =
        contact.runs.keys().map(|slug| keys::scenario(&contact.bot_id, slug)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut scenarios = Vec::new();
    for ((slug, run), key) in contact.runs.iter().zip(&wanted) {
        let group_now = found.take::<Scenario>(key)?.and_then(|it| it.private_group_id);
        let was_theirs = run.group == Some(group) || run.earlier_groups.contains(&group);
        if group_now == Some(group) || was_theirs {
            scenarios.push((slug.clone(), group_now));
        }
    }
    Ok(scenarios)
}
