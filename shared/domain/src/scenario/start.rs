//! `/start`: which scenario it means, and what it does to a contact.

use super::{Outline, Scenario, ScenarioCode, ScenarioState, ScenarioStatus};
use crate::slug::Slug;
use crate::time::Timestamp;

/// Which scenario a `/start` means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Whether another one was asked for that the bot does not have: the person is told.
    pub unknown: bool,
}

/// Finds the scenario: the one that was asked for, and the default one where none was or where there is
/// none of that name. `named` is what `asked` names in the bot.
///
/// # Errors
/// [`ScenarioCode::ScenarioNotFound`] where there is no default one to turn to.
pub fn find_scenario<'a>(
    asked: Option<&str>,
    named: Option<&'a Scenario>,
    default: Option<&'a Scenario>,
) -> Result<Found<'a>, ScenarioCode> {
    let asked = asked.filter(|it| !it.is_empty());
    if let (Some(_), Some(scenario)) = (asked, named) {
        return Ok(Found { scenario, unknown: false });
    }
    let scenario = default.ok_or(ScenarioCode::ScenarioNotFound)?;
    Ok(Found { scenario, unknown: asked.is_some() })
}

/// What a `/start` does.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// The scenario is completed: its summary is sent, and nothing else.
    Summary,
    /// The scenario is under way: its last message is sent again. `None` while nothing was sent, or
    /// when nothing of it is left: the first message is on its way.
    Resend(Option<Slug>),
    /// The consent is asked for; its button starts the scenario. Another one goes on until then.
    AskConsent,
    /// The scenario starts from its beginning, or where it was.
    Run {
        /// The contact's active scenario, which is stopped ([`super::decide_stop`]).
        stop: Option<Slug>,
        /// The run, active.
        state: Box<ScenarioState>,
        /// When its next step is due; it may be now.
        due: Timestamp,
    },
    /// The scenario was stopped before its end, and edits have left nothing of it: it is completed, its
    /// summary is sent.
    Finish {
        /// The run, completed.
        state: Box<ScenarioState>,
    },
    /// It cannot be started: it is switched off or has no steps.
    Refused(ScenarioCode),
}

/// Decides what `/start` of this scenario does to a contact. `state` is the contact's run of it,
/// `active` the contact's active scenario; `agreed`, that the consent's button was pressed rather than
/// `/start` sent.
pub fn decide_start(
    scenario: &Scenario,
    state: &ScenarioState,
    active: Option<&Slug>,
    agreed: bool,
    now: Timestamp,
) -> Start {
    let current = active == Some(&scenario.slug);
    match state.status {
        ScenarioStatus::Completed => return Start::Summary,
        ScenarioStatus::Active if current && agreed => {
            return Start::Refused(ScenarioCode::ScenarioAlreadyActive);
        }
        ScenarioStatus::Active if current => {
            return Start::Resend(scenario.outline.last_received(state).cloned());
        }
        ScenarioStatus::NotStarted => {
            if !scenario.is_active || scenario.outline.is_empty() {
                return Start::Refused(ScenarioCode::InvalidScenarioState);
            }
            if scenario.consent.is_some() && !agreed {
                return Start::AskConsent;
            }
        }
        // A run that says it is active and is not the contact's active one is taken up like a stopped one.
        ScenarioStatus::Active | ScenarioStatus::Stopped => {}
    }
    let stop = active.filter(|_| !current).cloned();
    take_up(&scenario.outline, state, stop, now)
}

fn take_up(outline: &Outline, state: &ScenarioState, stop: Option<Slug>, now: Timestamp) -> Start {
    let taken_up = state.taken_up(now);
    match taken_up.due(outline) {
        Some(due) => Start::Run { stop, state: Box::new(taken_up), due: due.max(now) },
        None => Start::Finish {
            state: Box::new(ScenarioState {
                status: ScenarioStatus::Completed,
                counts_from: None,
                completed_at: state.completed_at.or(Some(now)),
                ..taken_up
            }),
        },
    }
}

/// The consent is declined, or taken back by the same button later: a run that is under way is stopped.
/// `None` when there is nothing to stop.
pub fn decide_decline(state: &ScenarioState, now: Timestamp) -> Option<ScenarioState> {
    super::decide_stop(state, now)
}

#[cfg(test)]
pub(in crate::scenario) mod tests;
