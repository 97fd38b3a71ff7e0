//! Which chat a call means, and whether the bot may write there.

use super::Call;
use crate::telegram::model::{Chat, ChatKind, Standing};
use crate::telegram::refusal::Refusal;

impl Call<'_> {
    /// The chat of parameter `name`, if the simulator knows it.
    pub(super) fn chat(&self, name: &str) -> Result<Chat, Refusal> {
        let text = self.args.text(name).trim();
        if text.is_empty() {
            return Err(Refusal::bad_request(format!("{name} is empty")));
        }
        let found = match text.strip_prefix('@') {
            Some(username) => self.state.chats.values().find(|chat| {
                let same = |own: &str| own.eq_ignore_ascii_case(username);
                chat.kind != ChatKind::Private && chat.username.as_deref().is_some_and(same)
            }),
            None => text.parse::<i64>().ok().and_then(|id| self.state.chats.get(&id)),
        };
        found.cloned().ok_or_else(|| Refusal::bad_request("chat not found"))
    }

    /// The chat of `chat_id`, if it can be written to at all. Whether the person
    /// blocked the bot shows only when the message is on its way.
    pub(super) fn writable_chat(&self) -> Result<Chat, Refusal> {
        let chat = self.chat("chat_id")?;
        if let Some(to) = chat.migrated_to {
            return Err(Refusal::migrated(to));
        }
        if chat.deactivated {
            return Err(Refusal::forbidden("user is deactivated"));
        }
        let group = match chat.kind {
            ChatKind::Private => "",
            ChatKind::Group => "group",
            ChatKind::Supergroup => "supergroup",
        };
        match self.state.link(self.bot_id, chat.id).standing {
            Standing::Stranger if chat.kind == ChatKind::Private => {
                Err(Refusal::forbidden("bot can't initiate conversation with a user"))
            }
            Standing::Member | Standing::Blocked => Ok(chat),
            Standing::Kicked => {
                Err(Refusal::forbidden(&format!("bot was kicked from the {group} chat")))
            }
            Standing::Stranger | Standing::Left => {
                Err(Refusal::forbidden(&format!("bot is not a member of the {group} chat")))
            }
        }
    }

    /// The rates, and then the person: the last two things that stop a message.
    pub(super) fn admit(&mut self, chat: &Chat) -> Result<(), Refusal> {
        let (limits, now) = (self.options.limits, self.now);
        let link = self.state.link(self.bot_id, chat.id);
        let is_group = chat.kind != ChatKind::Private;
        let group = if is_group { self.state.groups.remove(&(self.bot_id, chat.id)) } else { None };
        let mut group = group.or_else(|| is_group.then(Default::default));
        let admitted =
            self.state.bot(self.bot_id).rate.admit(limits, now, link.last_sent_ms, group.as_mut());
        if let Some(group) = group {
            self.state.groups.insert((self.bot_id, chat.id), group);
        }
        admitted?;
        if link.standing == Standing::Blocked {
            return Err(Refusal::forbidden("bot was blocked by the user"));
        }
        Ok(())
    }
}
