//! Bots: the platform's, which the configuration names, and companies' own, which the table has.
//!
//! Everywhere in the table and in jobs a bot is its [`domain::ids::BotId`]: `default` for the
//! platform's, a `UUIDv7` for a company's. What people write, a slug, is looked up here.

mod add;
mod change;
mod find;
mod list;
mod resume;
mod tokens;
mod webhook;

pub use add::{AddBot, add_bot};
pub use change::{ChangeBot, change_bot, switch_bot};
pub use domain::bot::ChatChange;
pub(crate) use find::BOT;
pub use find::{KnownBot, WebhookBot, active_bot, bot_named, bot_of_path, companys_bot, find_bot};
pub use list::{BotView, get_bot, list_bots};
pub(crate) use resume::run_resume;
pub use tokens::{Credentials, CurrentToken, NoToken, Tokens, credentials, token};
pub use webhook::{
    AT_ONCE, COMMANDS, UPDATES, WebhookState, register_webhook, show_webhook, webhook_path,
};
