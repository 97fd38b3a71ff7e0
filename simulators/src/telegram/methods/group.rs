//! What a bot does as an administrator of a group: links in, and people out.

use super::{Call, Done};
use crate::telegram::groups::{GroupChange, InviteLink, Membership};
use crate::telegram::journal::Record;
use crate::telegram::model::{Chat, ChatKind};
use crate::telegram::refusal::Refusal;
use crate::telegram::views;

const MAX_NAME: usize = 32;
const MAX_MEMBERS: i64 = 99_999;

impl Call<'_> {
    /// The group of `chat_id`, if the bot is an administrator of it; else it is refused with these words.
    fn administered(&self, refused: &str) -> Result<Chat, Refusal> {
        let chat = self.writable_chat()?;
        let is_admin = self.state.groups_known.is_admin(chat.id, self.bot_id);
        if chat.kind == ChatKind::Private || !is_admin {
            return Err(Refusal::bad_request(refused));
        }
        Ok(chat)
    }

    fn link_done(&self, link: InviteLink) -> Done {
        let creator = views::user(self.state, link.bot_id);
        let done = Done::with(link.to_json(&creator, self.bot_id));
        done.record(Record::Group { chat_id: link.chat_id, change: GroupChange::Link { link } })
    }
}

/// `createChatInviteLink`
pub(super) fn create_invite_link(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let chat = call.administered("Not enough rights to manage chat invite link")?;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let name = some(call.args.text("name"));
    if name.as_ref().is_some_and(|it| it.chars().count() > MAX_NAME) {
        return Err(Refusal::bad_request("the name of the invite link is too long"));
    }
    let member_limit = call.args.integer("member_limit");
    if member_limit.is_some_and(|it| !(1..=MAX_MEMBERS).contains(&it)) {
        return Err(Refusal::bad_request("USAGE_LIMIT_INVALID"));
    }
    let expire_date = call.args.integer("expire_date").filter(|it| *it != 0);
    if expire_date.is_some_and(|it| it <= call.now_s()) {
        return Err(Refusal::bad_request("EXPIRE_DATE_INVALID"));
    }
    if call.args.flag("creates_join_request") {
        return Err(Refusal::bad_request("join requests are not simulated"));
    }
    let link = call.state.groups_known.new_link(&call.options.link_base);
    let (bot_id, chat_id) = (call.bot_id, chat.id);
    let made =
        InviteLink { link, bot_id, chat_id, name, expire_date, member_limit, revoked: false };
    Ok(call.link_done(made))
}

/// `revokeChatInviteLink`
pub(super) fn revoke_invite_link(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let chat = call.administered("Not enough rights to manage chat invite link")?;
    let link = call.state.groups_known.link(call.args.text("invite_link"));
    let known = link.filter(|it| it.chat_id == chat.id && it.bot_id == call.bot_id).cloned();
    let known = known.ok_or_else(|| Refusal::bad_request("INVITE_HASH_EXPIRED"))?;
    Ok(call.link_done(InviteLink { revoked: true, ..known }))
}

/// `banChatMember`
pub(super) fn ban_chat_member(call: &mut Call<'_>) -> Result<Done, Refusal> {
    stands(call, Membership::Kicked)
}

/// `unbanChatMember`: whoever is in the group is taken out, too, unless `only_if_banned`.
pub(super) fn unban_chat_member(call: &mut Call<'_>) -> Result<Done, Refusal> {
    stands(call, Membership::Left)
}

fn stands(call: &mut Call<'_>, stands: Membership) -> Result<Done, Refusal> {
    let chat = call.administered("Not enough rights to restrict/unrestrict chat member")?;
    let person = call.args.integer("user_id").unwrap_or_default();
    if !call.state.chats.get(&person).is_some_and(|it| it.kind == ChatKind::Private) {
        return Err(Refusal::bad_request("PARTICIPANT_ID_INVALID"));
    }
    let was = call.state.groups_known.member(chat.id, person).stands;
    let keeps = call.args.flag("only_if_banned") && was == Membership::Member;
    if was == stands || keeps {
        return Ok(Done::yes());
    }
    let (now, me) = (call.now, views::bot_user(&call.bot().account));
    let records = call.state.moves_in_group((&chat, person), &me, stands, None, now);
    Ok(Done { records, ..Done::yes() })
}
