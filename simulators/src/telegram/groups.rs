//! Groups: who administers them, who is in them, and the links that lead in.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::journal::Record;
use super::model::Chat;
use super::state::State;
use super::views;

/// A link into a group, made by a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLink {
    /// The address.
    pub link: String,
    /// The bot that made it.
    pub bot_id: i64,
    /// The group.
    pub chat_id: i64,
    /// What administrators see of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it ends by itself, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_date: Option<i64>,
    /// How many may be in the group at once who came by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_limit: Option<i64>,
    /// Whether it was ended.
    #[serde(default)]
    pub revoked: bool,
}

impl InviteLink {
    /// As the `ChatInviteLink` object of the API. A bot sees the end of its own links only.
    pub(crate) fn to_json(&self, creator: &Value, seen_by: i64) -> Value {
        let link = if seen_by == self.bot_id {
            self.link.clone()
        } else {
            let shown = self.link.len().saturating_sub(8);
            format!("{}...", &self.link[..shown])
        };
        let mut shown = json!({
            "invite_link": link, "creator": creator, "creates_join_request": false,
            "is_primary": false, "is_revoked": self.revoked,
        });
        if let Some(name) = &self.name {
            shown["name"] = json!(name);
        }
        if let Some(date) = self.expire_date {
            shown["expire_date"] = json!(date);
        }
        if let Some(limit) = self.member_limit {
            shown["member_limit"] = json!(limit);
        }
        shown
    }
}

/// Where a person stands in a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Membership {
    /// They are in it.
    Member,
    /// They are not in it.
    #[default]
    Left,
    /// They are banned.
    Kicked,
}

impl Membership {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }
}

/// A person in a group, now or before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) stands: Membership,
    /// The link that they came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) came_by: Option<String>,
}

/// Something changed in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum GroupChange {
    /// A bot is an administrator now, or no more.
    Admin { bot_id: i64, is_admin: bool },
    /// A link was made, or looks different now.
    Link { link: InviteLink },
    /// A person stands differently.
    Member { person: i64, member: Member },
}

/// All that is known of groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// By group, and bot.
    admins: BTreeSet<(i64, i64)>,
    /// By group, and person.
    members: BTreeMap<(i64, i64), Member>,
    links: BTreeMap<String, InviteLink>,
}

impl Groups {
    pub(crate) fn apply(&mut self, chat_id: i64, change: GroupChange) {
        match change {
            GroupChange::Admin { bot_id, is_admin: true } => {
                self.admins.insert((chat_id, bot_id));
            }
            GroupChange::Admin { bot_id, is_admin: false } => {
                self.admins.remove(&(chat_id, bot_id));
            }
            GroupChange::Link { link } => {
                self.links.insert(link.link.clone(), link);
            }
            GroupChange::Member { person, member } => {
                self.members.insert((chat_id, person), member);
            }
        }
    }

    pub(crate) fn is_admin(&self, chat_id: i64, bot_id: i64) -> bool {
        self.admins.contains(&(chat_id, bot_id))
    }

    pub(crate) fn member(&self, chat_id: i64, person: i64) -> Member {
        self.members.get(&(chat_id, person)).cloned().unwrap_or_default()
    }

    pub(crate) fn link(&self, link: &str) -> Option<&InviteLink> {
        self.links.get(link)
    }

    /// A link that there was not yet.
    pub(crate) fn new_link(&self, base: &str) -> String {
        let mut hasher = DefaultHasher::new();
        ("invite", self.links.len()).hash(&mut hasher);
        format!("{base}/+{:016x}", hasher.finish())
    }

    /// All links into a group, in no order that means anything.
    pub(crate) fn links_of(&self, chat_id: i64) -> impl Iterator<Item = &InviteLink> {
        self.links.values().filter(move |it| it.chat_id == chat_id)
    }

    /// The people who are in a group.
    pub(crate) fn members_of(&self, chat_id: i64) -> impl Iterator<Item = i64> {
        let of_chat = self.members.range((chat_id, i64::MIN)..=(chat_id, i64::MAX));
        let inside = of_chat.filter(|(_, member)| member.stands == Membership::Member);
        inside.map(|((_, person), _)| *person)
    }

    /// Whether someone may come in by a link now.
    pub(crate) fn lets_in(&self, link: &InviteLink, now_s: i64) -> bool {
        let is_there = |member: &&Member| {
            member.stands == Membership::Member && member.came_by.as_deref() == Some(&link.link)
        };
        let there = self.members.values().filter(is_there).count();
        let full =
            link.member_limit.is_some_and(|it| usize::try_from(it).is_ok_and(|it| there >= it));
        !link.revoked && !full && link.expire_date.is_none_or(|it| it > now_s)
    }

    fn admins_of(&self, chat_id: i64) -> Vec<i64> {
        let of_chat = self.admins.range((chat_id, i64::MIN)..=(chat_id, i64::MAX));
        of_chat.map(|(_, bot_id)| *bot_id).collect()
    }
}

impl State {
    /// A person stands differently in a group from now on; `from` did that. Bots that are administrators
    /// are told, if they asked for it.
    pub(super) fn moves_in_group(
        &mut self,
        (chat, person): (&Chat, i64),
        from: &Value,
        stands: Membership,
        by: Option<&InviteLink>,
        now: i64,
    ) -> Vec<Record> {
        let was = self.groups_known.member(chat.id, person);
        let came_by = by.map(|it| it.link.clone()).or(was.came_by);
        let change = GroupChange::Member { person, member: Member { stands, came_by } };
        let mut records = vec![Record::Group { chat_id: chat.id, change }];
        let who = views::user(self, person);
        let member = |stands: Membership| views::chat_member(&who, stands.as_str());
        for bot_id in self.groups_known.admins_of(chat.id) {
            let mut content = json!({
                "chat": chat.to_json(), "from": from, "date": now.div_euclid(1_000),
                "old_chat_member": member(was.stands), "new_chat_member": member(stands),
            });
            if let Some(link) = by {
                content["invite_link"] = link.to_json(&views::user(self, link.bot_id), bot_id);
            }
            records.extend(self.update(bot_id, chat.id, now, "chat_member", content));
        }
        records
    }
}
