//! Updates: what follows from what a person does in a chat with a bot.
//!
//! The functions here decide over the channels that the chat is; whoever asks adds the record
//! that makes a repeated update do nothing, and sends the notices as one job, in order.

use crate::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink, STOPPED, StoppedChat};
use crate::engine::Write;
use crate::link::TelegramLink;
use crate::message::{CompanyStatus, Notice};

/// Why a channel is blocked whose person blocked the bot, or whose group removed it.
pub const REMOVED: &str = "the bot was blocked or removed";

/// So many receivers of a chat change in one transaction: there is room beside them for what else an update
/// writes, and for the job that tells of them.
pub const CHANGED_AT_ONCE: usize = 60;

/// What an update writes and says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// The state.
    pub writes: Vec<Write>,
    /// What is said in the chat, in order.
    pub notices: Vec<Notice>,
}

impl Effects {
    /// Nothing but these words.
    pub fn say(notice: Notice) -> Self {
        Self { writes: Vec::new(), notices: vec![notice] }
    }

    /// Whether nothing happens at all.
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.notices.is_empty()
    }

    /// What of a chat's very many receivers is written in a transaction of its own, after which the rest is
    /// decided again; `None` where all of it fits one.
    ///
    /// These are the last of the writes, and never all: what is said follows from the first.
    pub fn beforehand(&self) -> Option<Vec<Write>> {
        let first = self.writes.len().checked_sub(CHANGED_AT_ONCE).filter(|first| *first > 0)?;
        Some(self.writes[first..].to_vec())
    }
}

/// Who receives in a chat: the channels that it is, and the links of companies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Receivers<'a> {
    /// The channels, of all users.
    pub channels: &'a [Channel],
    /// The links, of all companies.
    pub links: &'a [TelegramLink],
    /// A stop that outlived the channel or link that it silenced.
    pub stop: Option<&'a StoppedChat>,
}

impl Receivers<'_> {
    /// Whether one of them has this status.
    fn any(self, status: ChannelStatus) -> bool {
        let channel = self.channels.iter().any(|channel| channel.status == status);
        channel || self.links.iter().any(|link| link.status == status)
    }

    /// Whether the chat has said stop, and nothing in it has begun to receive since.
    pub fn have_stopped(self) -> bool {
        let said = |reason: Option<&String>| reason.map(String::as_str) == Some(STOPPED);
        let stopped = |status, reason| status == ChannelStatus::Blocked && said(reason);
        let channel = self.channels.iter().any(|it| stopped(it.status, it.reason.as_ref()));
        let link = self.links.iter().any(|it| stopped(it.status, it.reason.as_ref()));
        (channel || link || self.stop.is_some()) && !self.any(ChannelStatus::Active)
    }

    /// Each of them that `channel` or `link` changes, as it is then.
    fn replaced(
        self,
        channel: impl Fn(&Channel) -> Option<Channel>,
        link: impl Fn(&TelegramLink) -> Option<TelegramLink>,
    ) -> Vec<Write> {
        let channels = self.channels.iter().filter_map(channel);
        let channels = channels.map(|channel| Write::Replace(channel.into()));
        let links = self.links.iter().filter_map(link);
        channels.chain(links.map(|link| Write::Replace(link.into()))).collect()
    }

    /// All that receive now, fallen silent for this reason.
    pub fn blocked(self, reason: &str) -> Vec<Write> {
        self.replaced(|channel| channel.blocked(reason), |link| link.blocked(reason))
    }
}

/// A bare `/start`: whoever stopped or blocked hears again, and a stop of what is gone no longer counts.
pub fn decide_start(receivers: Receivers<'_>) -> Effects {
    let mut writes = receivers.replaced(Channel::unblocked, TelegramLink::unblocked);
    let notice = if !writes.is_empty() {
        Notice::Resumed
    } else if receivers.any(ChannelStatus::Active) {
        Notice::WelcomeBack
    } else {
        Notice::Welcome
    };
    writes.extend(receivers.stop.map(|stop| Write::Remove(stop.clone().into())));
    Effects { writes, notices: vec![notice] }
}

/// `/stop`: everything that the chat is falls silent.
pub fn decide_stop(receivers: Receivers<'_>) -> Effects {
    let writes = receivers.blocked(STOPPED);
    // A person who blocked the bot before and stops now has stopped, also where nothing came any more.
    let stopped = |reason: Option<&String>| reason.map(String::as_str) == Some(STOPPED);
    let restated = receivers.replaced(
        |it| {
            let restated = it.status == ChannelStatus::Blocked && !stopped(it.reason.as_ref());
            let restated = restated || it.status == ChannelStatus::Disabled;
            let (status, reason) = (ChannelStatus::Blocked, Some(STOPPED.to_owned()));
            restated.then(|| Channel { status, reason, ..it.clone() })
        },
        |it| {
            let restated = it.status == ChannelStatus::Blocked && !stopped(it.reason.as_ref());
            restated.then(|| TelegramLink { reason: Some(STOPPED.to_owned()), ..it.clone() })
        },
    );
    let notice = if writes.is_empty() { Notice::NothingToStop } else { Notice::Stopped };
    let writes = writes.into_iter().chain(restated).collect();
    Effects { writes, notices: vec![notice] }
}

/// `/status`: what the chat receives. `company` names a link's company.
pub fn decide_status(
    receivers: Receivers<'_>,
    company: impl Fn(&TelegramLink) -> String,
) -> Effects {
    let count = |status| {
        let of = receivers.channels.iter().filter(|channel| channel.status == status);
        u32::try_from(of.count()).unwrap_or(u32::MAX)
    };
    let links = receivers.links.iter().map(|link| CompanyStatus {
        company: company(link),
        opt_ins: link.opt_ins,
        paused: link.status != ChannelStatus::Active,
    });
    Effects::say(Notice::Status {
        channels: count(ChannelStatus::Active),
        paused: count(ChannelStatus::Blocked) + count(ChannelStatus::Disabled),
        companies: links.collect(),
    })
}

/// The person blocked the bot, or it was removed from the group. Nothing can be said there.
pub fn decide_removal(receivers: Receivers<'_>) -> Effects {
    Effects { writes: receivers.blocked(REMOVED), notices: Vec::new() }
}

/// The person took the bot back, or it was added to the group again. A `/stop` stays: it was
/// said, not clicked.
pub fn decide_return(receivers: Receivers<'_>) -> Effects {
    let said = |reason: Option<&String>| reason.map(String::as_str) == Some(STOPPED);
    let writes = receivers.replaced(
        |channel| channel.unblocked().filter(|_| !said(channel.reason.as_ref())),
        |link| link.unblocked().filter(|_| !said(link.reason.as_ref())),
    );
    Effects { writes, notices: Vec::new() }
}

/// So many receivers of a chat move in one transaction.
pub const MOVED_AT_ONCE: usize = 20;

/// What of a chat moves now.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The state.
    pub writes: Vec<Write>,
    /// Whether nothing is left under the old id then.
    pub done: bool,
}

/// The group became a supergroup with another id: everything that is kept under the old one moves.
///
/// At most [`MOVED_AT_ONCE`] of them; whoever asks does so again until none is left. Both chats tell of
/// the same move, and a send that is refused does, too: whichever is later finds nothing left.
pub fn decide_migration(links: &[ChatLink], receivers: Receivers<'_>, to: i64) -> Moved {
    let mut writes = Vec::new();
    let channels: Vec<&ChatLink> = links.iter().filter(|link| link.chat_id != to).collect();
    let moves = |link: &&TelegramLink| link.chat_id.is_some_and(|at| at != to);
    let companies: Vec<&TelegramLink> = receivers.links.iter().filter(moves).collect();
    for link in channels.iter().copied().take(MOVED_AT_ONCE) {
        writes.push(Write::Remove(link.clone().into()));
        let of_link = |channel: &&Channel| channel.id == link.channel_id;
        let Some(channel) = receivers.channels.iter().find(of_link) else { continue };
        let details = ChannelDetails::Telegram { bot: link.bot.clone(), chat_id: Some(to) };
        writes.push(Write::Replace(Channel { details, ..channel.clone() }.into()));
        writes.push(Write::Put(ChatLink { chat_id: to, ..link.clone() }.into()));
    }
    if !channels.is_empty() {
        let done = channels.len() <= MOVED_AT_ONCE && companies.is_empty();
        return Moved { writes, done };
    }
    for link in companies.iter().copied().take(MOVED_AT_ONCE / 2) {
        let there = TelegramLink { chat_id: Some(to), ..link.clone() };
        writes.extend(link.in_company().map(|it| Write::Remove(it.into())));
        writes.extend(link.in_chat().map(|it| Write::Remove(it.into())));
        writes.extend(there.in_company().map(|it| Write::Put(it.into())));
        writes.extend(there.in_chat().map(|it| Write::Put(it.into())));
        writes.push(Write::Replace(there.into()));
    }
    Moved { writes, done: companies.len() <= MOVED_AT_ONCE / 2 }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;
    use crate::ids::{BotId, ChannelId, UserId};
    use crate::time::Timestamp;

    type Decide = fn(Receivers<'_>) -> Effects;
    type Standing = (ChannelStatus, Option<&'static str>);
    /// What decides, what the channels are before and which change how, and what is said.
    type Case = (Decide, Vec<Standing>, Vec<Standing>, Vec<Notice>);

    fn channel(n: u128, status: ChannelStatus, reason: Option<&str>) -> Channel {
        Channel {
            id: ChannelId(Uuid::from_u128(n)),
            user_id: UserId(Uuid::from_u128(n)),
            name: "phone".to_owned(),
            details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(42) },
            status,
            reason: reason.map(str::to_owned),
            created_at: Timestamp::from_millis(0),
            target_id: None,
            generation: 0,
            version: 3,
        }
    }

    fn replaced(effects: &Effects) -> Vec<(ChannelStatus, Option<&str>)> {
        let channels = effects.writes.iter().filter_map(|write| match write {
            Write::Replace(Record::Channel(channel)) => Some(channel),
            _ => None,
        });
        channels.map(|channel| (channel.status, channel.reason.as_deref())).collect()
    }

    #[test]
    fn a_chat_of_very_many_changes_by_parts_and_is_told_the_same() {
        use ChannelStatus::{Active, Blocked, Disabled};
        let decides: [(Decide, Notice); 2] =
            [(decide_stop, Notice::Stopped), (decide_start, Notice::Resumed)];
        for (decide, notice) in decides {
            for count in [1, CHANGED_AT_ONCE, CHANGED_AT_ONCE + 1, 3 * CHANGED_AT_ONCE] {
                // Of those that stop, one alone receives; of those that start, all have stopped.
                let stopped = notice == Notice::Resumed;
                let other = if stopped { (Blocked, Some(STOPPED)) } else { (Disabled, None) };
                let first = if stopped { other } else { (Active, None) };
                let standing = std::iter::once(first).chain(std::iter::repeat(other));
                let numbered = (1..).zip(standing.take(count));
                let mut channels: Vec<Channel> =
                    numbered.map(|(n, (status, reason))| channel(n, status, reason)).collect();
                let mut parts = 0;
                let last = loop {
                    let all = Receivers { channels: &channels, ..Receivers::default() };
                    let effects = decide(all);
                    let Some(part) = effects.beforehand() else { break effects };
                    parts += 1;
                    assert!(parts < 4 && part.len() <= CHANGED_AT_ONCE, "{count}: {parts} parts");
                    for write in part {
                        let Write::Replace(Record::Channel(next)) = write else { panic!() };
                        let place = channels.iter().position(|it| it.id == next.id);
                        channels[place.expect("one of them")] = next;
                    }
                };
                assert_eq!(last.notices, std::slice::from_ref(&notice), "{count} channels");
                assert!((1..=CHANGED_AT_ONCE).contains(&last.writes.len()), "{count} channels");
                assert_eq!(parts, (count - 1) / CHANGED_AT_ONCE, "{count} channels");
            }
        }
    }

    #[test]
    fn what_a_command_does_depends_on_where_the_chats_channels_stand() {
        use ChannelStatus::{Active, Blocked, Disabled};
        let (stopped, removed): (Standing, Standing) =
            ((Blocked, Some(STOPPED)), (Blocked, Some(REMOVED)));
        let active: Standing = (Active, None);
        let off: Standing = (Disabled, None);
        let cases: Vec<Case> = vec![
            (decide_start, vec![], vec![], vec![Notice::Welcome]),
            (decide_start, vec![active], vec![], vec![Notice::WelcomeBack]),
            (decide_start, vec![stopped], vec![active], vec![Notice::Resumed]),
            (decide_start, vec![removed, active], vec![active], vec![Notice::Resumed]),
            (decide_start, vec![off], vec![], vec![Notice::Welcome]),
            (decide_stop, vec![], vec![], vec![Notice::NothingToStop]),
            (decide_stop, vec![active, active], vec![stopped, stopped], vec![Notice::Stopped]),
            (decide_stop, vec![stopped], vec![], vec![Notice::NothingToStop]),
            (decide_stop, vec![removed], vec![stopped], vec![Notice::NothingToStop]),
            (decide_stop, vec![off], vec![stopped], vec![Notice::NothingToStop]),
            (decide_removal, vec![active, off], vec![removed], vec![]),
            (decide_removal, vec![stopped], vec![], vec![]),
            (decide_return, vec![removed], vec![active], vec![]),
            (decide_return, vec![stopped], vec![], vec![]),
        ];
        for (number, (decide, before, after, notices)) in cases.into_iter().enumerate() {
            let channels: Vec<Channel> = before
                .into_iter()
                .zip(1..)
                .map(|((status, reason), n)| channel(n, status, reason))
                .collect();
            let effects = decide(Receivers { channels: &channels, ..Receivers::default() });
            assert_eq!(replaced(&effects), after, "case {number}");
            assert_eq!(effects.notices, notices, "case {number}");
        }
    }

    #[test]
    fn a_stop_of_what_is_gone_counts_until_a_start() {
        let gone = channel(1, ChannelStatus::Blocked, Some(STOPPED));
        let stop = gone.stop(Timestamp::from_millis(7)).expect("it has stopped");
        for (status, reason) in [
            (ChannelStatus::Active, None),
            (ChannelStatus::Blocked, Some(REMOVED)),
            (ChannelStatus::Disabled, None),
        ] {
            assert_eq!(channel(1, status, reason).stop(Timestamp::from_millis(7)), None);
        }
        let receivers = Receivers { stop: Some(&stop), ..Receivers::default() };
        assert!(receivers.have_stopped());
        assert!(decide_return(receivers).is_empty(), "it was said, not clicked");
        let started = decide_start(receivers);
        assert_eq!(started.writes, [Write::Remove(stop.clone().into())]);
        assert_eq!(started.notices, [Notice::Welcome]);
        // Whoever confirmed another channel in the chat since then hears of it.
        let channels = [channel(2, ChannelStatus::Active, None)];
        assert!(!Receivers { channels: &channels, ..receivers }.have_stopped());
    }

    #[test]
    fn a_groups_channels_and_links_move_to_its_new_id_once() {
        let channel = channel(1, ChannelStatus::Active, None);
        let link = ChatLink {
            bot: BotId::default_bot(),
            chat_id: -5,
            channel_id: channel.id,
            user_id: channel.user_id,
            claimed: false,
        };
        let channels = [channel];
        let receivers = Receivers { channels: &channels, ..Receivers::default() };
        let moved = decide_migration(std::slice::from_ref(&link), receivers, -1005);
        assert_eq!((moved.writes.len(), moved.done), (3, true));
        assert_eq!(moved.writes[0], Write::Remove(link.clone().into()));
        let Write::Replace(Record::Channel(changed)) = &moved.writes[1] else {
            panic!("the channel is replaced");
        };
        assert_eq!(changed.chat().map(|(_, chat_id)| chat_id), Some(-1005));
        let there = ChatLink { chat_id: -1005, ..link };
        assert_eq!(moved.writes[2], Write::Put(there.clone().into()));
        let again = decide_migration(&[there], Receivers::default(), -1005);
        assert_eq!(again, Moved { writes: vec![], done: true }, "told again by the new chat");
    }

    fn company_link(n: u128, status: ChannelStatus) -> TelegramLink {
        TelegramLink {
            id: crate::ids::LinkId(Uuid::from_u128(n)),
            company_id: crate::ids::CompanyId(Uuid::from_u128(n)),
            user_id: None,
            created_by: Some(UserId(Uuid::from_u128(n))),
            bot: BotId::default_bot(),
            chat_id: Some(-5),
            status,
            reason: None,
            opt_ins: crate::link::OptIns::default(),
            token: None,
            token_expires_at: None,
            linked_at: None,
            created_at: Timestamp::from_millis(0),
            version: 0,
        }
    }

    #[test]
    fn company_links_fall_silent_and_speak_again_with_their_chat() {
        let links = [company_link(1, ChannelStatus::Active)];
        let receivers = Receivers { links: &links, ..Receivers::default() };
        let stopped = decide_stop(receivers);
        assert_eq!(stopped.notices, [Notice::Stopped]);
        let Write::Replace(Record::TelegramLink(link)) = &stopped.writes[0] else {
            panic!("the link is replaced");
        };
        assert_eq!((link.status, link.reason.as_deref()), (ChannelStatus::Blocked, Some(STOPPED)));
        let links = [link.clone()];
        let receivers = Receivers { links: &links, ..Receivers::default() };
        assert!(decide_return(receivers).is_empty(), "it was said, not clicked");
        assert_eq!(decide_start(receivers).notices, [Notice::Resumed]);
    }

    #[test]
    fn a_chat_of_many_moves_in_steps_until_nothing_is_left() {
        let mut links: Vec<TelegramLink> =
            (1..=25).map(|n| company_link(n, ChannelStatus::Active)).collect();
        let mut steps = 0;
        loop {
            let moved =
                decide_migration(&[], Receivers { links: &links, ..Receivers::default() }, -1005);
            assert!(moved.writes.len() <= 100, "one transaction");
            for write in &moved.writes {
                if let Write::Replace(Record::TelegramLink(link)) = write {
                    links.retain(|it| it.id != link.id);
                }
            }
            steps += 1;
            if moved.done {
                break;
            }
        }
        assert_eq!((steps, links.len()), (3, 0));
    }
}
