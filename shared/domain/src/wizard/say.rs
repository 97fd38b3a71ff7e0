//! What a wizard says, as data: the words are in [`super::words`].

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Press, Section, ShownStep, Wizard, WizardButton, WizardKind, WizardStep};
use crate::broadcast::Condition;
use crate::fault::ContentFault;
use crate::field_error::FieldError;
use crate::scenario::StepContent;

/// A message of a wizard's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WizardSay {
    /// What it says.
    pub notice: WizardNotice,
    /// The buttons below it, one below the other.
    pub buttons: Vec<WizardButton>,
}

/// What a wizard says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wizard", rename_all = "snake_case")]
pub enum WizardNotice {
    /// A question.
    Ask {
        /// For what.
        step: WizardStep,
        /// How many photos there are so far.
        photos: usize,
        /// The conditions that are chosen so far.
        conditions: Vec<Condition>,
    },
    /// What came is not taken; the question follows.
    Refused {
        /// Why.
        reasons: Vec<Refusal>,
    },
    /// Everything of a section, to be confirmed.
    Review(Box<Review>),
    /// Which field is to be changed.
    ChooseField {
        /// Of which section.
        section: Section,
    },
    /// Whether there is another message.
    AskMore {
        /// How many there are so far.
        messages: usize,
    },
    /// The messages that the scenario has: which one is changed, or whether one is added.
    ChooseMessage {
        /// Those of a page.
        steps: Vec<ShownStep>,
        /// How many are added so far.
        added: usize,
    },
    /// Behind which of the scenario's messages the one comes that is looked at.
    ChoosePlace {
        /// Those of a page.
        steps: Vec<ShownStep>,
    },
    /// All is saved.
    Saved {
        /// What.
        kind: WizardKind,
        /// What it is called.
        name: String,
        /// How many messages were added to it.
        messages: usize,
    },
    /// Nothing is saved.
    Cancelled,
    /// Nothing was heard for too long; nothing is saved.
    Expired,
    /// The button belongs to another question.
    Outdated,
    /// What stands below the photo is the message's text.
    CaptionTaken,
    /// The photo is taken; what stands below it is not, since there is a text.
    CaptionLeft,
    /// What stands below the photo is the text now; the photo is not taken.
    PhotoLeft,
}

/// Everything of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "review", rename_all = "snake_case")]
pub enum Review {
    /// The scenario itself.
    General {
        /// What people call it.
        name: String,
        /// What it sells.
        product_name: Option<String>,
        /// What that costs.
        product_price: Option<Decimal>,
        /// What is said to who has paid.
        paid_content: String,
        /// The group for who has paid.
        private_group_id: Option<i64>,
    },
    /// Its summary.
    Summary {
        /// What it says.
        content: StepContent,
    },
    /// A message.
    Message {
        /// Which one of the scenario's, from 1; new ones come behind those that there are.
        number: usize,
        /// What it says.
        content: StepContent,
        /// How long after the one before it, in seconds.
        delay: u32,
    },
    /// A broadcast.
    Broadcast {
        /// What people call it.
        name: String,
        /// What it says.
        content: StepContent,
        /// Whom it goes to.
        conditions: Vec<Condition>,
    },
}

/// Why something is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// A text was asked for.
    TextExpected,
    /// A photo was asked for, or the button that ends them.
    PhotoExpected,
    /// One of the buttons was asked for.
    PressExpected,
    /// There is nothing in it to see.
    Empty,
    /// It is too long.
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// It is no whole number from 1 to this.
    NotAPrice {
        /// The highest price.
        max: Decimal,
    },
    /// It is no id of a group.
    NotAGroup,
    /// It is no length of time, or more than a year.
    NotADelay,
    /// There are as many photos as there can be.
    TooManyPhotos {
        /// The most.
        max: usize,
    },
    /// A line is no button.
    NotAButton {
        /// The line, from 1.
        line: usize,
    },
    /// There are as many messages as a wizard takes.
    TooManyMessages {
        /// The most.
        max: usize,
    },
    /// A scenario needs a message.
    NoMessages,
    /// The message is there no more.
    MessageGone,
    /// The conditions exclude one another.
    NobodyMatches,
    /// A fault of a text or a button.
    Faulty(ToldFault),
}

/// A fault as an admin is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFault {
    /// The path of the field, as callers of the API have it.
    pub field: String,
    /// What is wrong, in English.
    pub message: String,
    /// The same as data, where there are words for it in other languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Box<ContentFault>>,
}

impl From<FieldError> for ToldFault {
    fn from(FieldError { field, message, fault }: FieldError) -> Self {
        Self { field, message, fault }
    }
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::Faulty(error.into())
    }
}

impl WizardSay {
    /// Words without buttons.
    pub(super) const fn plain(notice: WizardNotice) -> Self {
        Self { notice, buttons: Vec::new() }
    }
}

impl Wizard {
    /// The question that the wizard is at.
    pub(super) fn question(&self) -> WizardSay {
        let button = |press| WizardButton { token: self.token, press };
        let buttons = self.presses().into_iter().map(button).collect();
        WizardSay { notice: self.asked(), buttons }
    }

    fn asked(&self) -> WizardNotice {
        match self.step {
            WizardStep::AddMoreMessages => {
                WizardNotice::AskMore { messages: self.draft.messages.len() }
            }
            WizardStep::ChooseMessage => WizardNotice::ChooseMessage {
                steps: self.shown_steps(),
                added: self.draft.messages.len(),
            },
            WizardStep::ChoosePlace => WizardNotice::ChoosePlace { steps: self.shown_steps() },
            step => match step.section() {
                Some(section) if section.confirm() == step => {
                    WizardNotice::Review(Box::new(self.review(section)))
                }
                Some(section) if section.edit() == step => WizardNotice::ChooseField { section },
                _ => WizardNotice::Ask {
                    step,
                    photos: self.draft.content.photos.len(),
                    conditions: self.draft.conditions.clone(),
                },
            },
        }
    }

    fn review(&self, section: Section) -> Review {
        let draft = &self.draft;
        let content = draft.content.clone();
        match section {
            Section::General => Review::General {
                name: draft.name.clone(),
                product_name: draft.product_name.clone(),
                product_price: draft.product_price,
                paid_content: draft.paid_content.clone(),
                private_group_id: draft.private_group_id,
            },
            Section::Summary => Review::Summary { content },
            Section::Message => {
                Review::Message { number: self.number(), content, delay: draft.delay }
            }
            Section::Broadcast => Review::Broadcast {
                name: draft.name.clone(),
                content,
                conditions: draft.conditions.clone(),
            },
        }
    }

    /// What the buttons below the question mean. What has no button is not taken.
    pub(super) fn presses(&self) -> Vec<Press> {
        use super::button::CONDITIONS;
        use super::step::Answer;
        let step = self.step;
        match step {
            WizardStep::AddMoreMessages => return vec![Press::More, Press::Finish],
            WizardStep::ChooseMessage => return self.presses_of_messages(),
            WizardStep::ChoosePlace => return self.presses_of_places(),
            WizardStep::ConfirmDelete => return vec![Press::Confirm, Press::Back],
            _ => {}
        }
        let mut presses = Vec::new();
        match step.section() {
            Some(section) if section.confirm() == step => {
                presses.extend([Press::Confirm, Press::Edit]);
                let is_edit = matches!(self.kind, WizardKind::EditScenario { .. });
                if section == Section::General && is_edit {
                    presses.push(Press::Messages);
                }
                if section == Section::Message && self.draft.open.is_some() {
                    presses.extend([Press::Delete, Press::After]);
                    presses.extend((self.draft.steps.len() > 1).then_some(Press::Move));
                    presses.push(Press::Back);
                }
                return presses;
            }
            Some(section) if section.edit() == step => {
                let fields = section.fields().iter().filter(|it| self.has_field(**it));
                presses.extend(fields.map(|it| Press::Field(*it)));
            }
            _ if step == WizardStep::BroadcastTargeting => {
                presses.extend(CONDITIONS.map(|(_, it)| Press::Toggle(it)));
                presses.push(Press::Done);
            }
            _ if step.answer() == Answer::Photos => {
                presses.push(Press::Done);
                presses.extend((!self.draft.content.photos.is_empty()).then_some(Press::Clear));
            }
            _ => presses.extend(step.is_optional().then_some(Press::Skip)),
        }
        let back = self.editing || step.section().is_some_and(|it| it.edit() == step);
        presses.extend(back.then_some(Press::Back));
        presses
    }

    /// Whether there is such a field: what a product costs is asked for where there is one.
    pub(super) fn has_field(&self, field: WizardStep) -> bool {
        use WizardStep::{PaidContent, PrivateGroupId, ProductPrice};
        let of_product = matches!(field, ProductPrice | PaidContent | PrivateGroupId);
        !of_product || self.draft.product_name.is_some()
    }
}
