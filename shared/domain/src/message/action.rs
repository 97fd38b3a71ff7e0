//! What the buttons under a message do.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::ids::TargetId;

/// A text that is no button's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the data of a button of ours")]
pub struct UnknownAction;

/// What a button does when it is pressed. Written as `pause:<uuid>`, which
/// fits the 64 bytes of Telegram's `callback_data` (FACTS: Telegram, Limits).
///
/// The data comes back from outside: whoever acts on it checks that the chat
/// belongs to the target's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Stop the watch of this target for now.
    PauseTarget(TargetId),
    /// Take the watch of this target up again.
    ResumeTarget(TargetId),
}

impl Action {
    /// The text on the button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PauseTarget(_) => "Pause this watch",
            Self::ResumeTarget(_) => "Resume this watch",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PauseTarget(id) => write!(f, "pause:{id}"),
            Self::ResumeTarget(id) => write!(f, "resume:{id}"),
        }
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(data: &str) -> Result<Self, Self::Err> {
        let (verb, id) = data.split_once(':').ok_or(UnknownAction)?;
        let target = id.parse().map_err(|_| UnknownAction)?;
        match verb {
            "pause" => Ok(Self::PauseTarget(target)),
            "resume" => Ok(Self::ResumeTarget(target)),
            _ => Err(UnknownAction),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_buttons_data_is_read_back_and_fits_64_bytes() {
        for action in [
            Action::PauseTarget(TargetId(Uuid::max())),
            Action::ResumeTarget(TargetId(Uuid::nil())),
        ] {
            let data = action.to_string();
            assert!(data.len() <= 64, "{data}");
            assert_eq!(data.parse(), Ok(action));
        }
    }

    #[test]
    fn foreign_data_is_no_action() {
        for data in
            ["", "pause", "pause:", "pause:1", "delete:00000000-0000-0000-0000-000000000000"]
        {
            assert_eq!(data.parse::<Action>(), Err(UnknownAction), "{data}");
        }
    }
}
