//! The order of a scenario's steps, with the places that steps have left.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ScenarioState, seconds};
use crate::mutation::{Rule, broken};
use crate::slug::Slug;

/// A scenario has at most this many steps.
pub const MAX_STEPS: usize = 300;
/// An outline has at most this many places, those that steps have left included: each insertion and
/// each move takes one, and none is given back.
pub const MAX_PLACES: usize = 2_000;
/// The longest delay of a step, in seconds: a year.
pub const MAX_DELAY: u32 = 366 * 24 * 60 * 60;

/// Why an outline is not edited.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutlineError {
    /// It has no such step.
    #[error("there is no step {0}")]
    NoSuchStep(Slug),
    /// It has a step of this name already.
    #[error("there is a step {0} already")]
    StepExists(Slug),
    /// It has [`MAX_STEPS`] steps, or has been edited so often that it has [`MAX_PLACES`] places.
    #[error("the scenario has as many steps or edits as it can have")]
    Full,
    /// The delay is longer than [`MAX_DELAY`].
    #[error("the delay must be at most 366 days")]
    Delay,
}

/// What is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PlaceState {
    /// The step stands here.
    Live {
        /// How long after the message before it the step is due, in seconds.
        delay: u32,
    },
    /// The step stood here and stands elsewhere now.
    Moved,
    /// The step that stood here last is deleted.
    Deleted,
}

/// A place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its number: never reused, and says nothing about the order.
    pub place: u32,
    /// The step.
    pub step: Slug,
    /// What is here.
    #[serde(flatten)]
    pub state: PlaceState,
}

impl Place {
    const fn is_live(&self) -> bool {
        matches!(self.state, PlaceState::Live { .. })
    }
}

/// Where a step is put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// Before this step.
    Before(Slug),
    /// After this step.
    After(Slug),
    /// Behind all others.
    End,
}

/// What a contact receives next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next<'a> {
    /// The place that the contact is at then.
    pub place: u32,
    /// The step.
    pub step: &'a Slug,
    /// How long after the message before it.
    pub delay: Duration,
}

/// The ordered places of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline(Vec<Place>);

impl Outline {
    /// All places in their order.
    pub fn places(&self) -> &[Place] {
        &self.0
    }

    /// The steps in their order, each with its delay in seconds.
    pub fn steps(&self) -> impl Iterator<Item = (&Slug, u32)> {
        self.0.iter().filter_map(|it| match it.state {
            PlaceState::Live { delay } => Some((&it.step, delay)),
            PlaceState::Moved | PlaceState::Deleted => None,
        })
    }

    /// Whether it has no step.
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Whether it has this step.
    pub fn has(&self, step: &Slug) -> bool {
        self.live_at(step).is_some()
    }

    /// A step's delay in seconds.
    pub fn delay_of(&self, step: &Slug) -> Option<u32> {
        self.steps().find(|(it, _)| *it == step).map(|(_, delay)| delay)
    }

    /// What a step is called that nobody has named: `msg_` and the first number that no step has had.
    pub fn free_slug(&self) -> Slug {
        let had: BTreeSet<&str> = self.0.iter().map(|it| it.step.as_str()).collect();
        let names = (1..=self.0.len() + 1).map(|number| format!("msg_{number}"));
        let free = names.into_iter().find(|name| !had.contains(name.as_str()));
        Slug::of_name(&free.unwrap_or_default(), "msg_0")
    }

    /// The live places behind this one, or from the beginning.
    pub fn live_after(&self, place: Option<u32>) -> impl Iterator<Item = &Place> {
        self.0.iter().skip(self.index_behind(place)).filter(|it| it.is_live())
    }

    /// Puts in a new step. Who is past its place does not receive it.
    pub fn insert(&mut self, step: Slug, delay: u32, spot: &Spot) -> Result<(), OutlineError> {
        if self.has(&step) {
            return Err(OutlineError::StepExists(step));
        }
        if delay > MAX_DELAY {
            return Err(OutlineError::Delay);
        }
        if self.steps().count() >= MAX_STEPS || self.0.len() >= MAX_PLACES {
            return Err(OutlineError::Full);
        }
        let at = self.index_of(spot)?;
        self.put(at, step, delay);
        Ok(())
    }

    /// Moves a step. Who has received it does not receive it again; who had it ahead does not miss it.
    /// Moved to where it stands, it stays at its place.
    pub fn move_to(&mut self, step: &Slug, spot: &Spot) -> Result<(), OutlineError> {
        let delay = self.delay_of(step).ok_or_else(|| OutlineError::NoSuchStep(step.clone()))?;
        let at = self.index_of(spot)?;
        let from = self.live_at(step).unwrap_or_default();
        if self.stays(from, at) {
            return Ok(());
        }
        if self.0.len() >= MAX_PLACES {
            return Err(OutlineError::Full);
        }
        if let Some(left) = self.0.get_mut(from) {
            left.state = PlaceState::Moved;
        }
        self.put(at, step.clone(), delay);
        Ok(())
    }

    /// Deletes a step. Who has not received it never does; who is at it keeps the place.
    pub fn delete(&mut self, step: &Slug) -> Result<(), OutlineError> {
        if !self.has(step) {
            return Err(OutlineError::NoSuchStep(step.clone()));
        }
        // The places that it has left, too: another step may have its name one day.
        for place in self.0.iter_mut().filter(|it| it.step == *step) {
            place.state = PlaceState::Deleted;
        }
        Ok(())
    }

    /// Changes a step's delay. It holds for all who have not received the step.
    pub fn set_delay(&mut self, step: &Slug, seconds: u32) -> Result<(), OutlineError> {
        if seconds > MAX_DELAY {
            return Err(OutlineError::Delay);
        }
        let at = self.live_at(step).ok_or_else(|| OutlineError::NoSuchStep(step.clone()))?;
        if let Some(place) = self.0.get_mut(at) {
            place.state = PlaceState::Live { delay: seconds };
        }
        Ok(())
    }

    /// What a contact receives next: the first place after the position whose step stands there and was
    /// not received. A place that a step has left counts where the step was moved behind the position:
    /// it would be missed otherwise. Of several such places the one that it has left last counts.
    pub fn next(&self, state: &ScenarioState) -> Option<Next<'_>> {
        let behind = self.index_behind(state.position);
        self.0.iter().skip(behind).find_map(|place| {
            let live = match place.state {
                PlaceState::Live { .. } => place,
                PlaceState::Moved => {
                    let at = self.live_at(&place.step).filter(|at| *at < behind)?;
                    let left_later = |it: &Place| it.step == place.step && it.place > place.place;
                    if self.0.iter().skip(behind).any(left_later) {
                        return None;
                    }
                    &self.0[at]
                }
                PlaceState::Deleted => return None,
            };
            let PlaceState::Live { delay } = live.state else { return None };
            let received = state.received.has(self.first_of(&place.step)?);
            let next = Next { place: place.place, step: &place.step, delay: seconds(delay) };
            (!received || broken(Rule::ReceivedOnce)).then_some(next)
        })
    }

    /// What a contact who took the step of this place has received: the number of the step's first
    /// place, which stands for the step however often it is moved.
    pub fn received_at(&self, place: u32) -> Option<u32> {
        let place = self.0.iter().find(|it| it.place == place)?;
        match place.state {
            // Moved before it was deleted, its first place is unknown; and nobody will be sent it.
            PlaceState::Deleted => Some(place.place),
            PlaceState::Live { .. } | PlaceState::Moved => self.first_of(&place.step),
        }
    }

    /// The last message that a contact received of those that there still are.
    pub fn last_received(&self, state: &ScenarioState) -> Option<&Slug> {
        let behind = self.index_behind(state.position);
        let kept = self.0.iter().take(behind).rev().filter(|it| it.state != PlaceState::Deleted);
        kept.map(|it| &it.step)
            .find(|step| self.first_of(step).is_some_and(|first| state.received.has(first)))
    }

    /// Where a contact is among the steps that there are now: how many stand up to the position.
    pub fn steps_behind(&self, position: Option<u32>) -> usize {
        self.0.iter().take(self.index_behind(position)).filter(|it| it.is_live()).count()
    }

    /// The index of what follows a position. A position that the outline does not have is before all:
    /// what was received is not repeated.
    fn index_behind(&self, position: Option<u32>) -> usize {
        if broken(Rule::PlacesKept) {
            let index = position.and_then(|place| usize::try_from(place).ok());
            return index.map_or(0, |index| index + 1).min(self.0.len());
        }
        let at = position.and_then(|place| self.0.iter().position(|it| it.place == place));
        at.map_or(0, |at| at + 1)
    }

    fn live_at(&self, step: &Slug) -> Option<usize> {
        self.0.iter().position(|it| it.is_live() && it.step == *step)
    }

    fn first_of(&self, step: &Slug) -> Option<u32> {
        let kept = |it: &&Place| it.step == *step && it.state != PlaceState::Deleted;
        self.0.iter().filter(kept).map(|it| it.place).min()
    }

    fn index_of(&self, spot: &Spot) -> Result<usize, OutlineError> {
        let found =
            |step: &Slug| self.live_at(step).ok_or_else(|| OutlineError::NoSuchStep(step.clone()));
        match spot {
            Spot::Before(step) => found(step),
            Spot::After(step) => Ok(found(step)? + 1),
            Spot::End => Ok(self.0.len()),
        }
    }

    /// Whether a step that goes from one index to the other has passed no other step.
    fn stays(&self, from: usize, to: usize) -> bool {
        let passed = if from < to { from + 1..to } else { to..from };
        !self.0[passed].iter().any(Place::is_live)
    }

    fn put(&mut self, at: usize, step: Slug, delay: u32) {
        let place = self.0.iter().map(|it| it.place + 1).max().unwrap_or_default();
        self.0.insert(at, Place { place, step, state: PlaceState::Live { delay } });
    }
}

#[cfg(test)]
mod tests;
