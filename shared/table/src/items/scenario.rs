//! Scenarios, their steps and buttons, and contacts.

use std::time::Duration;

use domain::broadcast::Broadcast;
use domain::button::ButtonSet;
use domain::contact::{Contact, FORWARDED_KEPT, ForwardedReply};
use domain::photo::StoredPhoto;
use domain::scenario::{BotScenarios, Scenario, Step};
use domain::wizard::ChatWizard;

use crate::items::plain_item;
use crate::keys;

/// A wizard that has ended is told of so long.
const KEPT: Duration = Duration::from_hours(24);

plain_item!(Scenario, "scenario", |it| keys::scenario(&it.bot_id, &it.slug), version: it.version);
plain_item!(Step, "step", |it| keys::step(&it.bot_id, &it.scenario, &it.slug), version: it.version);
plain_item!(BotScenarios, "bot_scenarios", |it| keys::bot_scenarios(&it.bot_id), version: it.version);
plain_item!(ButtonSet, "button_set", |it| keys::button_set(&it.bot_id, &it.slug),
    version: it.version);
plain_item!(Broadcast, "broadcast", |it| keys::broadcast(&it.bot_id, &it.slug),
    expires: it.kept_until(), version: it.version);
plain_item!(StoredPhoto, "stored_photo", |it| keys::stored_photo(&it.bot_id, &it.object));
plain_item!(ChatWizard, "chat_wizard", |it| keys::chat_wizard(&it.bot_id, it.chat_id),
    expires: Some(it.wizard.expires_at + KEPT), version: it.version);
plain_item!(Contact, "contact", |it| keys::contact(&it.bot_id, it.chat_id), version: it.version);
plain_item!(ForwardedReply, "forwarded_reply", |it| keys::forwarded_reply(
    &it.bot,
    it.chat_id,
    it.message_id
), expires: Some(it.forwarded_at + FORWARDED_KEPT));
