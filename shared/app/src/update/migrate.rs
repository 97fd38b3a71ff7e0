//! A group has another id: everything that is kept under the old one moves.

use std::collections::BTreeSet;

use domain::account::User;
use domain::bot::Bot;
use domain::channel::StoppedChat;
use domain::contact::{Contact, decide_group_moved};
use domain::engine::{Decision, Record, Write};
use domain::ids::{BotId, CompanyId};
use domain::invite::ChatPerson;
use domain::scenario::Scenario;
use domain::slug::Slug;
use domain::task::{ScheduledTask, TASKS_PER_COMPANY};
use domain::update::{Moved, decide_migration};
use futures::future::join_all;
use table::Range;
use table::items::Item;
use table::keys::{self, Key};

use super::chat::Chat;
use crate::events::channels_job;
use crate::task::list_tasks;
use crate::{App, AppError};

/// So many contacts of a partition are read at once.
const PAGE: usize = 500;
/// So many of them are written side by side.
const AT_ONCE: usize = 4;

/// Moves what its companies' tasks write to, the scenarios whose private group it is with the contacts whose way
/// leads there, a chat's channels, the links that lead to them, its company links, whom it was onboarded as, a
/// stop that outlived what it silenced, and the bot's default chat if it is this one. `marks` stand in the last
/// transaction: where one of them fails, all was done before.
///
/// The tasks go first: whose they may be is read off what the chat is, which a run that was cut short
/// finds again as long as that has not moved.
///
/// # Errors
/// [`AppError::Repeated`], or the table does not answer; what was moved by then stays moved.
pub(crate) async fn migrate(
    app: &App,
    bot: &BotId,
    from: i64,
    to: i64,
    marks: &[Write],
) -> Result<(), AppError> {
    let before = Chat::read(app, bot, from).await?;
    for company_id in companies(app, bot, &before).await? {
        let tasks = list_tasks(app, company_id, TASKS_PER_COMPANY, None).await?.items;
        for task in tasks.into_iter().filter(|task| task.moved(from, to).is_some()) {
            move_task(app, (company_id, &task.slug), from, to).await?;
        }
    }
    let pk = keys::bot(bot).pk;
    let scenarios: Vec<Scenario> = app.table.query_all(&pk, keys::SCENARIOS).await?;
    let theirs = scenarios.iter().filter(|it| it.private_group_id == Some(from));
    let theirs: Vec<&Scenario> = theirs.collect();
    if !theirs.is_empty() {
        // Before the scenarios: by them a run that was cut short finds that there is something to move.
        move_contacts(app, bot, from, to).await?;
    }
    for scenario in theirs {
        move_scenario(app, (bot, &scenario.slug), from, to).await?;
    }
    let along = |done: &bool| if *done { marks.to_vec() } else { Vec::new() };
    while !app.decide_along(along, || step(app, bot, from, to)).await? {}
    Ok(())
}

async fn step(app: &App, bot: &BotId, from: i64, to: i64) -> Result<Decision<bool>, AppError> {
    let chat = Chat::read(app, bot, from).await?;
    let Moved { writes, done } = decide_migration(&chat.links, chat.receivers(), to);
    let mut decision = Decision::new(app.env.id(), app.env.now(), done);
    decision.writes = writes;
    if done && let Some(known) = app.table.get::<Bot>(&keys::bot(bot)).await? {
        let is_default = known.default_chat == Some(from);
        let moved = is_default.then_some(Bot { default_chat: Some(to), ..known });
        decision.writes.extend(moved.map(|bot| Write::Replace(bot.into())));
    }
    if done && let Some(person) = app.table.get(&keys::chat_person(bot, from)).await? {
        decision.writes.extend(move_person(app, person, to).await?);
    }
    if done && let Some(stop) = chat.stop.as_ref().filter(|stop| stop.chat_id != to) {
        let there = StoppedChat { chat_id: to, ..stop.clone() };
        decision.writes.push(Write::Remove(stop.clone().into()));
        decision.writes.push(Write::Put(there.into()));
    }
    decision.jobs.extend(channels_job(app, &chat.channels, &decision.writes));
    Ok(decision)
}

/// Whom the chat was onboarded as, unless it was again since it moved.
async fn move_person(app: &App, person: ChatPerson, to: i64) -> Result<Vec<Write>, AppError> {
    let there = app.table.get::<ChatPerson>(&keys::chat_person(&person.bot, to)).await?;
    let moved = ChatPerson { chat_id: to, version: 0, ..person.clone() };
    let moved = there.is_none().then(|| Write::Create(moved.into()));
    Ok(std::iter::once(Write::Remove(person.into())).chain(moved).collect())
}

/// The companies whose tasks may write to the chat: the bot's, those of the people whose channel it is,
/// and those that it is linked to.
async fn companies(app: &App, bot: &BotId, chat: &Chat) -> Result<BTreeSet<CompanyId>, AppError> {
    let owner = app.table.get::<Bot>(&keys::bot(bot)).await?.map(|bot| bot.company_id);
    let linked = chat.companies.iter().map(|link| link.company_id);
    let mut companies: BTreeSet<CompanyId> = linked.chain(owner).collect();
    let users: Vec<_> = chat.channels.iter().map(|it| keys::user(it.user_id)).collect();
    let found = app.table.get_all(&users).await?;
    for key in &users {
        companies.extend(found.peek::<User>(key)?.map(|user| user.company_id));
    }
    Ok(companies)
}

/// All partitions of them at once: one after the other, those of a bot of very many would take longer than
/// a run may.
async fn move_contacts(app: &App, bot: &BotId, from: i64, to: i64) -> Result<(), AppError> {
    let shards = (0..keys::CONTACT_SHARDS).map(|shard| move_shard(app, (bot, shard), from, to));
    join_all(shards).await.into_iter().collect()
}

async fn move_shard(
    app: &App,
    (bot, shard): (&BotId, u8),
    from: i64,
    to: i64,
) -> Result<(), AppError> {
    let pk = keys::contact_shard(bot, shard);
    let mut after = None::<String>;
    loop {
        let (prefix, after_this) = (keys::CONTACTS, after.as_deref());
        let range = Range { pk: &pk, prefix, after: after_this, limit: PAGE, backward: false };
        let page = app.table.query::<Contact>(&range).await?;
        let stands_there = |it: &&Contact| decide_group_moved(it, from, to).is_some();
        let moved: Vec<&Contact> = page.items.iter().filter(stands_there).collect();
        for some in moved.chunks(AT_ONCE) {
            let each = some.iter().map(|it| move_contact(app, (bot, it.chat_id), from, to));
            join_all(each).await.into_iter().collect::<Result<(), AppError>>()?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn move_contact(
    app: &App,
    (bot, chat_id): (&BotId, i64),
    from: i64,
    to: i64,
) -> Result<(), AppError> {
    let moved = move |contact: Contact| decide_group_moved(&contact, from, to);
    replace(app, &keys::contact(bot, chat_id), moved).await
}

async fn move_scenario(
    app: &App,
    (bot, slug): (&BotId, &Slug),
    from: i64,
    to: i64,
) -> Result<(), AppError> {
    let moved = move |scenario: Scenario| {
        let is_old = scenario.private_group_id == Some(from);
        is_old.then_some(Scenario { private_group_id: Some(to), ..scenario })
    };
    replace(app, &keys::scenario(bot, slug), moved).await
}

async fn move_task(
    app: &App,
    (company_id, slug): (CompanyId, &Slug),
    from: i64,
    to: i64,
) -> Result<(), AppError> {
    let moved = move |task: ScheduledTask| task.moved(from, to);
    replace(app, &keys::scheduled_task(company_id, slug), moved).await
}

/// Writes what stands at this key as it is after the move, unless there is nothing to move by now.
async fn replace<T>(app: &App, key: &Key, moved: impl Fn(T) -> Option<T>) -> Result<(), AppError>
where
    T: Item + Into<Record>,
{
    app.decide(|| async {
        let replaced = app.table.get::<T>(key).await?.and_then(&moved);
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.writes.extend(replaced.map(|it| Write::Replace(it.into())));
        Ok::<_, AppError>(decision)
    })
    .await
}
