//! Channels: how a message's content takes form and reaches people.
//!
//! Each channel renders [`domain::message::Content`] and turns the answer of
//! its service into a [`domain::outcome::Outcome`].
//!
//! Architecture invariant: nothing here retries, waits, books or records.
//! One call is one attempt; what follows from it is the engine's decision.

pub mod courier;
pub mod hook;
pub mod letter;
mod plain;
mod retry_after;
#[cfg(test)]
mod stub;
pub mod telegram;
mod words;
