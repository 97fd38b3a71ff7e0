//! Updates: what people do in chats with a bot.
//!
//! ```text
//! update ──▶ does the chat wait behind a kept update?  yes ▶ keep this one, too
//!              │ no
//!              ▼
//!            handle: one transaction of SeenUpdate, state, and a job with the answers
//!              ├─ taken                 ▶ handled
//!              ├─ SeenUpdate exists     ▶ repeated: nothing happens twice
//!              └─ error, panic, too slow ▶ keep: KeptUpdate and a timer that tries again
//! ```
//!
//! Each kept update has a timer of its own, and a run handles all that wait in its chat, in order. So
//! none is stranded, whatever is kept while a run is under way.

mod admin;
mod chat;
mod contact;
mod deed;
mod handle;
mod migrate;
mod moved;
mod press;
mod receive;
mod replies;
mod run_kept;
mod targets;

pub(crate) use admin::is_admins_chat;
pub(crate) use chat::Chat;
#[cfg(test)]
pub(crate) use deed::ADMIN_COMMANDS;
pub(crate) use migrate::migrate;
pub use receive::{Received, receive_update};
pub use run_kept::run_kept;
