//! Messages of one chat that are shown in another.

/// A message of another chat with the same bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// The chat that it was written in.
    pub from_chat: i64,
    /// Its number there.
    pub message_id: i64,
    /// Whether it goes as the bot's own, rather than under the name of who wrote it.
    pub as_own: bool,
    /// What is said in its place where it cannot be shown.
    pub instead: String,
}
