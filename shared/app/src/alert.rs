//! Company alerts: sent by services, from templates that admins keep, and counted.

mod counts;
mod send_alert;
mod templates;

pub use counts::{CountsRange, list_counts};
pub use domain::alert::{Alert, AlertCount, AlertMessage, AlertTemplate, Section, Sending};
pub use domain::alert::{DEFAULT_WINDOW, LONGEST_WINDOW, MAX_WORDS, TemplateInput, variables};
pub(crate) use send_alert::window_of;
pub use send_alert::{AlertText, SendAlert, send_alert};
pub use templates::{
    find_template, list_templates, preview_template, remove_template, save_template,
};
