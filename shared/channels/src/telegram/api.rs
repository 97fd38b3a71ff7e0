//! Calls of the Bot API.

mod groups;

use std::sync::Arc;

use bytes::Bytes;
use domain::message::{Content, Relay};
use domain::outcome::{Outcome, reason};
use http::{Method, Request, Response, header};
use runtime::http::{Transport, TransportError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, TelegramError};
use super::patience::Patience;
use super::render::{self, Rendered};
use super::stored::{Stored, WrongFile};
use super::token::BotToken;

/// The longest answer to the press of a button, in UTF-16 units (FACTS:
/// Telegram, Limits).
const MAX_CALLBACK_ANSWER: usize = 200;

/// The Bot API at one address: Telegram's, or a simulator's.
#[derive(Debug, Clone)]
pub struct TelegramApi {
    transport: Arc<dyn Transport>,
    base_url: String,
}

/// What `getMe` says of a bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BotIdentity {
    /// Telegram's id of the bot.
    pub id: i64,
    /// Its user name without `@`, as links need it.
    pub username: String,
    /// The name that people see.
    #[serde(default)]
    pub first_name: String,
}

/// What `setWebhook` is called with.
#[derive(Debug, Clone, Copy)]
pub struct SetWebhook<'a> {
    /// Where updates go: HTTPS, port 443, 80, 88 or 8443.
    pub url: &'a str,
    /// What comes back in `X-Telegram-Bot-Api-Secret-Token`: 1–256 of
    /// `[A-Za-z0-9_-]`.
    pub secret: &'a str,
    /// Which kinds of updates; all must be named.
    pub allowed_updates: &'a [&'a str],
    /// How many updates may be under way at once: 1–100, of one chat always one.
    pub max_connections: u32,
}

/// What `getWebhookInfo` says (FACTS: Telegram, getWebhookInfo).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookInfo {
    /// Where updates go; empty when no webhook is set.
    pub url: String,
    /// Updates that wait.
    #[serde(default)]
    pub pending_update_count: u64,
    /// When Telegram failed to deliver last, in seconds since 1970.
    pub last_error_date: Option<i64>,
    /// Why it failed then.
    pub last_error_message: Option<String>,
    /// How many updates come at once at most.
    pub max_connections: Option<u32>,
    /// Which kinds of updates come.
    pub allowed_updates: Option<Vec<String>>,
}

/// What `getUpdates` is called with.
#[derive(Debug, Clone, Copy)]
pub struct GetUpdates<'a> {
    /// One more than the last `update_id` that is done with; 0 at first.
    pub offset: i64,
    /// How long Telegram holds the request while nothing happens, in
    /// seconds. The transport must wait longer than that.
    pub timeout: u32,
    /// Which kinds of updates; all must be named.
    pub allowed_updates: &'a [&'a str],
}

#[derive(Deserialize)]
pub(super) struct SentMessage {
    pub(super) message_id: i64,
    /// Each size of a photo, the largest last.
    #[serde(default)]
    pub(super) photo: Vec<PhotoSize>,
}

#[derive(Deserialize)]
pub(super) struct PhotoSize {
    pub(super) file_id: String,
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: i64,
    #[serde(flatten)]
    message: &'a Rendered,
}

impl TelegramApi {
    /// Calls go through `transport` to `base_url`, which is
    /// `https://api.telegram.org` or where a simulator listens.
    pub fn new(transport: Arc<dyn Transport>, base_url: impl Into<String>) -> Self {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Self { transport, base_url }
    }

    /// Opens a connection, for the first message to find it.
    ///
    /// What the address itself answers does not matter, nor whether it does.
    pub async fn connect(&self) {
        let request = Request::get(format!("{}/", self.base_url)).body(Bytes::new());
        if let Ok(request) = request {
            drop(self.transport.send(request).await);
        }
    }

    /// Sends one message, once: `sendMessage`.
    ///
    /// When Telegram refuses the form (never seen, but a message must not be
    /// lost to it), the same words go as bare text at once, unless `patience`
    /// has ended: then nothing was sent, and it may be tried again. `repeat`
    /// marks a message that may have arrived before.
    pub async fn send(
        &self,
        token: &BotToken,
        chat_id: i64,
        content: &Content,
        repeat: bool,
        patience: Patience<'_>,
    ) -> Outcome {
        if let Content::Part(part) = content {
            let none = Stored::default();
            // No file was known, so that none was wrong.
            let sent = self.send_part(token, chat_id, (part, repeat), &none, patience).await;
            return sent.map_or_else(
                |WrongFile| Outcome::ContentRefused { reason: "a wrong file".to_owned() },
                |delivered| delivered.outcome,
            );
        }
        if let Content::Relay(relay) = content {
            return self.relay(token, chat_id, relay, patience).await;
        }
        let message = render::render(content, repeat);
        let sent = match self.send_rendered(token, chat_id, &message).await {
            Err(error) if error.is_about_content() && !patience.lasts() => Err(error.put_off()),
            Err(error) if error.is_about_content() => {
                let bare = render::render_bare(content, repeat);
                self.send_rendered(token, chat_id, &bare).await
            }
            sent => sent,
        };
        match sent {
            Ok(SentMessage { message_id, .. }) => Outcome::Sent { message_id },
            Err(error) => error.into_outcome(),
        }
    }

    /// Shows a message of another chat: `forwardMessage`, or `copyMessage` as the bot's own. What cannot be
    /// shown, because it is gone or its writer forbids it, is told of in words.
    async fn relay(
        &self,
        token: &BotToken,
        chat_id: i64,
        relay: &Relay,
        patience: Patience<'_>,
    ) -> Outcome {
        let method = if relay.as_own { "copyMessage" } else { "forwardMessage" };
        let body = json!({
            "chat_id": chat_id,
            "from_chat_id": relay.from_chat,
            "message_id": relay.message_id,
        });
        let shown = match self.call::<SentMessage>(token, method, &body).await {
            Err(error) if error.is_about_message() && !patience.lasts() => Err(error.put_off()),
            Err(error) if error.is_about_message() => {
                let words = render::render_bare(&Content::from(relay.clone()), false);
                self.send_rendered(token, chat_id, &words).await
            }
            shown => shown,
        };
        match shown {
            Ok(SentMessage { message_id, .. }) => Outcome::Sent { message_id },
            Err(error) => error.into_outcome(),
        }
    }

    pub(super) async fn send_rendered(
        &self,
        token: &BotToken,
        chat_id: i64,
        message: &Rendered,
    ) -> Result<SentMessage, TelegramError> {
        self.call(token, "sendMessage", &SendMessage { chat_id, message }).await
    }

    /// Answers the press of a button, so that it stops spinning; `text` is
    /// cut to 200 characters. A press that is too old to be answered is no
    /// error.
    pub async fn answer_callback_query(
        &self,
        token: &BotToken,
        id: &str,
        text: Option<&str>,
    ) -> Result<(), TelegramError> {
        let mut body = json!({ "callback_query_id": id });
        if let Some(text) = text {
            body["text"] = crate::words::clip(text, MAX_CALLBACK_ANSWER).into();
        }
        match self.call::<bool>(token, "answerCallbackQuery", &body).await {
            Err(error) if !error.is_benign() => Err(error),
            _ => Ok(()),
        }
    }

    /// Asks who the bot is, which also checks the token.
    pub async fn get_me(&self, token: &BotToken) -> Result<BotIdentity, TelegramError> {
        self.call(token, "getMe", &json!({})).await
    }

    /// Has updates sent to a webhook. Ends `getUpdates`.
    pub async fn set_webhook(
        &self,
        token: &BotToken,
        webhook: SetWebhook<'_>,
    ) -> Result<(), TelegramError> {
        let body = json!({
            "url": webhook.url,
            "secret_token": webhook.secret,
            "allowed_updates": webhook.allowed_updates,
            "max_connections": webhook.max_connections,
        });
        self.call::<bool>(token, "setWebhook", &body).await.map(drop)
    }

    /// Ends the webhook, so that `getUpdates` works. Updates that wait stay.
    pub async fn delete_webhook(&self, token: &BotToken) -> Result<(), TelegramError> {
        self.call::<bool>(token, "deleteWebhook", &json!({})).await.map(drop)
    }

    /// Asks how the webhook fares.
    pub async fn get_webhook_info(&self, token: &BotToken) -> Result<WebhookInfo, TelegramError> {
        self.call(token, "getWebhookInfo", &json!({})).await
    }

    /// Sets the menu of commands: pairs of name (1–32 of `[a-z0-9_]`) and
    /// description (at most 256 characters), at most 100.
    pub async fn set_my_commands(
        &self,
        token: &BotToken,
        commands: &[(&str, &str)],
    ) -> Result<(), TelegramError> {
        let commands: Vec<Value> = commands
            .iter()
            .map(|(command, description)| json!({ "command": command, "description": description }))
            .collect();
        let body = json!({ "commands": commands });
        self.call::<bool>(token, "setMyCommands", &body).await.map(drop)
    }

    /// Sets the menu of one private chat, which stands before the bot's own there. `language` is whose
    /// Telegram shows it, such as `ru`; without one it is shown to all who have none in theirs.
    pub async fn set_chat_commands(
        &self,
        token: &BotToken,
        chat_id: i64,
        language: Option<&str>,
        commands: &[(&str, &str)],
    ) -> Result<(), TelegramError> {
        let commands: Vec<Value> = commands
            .iter()
            .map(|(command, description)| json!({ "command": command, "description": description }))
            .collect();
        let scope = json!({ "type": "chat", "chat_id": chat_id });
        let mut body = json!({ "commands": commands, "scope": scope });
        if let Some(language) = language {
            body["language_code"] = language.into();
        }
        self.call::<bool>(token, "setMyCommands", &body).await.map(drop)
    }

    /// Waits for updates, as a bot on a laptop does that no webhook reaches.
    pub async fn get_updates(
        &self,
        token: &BotToken,
        poll: GetUpdates<'_>,
    ) -> Result<Vec<Value>, TelegramError> {
        let body = json!({
            "offset": poll.offset,
            "timeout": poll.timeout,
            "allowed_updates": poll.allowed_updates,
        });
        self.call(token, "getUpdates", &body).await
    }

    /// Calls one method and reads its result.
    pub(super) async fn call<R: DeserializeOwned>(
        &self,
        token: &BotToken,
        method: &str,
        body: &impl Serialize,
    ) -> Result<R, TelegramError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| TelegramError::NotSent(reason(&error.to_string())))?;
        self.call_with(token, method, ("application/json", body.into())).await
    }

    /// Calls one method with a body of this media type.
    pub(super) async fn call_with<R: DeserializeOwned>(
        &self,
        token: &BotToken,
        method: &str,
        body: (&str, Bytes),
    ) -> Result<R, TelegramError> {
        let request = self.request(token, method, body)?;
        let response: Response<Bytes> =
            self.transport.send(request).await.map_err(|error| without_token(error, token))?;
        answer::read(&response)
    }

    fn request(
        &self,
        token: &BotToken,
        method: &str,
        (media_type, body): (&str, Bytes),
    ) -> Result<Request<Bytes>, TelegramError> {
        Request::builder()
            .method(Method::POST)
            .uri(format!("{}/bot{}/{method}", self.base_url, token.expose()))
            .header(header::CONTENT_TYPE, media_type)
            .body(body)
            // The error's text is left out: it may quote the address.
            .map_err(|_| TelegramError::NotSent("the address of the Bot API is not valid".into()))
    }
}

/// A transport's words may quote the address, and the token is a part of it.
fn without_token(error: TransportError, token: &BotToken) -> TelegramError {
    let hide = |words: String| words.replace(token.expose(), "[token]");
    match error {
        TransportError::NotSent(words) | TransportError::Forbidden(words) => {
            TransportError::NotSent(hide(words))
        }
        TransportError::Unknown(words) => TransportError::Unknown(hide(words)),
    }
    .into()
}

#[cfg(test)]
mod tests;
