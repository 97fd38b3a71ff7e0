//! Channels, the chats they are, the tokens that link them, and what became of mails.

use std::time::Duration;

use domain::channel::{Channel, ChatLink, RegistrationToken, StoppedChat};
use domain::mail::Receipt;

use crate::items::plain_item;
use crate::keys;

/// A token stays this long after it expired, so that a late click is answered like any other.
const TOKEN_KEPT: Duration = Duration::from_hours(24);

plain_item!(Channel, "channel", |it| keys::channel(it.user_id, it.id), version: it.version);
plain_item!(Receipt, "receipt", |it| keys::receipt(&it.reference), expires: Some(it.expires()),
    version: it.version);
plain_item!(ChatLink, "chat_link", |it| keys::chat_link(&it.bot, it.chat_id, it.user_id));
plain_item!(StoppedChat, "stopped_chat", |it| keys::stopped_chat(&it.bot, it.chat_id));
plain_item!(RegistrationToken, "registration_token", |it| keys::registration_token(&it.hash),
    expires: Some(it.expires_at + TOKEN_KEPT));
