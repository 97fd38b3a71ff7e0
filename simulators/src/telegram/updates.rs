//! Which updates a bot gets, and what waits for it.

use serde_json::Value;

use super::Telegram;
use super::journal::Record;
use super::queue::Pending;
use super::state::State;

/// Kinds that come only to bots that ask for them.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

impl State {
    /// The record of a new update, unless the bot does not want its kind.
    pub(super) fn update(
        &mut self,
        bot_id: i64,
        chat_id: i64,
        now: i64,
        kind: &str,
        content: Value,
    ) -> Option<Record> {
        let bot = self.bot(bot_id);
        let is_wanted = match &bot.allowed {
            Some(kinds) => kinds.iter().any(|wanted| wanted == kind),
            None => !ON_REQUEST.contains(&kind),
        };
        let update = Pending::new(bot.next_update_id, chat_id, now, kind, content);
        // The number is taken at once: several updates may come of one act.
        bot.next_update_id += i64::from(is_wanted);
        is_wanted.then_some(Record::Queued { bot_id, update })
    }
}

impl Telegram {
    /// Nothing waits for any bot's webhook and nothing is on its way there. What
    /// waits for a bot without a webhook does not count: nobody may come for it.
    pub fn idle(&self) -> bool {
        self.with(|state| {
            state.bots.values().all(|bot| {
                bot.queue.in_flight() == 0 && (bot.webhook.is_none() || bot.queue.len() == 0)
            })
        })
    }

    /// How many updates are on their way to webhooks.
    pub fn in_flight(&self) -> usize {
        self.with(|state| state.bots.values().map(|bot| bot.queue.in_flight()).sum())
    }

    /// How many updates wait for this bot, those on their way included.
    pub fn pending_updates(&self, bot: &str) -> usize {
        self.with(|state| {
            let bot =
                state.bots.values().find(|known| known.account.username.eq_ignore_ascii_case(bot));
            bot.map_or(0, |bot| bot.queue.len())
        })
    }

    /// When the next update may go out to a webhook, if one waits.
    pub fn next_departure_ms(&self) -> Option<i64> {
        self.with(|state| {
            let bots = state.bots.values().filter(|bot| bot.has_room());
            bots.filter_map(|bot| bot.queue.next_departure_ms()).min()
        })
    }
}
