//! Companies' bots, and the names they are found by.

use domain::bot::{Bot, BotName, BotSlug, DefaultBot, TelegramBot};

use crate::items::plain_item;
use crate::keys;

plain_item!(Bot, "bot", |it| keys::bot(&it.id), version: it.version);
plain_item!(BotSlug, "bot_slug", |it| keys::bot_slug(it.company_id, &it.slug));
plain_item!(BotName, "bot_name", |it| keys::bot_name(&it.slug));
plain_item!(TelegramBot, "telegram_bot", |it| keys::telegram_bot(it.telegram_id));
plain_item!(DefaultBot, "default_bot", |it| keys::default_bot(it.company_id));
