//! Orders of contacts, and the words that were heard about them.

use domain::payment::{ContactOrder, KeptWord, Order, WORD_KEPT};

use crate::items::plain_item;
use crate::keys;

plain_item!(Order, "order", |it| keys::order(&it.bot, &it.number), version: it.version);
plain_item!(ContactOrder, "contact_order", |it| keys::contact_order(
    &it.bot,
    it.chat_id,
    &it.scenario
));
plain_item!(KeptWord, "kept_word", |it| keys::kept_word(&it.bot, &it.payment, it.kind),
    expires: Some(it.heard_at + WORD_KEPT));
