//! Payments: what is asked of payment services, and what they say.
//!
//! Architecture invariant: nothing here decides what a payment means, retries or records. One call
//! is one request; what follows is the domain's decision.

pub mod prodamus;
pub mod stripe;
