//! Channels: how they are made, confirmed and given up.

mod confirm_channel;

pub use confirm_channel::{ConfirmChannel, confirm_channel};
pub use domain::channel::Confirmed;
