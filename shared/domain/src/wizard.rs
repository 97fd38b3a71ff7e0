//! The wizard: makes scenarios and broadcasts in a chat, one question after the other.
//!
//! ```text
//! general ──▶ summary ──▶ message ──▶ more? ──▶ saved      of a new scenario
//!                            ▲          │
//!                            └──────────┘
//! general ──▶ summary ──▶ the messages there are ──▶ saved  of one that is there
//!                            │ ▲
//!        change, move, delete ▼ │ add
//!                          a message
//! each section: its fields ──▶ confirm ──▶ the next section
//!                                │ ▲
//!                           edit ▼ │ the field alone
//!                              fields
//! ```
//!
//! What was answered is kept from input to input ([`Wizard`]); whatever comes that does not fit is
//! answered with the reason and the same question, and nothing is lost. Nothing is saved before the end:
//! then it all is, as one list of [`WizardCommand`]s.

mod button;
mod fields;
mod handle;
mod messages;
mod read;
mod say;
mod step;
mod words;

use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::broadcast::{Condition, Targeting};
use crate::ids::BotId;
use crate::scenario::{Product, Scenario, Spot, StepContent, Summary};
use crate::slug::Slug;
use crate::time::Timestamp;

pub use button::{Press, UnknownPress, WizardButton};
pub use messages::{ListedStep, ShownStep, StepFix, StepMark};
use messages::{OpenStep, StepEdit};
pub use read::{read_buttons, read_delay};
pub use say::{Refusal, Review, ToldFault, WizardNotice, WizardSay};
pub use step::{Section, WizardStep};
pub use words::Language;

/// A wizard that hears nothing for so long is forgotten.
pub const WIZARD_LIFE: Duration = Duration::from_mins(30);
/// A wizard adds, changes, moves and deletes at most this many messages: its state is one item of the table. More
/// are added to the scenario when it is there.
pub const MAX_MESSAGES: usize = 20;

/// What a wizard makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WizardKind {
    /// A new scenario.
    CreateScenario,
    /// Changes of a scenario.
    EditScenario {
        /// The scenario.
        slug: Slug,
    },
    /// A new broadcast.
    CreateBroadcast,
}

/// A message that a wizard adds to a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    /// What it says.
    pub content: StepContent,
    /// How long after the message before it, in seconds.
    pub delay: u32,
    /// The message that it comes behind; behind all others where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Slug>,
}

/// The general part of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct General {
    /// What people call it.
    pub name: String,
    /// What it sells.
    pub product: Option<Product>,
    /// The group for who has paid.
    pub private_group_id: Option<i64>,
}

/// A scenario as it was when a wizard began to change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    general: General,
    summary: Option<Summary>,
}

/// What was answered so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    name: String,
    product_name: Option<String>,
    product_price: Option<Decimal>,
    paid_content: String,
    private_group_id: Option<i64>,
    summary: Option<Summary>,
    messages: Vec<NewMessage>,
    /// The summary, message or broadcast that is being written.
    content: StepContent,
    delay: u32,
    conditions: Vec<Condition>,
    /// What the scenario was like.
    #[serde(default)]
    before: Option<Box<Before>>,
    /// The messages that it has.
    #[serde(default)]
    steps: Vec<ListedStep>,
    /// How many of them stand before the page that is shown.
    #[serde(default)]
    listed_from: usize,
    /// What becomes of them.
    #[serde(default)]
    edits: Vec<StepEdit>,
    /// Those of them that stand elsewhere than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moved: Vec<Slug>,
    /// The one that is looked at.
    #[serde(default)]
    open: Option<Box<OpenStep>>,
    /// The one behind which a message is being written.
    #[serde(default)]
    after: Option<Slug>,
}

/// A wizard that is under way in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wizard {
    /// What it makes.
    #[serde(flatten)]
    pub kind: WizardKind,
    /// What it asks for.
    pub step: WizardStep,
    /// When it is forgotten, unless something is heard.
    pub expires_at: Timestamp,
    /// Whether the field is asked for again from a confirmation, and leads back there.
    editing: bool,
    /// Raised by each new question: a button of another one is outdated.
    token: u32,
    draft: Draft,
}

/// The wizard of a chat, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatWizard {
    /// The bot.
    pub bot_id: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The admin's language.
    pub language: Language,
    /// The wizard.
    pub wizard: Wizard,
    /// Raised by each input.
    #[serde(default)]
    pub version: u64,
}

/// What comes from the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A text.
    Text(String),
    /// A photo; an album is several of them.
    Photo {
        /// Its `file_id`.
        id: String,
        /// What stands below it.
        caption: Option<String>,
    },
    /// A button's data.
    Press(String),
    /// A message that was chosen ([`Wizard::chooses`]).
    Chosen {
        /// Which.
        step: Slug,
        /// What it says and its delay in seconds; `None` when it is gone.
        found: Option<(StepContent, u32)>,
    },
    /// `/cancel`
    Cancel,
    /// Anything else: a sticker, a voice message.
    Other,
}

/// What is saved when a wizard is at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WizardCommand {
    /// A new scenario; the commands that follow are about it.
    CreateScenario {
        /// What people call it.
        name: String,
        /// What it sells.
        product: Option<Product>,
        /// The group for who has paid.
        private_group_id: Option<i64>,
    },
    /// Changes of a scenario; the commands that follow are about it.
    UpdateScenario {
        /// The scenario.
        slug: Slug,
        /// Its general part as it was. What did not change stays as it is by now.
        before: General,
        /// Its general part as it is to be.
        after: General,
    },
    /// The scenario's summary, or that it has none.
    SetSummary {
        /// The summary.
        summary: Option<Summary>,
    },
    /// A new step.
    AddStep(NewMessage),
    /// Another content or delay of a step.
    ChangeStep {
        /// Which.
        step: Slug,
        /// What is different.
        fixes: Vec<StepFix>,
    },
    /// A step comes to stand elsewhere.
    MoveStep {
        /// Which.
        step: Slug,
        /// Where.
        to: Spot,
    },
    /// A step goes.
    DeleteStep {
        /// Which.
        step: Slug,
    },
    /// A new broadcast: a draft.
    CreateBroadcast {
        /// What people call it.
        name: String,
        /// What it says.
        content: StepContent,
        /// Whom it goes to.
        targeting: Targeting,
    },
}

/// What follows from an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The wizard as it is then; `None` when it has ended.
    pub wizard: Option<Wizard>,
    /// What is said, in order.
    pub says: Vec<WizardSay>,
    /// What is saved, in order.
    pub commands: Vec<WizardCommand>,
}

impl Wizard {
    /// A wizard and its first question. `token` is any number that differs from wizard to wizard of a
    /// chat, such as the seconds of the clock.
    pub fn begin(kind: WizardKind, token: u32, now: Timestamp) -> Outcome {
        let step = match kind {
            WizardKind::CreateBroadcast => WizardStep::BroadcastName,
            WizardKind::CreateScenario | WizardKind::EditScenario { .. } => {
                WizardStep::ScenarioName
            }
        };
        Self::of(kind, step, Draft::default(), (token, now)).asking(Vec::new())
    }

    /// A wizard that changes a scenario: it begins with what is there. `steps` are the scenario's, in their
    /// order.
    pub fn edit(
        scenario: &Scenario,
        steps: Vec<ListedStep>,
        token: u32,
        now: Timestamp,
    ) -> Outcome {
        let product = scenario.product.as_ref();
        let draft = Draft {
            name: scenario.name.clone(),
            product_name: product.map(|it| it.name.clone()),
            product_price: product.map(|it| it.price),
            paid_content: product.map(|it| it.paid_content.clone()).unwrap_or_default(),
            private_group_id: scenario.private_group_id,
            summary: scenario.summary.clone(),
            before: Some(Box::new(Before {
                general: General {
                    name: scenario.name.clone(),
                    product: scenario.product.clone(),
                    private_group_id: scenario.private_group_id,
                },
                summary: scenario.summary.clone(),
            })),
            steps,
            ..Draft::default()
        };
        let kind = WizardKind::EditScenario { slug: scenario.slug.clone() };
        Self::of(kind, WizardStep::ConfirmGeneral, draft, (token, now)).asking(Vec::new())
    }

    fn of(
        kind: WizardKind,
        step: WizardStep,
        draft: Draft,
        (token, now): (u32, Timestamp),
    ) -> Self {
        Self { kind, step, expires_at: now + WIZARD_LIFE, editing: false, token, draft }
    }
}

#[cfg(test)]
mod tests;
