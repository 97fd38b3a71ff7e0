//! Hoopoe's decisions: pure, without I/O, clock, randomness or async.
//!
//! Architecture invariant: nothing here knows the table's keys, the queue, HTTP or any
//! channel's wire format. Time, ids and random numbers are arguments.

pub mod account;
pub mod alert;
pub mod bot;
pub mod broadcast;
pub mod button;
pub mod channel;
pub mod contact;
pub mod correlation;
pub mod digest;
pub mod engine;
pub mod event;
pub mod fault;
pub mod field_error;
pub mod funnel;
pub mod heartbeat;
pub mod ids;
pub mod invite;
pub mod link;
pub mod mail;
pub mod markup;
pub mod message;
pub mod migration;
pub mod mutation;
pub mod offer;
pub mod outcome;
pub mod payment;
pub mod photo;
pub mod scenario;
pub mod schedule;
pub mod seal;
pub mod slug;
pub mod subscription;
pub mod task;
pub mod template;
pub mod text;
pub mod time;
pub mod update;
pub mod url;
pub mod watch;
pub mod wizard;
