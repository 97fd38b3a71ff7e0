//! A bot's scenarios and contacts from and to files.
//!
//! An import goes in this order: pictures, sets of buttons, scenarios each after its steps, broadcasts,
//! contacts one by one, and what was said of their payments. So it can end anywhere and be begun again: what
//! is there by then stays.

mod apply;
mod collect;
mod contacts;
mod form;
mod payment_infos;
mod progress;

pub use apply::{Applied, Mode, import};
pub use collect::{Collected, export};
pub use form::{FormTaken, import_form};
pub use progress::{Progress, Stage};
