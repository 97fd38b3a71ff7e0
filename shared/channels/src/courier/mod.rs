//! Courier: e-mail through its send API.
//!
//! - [`CourierApi`] sends one mail, once.
//! - [`html`] and [`text`] are what a [`domain::message::Letter`] becomes.
//! - [`signature`] knows Courier's webhooks from anyone else's, and [`Webhook`] reads them.

mod api;
mod render;
pub mod signature;
mod webhook;

pub use api::{CourierApi, Post};
pub use render::{html, text};
pub use webhook::Webhook;
