//! What contacts write, in the chats of the bot's admins.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::BotId;
use crate::text::first_chars;
use crate::time::Timestamp;
use crate::wizard::Language;

/// So many messages of a contact are forwarded in a minute; the rest is left out, and that is said once.
pub const FORWARDS_A_MINUTE: u64 = 20;
/// What all contacts of a bot write is shown in turns of so many seconds.
const TURN: i64 = 20;
/// So many messages are shown in a turn, evenly: half of what a chat takes, so that the bot still answers the
/// admins themselves.
const SHOWN_A_TURN: u32 = 10;
/// So many of them are one contact's: a few who write a lot leave room for the others.
pub const SHOWN_OF_A_CONTACT: u64 = 3;
/// What a turn has no room for waits for one of the next; what finds none of so many free is left out.
pub const TURNS_AHEAD: i64 = 30;
/// That something is left out is said once in this time.
pub const LEFT_OUT_TOLD: Duration = Duration::from_mins(10);
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

/// The turn that is now.
pub const fn turn_of(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(TURN)
}

/// When the `nth` message of a turn, counted from 1, is shown; `None` where the turn has no room for it.
pub fn shown_at(turn: i64, nth: u64, now: Timestamp) -> Option<Timestamp> {
    let before = u32::try_from(nth).ok().filter(|nth| *nth <= SHOWN_A_TURN)?.saturating_sub(1);
    let length = Duration::from_secs(TURN.unsigned_abs());
    let at = Timestamp::from_millis(turn * TURN * 1_000) + length / SHOWN_A_TURN * before;
    Some(at.max(now))
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

/// Who pressed a button of an author's, and what it says to the bot.
pub fn said_by_button(who: &str, data: &str, language: Language) -> String {
    match language {
        Language::En => format!("{who} pressed a button: {data}"),
        Language::Ru => format!("{who}: нажата кнопка {data}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_turn_are_shown_evenly_and_the_rest_waits() {
        let begins = Timestamp::from_millis(7 * 20_000);
        let after = |seconds| begins + Duration::from_secs(seconds);
        assert_eq!((turn_of(begins), turn_of(after(19)), turn_of(after(20))), (7, 7, 8));
        assert_eq!(shown_at(7, 1, begins), Some(begins));
        assert_eq!(shown_at(7, 3, begins), Some(after(4)));
        assert_eq!(shown_at(7, 3, after(15)), Some(after(15)), "its time has come");
        assert_eq!(shown_at(8, 10, after(15)), Some(after(38)));
        assert_eq!(shown_at(8, 11, after(15)), None);
    }

    #[test]
    fn what_is_said_names_who_and_what_and_fits_a_message() {
        assert_eq!(said("@ada", Some("hello"), None), "@ada: hello");
        assert_eq!(said("Ada", None, Some("sticker")), "Ada: (sticker)");
        assert_eq!(said_by_button("Ada", "call", Language::En), "Ada pressed a button: call");
        assert_eq!(said_by_button("Ада", "call", Language::Ru), "Ада: нажата кнопка call");
        let long = said("Ada", Some(&"x".repeat(10_000)), None);
        assert_eq!(long.len(), MAX_SAID + 5);
    }
}
