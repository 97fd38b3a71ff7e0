//! Telegram: the Bot API as far as the system uses it.
//!
//! - [`TelegramApi`] calls it; [`BotToken`] is what it calls it with.
//! - [`Patience`] is the time that all requests of one message have together.
//! - [`render`] turns contents into messages that Telegram takes.
//! - [`IncomingUpdate`] and [`Command`] read what people do.
//! - [`deep_link`] leads people to the bot.

mod answer;
mod api;
mod command;
mod form;
mod links;
mod patience;
pub mod render;
mod stored;
mod token;
mod update;

pub use answer::TelegramError;
pub use api::{BotIdentity, GetUpdates, SetWebhook, TelegramApi, WebhookInfo};
pub use command::Command;
pub use links::{DeepLinkError, deep_link, group_deep_link};
pub use patience::Patience;
pub use stored::{Delivered, Stored, WrongFile};
pub use token::{BotToken, InvalidBotToken};
pub use update::{ChatKind, IncomingUpdate, Kind, Sender, UpdateError, UsedLink, Written};
