//! The single table.
//!
//! Architecture invariant: only [`keys`] knows `pk` and `sk`; only this crate knows
//! DynamoDB. There is one implementation and no trait: tests run it against an embedded engine.

pub mod clear;
pub mod commit;
mod cursor;
pub mod deliveries;
pub mod describe;
pub mod error;
pub mod items;
pub mod keys;
pub mod leases;
pub mod limits;
pub mod meter;
pub mod read;
pub mod schema;
pub mod slots;
pub mod store;
pub mod timers;

pub use aws_sdk_dynamodb::config::Builder as Config;
pub use commit::Committed;
pub use cursor::Cursor;
pub use deliveries::{DeliveryWrite, Written};
pub use describe::Description;
pub use error::{CommitError, TableError};
pub use limits::Counted;
pub use meter::{Meter, Usage};
pub use read::{Page, Range};
pub use store::Table;
pub use timers::{AsidePage, DeadTimer, Parked, ParkedTimer, TimerPage, UnreadAside, UnreadTimer};
