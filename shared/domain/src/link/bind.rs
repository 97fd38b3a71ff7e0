//! `/link <token>`: the chat that sends it becomes the link that waits for it.

use super::{CompanyChat, LinkToken, TelegramLink};
use crate::channel::ChannelStatus;
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{BotId, CompanyId, DecisionId, JobId};
use crate::message::Notice;
use crate::time::Timestamp;

/// The bot that a token was shown to, and in which chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundBy {
    /// The bot.
    pub bot: BotId,
    /// Whose bot it is; the platform's is nobody's.
    pub company_id: Option<CompanyId>,
    /// The chat.
    pub chat_id: i64,
}

/// The link that a company's chat is already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The chat's place in the company.
    pub place: CompanyChat,
    /// The link; one that is gone has left its place behind.
    pub link: Option<TelegramLink>,
}

/// What a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The token.
    pub token: LinkToken,
    /// The link that waits for it.
    pub link: TelegramLink,
    /// What the company is called.
    pub company: String,
    /// The link that the chat is already.
    pub holder: Option<Holder>,
}

impl Binding {
    /// Whether the token still links, shown to this bot: one of another company must not learn of it.
    pub fn usable(&self, by: &BoundBy, now: Timestamp) -> bool {
        let current = self.link.token.as_ref() == Some(&self.token.hash);
        let ours = by.company_id.is_none_or(|company| company == self.link.company_id);
        current && ours && now < self.token.expires_at
    }
}

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It has linked the chat.
    Linked,
    /// It is used, expired or unknown, or another company's.
    Unusable,
}

/// Spends a token, and tells the chat.
///
/// A chat that is a link of this company already stays the link that it was, with the bot, the person
/// and the wishes of the new one, which goes.
pub fn decide_bind(
    ids: (DecisionId, JobId),
    now: Timestamp,
    by: &BoundBy,
    found: Option<&Binding>,
) -> Decision<Bound> {
    let usable = found.filter(|found| found.usable(by, now));
    let Some(found) = usable else {
        return tell(Decision::new(ids.0, now, Bound::Unusable), ids.1, by, Notice::TokenUnusable);
    };
    let Binding { token, link, company, holder } = found;
    let held = holder.as_ref().and_then(|holder| holder.link.as_ref());
    let other = held.filter(|held| held.id != link.id);
    let linked = TelegramLink {
        user_id: link.user_id.or_else(|| other.and_then(|other| other.user_id)),
        bot: by.bot.clone(),
        chat_id: Some(by.chat_id),
        status: ChannelStatus::Active,
        reason: None,
        opt_ins: link.opt_ins,
        token: None,
        token_expires_at: None,
        linked_at: Some(now),
        ..other.unwrap_or(link).clone()
    };
    let mut decision = Decision::new(ids.0, now, Bound::Linked)
        .write(Write::Remove(token.clone().into()))
        .write(Write::Replace(linked.clone().into()));
    decision.writes.extend(other.map(|_| Write::Remove(link.clone().into())));
    decision.writes.extend(places(now, &linked, (link, other), holder.as_ref()));
    tell(decision, ids.1, by, Notice::CompanyLinked { company: company.clone() })
}

/// Takes the places of the chats that were, and makes those of the chat that is.
fn places(
    now: Timestamp,
    linked: &TelegramLink,
    (link, other): (&TelegramLink, Option<&TelegramLink>),
    holder: Option<&Holder>,
) -> Vec<Write> {
    let mut writes = Vec::new();
    for before in [Some(link), other].into_iter().flatten() {
        if before.in_company().map(|it| it.chat_id) != linked.chat_id {
            writes.extend(before.in_company().map(|it| Write::Remove(it.into())));
        }
        let moved = (&before.bot, before.chat_id) != (&linked.bot, linked.chat_id);
        writes.extend(before.in_chat().filter(|_| moved).map(|it| Write::Remove(it.into())));
        writes.extend(before.stop(now).filter(|_| moved).map(|it| Write::Put(it.into())));
    }
    if let Some(place) = linked.in_company() {
        writes.extend(match holder {
            None => Some(Write::Create(place.into())),
            Some(holder) if holder.place == place => None,
            Some(_) => Some(Write::Put(place.into())),
        });
    }
    writes.extend(linked.in_chat().map(|it| Write::Put(it.into())));
    writes
}

fn tell<R>(decision: Decision<R>, id: JobId, by: &BoundBy, notice: Notice) -> Decision<R> {
    let due = decision.decided_at;
    let (bot, chat_id) = (by.bot.clone(), by.chat_id);
    let job = Job::Messages { bot, chat_id, notices: vec![notice], callback: None };
    decision.job(NewJob { id, job, due, owner: None })
}

/// Removes a link: its chat is told nothing more. A token that waits for it is void without it.
pub fn decide_unbind(id: DecisionId, now: Timestamp, link: &TelegramLink) -> Decision {
    let mut decision = Decision::new(id, now, ()).write(Write::Remove(link.clone().into()));
    decision.writes.extend(link.in_company().map(|it| Write::Remove(it.into())));
    decision.writes.extend(link.in_chat().map(|it| Write::Remove(it.into())));
    decision.writes.extend(link.stop(now).map(|it| Write::Put(it.into())));
    decision
}

#[cfg(test)]
mod tests;
