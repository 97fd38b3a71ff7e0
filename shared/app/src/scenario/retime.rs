//! A scenario was edited: contacts under way whose next step is due at another time get another timer.

use std::time::Duration;

use domain::contact::{Begun, Contact, decide_retime, decide_stop_run};
use domain::engine::retry::JobError;
use domain::engine::{Decision, Job, NewJob, Timer, Write};
use domain::ids::BotId;
use domain::scenario::Scenario;
use domain::slug::Slug;
use futures::future::join_all;
use table::{Range, keys};

use crate::engine::settle::settle;
use crate::{App, AppError};

/// One page of contacts is decided by one run of the job.
const PAGE: usize = 100;
/// So many are written side by side.
const AT_ONCE: usize = 10;

/// Retimes one page of contacts, and writes the job of the next page in the transaction in which the timer
/// goes: `false` when another run was first.
pub(crate) async fn run_retime(
    app: &App,
    timer: &Timer,
    (bot, slug): (&BotId, &Slug),
    (shard, after): (u8, Option<&str>),
) -> Result<bool, JobError> {
    let retry = |error: AppError| JobError::Retry(error.to_string());
    let next = page(app, bot, slug, (shard, after)).await.map_err(retry)?;
    let next = next.map(|(shard, after)| NewJob {
        id: app.env.id(),
        job: Job::RetimeScenario { bot: bot.clone(), scenario: slug.clone(), shard, after },
        due: app.env.now(),
        owner: None,
    });
    let next = &next;
    settle(app, timer, || async move { Ok(next.clone().map(|next| (Vec::new(), vec![next]))) })
        .await
}

/// Where the next page begins: a shard, and a contact in it.
type Place = (u8, Option<String>);

async fn page(
    app: &App,
    bot: &BotId,
    slug: &Slug,
    (shard, after): (u8, Option<&str>),
) -> Result<Option<Place>, AppError> {
    let pk = keys::contact_shard(bot, shard);
    let range = Range { pk: &pk, prefix: keys::CONTACTS, after, limit: PAGE, backward: false };
    let page = app.table.query::<Contact>(&range).await?;
    let under_way: Vec<_> = page.items.iter().filter(|it| it.is_in(slug)).collect();
    for some in under_way.chunks(AT_ONCE) {
        for done in join_all(some.iter().map(|it| retime(app, bot, it.chat_id, slug))).await {
            done?;
        }
    }
    Ok(match page.next {
        Some(after) => Some((shard, Some(after))),
        None if shard + 1 < keys::CONTACT_SHARDS => Some((shard + 1, None)),
        None => None,
    })
}

async fn retime(app: &App, bot: &BotId, chat_id: i64, slug: &Slug) -> Result<(), AppError> {
    app.decide(|| async {
        let (contact, scenario) = super::load::read(app, bot, chat_id, slug).await?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        match (contact, scenario) {
            (Some(contact), Some(scenario)) => {
                (decision.writes, decision.jobs) = again(&contact, &scenario, app);
            }
            // It was deleted: nothing of it is under way any more.
            (Some(contact), None) if contact.is_in(slug) => {
                let stopped = decide_stop_run(&contact, app.env.now());
                decision.writes.extend(stopped.into_iter().flat_map(
                    |Begun { contact, cancel, .. }| {
                        cancel.into_iter().chain([Write::Replace(contact.into())])
                    },
                ));
            }
            _ => {}
        }
        Ok::<_, AppError>(decision)
    })
    .await
}

/// What is written when the next step's time is decided again.
pub(super) fn again(
    contact: &Contact,
    scenario: &Scenario,
    app: &App,
) -> (Vec<Write>, Vec<NewJob>) {
    let again = decide_retime(contact, scenario, app.env.now(), app.env.id());
    again.map_or_else(Default::default, |Begun { contact, job, cancel, .. }| {
        let contact = Write::Replace(contact.into());
        (cancel.into_iter().chain([contact]).collect(), job.into_iter().collect())
    })
}

/// The edit and what races it have each read what they are decided by, and written, within half of this.
const RACED: Duration = Duration::from_secs(90);

/// The jobs that retime all contacts of an edited scenario: those who are in it, and once more those whose timer was
/// written meanwhile by the scenario as it was before. Whoever began, or was sent a step, had read that one a moment
/// earlier.
pub(crate) fn retime_jobs(app: &App, bot: &BotId, scenario: &Slug) -> [NewJob; 2] {
    let now = app.env.now();
    [now, now + RACED].map(|due| {
        let (bot, scenario) = (bot.clone(), scenario.clone());
        let job = Job::RetimeScenario { bot, scenario, shard: 0, after: None };
        NewJob { id: app.env.id(), job, due, owner: None }
    })
}
