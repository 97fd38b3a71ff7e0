//! The state, and how each record changes it.
//!
//! Architecture invariant: nothing outside `State::apply` changes what is kept
//! here, except rates, attempts and errors of delivery, and the bytes of files,
//! which are not worth keeping over a restart.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use serde_json::Value;

use super::faults::Faults;
use super::files::Files;
use super::groups::Groups;
use super::journal::{Journal, Record, Webhook};
use super::limits::{BotRate, GroupRate};
use super::model::{BotAccount, Chat, ChatKind, Entry as LogEntry, Message, Outcome, Standing};
use super::queue::Queue;
use super::stats::Counters;

/// The first id of people, groups and supergroups that are made here.
const FIRST_PERSON: i64 = 1_000_001;
const FIRST_GROUP: i64 = -4_000_001;
const FIRST_SUPERGROUP: i64 = -1_002_000_000_001;
/// After this nobody looks at a pressed button any more.
pub(crate) const ANSWERABLE_MS: i64 = 150_000;
const FIRST_UPDATE_ID: i64 = 700_000_001;

/// A button press that the bot has not answered for good.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) chat_id: i64,
    pub(crate) at_ms: i64,
}

/// What the last answered button press said to a person.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) alert: bool,
}

/// A bot and everything that waits for it.
#[derive(Debug)]
pub(crate) struct Bot {
    pub(crate) account: BotAccount,
    pub(crate) webhook: Option<Webhook>,
    pub(crate) allowed: Option<Vec<String>>,
    pub(crate) queue: Queue,
    pub(crate) next_update_id: i64,
    pub(crate) next_message_id: i64,
    pub(crate) rate: BotRate,
    pub(crate) commands: BTreeMap<String, Value>,
    pub(crate) callbacks: BTreeMap<String, Callback>,
    pub(crate) last_error: Option<(i64, String)>,
}

impl Bot {
    fn new(account: BotAccount) -> Self {
        Self {
            account,
            webhook: None,
            allowed: None,
            queue: Queue::default(),
            next_update_id: FIRST_UPDATE_ID,
            next_message_id: 1,
            rate: BotRate::default(),
            commands: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            last_error: None,
        }
    }
}

/// A bot and a chat. Kept small: there may be a hundred thousand of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Link {
    pub(crate) standing: Standing,
    pub(crate) sent: u32,
    pub(crate) last_sent_ms: Option<i64>,
    pub(crate) smallest_gap_ms: Option<i64>,
}

/// How often things changed, for those who wait for news.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    /// Anything at all.
    pub(crate) all: u64,
    /// Updates or webhooks.
    pub(crate) updates: u64,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    pub(crate) bots: BTreeMap<i64, Bot>,
    pub(crate) chats: HashMap<i64, Chat>,
    pub(crate) links: HashMap<(i64, i64), Link>,
    pub(crate) groups: HashMap<(i64, i64), GroupRate>,
    pub(crate) groups_known: Groups,
    /// By bot and message id.
    messages: BTreeMap<(i64, i64), Message>,
    by_age: VecDeque<(i64, i64)>,
    /// How many kept messages of a chat have the same text.
    repeats: HashMap<u64, u32>,
    pub(crate) entries: VecDeque<LogEntry>,
    pub(crate) notices: HashMap<(i64, i64), Notice>,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    pub(crate) files: Files,
    pub(crate) next_seq: u64,
    next_ids: [i64; 3],
    keep_messages: usize,
    journal: Option<Journal>,
}

impl State {
    pub(crate) fn new(accounts: &[BotAccount], keep_messages: usize) -> Self {
        let bots = accounts.iter().map(|account| (account.id, Bot::new(account.clone()))).collect();
        Self {
            revision: Revision::default(),
            bots,
            chats: HashMap::new(),
            links: HashMap::new(),
            groups: HashMap::new(),
            groups_known: Groups::default(),
            messages: BTreeMap::new(),
            by_age: VecDeque::new(),
            repeats: HashMap::new(),
            entries: VecDeque::new(),
            notices: HashMap::new(),
            counters: Counters::default(),
            faults: Faults::default(),
            files: Files::default(),
            next_seq: 1,
            next_ids: [FIRST_PERSON, FIRST_GROUP, FIRST_SUPERGROUP],
            keep_messages: keep_messages.max(1),
            journal: None,
        }
    }

    pub(crate) fn keep_in(&mut self, journal: Journal) {
        self.journal = Some(journal);
    }

    /// Writes records down and lets them take effect.
    pub(crate) fn commit(&mut self, records: Vec<Record>) {
        if let Some(journal) = &mut self.journal {
            journal.append(&records);
        }
        for record in records {
            self.apply(record);
        }
        self.revision.all += 1;
    }

    pub(crate) fn forget_everything(&mut self) -> std::io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.clear()?;
        }
        self.apply(Record::Reset);
        self.revision.all += 1;
        Ok(())
    }

    pub(crate) fn apply(&mut self, record: Record) {
        if matches!(record, Record::Queued { .. } | Record::Webhook { .. } | Record::Reset) {
            self.revision.updates += 1;
        }
        match record {
            Record::Bot { bot_id, username, token } => {
                let account = &mut self.bot(bot_id).account;
                account.first_name.clone_from(&username);
                (account.username, account.token) = (username, token);
            }
            Record::Call { entry, messages } => self.apply_call(entry, messages),
            Record::Chat { chat } => self.apply_chat(chat),
            Record::Standing { bot_id, chat_id, standing } => {
                self.links.entry((bot_id, chat_id)).or_default().standing = standing;
            }
            Record::Group { chat_id, change } => self.groups_known.apply(chat_id, change),
            Record::Said { message } => self.keep(message),
            Record::Edited { message } => {
                let key = (message.bot_id, message.message_id);
                if self.messages.contains_key(&key) {
                    self.forget(key);
                    *self.repeats.entry(fingerprint(&message)).or_default() += 1;
                    self.messages.insert(key, message);
                }
            }
            Record::Deleted { bot_id, message_id } => {
                self.forget((bot_id, message_id));
            }
            Record::Pressed { bot_id, callback_id, chat_id, at_ms } => {
                let callback = Callback { chat_id, at_ms };
                let callbacks = &mut self.bot(bot_id).callbacks;
                callbacks.retain(|_, old| at_ms - old.at_ms <= ANSWERABLE_MS);
                callbacks.insert(callback_id, callback);
            }
            Record::Answered { bot_id, callback_id, text, alert } => {
                if let Some(callback) = self.bot(bot_id).callbacks.get(&callback_id) {
                    let key = (bot_id, callback.chat_id);
                    self.notices.insert(key, Notice { text, alert });
                }
            }
            Record::Queued { bot_id, update } => {
                let bot = self.bot(bot_id);
                bot.next_update_id = bot.next_update_id.max(update.update_id + 1);
                bot.queue.push(update);
            }
            Record::Done { bot_id, update_ids } => {
                let queue = &mut self.bot(bot_id).queue;
                for id in update_ids {
                    queue.remove(id);
                }
            }
            Record::Webhook { bot_id, webhook } => {
                let bot = self.bot(bot_id);
                bot.queue.forget_failures();
                bot.last_error = None;
                bot.webhook = webhook;
            }
            Record::Allowed { bot_id, kinds } => self.bot(bot_id).allowed = kinds,
            Record::Commands { bot_id, scope, commands } => {
                self.bot(bot_id).commands.insert(scope, commands);
            }
            Record::FileKnown { bot_id, file_id } => self.files.learn(bot_id, &file_id),
            Record::FilesForgotten => self.files.forget(),
            Record::Reset => self.reset(),
        }
    }

    fn reset(&mut self) {
        let accounts: Vec<_> = self.bots.values().map(|bot| bot.account.clone()).collect();
        let (journal, revision) = (self.journal.take(), self.revision);
        *self = Self::new(&accounts, self.keep_messages);
        (self.journal, self.revision) = (journal, revision);
    }

    fn apply_call(&mut self, entry: LogEntry, messages: Vec<Message>) {
        self.next_seq = self.next_seq.max(entry.seq + 1);
        self.counters.count(&entry, messages.len());
        if entry.outcome == Outcome::Sent
            && let (Some(chat_id), false) = (entry.chat_id, messages.is_empty())
        {
            self.count_send(entry.bot_id, chat_id, entry.at_ms);
        }
        for message in messages {
            self.keep(message);
        }
        self.entries.push_back(entry);
        if self.entries.len() > self.keep_messages {
            self.entries.pop_front();
        }
    }

    fn count_send(&mut self, bot_id: i64, chat_id: i64, at: i64) {
        self.bot(bot_id).rate.count(at);
        let link = self.links.entry((bot_id, chat_id)).or_default();
        if let Some(last) = link.last_sent_ms {
            let gap = at - last;
            link.smallest_gap_ms =
                Some(link.smallest_gap_ms.map_or(gap, |smallest| smallest.min(gap)));
        }
        link.last_sent_ms = Some(at);
        link.sent += 1;
        if chat_id < 0 {
            self.groups.entry((bot_id, chat_id)).or_default().count(at);
        }
    }

    fn apply_chat(&mut self, chat: Chat) {
        let slot = match chat.kind {
            ChatKind::Private => 0,
            ChatKind::Group => 1,
            ChatKind::Supergroup => 2,
        };
        let next = &mut self.next_ids[slot];
        *next = if slot == 0 { (*next).max(chat.id + 1) } else { (*next).min(chat.id - 1) };
        self.chats.insert(chat.id, chat);
    }

    fn keep(&mut self, message: Message) {
        let key = (message.bot_id, message.message_id);
        if let Some(photo) = &message.photo {
            self.files.learn(message.bot_id, &photo.file_id);
        }
        let bot = self.bot(message.bot_id);
        bot.next_message_id = bot.next_message_id.max(message.message_id + 1);
        *self.repeats.entry(fingerprint(&message)).or_default() += 1;
        self.messages.insert(key, message);
        self.by_age.push_back(key);
        if self.by_age.len() > self.keep_messages
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, key: (i64, i64)) {
        let Some(message) = self.messages.remove(&key) else {
            return;
        };
        if let Entry::Occupied(mut count) = self.repeats.entry(fingerprint(&message)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// How many kept messages say the same in the same chat.
    pub(crate) fn repeats_of(&self, message: &Message) -> u32 {
        self.repeats.get(&fingerprint(message)).copied().unwrap_or_default()
    }

    /// The bot of this id. One that only the log knows (its token was accepted
    /// in an earlier run) comes into being without a token.
    pub(crate) fn bot(&mut self, bot_id: i64) -> &mut Bot {
        self.bots.entry(bot_id).or_insert_with(|| {
            let username = format!("sim{bot_id}_bot");
            let first_name = username.clone();
            Bot::new(BotAccount { token: String::new(), username, first_name, id: bot_id })
        })
    }

    pub(crate) fn link(&self, bot_id: i64, chat_id: i64) -> Link {
        self.links.get(&(bot_id, chat_id)).copied().unwrap_or_default()
    }

    pub(crate) fn message(&self, bot_id: i64, chat_id: i64, message_id: i64) -> Option<&Message> {
        self.messages.get(&(bot_id, message_id)).filter(|message| message.chat_id == chat_id)
    }

    /// All that is kept, of each bot the oldest first.
    pub(crate) fn all_messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// What is kept of a conversation, oldest first.
    pub(crate) fn conversation(
        &self,
        bot_id: i64,
        chat_id: i64,
    ) -> impl DoubleEndedIterator<Item = &Message> {
        let of_bot = self.messages.range((bot_id, i64::MIN)..=(bot_id, i64::MAX));
        of_bot.map(|(_, message)| message).filter(move |message| message.chat_id == chat_id)
    }

    /// An id that no chat of this kind has.
    pub(crate) fn next_chat_id(&self, kind: ChatKind) -> i64 {
        match kind {
            ChatKind::Private => self.next_ids[0],
            ChatKind::Group => self.next_ids[1],
            ChatKind::Supergroup => self.next_ids[2],
        }
    }
}

/// Tells texts of one chat apart, the picture included.
fn fingerprint(message: &Message) -> u64 {
    let mut hasher = DefaultHasher::new();
    let photo = message.photo.as_ref().map(|photo| &photo.file_id);
    (message.bot_id, message.chat_id, message.from, &message.text, photo).hash(&mut hasher);
    hasher.finish()
}
