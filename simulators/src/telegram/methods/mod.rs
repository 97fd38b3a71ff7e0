//! The methods of the Bot API.

mod access;
mod bot;
mod edit;
mod group;
mod media;
mod send;
mod webhook;

use serde_json::{Value, json};

use super::Options;
use super::args::Args;
use super::journal::Record;
use super::model::Message;
use super::refusal::Refusal;
use super::state::{Bot, State};

/// A call on its way through a method.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) options: &'a Options,
    pub(crate) method: &'static str,
    pub(crate) args: &'a Args,
    pub(crate) bot_id: i64,
    pub(crate) now: i64,
}

impl Call<'_> {
    fn bot(&mut self) -> &mut Bot {
        self.state.bot(self.bot_id)
    }

    fn now_s(&self) -> i64 {
        self.now.div_euclid(1_000)
    }

    fn require(&self) -> Result<(), Refusal> {
        super::schema::require(self.method, self.args)
    }
}

/// What a method did: the result, and what is to be written down for it.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) result: Value,
    /// The `description` beside a result.
    pub(crate) note: Option<&'static str>,
    /// Messages put into the chat.
    pub(crate) messages: Vec<Message>,
    /// Other changes.
    pub(crate) records: Vec<Record>,
    /// The message that was changed.
    pub(crate) message_id: Option<i64>,
}

impl Done {
    fn with(result: Value) -> Self {
        Self { result, ..Self::default() }
    }

    fn yes() -> Self {
        Self::with(json!(true))
    }

    fn record(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }
}

/// A method by name.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Call<'_>) -> Result<Done, Refusal>,
    /// Puts messages into chats: rates apply, and faults by default.
    pub(crate) sends: bool,
    /// Its successes are in the log, too.
    pub(crate) logged: bool,
}

const fn asks(name: &'static str, run: fn(&mut Call<'_>) -> Result<Done, Refusal>) -> Method {
    Method { name, run, sends: false, logged: false }
}

const fn changes(name: &'static str, run: fn(&mut Call<'_>) -> Result<Done, Refusal>) -> Method {
    Method { name, run, sends: false, logged: true }
}

const fn sends(name: &'static str, run: fn(&mut Call<'_>) -> Result<Done, Refusal>) -> Method {
    Method { name, run, sends: true, logged: true }
}

static METHODS: [Method; 22] = [
    sends("sendMessage", send::send_message),
    sends("sendPhoto", media::send_photo),
    sends("sendMediaGroup", media::send_media_group),
    sends("copyMessage", send::copy_message),
    sends("forwardMessage", send::forward_message),
    changes("editMessageText", edit::edit_message_text),
    changes("editMessageReplyMarkup", edit::edit_message_reply_markup),
    changes("deleteMessage", edit::delete_message),
    changes("answerCallbackQuery", edit::answer_callback_query),
    changes("createChatInviteLink", group::create_invite_link),
    changes("revokeChatInviteLink", group::revoke_invite_link),
    changes("banChatMember", group::ban_chat_member),
    changes("unbanChatMember", group::unban_chat_member),
    asks("getMe", |call| Ok(bot::get_me(call))),
    asks("getChat", bot::get_chat),
    asks("sendChatAction", bot::send_chat_action),
    asks("setMyCommands", bot::set_my_commands),
    asks("getMyCommands", bot::get_my_commands),
    asks("getUpdates", webhook::get_updates),
    asks("setWebhook", webhook::set_webhook),
    asks("deleteWebhook", |call| Ok(webhook::delete_webhook(call))),
    asks("getWebhookInfo", |call| Ok(webhook::get_webhook_info(call))),
];

/// The method of this name, in any case of letters.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name.eq_ignore_ascii_case(name))
}
