//! The engine's pure half: what a decision is, when its jobs run, at what rate
//! their messages go, and what follows from each outcome. `docs/engine.md` holds the
//! rules that these modules implement.

pub mod decision;
pub mod delivery;
pub mod job;
pub mod rate;
pub mod retry;
pub mod timer;

pub use decision::{Decision, Record, Write};
pub use delivery::{Delivery, DeliveryKey, DeliveryStatus, UnknownPolicy};
pub use job::{Job, Lane};
pub use timer::{NewJob, Timer, TimerKey};
