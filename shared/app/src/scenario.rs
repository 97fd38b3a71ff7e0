//! Scenarios: what contacts do with them, and what they are sent.

pub mod author;
mod begin;
pub mod broadcasts;
mod end;
mod load;
pub mod owner;
pub(crate) mod pay_links;
mod render;
mod retime;

pub(crate) use begin::{
    At, Effects, Writer, agree, begin, block, returned, settings, stop, want_broadcasts,
};
pub(crate) use end::{Plan, is_owed, owed_refused, step_ended};
pub(crate) use load::{Owed, owed};
pub(crate) use render::{Source, UNSUBSCRIBE};
pub(crate) use retime::{retime_jobs, run_retime};
