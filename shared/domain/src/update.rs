//! Updates: what follows from what a person does in a chat with a bot.
//!
//! The functions here decide over the channels that the chat is; whoever asks adds the record
//! that makes a repeated update do nothing, and sends the notices as one job, in order.

use crate::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink, STOPPED};
use crate::engine::Write;
use crate::message::Notice;

/// Why a channel is blocked whose person blocked the bot, or whose group removed it.
pub const REMOVED: &str = "the bot was blocked or removed";

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
}

/// A bare `/start`: whoever stopped or blocked hears of offers again.
pub fn decide_start(channels: &[Channel]) -> Effects {
    let writes = replace(channels.iter().filter_map(Channel::unblocked));
    let notice = if !writes.is_empty() {
        Notice::Resumed
    } else if channels.iter().any(|channel| channel.status == ChannelStatus::Active) {
        Notice::WelcomeBack
    } else {
        Notice::Welcome
    };
    Effects { writes, notices: vec![notice] }
}

/// `/stop`: every channel that the chat is falls silent.
pub fn decide_stop(channels: &[Channel]) -> Effects {
    let writes = replace(channels.iter().filter_map(|channel| channel.blocked(STOPPED)));
    // A person who blocked the bot before and stops now has stopped.
    let blocked = channels.iter().filter(|channel| channel.status == ChannelStatus::Blocked);
    let restated = blocked.filter(|channel| channel.reason.as_deref() != Some(STOPPED));
    let restated = restated.map(|c| Channel { reason: Some(STOPPED.to_owned()), ..c.clone() });
    let notice = if writes.is_empty() { Notice::NothingToStop } else { Notice::Stopped };
    let writes = writes.into_iter().chain(replace(restated)).collect();
    Effects { writes, notices: vec![notice] }
}

/// The person blocked the bot, or it was removed from the group. Nothing can be said there.
pub fn decide_removal(channels: &[Channel]) -> Effects {
    let writes = replace(channels.iter().filter_map(|channel| channel.blocked(REMOVED)));
    Effects { writes, notices: Vec::new() }
}

/// The person took the bot back, or it was added to the group again. A `/stop` stays: it was
/// said, not clicked.
pub fn decide_return(channels: &[Channel]) -> Effects {
    let back = channels.iter().filter(|channel| channel.reason.as_deref() != Some(STOPPED));
    Effects { writes: replace(back.filter_map(Channel::unblocked)), notices: Vec::new() }
}

/// The group became a supergroup with another id: its channels and links move there.
///
/// Both chats tell of the same move; whichever is second finds no links left.
pub fn decide_migration(links: &[ChatLink], channels: &[Channel], to: i64) -> Effects {
    let mut writes = Vec::new();
    for link in links.iter().filter(|link| link.chat_id != to) {
        writes.push(Write::Remove(link.clone().into()));
        let Some(channel) = channels.iter().find(|channel| channel.id == link.channel_id) else {
            continue;
        };
        let details = ChannelDetails::Telegram { bot: link.bot.clone(), chat_id: Some(to) };
        writes.push(Write::Replace(Channel { details, ..channel.clone() }.into()));
        writes.push(Write::Put(ChatLink { chat_id: to, ..link.clone() }.into()));
    }
    Effects { writes, notices: Vec::new() }
}

fn replace(channels: impl Iterator<Item = Channel>) -> Vec<Write> {
    channels.map(|channel| Write::Replace(channel.into())).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;
    use crate::ids::{BotId, ChannelId, UserId};
    use crate::time::Timestamp;

    type Decide = fn(&[Channel]) -> Effects;
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
            (decide_stop, vec![off], vec![], vec![Notice::NothingToStop]),
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
            let effects = decide(&channels);
            assert_eq!(replaced(&effects), after, "case {number}");
            assert_eq!(effects.notices, notices, "case {number}");
        }
    }

    #[test]
    fn a_groups_channels_and_links_move_to_its_new_id_once() {
        let channel = channel(1, ChannelStatus::Active, None);
        let link = ChatLink {
            bot: BotId::default_bot(),
            chat_id: -5,
            channel_id: channel.id,
            user_id: channel.user_id,
        };
        let effects = decide_migration(std::slice::from_ref(&link), &[channel], -1005);
        assert_eq!(effects.writes.len(), 3);
        assert_eq!(effects.writes[0], Write::Remove(link.clone().into()));
        let Write::Replace(Record::Channel(moved)) = &effects.writes[1] else {
            panic!("the channel is replaced");
        };
        assert_eq!(moved.chat().map(|(_, chat_id)| chat_id), Some(-1005));
        let moved = ChatLink { chat_id: -1005, ..link };
        assert_eq!(effects.writes[2], Write::Put(moved.clone().into()));
        assert!(decide_migration(&[moved], &[], -1005).is_empty(), "told again by the new chat");
    }
}
