//! The end of a step: what its contact has received, and when the next one comes.

use domain::contact::{Contact, SentStep, decide_nothing_left, decide_step_done, decide_unsent};
use domain::engine::job::Words;
use domain::engine::retry::JobError;
use domain::engine::{Decision, Job, NewJob, Timer, Write};
use domain::ids::BotId;
use domain::scenario::{Due, decide_due};
use domain::slug::Slug;
use domain::time::Timestamp;
use table::{CommitError, TableError, keys};

use super::load::read;
use crate::App;
use crate::engine::settle::{Outcome, settle_with};

/// What was decided when a step's job was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// This step goes.
    Sent(SentStep),
    /// It is due later than its timer says.
    Wait,
    /// Nothing is left of the scenario.
    Complete,
    /// The timer is void.
    Gone,
}

/// Writes the end of a step in the transaction in which its timer goes: `false` when another run was first.
/// `refused` says that its chat took nothing; `left` is one more job that follows.
pub(crate) async fn step_ended(
    app: &App,
    timer: &Timer,
    (plan, refused): (Plan, bool),
    left: Option<NewJob>,
) -> Result<bool, JobError> {
    let Job::ScenarioStep { bot, chat_id, scenario } = &timer.job else { return Ok(false) };
    let chat = (bot, *chat_id, scenario);
    let settled =
        settle_with(app, timer, left, || decide(app, timer, chat, (plan, refused))).await?;
    if settled || refused || !matches!(plan, Plan::Sent(_)) {
        return Ok(settled);
    }
    // Whoever stops a scenario, or goes over to another one, takes the timer along. What was on its way to them
    // then is received all the same. A timer that was only moved says it itself.
    let key = keys::contact(bot, *chat_id);
    let noted = app.decide(|| async {
        let contact = app.table.get::<Contact>(&key).await?;
        let is_taken = contact.is_some_and(|it| it.next.is_none_or(|it| it.job != timer.key.id));
        let (writes, jobs) = if is_taken {
            decide(app, timer, chat, (plan, refused)).await?
        } else {
            Outcome::default()
        };
        let none = Decision::new(app.env.id(), app.env.now(), ());
        Ok::<_, CommitError>(Decision { writes, jobs, ..none })
    });
    noted.await.map_err(|error| JobError::Retry(error.to_string()))?;
    Ok(false)
}

/// Whether a job's messages are owed for a payment: if its chat takes nothing, they are sent when the person
/// returns.
pub(crate) const fn is_owed(job: &Job) -> bool {
    matches!(job, Job::ScenarioWords { words: Words::Paid { .. } | Words::Invite, .. })
}

/// Writes the end of words that are owed and were refused in the transaction in which their timer goes: `false`
/// when another run was first. Whoever has returned since they were refused gets them anew. `left` is one more job
/// that follows.
pub(crate) async fn owed_refused(
    app: &App,
    timer: &Timer,
    refused_at: Timestamp,
    left: Option<NewJob>,
) -> Result<bool, JobError> {
    let Job::ScenarioWords { bot, chat_id, scenario, words } = &timer.job else {
        return Ok(false);
    };
    let key = keys::contact(bot, *chat_id);
    settle_with(app, timer, left, || async {
        let Some(contact) = app.table.get::<Contact>(&key).await? else {
            return Ok::<Outcome, TableError>(Outcome::default());
        };
        if contact.has_returned_since(refused_at) {
            let (id, due) = (app.env.id(), app.env.now());
            let anew = NewJob { id, job: timer.job.clone(), due, owner: None };
            return Ok((Vec::new(), vec![anew]));
        }
        let unsent = decide_unsent(&contact, scenario, words);
        let writes = unsent.map(|it| Write::Replace(it.into())).into_iter().collect();
        Ok((writes, Vec::new()))
    })
    .await
}

async fn decide(
    app: &App,
    timer: &Timer,
    (bot, chat_id, slug): (&BotId, i64, &Slug),
    (plan, refused): (Plan, bool),
) -> Result<Outcome, TableError> {
    let nothing = Ok((Vec::new(), Vec::new()));
    let (Some(contact), Some(scenario)) = read(app, bot, chat_id, slug).await? else {
        return nothing;
    };
    let (fired, now) = (timer.key.id, app.env.now());
    match plan {
        Plan::Gone => nothing,
        // The person has blocked the bot: it is sent when they return.
        Plan::Sent(_) if refused && contact.blocked.is_some() => nothing,
        Plan::Sent(sent) => {
            let done = decide_step_done(&contact, &scenario, sent, now, app.env.id());
            Ok(done.map_or_else(Default::default, |done| {
                let contact = Write::Replace(done.contact.into());
                (done.cancel.into_iter().chain([contact]).collect(), done.job.into_iter().collect())
            }))
        }
        Plan::Wait | Plan::Complete => {
            if contact.next.as_ref().is_none_or(|next| next.job != fired) {
                return nothing;
            }
            if let Due::Complete(run) = decide_due(&scenario.outline, &contact.run(slug), now) {
                let contact = decide_nothing_left(&contact, slug, *run);
                return Ok((vec![Write::Replace(contact.into())], Vec::new()));
            }
            // The timer that goes is followed by one at the time that the outline says now, which the contact
            // knows: what is edited later finds it there.
            let contact = Contact { next: None, ..contact };
            Ok(super::retime::again(&contact, &scenario, app))
        }
    }
}
