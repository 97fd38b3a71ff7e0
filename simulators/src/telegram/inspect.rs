//! Looking at the simulator from outside: what a test or the page wants to see.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::model::{ChatKind, Entry, Message};
use super::people::Impossible;
use super::stats::{BotStats, ChatStats, Stats};
use super::{Telegram, bot_api_version};

impl Telegram {
    /// The last entries of the log after number `after`, as far as they are kept.
    pub fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        self.with(|state| {
            state.entries.iter().filter(|entry| entry.seq > after).take(limit).cloned().collect()
        })
    }

    /// What comes with each of a bot's updates, if its webhook was registered with a secret.
    pub fn webhook_secret(&self, bot: &str) -> Option<String> {
        self.with(|state| {
            let id = state.bot_named(bot)?;
            state.bots.get(&id)?.webhook.as_ref()?.secret.clone()
        })
    }

    /// What is counted.
    pub fn stats(&self) -> Stats {
        self.with(|state| {
            let name = |id: i64| {
                state.bots.get(&id).map(|bot| bot.account.username.clone()).unwrap_or_default()
            };
            let links = state.links.iter().filter(|(_, link)| link.sent > 0);
            let mut chats: Vec<ChatStats> = links
                .map(|((bot, chat_id), link)| ChatStats {
                    bot: name(*bot),
                    chat_id: *chat_id,
                    sent: link.sent,
                    smallest_gap_ms: link.smallest_gap_ms,
                })
                .collect();
            chats.sort_unstable_by(|a, b| (&a.bot, a.chat_id).cmp(&(&b.bot, b.chat_id)));
            let bots = state.bots.values().map(|bot| BotStats {
                bot: bot.account.username.clone(),
                most_in_a_second: bot.rate.most_in_a_second,
                pending_updates: bot.queue.len(),
                in_flight: bot.queue.in_flight(),
            });
            Stats {
                totals: state.counters.clone(),
                smallest_gap_ms: chats.iter().filter_map(|chat| chat.smallest_gap_ms).min(),
                most_in_a_second: state
                    .bots
                    .values()
                    .map(|bot| bot.rate.most_in_a_second)
                    .max()
                    .unwrap_or(0),
                bots: bots.collect(),
                chats,
            }
        })
    }

    /// The names of the commands that a person with this language sees in a private chat with a bot: of the
    /// menus that were set, the nearest one.
    pub fn menu(&self, bot: &str, chat_id: i64, language: &str) -> Vec<String> {
        let scopes = [format!("chat {chat_id}"), "all_private_chats".into(), "default".into()];
        let scopes = scopes.iter().flat_map(|it| [format!("{it}/{language}"), format!("{it}/")]);
        let set = self.with(|state| {
            let bot_id = state.bot_named(bot)?;
            let menus = &state.bots.get(&bot_id)?.commands;
            scopes.into_iter().find_map(|scope| menus.get(&scope).cloned())
        });
        let commands = set.as_ref().and_then(Value::as_array).into_iter().flatten();
        commands.filter_map(|it| it["command"].as_str().map(str::to_owned)).collect()
    }

    /// What is kept of the conversation of a chat with a bot, oldest first.
    pub fn messages(&self, bot: &str, chat_id: i64) -> Result<Vec<Message>, Impossible> {
        self.with(|state| {
            let bot_id = state.bot_named(bot).ok_or(Impossible::UnknownBot)?;
            Ok(state.conversation(bot_id, chat_id).cloned().collect())
        })
    }

    /// The revision, once it is past `after` or `ms` have passed.
    pub async fn changed_after(&self, after: u64, ms: u64) -> u64 {
        let mut changes = self.shared.changes.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|revision| *revision > after) => {}
            () = self.shared.options.clock.sleep_ms(ms) => {}
        }
        *self.shared.changes.borrow()
    }

    pub(super) fn bots_json(&self) -> Value {
        self.with(|state| {
            let bots = state.bots.values().map(|bot| {
                let account = &bot.account;
                let commands = bot.commands.get("default/").cloned().unwrap_or_else(|| json!([]));
                let of_chat = |(scope, commands): (&String, &Value)| {
                    let chat = scope.strip_prefix("chat ")?.strip_suffix('/')?;
                    Some((chat.to_owned(), commands.clone()))
                };
                let chats: serde_json::Map<String, Value> =
                    bot.commands.iter().filter_map(of_chat).collect();
                json!({
                    "id": account.id, "username": account.username, "first_name": account.first_name,
                    "commands": commands, "chat_commands": chats, "webhook": bot.webhook.as_ref().map(|webhook| &webhook.url),
                })
            });
            let bots: Vec<Value> = bots.collect();
            let link_base = &self.shared.options.link_base;
            json!({ "bots": bots, "link_base": link_base, "bot_api": bot_api_version() })
        })
    }

    /// The chats with the latest news first, `limit` of them.
    pub(super) fn chats_json(&self, limit: usize) -> Value {
        self.with(|state| {
            let mut last: HashMap<(i64, i64), &Message> = HashMap::new();
            for message in state.all_messages() {
                last.insert((message.bot_id, message.chat_id), message);
            }
            let mut dates: HashMap<i64, i64> = HashMap::new();
            for ((_, chat_id), message) in &last {
                let date = dates.entry(*chat_id).or_default();
                *date = message.date.max(*date);
            }
            let mut chats: Vec<_> = state.chats.values().collect();
            let date = |id: i64| dates.get(&id).copied().unwrap_or_default();
            chats.sort_unstable_by_key(|chat| (Reverse(date(chat.id)), chat.id));
            chats.truncate(limit);
            let chats = chats.into_iter().map(|chat| {
                let mut shown = json!(chat);
                let bots = state.bots.values().filter_map(|bot| {
                    let key = (bot.account.id, chat.id);
                    let link = state.links.get(&key)?;
                    let last = last.get(&key);
                    let last = last.map(|last| json!({ "text": last.text, "date": last.date }));
                    Some(json!({
                        "bot": bot.account.username,
                        "standing": link.standing,
                        "sent": link.sent,
                        "last": last,
                    }))
                });
                shown["bots"] = bots.collect();
                shown
            });
            Value::Array(chats.collect())
        })
    }

    pub(super) fn conversation_json(&self, bot: &str, chat_id: i64) -> Result<Value, Impossible> {
        self.with(|state| {
            let bot_id = state.bot_named(bot).ok_or(Impossible::UnknownBot)?;
            let chat = state.chats.get(&chat_id).ok_or(Impossible::UnknownChat)?;
            let messages = state.conversation(bot_id, chat_id).map(|message| {
                let mut shown = json!(message);
                shown["outgoing"] = json!(message.is_outgoing());
                shown["sender"] = match (chat.kind, state.chats.get(&message.from)) {
                    (ChatKind::Private, _) | (_, None) => Value::Null,
                    (_, Some(person)) => json!(person.name),
                };
                shown
            });
            let notice = state.notices.get(&(bot_id, chat_id));
            Ok(json!({
                "chat": chat,
                "standing": state.link(bot_id, chat_id).standing,
                "admin": state.groups_known.is_admin(chat_id, bot_id),
                "messages": messages.collect::<Vec<_>>(),
                "notice": notice.map(|notice| json!({ "text": notice.text, "alert": notice.alert })),
            }))
        })
    }
}
