//! The steps of a scenario.

pub(super) mod add;
pub(super) mod change;
pub(super) mod get;
pub(super) mod list;
pub(super) mod move_to;
pub(super) mod remove;
