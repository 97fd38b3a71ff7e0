//! Who has paid and comes into the group, leaves it or is removed from it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What names of links begin with.
const LINK_OF: &str = "contact ";

/// A contact's way into a scenario's group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupAccess {
    /// Whether they are in it.
    #[serde(default)]
    pub joined_group: bool,
    /// When they came in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
    /// Whether someone removed them since.
    #[serde(default)]
    pub removed: bool,
}

impl GroupAccess {
    /// Whether they may have a link into the group: they have paid, and nobody has removed them.
    pub const fn may_have_link(self, paid: bool) -> bool {
        paid && !self.removed
    }
}

/// What the link of a contact is called in the group: it tells whose it is when someone comes by it.
pub fn link_name(chat_id: i64) -> String {
    format!("{LINK_OF}{chat_id}")
}

/// The chat of the contact whose link is called so.
pub fn owner_of_link(name: &str) -> Option<i64> {
    name.strip_prefix(LINK_OF)?.parse().ok()
}

/// A move of a contact, as Telegram's `chat_member` tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// They came in.
    Joined,
    /// They left of their own accord.
    Left,
    /// Someone removed them.
    Removed,
    /// The bot took them out: their money went back. That bars nobody who pays again.
    TakenOut,
}

/// Who made a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The person.
    Person,
    /// The bot itself.
    Bot,
    /// Someone else.
    Other,
}

/// Where someone stands with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are in it, with whatever rights.
    In,
    /// They are not in it, and may come.
    Out,
    /// They may not come.
    Banned,
}

impl Move {
    /// The move between two standings.
    pub const fn between(before: Standing, after: Standing, by: Actor) -> Option<Self> {
        match (before, after, by) {
            (Standing::Out | Standing::Banned, Standing::In, _) => Some(Self::Joined),
            (Standing::In, Standing::Out, Actor::Person) => Some(Self::Left),
            (Standing::In, Standing::Out | Standing::Banned, Actor::Bot) => Some(Self::TakenOut),
            // A ban by the bot is lifted at once: it is how one is taken out.
            (Standing::Out, Standing::Banned, Actor::Bot) => None,
            // Someone who had left may be banned afterwards.
            (Standing::In, Standing::Out, _)
            | (Standing::In | Standing::Out, Standing::Banned, _) => Some(Self::Removed),
            _ => None,
        }
    }
}

/// What follows from a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterMove {
    /// Nothing.
    Nothing,
    /// They are sent a fresh link into the group.
    FreshLink,
}

/// Decides what a move makes of a contact's access, and what follows. `paid` says that the contact's
/// order is paid.
pub const fn decide_move(
    access: GroupAccess,
    what: Move,
    at: Timestamp,
    paid: bool,
) -> (GroupAccess, AfterMove) {
    match what {
        Move::Joined => {
            // Who comes in again was let in again.
            let joined = GroupAccess { joined_group: true, joined_at: Some(at), removed: false };
            (joined, AfterMove::Nothing)
        }
        Move::Left | Move::TakenOut => {
            let left = GroupAccess { joined_group: false, ..access };
            let after =
                if left.may_have_link(paid) { AfterMove::FreshLink } else { AfterMove::Nothing };
            (left, after)
        }
        Move::Removed => {
            (GroupAccess { joined_group: false, removed: true, ..access }, AfterMove::Nothing)
        }
    }
}
