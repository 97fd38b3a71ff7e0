//! What comes from outside: offers of scrapers, updates of Telegram.

mod answers;
mod broadcasts;
mod digests;
mod edits;
mod events;
mod jobs;
mod kept;
mod migration;
mod offers;
mod owner;
mod presses;
mod scenarios;
mod tokens;
mod unread;
mod updates;
mod world;
