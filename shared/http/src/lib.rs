//! What the HTTP functions share: bodies, problems, pages of lists, idempotency keys, API
//! keys, rate limits, and the layers around a router.
//!
//! A function builds its [`Routes`] and ends with [`serve::finish`]. Several
//! functions are served behind one listener by merging their routes *before* finishing them.
//!
//! Architecture invariant: nothing here decides anything of the domain, and nothing here writes
//! but counters of attempts; kept answers are written by the use case's own transaction.

pub mod api_key;
pub mod body;
pub mod caller;
pub mod describe;
mod form;
pub mod health;
pub mod json;
pub mod limit;
pub mod once;
pub mod page;
pub mod refusal;
pub mod request_id;
pub mod routes;
pub mod serve;

pub use api_key::Authorized;
pub use caller::CallerIp;
pub use form::Form;
pub use json::{Keyed, StrictJson};
pub use page::{Listed, Paging};
pub use refusal::Refusal;
pub use routes::Routes;
#[doc(hidden)]
pub use utoipa_axum;
