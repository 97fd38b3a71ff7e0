//! What comes from outside: offers of scrapers, updates of Telegram.

mod jobs;
mod kept;
mod offers;
mod updates;
