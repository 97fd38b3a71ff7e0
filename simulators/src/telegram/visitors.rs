//! What people do in groups: come by a link, leave, remove each other, make a bot an administrator.

use serde_json::json;

use super::deed::Deed;
use super::groups::{GroupChange, InviteLink, Membership};
use super::journal::Record;
use super::model::{Chat, ChatKind, Standing};
use super::people::Impossible;
use super::state::State;
use super::{Telegram, views};

impl Telegram {
    /// A group makes a bot an administrator with all rights, or one no more. A bot that is not in the group
    /// comes in by that.
    pub fn promote(&self, bot: &str, chat_id: i64, is_admin: bool) -> Result<(), Impossible> {
        self.deed(bot, chat_id, |deed| {
            if deed.chat.kind == ChatKind::Private {
                return Err(Impossible::WrongKind);
            }
            let bot_id = deed.bot_id;
            if deed.state.groups_known.is_admin(chat_id, bot_id) == is_admin {
                return Ok(());
            }
            let standing = deed.standing(Standing::Member);
            let change = GroupChange::Admin { bot_id, is_admin };
            let me = views::bot_user(&deed.state.bot(bot_id).account);
            let person = views::user(deed.state, chat_id.abs());
            let (was, is) =
                if is_admin { ("member", "administrator") } else { ("administrator", "member") };
            let update = deed.member_update("my_chat_member", &person, &me, was, is);
            let records = [standing, Record::Group { chat_id, change }];
            deed.state.commit(records.into_iter().chain(update).collect());
            Ok(())
        })
    }

    /// A person opens a link into a group and joins it; the group. Whoever is in it stays in it.
    pub fn join(&self, person: i64, link: &str) -> Result<i64, Impossible> {
        let now = self.now_ms();
        self.with(|state| {
            is_person(state, person)?;
            let link = state.groups_known.link(link).cloned().ok_or(Impossible::BadInvite)?;
            let chat = open_group(state, link.chat_id)?;
            match state.groups_known.member(chat.id, person).stands {
                Membership::Member => return Ok(chat.id),
                Membership::Kicked => return Err(Impossible::Barred),
                Membership::Left => {}
            }
            if !state.groups_known.lets_in(&link, now.div_euclid(1_000)) {
                return Err(Impossible::BadInvite);
            }
            let from = views::user(state, person);
            let moved =
                state.moves_in_group((&chat, person), &from, Membership::Member, Some(&link), now);
            state.commit(moved);
            note(state, &chat, now, &json!({ "new_chat_members": [from] }));
            Ok(chat.id)
        })
    }

    /// A person leaves a group.
    pub fn leave(&self, chat_id: i64, person: i64) -> Result<(), Impossible> {
        self.goes(chat_id, (person, person), Membership::Left)
    }

    /// An administrator, who is no bot, removes a person from a group, and with `bans` for good.
    pub fn remove(&self, chat_id: i64, person: i64, bans: bool) -> Result<(), Impossible> {
        let stands = if bans { Membership::Kicked } else { Membership::Left };
        self.goes(chat_id, (person, chat_id.abs()), stands)
    }

    fn goes(
        &self,
        chat_id: i64,
        (person, by): (i64, i64),
        stands: Membership,
    ) -> Result<(), Impossible> {
        let now = self.now_ms();
        self.with(|state| {
            let chat = open_group(state, chat_id)?;
            if state.groups_known.member(chat_id, person).stands != Membership::Member {
                return Err(Impossible::NotTogether);
            }
            let (from, who) = (views::user(state, by), views::user(state, person));
            let moved = state.moves_in_group((&chat, person), &from, stands, None, now);
            state.commit(moved);
            note(state, &chat, now, &json!({ "left_chat_member": who }));
            Ok(())
        })
    }

    /// Who is in a group.
    pub fn members(&self, chat_id: i64) -> Vec<i64> {
        self.with(|state| state.groups_known.members_of(chat_id).collect())
    }

    /// The links into a group.
    pub fn invite_links(&self, chat_id: i64) -> Vec<InviteLink> {
        self.with(|state| state.groups_known.links_of(chat_id).cloned().collect())
    }
}

fn is_person(state: &State, person: i64) -> Result<(), Impossible> {
    let chat = state.chats.get(&person).ok_or(Impossible::UnknownChat)?;
    match chat.kind {
        ChatKind::Private if chat.deactivated => Err(Impossible::Closed),
        ChatKind::Private => Ok(()),
        ChatKind::Group | ChatKind::Supergroup => Err(Impossible::WrongKind),
    }
}

fn open_group(state: &State, chat_id: i64) -> Result<Chat, Impossible> {
    let chat = state.chats.get(&chat_id).cloned().ok_or(Impossible::UnknownChat)?;
    match chat.kind {
        ChatKind::Private => Err(Impossible::WrongKind),
        _ if chat.migrated_to.is_some() => Err(Impossible::Closed),
        _ => Ok(chat),
    }
}

/// A service message, for each bot in the group.
fn note(state: &mut State, chat: &Chat, now: i64, fields: &serde_json::Value) {
    let links = state.links.iter();
    let mut bots: Vec<i64> = links
        .filter(|((_, id), link)| *id == chat.id && link.standing == Standing::Member)
        .map(|((bot_id, _), _)| *bot_id)
        .collect();
    bots.sort_unstable();
    for bot_id in bots {
        Deed { state, bot_id, chat: chat.clone(), now }.note(fields.clone());
    }
}
