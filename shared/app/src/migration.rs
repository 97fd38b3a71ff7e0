//! A bot's scenarios and contacts from and to files.
//!
//! An import goes in this order: pictures, sets of buttons, scenarios each after its steps, broadcasts,
//! contacts one by one. So it can end anywhere and be begun again: what is there by then stays.

mod apply;
mod collect;
mod contacts;

pub use apply::{Applied, Mode, import};
pub use collect::{Collected, export};
