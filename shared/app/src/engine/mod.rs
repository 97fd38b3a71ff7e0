//! The engine: what happens after a hint, and each minute.
//!
//! The *clock* ([`tick`](mod@tick)) hands over timers; a *worker* ([`run_batch`]) reads them, the
//! *deliverator* ([`deliver`]) books, claims, sends and records; what cannot succeed is
//! buried and comes back through [`redrive`]. The rules are in `docs/engine.md`.

mod access;
mod alert;
mod baseline;
pub mod batch;
mod broadcast;
mod burst;
mod chunk;
mod consequence;
pub mod deliver;
mod digest;
mod finish;
mod lines;
mod load;
mod missing;
mod once;
pub(crate) mod pace;
mod page;
mod photos;
pub mod redrive;
mod relay;
mod resolve;
mod set_aside;
pub(crate) mod settle;
mod shape;
mod single;
pub(crate) mod slots;
mod tell;
pub mod tick;
mod watchers;
mod work;

pub use batch::{Ack, Incoming, run_batch};
pub(crate) use consequence::stop;
pub use set_aside::{SetAside, count_set_aside};
pub use tick::{Tick, tick};
