//! A person came into a group, left it or was removed: what that means where the group is a scenario's.

use domain::contact::{Contact, decide_contact_moved};
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

/// What a move does to the contact's runs of the scenarios whose private group it is.
pub(super) async fn decide(
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
        if group_now == Some(group) || run.group == Some(group) {
            scenarios.push((slug.clone(), group_now));
        }
    }
    Ok(scenarios)
}
