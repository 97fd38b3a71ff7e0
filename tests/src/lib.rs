//! The harness of the journeys: the whole system of `hoopoe dev` in this process, in virtual
//! time, reached over HTTP as people and scrapers reach it.
//!
//! A [`journey`] ends with nothing left over: no timer, no dead letter, no message on the queue.

#![expect(clippy::missing_panics_doc, reason = "a test that cannot go on has failed")]

pub mod aws;
pub mod browser;
pub mod generator;
pub mod items;
pub mod log_interest;
pub mod picture;
pub mod system;
pub mod virtual_clock;

pub use browser::{Answer, Browser};
pub use system::{TestSystem, Watcher, journey, journey_from};
pub use virtual_clock::VirtualClock;
