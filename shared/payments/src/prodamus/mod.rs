//! Prodamus: links on which one pays, and signed words about what became of it (FACTS: Prodamus).
//!
//! What is signed is no sequence of bytes but the data as PHP reads it from a body, so PHP's way of
//! reading is followed here: [`Fields`] is its array, whatever the body's encoding was.

mod canonical;
mod date;
mod fields;
mod form;
mod json;
mod link;
mod multipart;
mod notification;
mod signature;

pub use fields::{BodyError, Fields, Key, Node};
pub use link::{FormUrl, FormUrlError, LinkError, NewLink, Notify, ProdamusApi};
pub use notification::{Customer, Notification, NotificationError, Product};
pub use signature::{Mode, SignatureError, check, sign};

#[cfg(test)]
mod tests;
