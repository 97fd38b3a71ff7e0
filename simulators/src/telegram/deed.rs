//! One act of a person in one chat with one bot, and the updates that the bot
//! gets of it.

use std::fmt;

use bytes::Bytes;
use serde_json::{Value, json};

use super::files;
use super::format::{Formatted, detect};
use super::journal::Record;
use super::model::{Chat, ChatKind, Message, Photo, Standing};
use super::people::Impossible;
use super::state::State;
use super::views;

/// A deed of a person: who, where, when.
pub(super) struct Deed<'a> {
    pub(super) state: &'a mut State,
    pub(super) bot_id: i64,
    pub(super) chat: Chat,
    pub(super) now: i64,
}

impl Deed<'_> {
    pub(super) fn username(&mut self) -> String {
        self.state.bot(self.bot_id).account.username.clone()
    }

    pub(super) fn standing(&self, standing: Standing) -> Record {
        Record::Standing { bot_id: self.bot_id, chat_id: self.chat.id, standing }
    }

    /// Who acts where the caller did not say: the person of the private chat, or
    /// someone in the group.
    fn person(&self) -> i64 {
        self.chat.id.abs()
    }

    fn update(&mut self, kind: &str, content: Value) -> Option<Record> {
        self.state.update(self.bot_id, self.chat.id, self.now, kind, content)
    }

    /// The bot stands like this from now on, whatever it was before.
    pub(super) fn stand(&mut self, standing: Standing) {
        if self.state.link(self.bot_id, self.chat.id).standing != standing {
            let records = self.moves_to(standing);
            self.state.commit(records);
        }
    }

    /// The bot stands differently from now on, and is told so.
    pub(super) fn moves_to(&mut self, standing: Standing) -> Vec<Record> {
        let was = self.state.link(self.bot_id, self.chat.id).standing;
        let status = |standing| match standing {
            Standing::Member => "member",
            Standing::Blocked | Standing::Kicked => "kicked",
            Standing::Stranger | Standing::Left => "left",
        };
        let me = views::bot_user(&self.state.bot(self.bot_id).account);
        let person = views::user(self.state, self.person());
        let record = self.standing(standing);
        let update =
            self.member_update("my_chat_member", &person, &me, status(was), status(standing));
        std::iter::once(record).chain(update).collect()
    }

    pub(super) fn member_update(
        &mut self,
        kind: &str,
        from: &Value,
        who: &Value,
        old: &str,
        new: &str,
    ) -> Option<Record> {
        let content = json!({
            "chat": self.chat.to_json(),
            "from": from,
            "date": self.now.div_euclid(1_000),
            "old_chat_member": views::chat_member(who, old),
            "new_chat_member": views::chat_member(who, new),
        });
        self.update(kind, content)
    }

    fn blank(&mut self, from: i64) -> Message {
        Message {
            message_id: self.state.bot(self.bot_id).next_message_id,
            bot_id: self.bot_id,
            chat_id: self.chat.id,
            from,
            date: self.now.div_euclid(1_000),
            edit_date: None,
            text: String::new(),
            entities: Vec::new(),
            photo: None,
            media_group_id: None,
            reply_markup: None,
            link_preview_options: None,
            reply_to: None,
            forward_origin: None,
            service: None,
        }
    }

    pub(super) fn say(&mut self, text: &str, from: Option<i64>) -> Message {
        let mut message = self.blank(from.unwrap_or_else(|| self.person()));
        message.set_text(detect(Formatted { text: text.trim().to_owned(), entities: Vec::new() }));
        self.said(message)
    }

    /// A picture, with words below it or without.
    pub(super) fn show(&mut self, bytes: Bytes, caption: &str) -> Message {
        let mut message = self.blank(self.person());
        let text = caption.trim().to_owned();
        message.set_text(detect(Formatted { text, entities: Vec::new() }));
        let file_id = files::name(self.bot_id, &bytes);
        self.state.files.keep(&file_id, bytes);
        message.photo = Some(Photo { file_id, url: None });
        self.said(message)
    }

    fn said(&mut self, message: Message) -> Message {
        let mut records = vec![Record::Said { message: message.clone() }];
        if self.chat.kind == ChatKind::Private || self.is_for_the_bot(&message) {
            let content = views::message(self.state, &message);
            records.extend(self.update("message", content));
        }
        self.state.commit(records);
        message
    }

    /// Whoever writes to a bot for the first time has begun to talk to it.
    pub(super) fn turn_to_the_bot(&mut self) -> Result<(), Impossible> {
        match self.state.link(self.bot_id, self.chat.id).standing {
            Standing::Member => {}
            Standing::Stranger if self.chat.kind == ChatKind::Private => {
                let standing = self.standing(Standing::Member);
                self.state.commit(vec![standing]);
            }
            _ => return Err(Impossible::NotTogether),
        }
        Ok(())
    }

    /// A message that is no mere text, told to the bot.
    pub(super) fn post(&mut self, fill: impl FnOnce(&mut Message)) -> Message {
        let mut message = self.blank(self.person());
        fill(&mut message);
        let content = views::message(self.state, &message);
        let update = self.update("message", content);
        let said = Record::Said { message: message.clone() };
        self.state.commit(std::iter::once(said).chain(update).collect());
        message
    }

    /// Bots in groups see commands only, and only those not meant for others.
    fn is_for_the_bot(&mut self, message: &Message) -> bool {
        let username = self.username();
        let command = message.text.split_whitespace().next().unwrap_or_default();
        let addressee = command.split_once('@').map(|(_, name)| name);
        command.starts_with('/')
            && addressee.is_none_or(|name| name.eq_ignore_ascii_case(&username))
    }

    /// A service message, told to the bot.
    pub(super) fn note(&mut self, fields: Value) {
        let mut message = self.blank(self.person());
        message.service = Some(fields);
        let content = views::message(self.state, &message);
        let update = self.update("message", content);
        self.state.commit(std::iter::once(Record::Said { message }).chain(update).collect());
    }

    pub(super) fn press(&mut self, message_id: i64, data: &str) -> Result<String, Impossible> {
        let (bot_id, chat_id, at_ms) = (self.bot_id, self.chat.id, self.now);
        if self.state.link(bot_id, chat_id).standing != Standing::Member {
            return Err(Impossible::NotTogether);
        }
        let message =
            self.state.message(bot_id, chat_id, message_id).ok_or(Impossible::UnknownMessage)?;
        let rows =
            message.reply_markup.as_ref().and_then(|markup| markup["inline_keyboard"].as_array());
        let mut buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
        if !buttons.any(|button| button["callback_data"].as_str() == Some(data)) {
            return Err(Impossible::UnknownButton);
        }
        let shown = views::message(self.state, message);
        // Unlike anything pressed before: the update's number is taken only once.
        let next_update = self.state.bot(bot_id).next_update_id;
        let callback_id = format!("{}{next_update:012}", 4_000_000 + chat_id.rem_euclid(1_000_000));
        let content = json!({
            "id": callback_id,
            "from": views::user(self.state, self.person()),
            "message": shown,
            "chat_instance": (chat_id.wrapping_mul(7_919)).to_string(),
            "data": data,
        });
        self.state.notices.remove(&(bot_id, chat_id));
        let update = self.update("callback_query", content);
        let pressed = Record::Pressed { bot_id, callback_id: callback_id.clone(), chat_id, at_ms };
        self.state.commit(std::iter::once(pressed).chain(update).collect());
        Ok(callback_id)
    }
}

impl fmt::Debug for Deed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deed")
            .field("bot_id", &self.bot_id)
            .field("chat", &self.chat)
            .finish_non_exhaustive()
    }
}
