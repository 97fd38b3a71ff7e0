//! What happens to a contact: starts, steps, blocks and returns.

use std::collections::BTreeMap;

use super::{Contact, NextStep};
use crate::engine::job::{Job, Words};
use crate::engine::{NewJob, TimerKey, Write};
use crate::ids::JobId;
use crate::mutation::{Rule, broken};
use crate::scenario::{
    Ahead, Scenario, ScenarioCode, ScenarioState, ScenarioStatus, Start, decide_advance,
    decide_start, decide_stop,
};
use crate::slug::Slug;
use crate::time::Timestamp;

/// What is said to a contact who starts a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The scenario's summary.
    Summary,
    /// This step once more.
    Step(Slug),
    /// The question for consent.
    Consent,
    /// That it cannot be started, for this reason.
    Refused(ScenarioCode),
}

/// A contact after what was done, with what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// The contact.
    pub contact: Contact,
    /// What is said now, if something is; the steps of a run say themselves.
    pub said: Option<Said>,
    /// The timer of the next step, if it is a new one.
    pub job: Option<NewJob>,
    /// The timer that is void.
    pub cancel: Option<Write>,
    /// What could not be sent while the person had blocked the bot, and is owed: words of scenarios.
    pub owed: Vec<(Slug, Words)>,
}

impl Begun {
    const fn only(contact: Contact, said: Option<Said>) -> Self {
        Self { contact, said, job: None, cancel: None, owed: Vec::new() }
    }
}

/// `/start` of a scenario, or the press of its consent's button (`agreed`). `job` is the id of the job that
/// a run's next step gets.
pub fn decide_begin(
    contact: &Contact,
    scenario: &Scenario,
    agreed: bool,
    now: Timestamp,
    job: JobId,
) -> Begun {
    let (contact, owed) = reachable(contact, now);
    Begun { owed, ..started(contact, scenario, agreed, now, job) }
}

/// The start of a scenario by an admin's hand. It is as `/start`, but that it repeats no message.
///
/// # Errors
/// [`ScenarioCode::ScenarioAlreadyActive`]; [`ScenarioCode::InvalidScenarioState`] for a scenario that takes nobody
/// or is completed, and for a contact who cannot be written to.
pub fn decide_start_by_hand(
    contact: &Contact,
    scenario: &Scenario,
    now: Timestamp,
    job: JobId,
) -> Result<Begun, ScenarioCode> {
    let status = contact.run(&scenario.slug).status;
    if contact.blocked.is_some() || status == ScenarioStatus::Completed {
        return Err(ScenarioCode::InvalidScenarioState);
    }
    if status == ScenarioStatus::Active && contact.is_in(&scenario.slug) {
        return Err(ScenarioCode::ScenarioAlreadyActive);
    }
    let begun = started(contact.clone(), scenario, false, now, job);
    match &begun.said {
        Some(Said::Refused(code)) => Err(*code),
        _ => Ok(begun),
    }
}

fn started(
    contact: Contact,
    scenario: &Scenario,
    agreed: bool,
    now: Timestamp,
    job: JobId,
) -> Begun {
    let run = contact.run(&scenario.slug);
    match decide_start(scenario, &run, contact.active.as_ref(), agreed, now) {
        Start::Summary => Begun::only(contact, Some(Said::Summary)),
        Start::AskConsent => {
            let asked = Some(scenario.slug.clone());
            Begun::only(Contact { asked, ..contact }, Some(Said::Consent))
        }
        Start::Refused(code) => Begun::only(contact, Some(Said::Refused(code))),
        Start::Resend(step) => {
            // Whoever was blocked lost the timer of the next step with it.
            let due = run.due(&scenario.outline).filter(|_| contact.next.is_none());
            let begun = Begun::only(contact, step.map(Said::Step));
            match due {
                Some(due) => timed(begun, &scenario.slug, due.max(now), job),
                None => begun,
            }
        }
        Start::Finish { state } => {
            Begun::only(contact.with(&scenario.slug, *state), Some(Said::Summary))
        }
        Start::Run { stop, state, due } => {
            let mut contact = contact;
            if let Some(other) = stop
                && let Some(stopped) = decide_stop(&contact.run(&other), now)
            {
                contact = contact.with(&other, stopped);
            }
            let cancel = cancel(&contact);
            contact.asked = None;
            let begun = Begun::only(contact.with(&scenario.slug, *state), None);
            timed(Begun { cancel, ..begun }, &scenario.slug, due, job)
        }
    }
}

/// The run that is under way stops: the person has said so, or declined the consent. `None` where there is
/// none.
pub fn decide_stop_run(contact: &Contact, now: Timestamp) -> Option<Begun> {
    let scenario = contact.active.clone()?;
    let stopped = decide_stop(&contact.run(&scenario), now)?;
    let cancel = cancel(contact);
    let mut contact = contact.clone().with(&scenario, stopped);
    contact.next = None;
    Some(Begun { cancel, ..Begun::only(contact, None) })
}

/// The contact's run of a scenario, or all of them, as if it had never begun, but for what was paid for: the
/// steps come again after the next `/start`. `None` where nothing has begun.
pub fn decide_reset(contact: &Contact, scenario: Option<&Slug>) -> Option<Begun> {
    let mut after = contact.clone();
    let wanted = |slug: &Slug| scenario.is_none_or(|it| it == slug);
    after.runs = BTreeMap::new();
    for (slug, run) in &contact.runs {
        let run = if wanted(slug) { run.reset() } else { run.clone() };
        if run != ScenarioState::default() {
            after.runs.insert(slug.clone(), run);
        }
    }
    after.asked = contact.asked.clone().filter(|slug| !wanted(slug));
    let active = contact.active.as_ref().is_some_and(wanted);
    let mut cancelled = None;
    if active {
        (after.active, after.next, cancelled) = (None, None, cancel(contact));
    }
    if after == *contact {
        return None;
    }
    after.epoch += 1;
    Some(Begun { cancel: cancelled, ..Begun::only(after, None) })
}

/// A step of a run on its way to the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentStep {
    /// The place at which it stands.
    pub place: u32,
    /// When its run was started, where that is known.
    pub started_at: Option<Timestamp>,
    /// The job that sends it.
    pub job: JobId,
}

impl SentStep {
    /// Whether it was sent in this run. One that was reset meanwhile begins with its first step, whatever
    /// arrives.
    fn is_of(&self, run: &ScenarioState) -> bool {
        let same = self.started_at.is_none_or(|it| run.started_at == Some(it));
        same && run.status != ScenarioStatus::NotStarted
    }
}

/// A step has its end: the run as it is then, and the timer of the step after it. `None` when that is known,
/// or when the run was reset meanwhile.
///
/// A contact who has gone over to another scenario meanwhile has received it all the same.
pub fn decide_step_done(
    contact: &Contact,
    scenario: &Scenario,
    sent: SentStep,
    now: Timestamp,
    job: JobId,
) -> Option<Begun> {
    let slug = &scenario.slug;
    let run = Some(contact.run(slug)).filter(|run| sent.is_of(run))?;
    let (run, ahead) = decide_advance(&scenario.outline, &run, sent.place, now)?;
    let is_its_own = contact.is_in(slug);
    // The timer that fired goes by itself; one of a run that was taken up again meanwhile does not.
    let other = contact.next.as_ref().is_some_and(|next| next.job != sent.job);
    let cancel = cancel(contact).filter(|_| is_its_own && other);
    let mut contact = contact.clone().with(slug, run);
    if is_its_own {
        contact.next = None;
    }
    let begun = Begun { cancel, ..Begun::only(contact, None) };
    match ahead {
        Some(Ahead::WaitUntil(due)) if begun.contact.blocked.is_none() => {
            Some(timed(begun, slug, due.max(now), job))
        }
        _ => Some(begun),
    }
}

/// A timer finds that edits have left nothing of its run: it is completed.
pub fn decide_nothing_left(
    contact: &Contact,
    scenario: &Slug,
    completed: ScenarioState,
) -> Contact {
    let mut contact = contact.clone().with(scenario, completed);
    contact.next = None;
    contact
}

/// The outline was edited: the run under way with the time at which its next step is due now. `None` where
/// nothing is different.
pub fn decide_retime(
    contact: &Contact,
    scenario: &Scenario,
    now: Timestamp,
    job: JobId,
) -> Option<Begun> {
    let slug = &scenario.slug;
    if !contact.is_in(slug) || contact.blocked.is_some() || broken(Rule::EditMovesTimers) {
        return None;
    }
    // Where nothing is left, the timer that stands finds that at its time.
    let due = contact.run(slug).due(&scenario.outline)?.max(now);
    match &contact.next {
        // What is due by now is about to be sent, or waits for its bot.
        Some(next) if next.due == due || next.due <= now => None,
        _ => {
            let cancel = cancel(contact);
            let begun = Begun { cancel, ..Begun::only(contact.clone(), None) };
            Some(timed(begun, slug, due, job))
        }
    }
}

/// A contact whose runs come from elsewhere, with a timer for its next step at `due` in the place of the
/// one that it had.
pub fn decide_taken_over(contact: Contact, due: Option<Timestamp>, job: JobId) -> Begun {
    let cancel = cancel(&contact);
    let active = contact.active.clone();
    let begun = Begun { cancel, ..Begun::only(Contact { next: None, ..contact }, None) };
    match (active, due) {
        (Some(slug), Some(due)) if begun.contact.blocked.is_none() => timed(begun, &slug, due, job),
        _ => begun,
    }
}

/// Nothing can be sent to the contact: `None` when that is known.
pub fn block(contact: &Contact, reason: &str) -> Option<(Contact, Option<Write>)> {
    if contact.blocked.is_some() {
        return None;
    }
    let blocked = Contact { blocked: Some(reason.to_owned()), next: None, ..contact.clone() };
    Some((blocked, cancel(contact)))
}

/// The contact can be written to again: the run under way goes on where it was. `None` when nothing stood in
/// the way.
pub fn unblock(
    contact: &Contact,
    scenario: Option<&Scenario>,
    now: Timestamp,
    job: JobId,
) -> Option<Begun> {
    contact.blocked.as_ref()?;
    let (reached, owed) = reachable(contact, now);
    let begun = Begun { owed, ..Begun::only(reached, None) };
    let scenario = scenario.filter(|it| contact.is_in(&it.slug) && !broken(Rule::ReturnGoesOn));
    let Some(scenario) = scenario else { return Some(begun) };
    // Where edits have left nothing, the timer finds that.
    let due = contact.run(&scenario.slug).due(&scenario.outline).unwrap_or(now);
    Some(timed(begun, &scenario.slug, due.max(now), job))
}

/// Whoever writes can be written to: the contact, and what they are owed from then on.
fn reachable(contact: &Contact, now: Timestamp) -> (Contact, Vec<(Slug, Words)>) {
    let returns = contact.blocked.is_some();
    let epoch = contact.epoch + u32::from(returns);
    let returned_at = if returns { Some(now) } else { contact.returned_at };
    let mut reached = Contact { blocked: None, epoch, returned_at, ..contact.clone() };
    let unsent = reached.runs.iter_mut().map(|(slug, run)| (slug, run.unsent.take()));
    let owed = unsent.filter_map(|(slug, words)| Some((slug.clone(), words?))).collect();
    (reached, owed)
}

fn timed(mut begun: Begun, scenario: &Slug, due: Timestamp, id: JobId) -> Begun {
    let contact = &mut begun.contact;
    contact.next = Some(NextStep { due, job: id });
    let job = Job::ScenarioStep {
        bot: contact.bot_id.clone(),
        chat_id: contact.chat_id,
        scenario: scenario.clone(),
    };
    begun.job = Some(NewJob { id, job, due, owner: None });
    begun
}

/// Removes the timer of the next step from where it was written. One that the clock has moved since stays,
/// and finds at its time that the contact knows it no more.
pub(super) fn cancel(contact: &Contact) -> Option<Write> {
    let next = contact.next.as_ref()?;
    Some(Write::Cancel(TimerKey::new(next.job, next.due, next.due, None)))
}

#[cfg(test)]
mod tests;
