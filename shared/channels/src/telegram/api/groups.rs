//! Ways into groups: links that are made and ended, people who are taken out.

use serde::Deserialize;
use serde_json::json;

use super::TelegramApi;
use crate::telegram::answer::TelegramError;
use crate::telegram::token::BotToken;

/// The longest name of a link into a group, in characters (FACTS: Telegram, createChatInviteLink).
const MAX_NAME: usize = 32;

#[derive(Deserialize)]
struct ChatInviteLink {
    invite_link: String,
}

impl TelegramApi {
    /// Makes a link into a group by which one person comes in at a time: `createChatInviteLink`. It has no
    /// end of its own, since whoever has paid may come when they like. `name` is what the group's
    /// administrators see of it; it is cut to 32 characters.
    ///
    /// # Errors
    /// [`TelegramError::Refused`] where the bot is no administrator of the group who may invite people.
    pub async fn create_invite_link(
        &self,
        token: &BotToken,
        group: i64,
        name: &str,
    ) -> Result<String, TelegramError> {
        let name = domain::text::first_chars(name, MAX_NAME);
        let body = json!({ "chat_id": group, "name": name, "member_limit": 1 });
        let link: ChatInviteLink = self.call(token, "createChatInviteLink", &body).await?;
        Ok(link.invite_link)
    }

    /// Ends a link that the bot made: `revokeChatInviteLink`.
    ///
    /// # Errors
    /// [`TelegramError::Refused`], also for a link that Telegram does not know.
    pub async fn revoke_invite_link(
        &self,
        token: &BotToken,
        group: i64,
        link: &str,
    ) -> Result<(), TelegramError> {
        let body = json!({ "chat_id": group, "invite_link": link });
        self.call::<ChatInviteLink>(token, "revokeChatInviteLink", &body).await.map(drop)
    }

    /// Lets a person come into a group who was banned there: `unbanChatMember`. Whoever is in it stays.
    ///
    /// # Errors
    /// [`TelegramError`]
    pub async fn lift_ban(
        &self,
        token: &BotToken,
        group: i64,
        person: i64,
    ) -> Result<(), TelegramError> {
        let body = json!({ "chat_id": group, "user_id": person, "only_if_banned": true });
        self.call::<bool>(token, "unbanChatMember", &body).await.map(drop)
    }

    /// Takes a person out of a group, so that they may come again by a link: `banChatMember`, and
    /// `unbanChatMember`. Done twice it is done once.
    ///
    /// # Errors
    /// [`TelegramError`]; the person may be out by then, and barred until it is done again.
    pub async fn take_out(
        &self,
        token: &BotToken,
        group: i64,
        person: i64,
    ) -> Result<(), TelegramError> {
        let body = json!({ "chat_id": group, "user_id": person });
        self.call::<bool>(token, "banChatMember", &body).await?;
        self.call::<bool>(token, "unbanChatMember", &body).await.map(drop)
    }
}
