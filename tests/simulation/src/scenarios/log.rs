//! What happened in a run of scenarios, in order: what chats received, what people did, what an admin changed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::message::REPEAT_MARK;
use serde_json::Value;

/// An instant or a length of time, in milliseconds.
pub(crate) type Ms = i64;

/// What `file_id`s of the simulator begin with.
const FILE: &str = "AgACAgIAAx";

/// An instant that becomes known later.
#[derive(Clone, Debug, Default)]
pub(crate) struct When(Arc<AtomicI64>);

impl When {
    /// It is this one.
    pub(crate) fn set(&self, at: Ms) {
        self.0.store(at, Ordering::SeqCst);
    }

    /// The instant, if it is known.
    pub(crate) fn get(&self) -> Option<Ms> {
        Some(self.0.load(Ordering::SeqCst)).filter(|at| *at != 0)
    }
}

/// A step of a scenario, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// The scenario.
    pub(crate) of: usize,
    /// The step.
    pub(crate) step: u16,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// A step's text, in this version of it.
    Step(Name, u32),
    /// The photos that go before a step's text.
    Photos(Name),
    /// The question for a scenario's consent.
    Consent,
    /// That a payment has arrived.
    Thanks,
    /// A broadcast.
    Broadcast,
    /// Something else.
    Other,
}

/// A message that Telegram took.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// When.
    pub(crate) at: Ms,
    /// In which chat.
    pub(crate) chat: i64,
    /// What it says.
    pub(crate) says: Says,
    /// Whether it says that it may be a repeat.
    pub(crate) marked: bool,
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// `/start` of this scenario.
    Start(usize),
    /// The button below the question for consent.
    Agree,
    /// `/stop`.
    Stop,
    /// Blocks the bot.
    Block,
    /// Takes it back.
    Return,
}

impl Deed {
    /// The kind of update that tells the bot of it.
    const fn update(self) -> &'static str {
        match self {
            Self::Start(_) | Self::Stop => "message",
            Self::Agree => "callback_query",
            Self::Block | Self::Return => "my_chat_member",
        }
    }
}

/// Where an admin puts a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Before this one.
    Before(u16),
    /// After this one.
    After(u16),
    /// Behind all others.
    End,
}

/// What an admin changes about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is new.
    Insert(Spot, Ms),
    /// It goes.
    Delete,
    /// It stands elsewhere.
    Move(Spot),
    /// It comes after another time.
    Delay(Ms),
    /// It says something else.
    Text,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A message was taken.
    Arrived(Arrival),
    /// A person did something in a chat; the bot was told of it by then, if that is known.
    Did { chat: i64, deed: Deed, at: Ms, handled: When },
    /// An admin edits a step; the edit was done by then.
    Edits { name: Name, change: Change, at: Ms, done: When },
}

impl Event {
    const fn at(&self) -> Ms {
        match self {
            Self::Arrived(Arrival { at, .. }) | Self::Did { at, .. } | Self::Edits { at, .. } => {
                *at
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    /// What the bot was not told of yet, by chat.
    untold: BTreeMap<i64, VecDeque<(Deed, When)>>,
    /// The last question for consent of each chat.
    asked: BTreeMap<i64, i64>,
    /// The lowest number of a step's places.
    first: BTreeMap<Name, u32>,
}

/// The log. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<State>>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Telegram took a message and answered so.
    pub(crate) fn arrived(&self, at: Ms, body: &[u8], answer: &Value) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let chat = body["chat_id"].as_i64().unwrap_or_default();
        let caption = || body["caption"].as_str().or_else(|| body["media"][0]["caption"].as_str());
        let text = body["text"].as_str().or_else(caption);
        let says = match text {
            Some(text) => says(text),
            None => photos(&body).unwrap_or(Says::Other),
        };
        let marked = text.is_some_and(|text| text.contains(REPEAT_MARK));
        let mut state = self.lock();
        if says == Says::Consent
            && let Some(message) = answer["result"]["message_id"].as_i64()
        {
            state.asked.insert(chat, message);
        }
        state.events.push_back(Event::Arrived(Arrival { at, chat, says, marked }));
    }

    /// A person did something.
    pub(crate) fn did(&self, at: Ms, chat: i64, deed: Deed) {
        let handled = When::default();
        let mut state = self.lock();
        state.untold.entry(chat).or_default().push_back((deed, handled.clone()));
        state.events.push_back(Event::Did { chat, deed, at, handled });
    }

    /// The bot was told of an update of this kind; `done` where it was also handled.
    pub(crate) fn told(&self, chat: i64, kind: &str, done: Option<Ms>) {
        let mut state = self.lock();
        let Some(untold) = state.untold.get_mut(&chat) else { return };
        while let Some((deed, handled)) = untold.pop_front() {
            if deed.update() == kind {
                if let Some(at) = done {
                    handled.set(at);
                }
                break;
            }
        }
        if untold.is_empty() {
            state.untold.remove(&chat);
        }
    }

    /// An admin begins to edit a step. What is answered is to be set when the edit is done.
    pub(crate) fn edits(&self, at: Ms, name: Name, change: Change) -> When {
        let done = When::default();
        self.lock().events.push_back(Event::Edits { name, change, at, done: done.clone() });
        done
    }

    /// A step's lowest place.
    pub(crate) fn set_first(&self, name: Name, place: u32) {
        self.lock().first.insert(name, place);
    }

    /// A step's lowest place.
    pub(crate) fn first(&self, name: Name) -> u32 {
        self.lock().first.get(&name).copied().unwrap_or(u32::from(name.step))
    }

    /// The last question for consent in a chat: a message's number.
    pub(crate) fn asked(&self, chat: i64) -> Option<i64> {
        self.lock().asked.get(&chat).copied()
    }

    /// Takes what happened before this instant.
    pub(crate) fn take(&self, before: Ms) -> Vec<Event> {
        let mut state = self.lock();
        let count = state.events.iter().take_while(|event| event.at() < before).count();
        state.events.drain(..count).collect()
    }
}

/// The words of a step.
pub(crate) fn words(name: Name, version: u32) -> String {
    format!("step-{}-{}-{version}- for {{{{ user.user_name }}}}", name.of, name.step)
}

/// The `file_id` of one of a step's photos.
pub(crate) fn photo(name: Name, number: usize) -> String {
    format!("{FILE}{:04x}{:04x}{number:08x}", name.of, name.step)
}

/// What a scenario sells.
pub(crate) const PRODUCT: &str = "Product of the run";
/// What a question for consent says.
pub(crate) const CONSENT: &str = "Do you agree?";
/// What a broadcast says.
pub(crate) const BROADCAST: &str = "News for all";

fn says(text: &str) -> Says {
    if let Some((_, rest)) = text.split_once("step-") {
        let mut parts = rest.split('-');
        let mut number = || parts.next()?.parse::<u32>().ok();
        if let (Some(of), Some(step), Some(version)) = (number(), number(), number()) {
            return Says::Step(name(of, step), version);
        }
    }
    if text.contains(CONSENT) {
        Says::Consent
    } else if text.contains(BROADCAST) {
        Says::Broadcast
    } else if text.contains(PRODUCT) {
        Says::Thanks
    } else {
        Says::Other
    }
}

fn photos(body: &Value) -> Option<Says> {
    let first = body["photo"].as_str().or_else(|| body["media"][0]["media"].as_str())?;
    let digits = first.strip_prefix(FILE)?;
    let number = |range| u32::from_str_radix(digits.get(range)?, 16).ok();
    Some(Says::Photos(name(number(0..4)?, number(4..8)?)))
}

fn name(of: u32, step: u32) -> Name {
    Name {
        of: usize::try_from(of).unwrap_or(usize::MAX),
        step: u16::try_from(step).unwrap_or(u16::MAX),
    }
}
