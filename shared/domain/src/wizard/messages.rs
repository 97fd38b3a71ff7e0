//! The messages that a scenario has: a wizard lists them, changes, moves and deletes them, and adds others.

use serde::{Deserialize, Serialize};

use super::{
    Draft, Input, MAX_MESSAGES, Outcome, Press, Refusal, Wizard, WizardButton, WizardCommand,
    WizardKind, WizardNotice, WizardStep,
};
use crate::button::Buttons;
use crate::scenario::{Photo, Spot, StepContent};
use crate::slug::Slug;

/// So many messages are listed at a time: each has a button.
pub(super) const LISTED: usize = 8;

/// A message that a scenario has, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedStep {
    /// What it is called.
    pub slug: Slug,
    /// How its text begins.
    pub title: String,
    /// How long after the message before it, in seconds.
    pub delay: u32,
}

/// What a wizard does to a message, as it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepMark {
    /// Nothing.
    Kept,
    /// It is changed at the end.
    Changed,
    /// It is moved at the end.
    Moved,
    /// It is deleted at the end.
    Deleted,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownStep {
    /// Its number, from 1.
    pub number: usize,
    /// The message.
    pub step: ListedStep,
    /// What becomes of it.
    pub mark: StepMark,
}

/// One thing that is different about a message. What is not named stays as it is when the wizard ends,
/// whoever else has changed it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepFix {
    /// Its text.
    Text(String),
    /// All of its photos.
    Photos(Vec<Photo>),
    /// Its buttons, or that it has none.
    Buttons(Option<Buttons>),
    /// How long after the message before it, in seconds.
    Delay(u32),
}

/// What a wizard does to a message that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StepEdit {
    pub(super) step: Slug,
    pub(super) fixes: Vec<StepFix>,
    pub(super) is_deleted: bool,
}

/// The message that is looked at, as it was when it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenStep {
    step: Slug,
    content: StepContent,
    delay: u32,
}

impl StepFix {
    /// Makes a message's content and delay what this says.
    pub fn apply(self, content: &mut StepContent, delay: &mut u32) {
        match self {
            Self::Text(text) => content.text = text,
            Self::Photos(photos) => content.photos = photos,
            Self::Buttons(buttons) => content.buttons = buttons,
            Self::Delay(seconds) => *delay = seconds,
        }
    }

    /// What is different about a content and delay.
    fn between(before: &OpenStep, content: StepContent, delay: u32) -> Vec<Self> {
        let was = &before.content;
        let mut fixes = Vec::new();
        if content.text != was.text {
            fixes.push(Self::Text(content.text));
        }
        if content.photos != was.photos {
            fixes.push(Self::Photos(content.photos));
        }
        if content.buttons != was.buttons {
            fixes.push(Self::Buttons(content.buttons));
        }
        if delay != before.delay {
            fixes.push(Self::Delay(delay));
        }
        fixes
    }
}

impl Wizard {
    /// The message that an input chooses. It is read, and the wizard gets it as [`Input::Chosen`].
    pub fn chooses(&self, input: &Input) -> Option<&Slug> {
        let Input::Press(data) = input else { return None };
        let WizardButton { token, press } = data.parse().ok()?;
        let Press::Message(number) = press else { return None };
        if token != self.token || !self.presses().contains(&press) {
            return None;
        }
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.draft.steps.get(at).map(|it| &it.slug)
    }

    /// A message was chosen: what it is now, unless it is gone.
    pub(super) fn chosen(mut self, step: Slug, found: Option<(StepContent, u32)>) -> Outcome {
        if self.step != WizardStep::ChooseMessage {
            return self.asking(vec![WizardNotice::Outdated]);
        }
        let Some((content, delay)) = found else {
            self.draft.forget(&step);
            return self.go_after(
                WizardStep::ChooseMessage,
                vec![WizardNotice::Refused { reasons: vec![Refusal::MessageGone] }],
            );
        };
        if self.draft.edit_of(&step).is_none() && self.draft.is_full() {
            return self.refused(vec![Refusal::TooManyMessages { max: MAX_MESSAGES }]);
        }
        let (mut changed, mut then) = (content.clone(), delay);
        let fixes = self.draft.edit_of(&step).map(|it| it.fixes.clone()).unwrap_or_default();
        for fix in fixes {
            fix.apply(&mut changed, &mut then);
        }
        (self.draft.content, self.draft.delay) = (changed, then);
        self.draft.open = Some(Box::new(OpenStep { step, content, delay }));
        self.go(WizardStep::ConfirmMessage)
    }

    /// To the list. What is looked at stays as it was kept.
    pub(super) fn show_messages(mut self) -> Outcome {
        self.draft.close();
        self.go(WizardStep::ChooseMessage)
    }

    /// The message that is looked at is right as it is now.
    pub(super) fn kept(mut self) -> Outcome {
        self.draft.keep(true);
        self.show_messages()
    }

    /// The message that is looked at goes.
    pub(super) fn deleted(mut self) -> Outcome {
        if let Some(step) = self.draft.open.take().map(|it| it.step) {
            self.draft.set_edit(StepEdit { step, fixes: Vec::new(), is_deleted: true });
        }
        self.show_messages()
    }

    /// The message that is looked at comes behind the one with this number; with 0, before all.
    pub(super) fn placed(mut self, behind: u32) -> Outcome {
        let mut kept = self.draft.clone();
        let Some(step) = kept.keep(false) else { return self.show_messages() };
        if kept.is_full() && !kept.moved.contains(&step) {
            return self.refused(vec![Refusal::TooManyMessages { max: MAX_MESSAGES }]);
        }
        kept.place(&step, usize::try_from(behind).unwrap_or(usize::MAX));
        self.draft = kept;
        self.show_messages()
    }

    /// To a new message, behind the one that is looked at or behind all others.
    pub(super) fn begin_new_message(mut self) -> Outcome {
        // What is looked at is kept first: that may be what fills it.
        let mut kept = self.draft.clone();
        let after = kept.keep(false);
        if kept.is_full() {
            return self.refused(vec![Refusal::TooManyMessages { max: MAX_MESSAGES }]);
        }
        self.draft = kept;
        self.draft.close();
        self.draft.after = after;
        self.go(WizardStep::MessageText)
    }

    /// What comes after a message that is right: another one is asked for, or chosen.
    pub(super) const fn after_message(&self) -> WizardStep {
        match self.kind {
            WizardKind::EditScenario { .. } => WizardStep::ChooseMessage,
            WizardKind::CreateScenario | WizardKind::CreateBroadcast => WizardStep::AddMoreMessages,
        }
    }

    /// The page of the list.
    pub(super) fn shown_steps(&self) -> Vec<ShownStep> {
        let draft = &self.draft;
        let shown = draft.steps.iter().zip(1..).skip(draft.listed_from).take(LISTED);
        let of = |(step, number): (&ListedStep, usize)| ShownStep {
            number,
            step: step.clone(),
            mark: match draft.edit_of(&step.slug) {
                None if draft.moved.contains(&step.slug) => StepMark::Moved,
                None => StepMark::Kept,
                Some(edit) if edit.is_deleted => StepMark::Deleted,
                Some(_) => StepMark::Changed,
            },
        };
        shown.map(of).collect()
    }

    /// The buttons below the list.
    pub(super) fn presses_of_messages(&self) -> Vec<Press> {
        let number = |it: &ShownStep| u32::try_from(it.number).ok().map(Press::Message);
        let mut presses: Vec<Press> = self.shown_steps().iter().filter_map(number).collect();
        presses.extend(self.pages());
        presses.extend([Press::More, Press::Finish]);
        presses
    }

    /// The buttons below the list in which a place is chosen.
    pub(super) fn presses_of_places(&self) -> Vec<Press> {
        let open = self.draft.open.as_ref().map(|it| &it.step);
        let shown = self.shown_steps();
        let others = shown.iter().filter(|it| Some(&it.step.slug) != open);
        let number = |it: &ShownStep| u32::try_from(it.number).ok().map(Press::Behind);
        let first = (self.draft.listed_from == 0).then_some(Press::Behind(0));
        let mut presses: Vec<Press> = first.into_iter().chain(others.filter_map(number)).collect();
        presses.extend(self.pages());
        presses.push(Press::Back);
        presses
    }

    /// The buttons to the other pages of the list.
    fn pages(&self) -> impl Iterator<Item = Press> {
        let from = self.draft.listed_from;
        let earlier = (from > 0).then_some(Press::Earlier);
        let later = (from + LISTED < self.draft.steps.len()).then_some(Press::Later);
        earlier.into_iter().chain(later)
    }

    /// To another page of the list.
    pub(super) fn listing_from(mut self, from: usize) -> Outcome {
        self.draft.listed_from = from;
        let step = self.step;
        self.go(step)
    }

    /// The number of the message that is looked at, or written.
    pub(super) fn number(&self) -> usize {
        let draft = &self.draft;
        let open = draft.open.as_ref().map(|it| &it.step);
        let at = draft.steps.iter().position(|it| Some(&it.slug) == open);
        at.unwrap_or(draft.steps.len() + draft.messages.len()) + 1
    }
}

impl Draft {
    pub(super) fn edit_of(&self, step: &Slug) -> Option<&StepEdit> {
        self.edits.iter().find(|it| it.step == *step)
    }

    /// Whether the wizard holds as much as one item of the table may.
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() + self.edits.len() + self.moved.len() >= MAX_MESSAGES
    }

    /// Puts a message behind the one with this number, or before all.
    fn place(&mut self, step: &Slug, behind: usize) {
        let Some(from) = self.steps.iter().position(|it| it.slug == *step) else { return };
        let listed = self.steps.remove(from);
        // Those behind it have come one forward.
        let at = if from < behind { behind - 1 } else { behind };
        let at = at.min(self.steps.len());
        self.steps.insert(at, listed);
        self.listed_from = at / LISTED * LISTED;
        if at != from && !self.moved.contains(step) {
            self.moved.push(step.clone());
        }
    }

    /// What moves the messages to where the list has them. Each comes behind the one before it, which stands
    /// right by then; whatever else somebody has changed about the order stays.
    pub(super) fn moves(&self) -> Vec<WizardCommand> {
        let steps = &self.steps;
        let is_moved = |it: &ListedStep| self.moved.contains(&it.slug);
        let spot = |n: usize| {
            if let Some(before) = n.checked_sub(1).and_then(|before| steps.get(before)) {
                return Some(Spot::After(before.slug.clone()));
            }
            // Before the first one that stays where it is: the others follow.
            let stays = steps.iter().find(|it| !is_moved(it)).or(steps.get(1))?;
            Some(Spot::Before(stays.slug.clone()))
        };
        let command = |(n, it): (usize, &ListedStep)| {
            Some(WizardCommand::MoveStep { step: it.slug.clone(), to: spot(n)? })
        };
        let moved = steps.iter().enumerate().filter(|(_, it)| is_moved(it));
        moved.filter_map(command).collect()
    }

    /// Keeps what is different about the message that is looked at, and says which one that is. One that was to be
    /// deleted stays where it is confirmed, or something about it is different.
    fn keep(&mut self, is_confirmed: bool) -> Option<Slug> {
        let open = self.open.take()?;
        let fixes = StepFix::between(&open, std::mem::take(&mut self.content), self.delay);
        let step = open.step.clone();
        let is_deleted = self.edit_of(&step).is_some_and(|it| it.is_deleted);
        if is_deleted && fixes.is_empty() && !is_confirmed {
            return Some(step);
        }
        self.set_edit(StepEdit { step: open.step, fixes, is_deleted: false });
        Some(step)
    }

    /// Nothing is looked at any more.
    fn close(&mut self) {
        self.open = None;
        self.after = None;
        self.content = StepContent::default();
        self.delay = 0;
    }

    fn set_edit(&mut self, edit: StepEdit) {
        self.edits.retain(|it| it.step != edit.step);
        if edit.is_deleted || !edit.fixes.is_empty() {
            self.edits.push(edit);
        }
    }

    /// A message is gone that somebody else has deleted.
    fn forget(&mut self, step: &Slug) {
        self.steps.retain(|it| it.slug != *step);
        self.edits.retain(|it| it.step != *step);
        self.moved.retain(|it| it != step);
        for message in self.messages.iter_mut().filter(|it| it.after.as_ref() == Some(step)) {
            message.after = None;
        }
        if self.listed_from >= self.steps.len() {
            self.listed_from = self.listed_from.saturating_sub(LISTED);
        }
    }
}
