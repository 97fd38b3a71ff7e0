//! What comes from outside: offers of scrapers, updates of Telegram.

mod events;
mod jobs;
mod kept;
mod offers;
mod updates;
