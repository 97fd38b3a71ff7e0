//! What Telegram is told of a bot, here and on AWS alike.

/// What we want to hear of (FACTS: Telegram, setWebhook).
pub(crate) const UPDATES: [&str; 5] =
    ["message", "callback_query", "my_chat_member", "chat_member", "chat_join_request"];
/// The menu.
pub(crate) const COMMANDS: [(&str, &str); 3] = [
    ("start", "Begin, or go on after /stop"),
    ("stop", "No more messages"),
    ("help", "What this bot does"),
];
/// So many updates come at once at most: Telegram's default, and well below the invocations that an
/// account may have at once. What does not fit waits with Telegram.
pub(crate) const AT_ONCE: u32 = 40;
