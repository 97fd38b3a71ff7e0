//! The Telegram simulator's rules, in virtual time.

mod botfather;
mod chats;
mod editing;
mod faults;
mod files;
mod formatting;
mod forwarding;
mod groups;
mod keyboards;
mod log;
mod polling;
mod rates;
mod server;
mod setup;
mod webhooks;
