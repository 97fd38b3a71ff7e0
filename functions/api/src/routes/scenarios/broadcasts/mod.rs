//! Broadcasts of a company's bots.

pub(super) mod audience;
pub(super) mod change;
pub(super) mod copy;
pub(super) mod create;
pub(super) mod deliveries;
pub(super) mod get;
pub(super) mod list;
pub(super) mod moves;
pub(super) mod remove;
mod view;
