//! What the jobs of scenarios carry.

use serde::{Deserialize, Serialize};

use crate::slug::Slug;
use crate::wizard::Language;

/// Words of a scenario beside its steps' own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "words", rename_all = "snake_case")]
pub enum Words {
    /// What is asked before the first step.
    Consent,
    /// What is said in the place of the steps when all are done.
    Summary,
    /// All of it, or as much as is shown at once, with the names of its variables in the place of their values.
    Demo {
        /// So many steps are passed over: they were shown before.
        #[serde(default)]
        skip: u32,
        /// The language of whoever looks at it.
        #[serde(default)]
        language: Language,
    },
    /// This step once more.
    Step {
        /// Which.
        step: Slug,
    },
    /// This step once more, if it names a link to pay at and there is one: it was sent without.
    StepWithLink {
        /// Which.
        step: Slug,
    },
    /// What there is for whoever has paid, or plain thanks.
    Paid {
        /// What was paid for, as the order calls it.
        product: String,
    },
    /// The contact's link into the private group.
    Invite,
}

impl Words {
    /// Their name in events.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Summary => "summary",
            Self::Demo { .. } => "demo",
            Self::Step { .. } | Self::StepWithLink { .. } => "step",
            Self::Paid { .. } => "paid",
            Self::Invite => "invite",
        }
    }
}

/// What is done to a contact's way into a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum AccessChange {
    /// They have paid: a link is made, and what there is for whoever has paid follows ([`Words::Paid`]).
    Open {
        /// What was paid for, as the order calls it.
        product: String,
    },
    /// A fresh link is made and sent, and the one before it ends.
    Renew {
        /// Whether they have asked for it: admins do not hear again of what stands in the way.
        #[serde(default)]
        asked: bool,
        /// Whether an admin has started the contact by hand, and hears of it all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_hand: bool,
    },
    /// Their link ends.
    Close {
        /// The link, if there is one.
        link: Option<String>,
        /// Whether they are taken out of the group.
        remove: bool,
    },
}
