//! Stand-ins for the outside systems that Hoopoe talks to, for tests and for a
//! laptop without a network. They speak the real wire formats, enforce the real
//! limits and keep a record of what they were told.
//!
//! Architecture invariant: nothing here depends on another crate of this
//! workspace. A simulator that shared code with its client would share its
//! misunderstandings too.

pub mod courier;
pub mod hook;
mod log;
pub mod prodamus;
pub mod stripe;
pub mod telegram;
