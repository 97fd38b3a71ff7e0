//! Onboarding invites, their tokens, and what they make of a chat.

use std::time::Duration;

use domain::invite::{ChatPerson, GuestTarget, INVITE_KEPT, InviteToken, OnboardingInvite};

use crate::items::plain_item;
use crate::keys;

/// A token stays this long after it expired, so that a late click is answered like any other.
const TOKEN_KEPT: Duration = Duration::from_hours(24);

plain_item!(OnboardingInvite, "onboarding_invite", |it| keys::invite(it.company_id, it.id),
    expires: Some(it.expires_at + INVITE_KEPT), version: it.version);
plain_item!(InviteToken, "invite_token", |it| keys::invite_token(&it.hash),
    expires: Some(it.expires_at + TOKEN_KEPT));
plain_item!(ChatPerson, "chat_person", |it| keys::chat_person(&it.bot, it.chat_id),
    version: it.version);
plain_item!(GuestTarget, "guest_target", |it| keys::guest_target(it.user_id, it.target_id));
