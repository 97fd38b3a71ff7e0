//! What became of a broadcast for one contact.

use crate::engine::DeliveryStatus;

/// What became of a broadcast for one contact: all of its messages together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactOutcome {
    /// It is on its way, or was when the broadcast was stopped.
    Waiting,
    /// The contact has it.
    Sent,
    /// The chat refused it.
    Failed,
    /// The contact has blocked the bot, or the chat is gone.
    Blocked,
    /// Nobody knows whether the contact has it: it is not sent again.
    Unknown,
}

impl ContactOutcome {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Sent, Self::Failed, Self::Blocked, Self::Unknown];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// The outcome of messages that stand so, the worst of them: of at least one. `is_blocked` says whether the
/// contact can be written to no more.
pub fn outcome(messages: &[DeliveryStatus], is_blocked: bool) -> ContactOutcome {
    if messages.contains(&DeliveryStatus::Failed) {
        return if is_blocked { ContactOutcome::Blocked } else { ContactOutcome::Failed };
    }
    if messages.iter().any(|it| !it.is_terminal()) {
        return ContactOutcome::Waiting;
    }
    if messages.iter().all(|it| *it == DeliveryStatus::Sent) {
        return ContactOutcome::Sent;
    }
    ContactOutcome::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contacts_outcome_is_the_worst_of_its_messages() {
        use DeliveryStatus::{Claimed, Failed, Sent, Unknown, Waiting};
        for (messages, is_blocked, expected) in [
            (&[Sent, Sent][..], false, ContactOutcome::Sent),
            (&[Sent], true, ContactOutcome::Sent),
            (&[Sent, Failed], false, ContactOutcome::Failed),
            (&[Failed, Waiting], true, ContactOutcome::Blocked),
            (&[Unknown, Sent], false, ContactOutcome::Unknown),
            (&[Sent, Claimed], false, ContactOutcome::Waiting),
            (&[Waiting], false, ContactOutcome::Waiting),
        ] {
            assert_eq!(outcome(messages, is_blocked), expected, "{messages:?} {is_blocked}");
        }
    }

    #[test]
    fn an_outcome_is_known_by_its_name() {
        for outcome in ContactOutcome::ALL {
            assert_eq!(ContactOutcome::parse(outcome.as_str()), Some(outcome));
        }
        assert_eq!(ContactOutcome::parse("skipped"), None);
    }
}
