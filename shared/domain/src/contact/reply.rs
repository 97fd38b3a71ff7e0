//! What contacts write, in the chats of the bot's admins.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::BotId;
use crate::text::first_chars;
use crate::time::Timestamp;

/// So many messages of a contact are forwarded in a minute; the rest is left out, and that is said once.
pub const FORWARDS_A_MINUTE: u64 = 20;
/// So long an admin can answer a forwarded message.
pub const FORWARDED_KEPT: Duration = Duration::from_hours(24 * 30);
/// A text that cannot be forwarded is told of in so many characters.
const MAX_SAID: usize = 3_000;

/// Whose message a forwarded one is: an answer to it goes to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardedReply {
    /// The bot.
    pub bot: BotId,
    /// The admin's chat.
    pub chat_id: i64,
    /// The forwarded message there.
    pub message_id: i64,
    /// The contact's chat.
    pub contact: i64,
    /// When it was forwarded.
    pub forwarded_at: Timestamp,
}

/// Who wrote, and what: for where a message cannot be forwarded. `text` is what it says, `what` its kind where
/// it has no words.
pub fn said(who: &str, text: Option<&str>, what: Option<&str>) -> String {
    match (text, what) {
        (Some(text), _) => format!("{who}: {}", first_chars(text, MAX_SAID)),
        (None, Some(what)) => format!("{who}: ({what})"),
        (None, None) => format!("{who}: …"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_names_who_and_what_and_fits_a_message() {
        assert_eq!(said("@ada", Some("hello"), None), "@ada: hello");
        assert_eq!(said("Ada", None, Some("sticker")), "Ada: (sticker)");
        let long = said("Ada", Some(&"x".repeat(10_000)), None);
        assert_eq!(long.len(), MAX_SAID + 5);
    }
}
