//! Broadcasts: a message to all contacts of a bot that its conditions hold for.

mod contents;
mod draft;
mod outcome;
mod sending;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fault::ContentFault;
use crate::field_error::FieldError;
use crate::ids::BotId;
use crate::scenario::StepContent;
use crate::slug::Slug;
use crate::time::Timestamp;

pub use draft::{BroadcastDraft, TargetingDraft, check_broadcast};
pub use outcome::{ContactOutcome, outcome};
pub use sending::{
    BroadcastCounts, PageEnd, PageOwes, Sending, decide_move, decide_page_died, decide_page_end,
    facts, page_owes,
};

/// The most conditions of a broadcast.
pub const MAX_CONDITIONS: usize = 20;

/// A condition on a contact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Is under way in no scenario.
    NoActiveScenario,
    /// Has paid for nothing.
    HasNotPaid,
    /// Has paid for something.
    HasPaid,
    /// Is under way in this scenario.
    InScenario(Slug),
    /// Is in a private group of a scenario.
    JoinedGroup,
    /// Wrote to the bot first before this instant.
    RegisteredBefore(Timestamp),
    /// Wrote to the bot first at this instant or later.
    RegisteredAfter(Timestamp),
}

/// Whom a broadcast goes to: those for whom all conditions hold; without any, everyone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targeting {
    /// All of them must hold.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// What is known of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFacts<'a> {
    /// The scenario that the contact is under way in.
    pub active_scenario: Option<&'a Slug>,
    /// Whether the contact has paid for something, refunds aside.
    pub has_paid: bool,
    /// Whether the contact is in a private group of a scenario.
    pub joined_group: bool,
    /// When the contact wrote to the bot first.
    pub registered_at: Timestamp,
    /// Whether a broadcast reaches the contact.
    pub reach: Reach,
}

/// Whether a broadcast reaches a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    #[default]
    Open,
    /// The contact blocked the bot, or Telegram says that there is no such chat.
    Blocked,
    /// The contact wants no broadcasts.
    Unsubscribed,
}

impl Targeting {
    /// Whether the broadcast goes to this contact. Whoever cannot or will not receive it never matches.
    pub fn matches(&self, contact: &ContactFacts<'_>) -> bool {
        contact.reach == Reach::Open && self.conditions.iter().all(|it| it.holds(contact))
    }

    /// All that is wrong with the conditions, under the field's name.
    pub fn check(&self, field: &str, has_scenario: impl Fn(&Slug) -> bool) -> Vec<FieldError> {
        let at = format!("{field}.conditions");
        let mut errors = Vec::new();
        if self.conditions.len() > MAX_CONDITIONS {
            errors.push(FieldError::of(&*at, ContentFault::TooMany { max: MAX_CONDITIONS }));
        }
        for (n, condition) in self.conditions.iter().enumerate() {
            let at = format!("{at}[{n}]");
            if let Condition::InScenario(slug) = condition
                && !has_scenario(slug)
            {
                let fault = ContentFault::NoSuchScenario { scenario: slug.clone() };
                errors.push(FieldError::of(&*at, fault));
            }
            if self.conditions[..n].iter().any(|other| condition.contradicts(other)) {
                errors.push(FieldError::of(at, ContentFault::Contradiction));
            }
        }
        errors
    }
}

impl Condition {
    fn holds(&self, contact: &ContactFacts<'_>) -> bool {
        match self {
            Self::NoActiveScenario => contact.active_scenario.is_none(),
            Self::HasNotPaid => !contact.has_paid,
            Self::HasPaid => contact.has_paid,
            Self::InScenario(slug) => contact.active_scenario == Some(slug),
            Self::JoinedGroup => contact.joined_group,
            Self::RegisteredBefore(at) => contact.registered_at < *at,
            Self::RegisteredAfter(at) => contact.registered_at >= *at,
        }
    }

    /// Whether no contact can fulfil both.
    fn contradicts(&self, other: &Self) -> bool {
        let one_way = |a: &Self, b: &Self| match (a, b) {
            (Self::NoActiveScenario, Self::InScenario(_)) | (Self::HasPaid, Self::HasNotPaid) => {
                true
            }
            (Self::InScenario(a), Self::InScenario(b)) => a != b,
            (Self::RegisteredBefore(before), Self::RegisteredAfter(after)) => before <= after,
            _ => false,
        };
        one_way(self, other) || one_way(other, self)
    }
}

/// Where a broadcast is.
///
/// ```text
/// draft ──▶ sending ──▶ done
///   │         │ ▲
///   │         ▼ │
///   │       paused
///   │         │
///   └──▶ cancelled ◀── sending
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroadcastStatus {
    /// It is written, and may be changed.
    #[default]
    Draft,
    /// It goes out.
    Sending,
    /// It waits where it is.
    Paused,
    /// It went to everyone.
    Done,
    /// It goes to nobody any more.
    Cancelled,
}

/// What is done with a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastMove {
    /// Begin to send.
    Send,
    /// Wait.
    Pause,
    /// Go on where it was.
    Resume,
    /// There is nobody left.
    Finish,
    /// Give it up.
    Cancel,
}

/// A broadcast is not in a status that allows this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a broadcast whose status is {} cannot be {}", status.as_str(), wanted.done())]
pub struct InvalidMove {
    /// Its status.
    pub status: BroadcastStatus,
    /// What was to be done.
    pub wanted: BroadcastMove,
}

impl BroadcastMove {
    /// What a broadcast is to which it was done.
    const fn done(self) -> &'static str {
        match self {
            Self::Send => "sent",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Finish => "finished",
            Self::Cancel => "cancelled",
        }
    }
}

impl BroadcastStatus {
    /// The name in the table and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status after a move. A pause takes effect between pages; a page that is under way may end it
    /// meanwhile.
    pub const fn after(self, wanted: BroadcastMove) -> Result<Self, InvalidMove> {
        match (self, wanted) {
            (Self::Draft, BroadcastMove::Send) | (Self::Paused, BroadcastMove::Resume) => {
                Ok(Self::Sending)
            }
            (Self::Sending, BroadcastMove::Pause) => Ok(Self::Paused),
            (Self::Sending | Self::Paused, BroadcastMove::Finish) => Ok(Self::Done),
            (Self::Draft | Self::Sending | Self::Paused, BroadcastMove::Cancel) => {
                Ok(Self::Cancelled)
            }
            (status, wanted) => Err(InvalidMove { status, wanted }),
        }
    }

    /// Whether its text and its conditions may be changed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft)
    }

    /// Whether it goes out, or waits on its way.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Sending | Self::Paused)
    }
}

/// A broadcast of a bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// Whose it is.
    pub bot_id: BotId,
    /// What it is called: unique in its bot.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it says.
    #[serde(flatten)]
    pub content: StepContent,
    /// Whom it goes to.
    #[serde(default)]
    pub targeting: Targeting,
    /// Where it is.
    #[serde(default)]
    pub status: BroadcastStatus,
    /// How far it has come, once it goes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Sending>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).expect("a slug")
    }

    const AT: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn a_condition_holds_for_whom_it_says() {
        let (premium, basic) = (slug("premium"), slug("basic"));
        let idle = ContactFacts { registered_at: AT, ..ContactFacts::default() };
        let under_way = ContactFacts { active_scenario: Some(&premium), ..idle.clone() };
        let paid = ContactFacts { has_paid: true, ..idle.clone() };
        let inside = ContactFacts { joined_group: true, ..idle.clone() };
        let later = Timestamp::from_millis(1_001);
        for (condition, contact, holds) in [
            (Condition::NoActiveScenario, &idle, true),
            (Condition::NoActiveScenario, &under_way, false),
            (Condition::InScenario(premium.clone()), &under_way, true),
            (Condition::InScenario(basic), &under_way, false),
            (Condition::InScenario(premium.clone()), &idle, false),
            (Condition::HasNotPaid, &idle, true),
            (Condition::HasNotPaid, &paid, false),
            (Condition::HasPaid, &paid, true),
            (Condition::HasPaid, &idle, false),
            (Condition::JoinedGroup, &inside, true),
            (Condition::JoinedGroup, &idle, false),
            (Condition::RegisteredBefore(AT), &idle, false),
            (Condition::RegisteredBefore(later), &idle, true),
            (Condition::RegisteredAfter(AT), &idle, true),
            (Condition::RegisteredAfter(later), &idle, false),
        ] {
            let targeting = Targeting { conditions: vec![condition.clone()] };
            assert_eq!(targeting.matches(contact), holds, "{condition:?} {contact:?}");
        }
    }

    #[test]
    fn all_conditions_must_hold_and_who_cannot_or_will_not_receive_never_matches() {
        let both =
            Targeting { conditions: vec![Condition::NoActiveScenario, Condition::HasNotPaid] };
        let everyone = Targeting::default();
        let idle = ContactFacts::default();
        let paid = ContactFacts { has_paid: true, ..idle.clone() };
        let blocked = ContactFacts { reach: Reach::Blocked, ..idle.clone() };
        let unsubscribed = ContactFacts { reach: Reach::Unsubscribed, ..idle.clone() };
        for (targeting, contact, expected) in [
            (&both, &idle, true),
            (&both, &paid, false),
            (&everyone, &paid, true),
            (&everyone, &blocked, false),
            (&everyone, &unsubscribed, false),
        ] {
            assert_eq!(targeting.matches(contact), expected, "{targeting:?} {contact:?}");
        }
    }

    #[test]
    fn conditions_are_written_as_in_the_files_of_the_bot_before() {
        let json =
            r#"{"conditions":["no_active_scenario","has_not_paid",{"in_scenario":"premium"}]}"#;
        let read: Targeting = serde_json::from_str(json).expect("targeting");
        let expected = [
            Condition::NoActiveScenario,
            Condition::HasNotPaid,
            Condition::InScenario(slug("premium")),
        ];
        assert_eq!(read.conditions, expected);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), json);
    }

    #[test]
    fn conditions_that_nobody_fulfils_or_of_a_scenario_that_is_not_there_are_refused() {
        let check = |conditions: &[Condition]| {
            let targeting = Targeting { conditions: conditions.to_vec() };
            let errors = targeting.check("targeting", |it| it.as_str() == "premium");
            errors.into_iter().map(|it| it.field).collect::<Vec<_>>()
        };
        let premium = Condition::InScenario(slug("premium"));
        let before = Condition::RegisteredBefore(AT);
        assert_eq!(check(&[premium.clone(), Condition::HasPaid, before.clone()]), [""; 0]);
        for contradicted in [
            [premium, Condition::NoActiveScenario],
            [Condition::HasPaid, Condition::HasNotPaid],
            [Condition::RegisteredAfter(AT), before],
        ] {
            assert_eq!(check(&contradicted), ["targeting.conditions[1]"], "{contradicted:?}");
        }
        assert_eq!(check(&[Condition::InScenario(slug("x"))]), ["targeting.conditions[0]"]);
        let many = vec![Condition::HasPaid; MAX_CONDITIONS + 1];
        assert_eq!(check(&many), ["targeting.conditions"]);
    }

    #[test]
    fn a_broadcast_moves_as_drawn_and_not_otherwise() {
        use BroadcastMove::{Cancel, Finish, Pause, Resume, Send};
        use BroadcastStatus::{Cancelled, Done, Draft, Paused, Sending};
        let moves = [Send, Pause, Resume, Finish, Cancel];
        for (status, after) in [
            (Draft, [Some(Sending), None, None, None, Some(Cancelled)]),
            (Sending, [None, Some(Paused), None, Some(Done), Some(Cancelled)]),
            (Paused, [None, None, Some(Sending), Some(Done), Some(Cancelled)]),
            (Done, [None; 5]),
            (Cancelled, [None; 5]),
        ] {
            assert_eq!(moves.map(|it| status.after(it).ok()), after, "{status:?}");
        }
    }
}
