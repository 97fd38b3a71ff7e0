//! A delivering job while it runs: its timer and the messages it still owes.

use std::collections::hash_map;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::channel::Hook;
use domain::engine::delivery::{Delivery, DeliveryKey, Recipient};
use domain::engine::job::APART_AT_MOST;
use domain::engine::{DeliveryStatus, Job, Timer, UnknownPolicy, Write};
use domain::event::{Event, Subject};
use domain::ids::{BotId, ChannelId, CompanyId, TargetId, UserId};
use domain::link::Category;
use domain::mail::Mail;
use domain::message::{Content, Letter};
use domain::mutation::{Rule, broken};
use domain::scenario::Part;
use domain::task::{Ended, RunStatus, TaskRun, decide_end};
use domain::time::Timestamp;

use crate::engine::broadcast::Page;
use crate::engine::digest::Entry;
use crate::engine::photos::Files;
use crate::engine::{alert, relay};
use crate::scenario::Plan;

/// A job whose next slot was reserved is due so long before it: a hint waits for a run to be free, and a slot
/// that passes meanwhile is lost to its chat.
const THERE_BEFORE: Duration = Duration::from_millis(250);

/// A message's place in a run: which job, which of its messages.
pub(super) type Place = (usize, usize);

/// A job's run.
#[derive(Debug)]
pub(super) struct Work {
    /// Its timer as it was read.
    pub(super) timer: Timer,
    /// What it owes.
    pub(super) sends: Vec<Send>,
    /// The page that follows, if any.
    pub(super) next: Option<Job>,
    /// Whether an earlier run had brought every message to its end.
    pub(super) was_done: bool,
    /// What is told of an offer when its first page is done.
    pub(super) recorded: Option<Event>,
    /// The task's run whose message this is.
    pub(super) task_run: Option<TaskRun>,
    /// Whether its messages go one after the other.
    pub(super) ordered: bool,
    /// Whose alert it is, and of which category: what became of it is counted.
    pub(super) counted: Option<(CompanyId, Category)>,
    /// What its messages tell of, when they are a digest.
    pub(super) digest: Vec<Entry>,
    /// What was decided of a contact's step.
    pub(super) step: Option<Plan>,
    /// What a page of a broadcast remembers.
    pub(super) broadcast: Option<Page>,
    /// Stored photos that Telegram may not have yet.
    pub(super) files: Arc<Files>,
}

/// One message to one recipient.
#[derive(Debug)]
pub(super) struct Send {
    pub(super) key: DeliveryKey,
    pub(super) to: To,
    pub(super) what: What,
    pub(super) target_id: Option<TargetId>,
    /// What others are told that it was, if they are.
    pub(super) subject: Option<Subject>,
    /// Whether its page need not wait for it: its service is its own, or its bot is stopped.
    pub(super) apart: bool,
    /// The stopped bot that it waits for.
    pub(super) stopped: Option<BotId>,
    pub(super) state: State,
    /// The delivery with its end, once that is known.
    pub(super) end: Option<Delivery>,
}

/// Whom it goes to.
#[derive(Clone, Debug)]
pub(super) enum To {
    /// A user's channel: its status and chat are read when the send is near.
    Channel(UserId, ChannelId),
    /// A chat.
    Chat(BotId, i64),
    /// Whoever the mail is for: read when the send is near.
    Mail(Mail),
}

/// Where a message goes, once its recipient was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A chat, at the bot's pace.
    Chat { bot: BotId, chat_id: i64 },
    /// An e-mail address.
    Email(String),
    /// An address of a service; what of it is sealed is opened when the message goes.
    Hook(ChannelId, Box<Hook>),
}

impl Address {
    /// The service's name in logs.
    pub(super) const fn service(&self) -> &'static str {
        match self {
            Self::Chat { .. } => "telegram",
            Self::Email(_) => "email",
            Self::Hook(_, hook) => hook.kind.as_str(),
        }
    }

    /// What is paused as one with it when its service asks to wait: mails share an account.
    pub(super) fn paced_with(&self) -> Option<&str> {
        match self {
            Self::Chat { .. } => None,
            Self::Email(_) => Some("email"),
            Self::Hook(_, hook) => Some(&hook.digest.0),
        }
    }

    /// The bot that it is written to through, if it is.
    pub(super) const fn bot(&self) -> Option<&BotId> {
        match self {
            Self::Chat { bot, .. } => Some(bot),
            Self::Email(_) | Self::Hook(..) => None,
        }
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A message.
    Message(Content),
    /// A mail, whose words are made when the send is near.
    Mail,
    /// A mail with its words, and its name.
    Letter(Letter, &'static str),
    /// The acknowledgement of a button press.
    Callback(String),
    /// Nothing, for this reason: its target's filter left it out.
    LeftOut(&'static str),
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// To be sent, not before this instant. `read` is the delivery as it stands; `reserved` says that
    /// the instant is a slot kept for it.
    Ready { not_before: Timestamp, read: Option<Delivery>, reserved: bool },
    /// As one that is ready, but another message of this run brings its photo to Telegram first.
    Held { not_before: Timestamp, read: Option<Delivery>, reserved: bool },
    /// In a chunk that is under way.
    Running,
    /// The same message as an earlier job's of this run: an offer stands on two pages. It ends as that
    /// one does.
    Twin(Place),
    /// Nothing follows.
    Done,
    /// Later than this run waits.
    Later { at: Timestamp, reserved: bool },
}

impl Send {
    /// Its name among the job's waits. That of a chat is the one that the job knows: it stays when the chat
    /// moves.
    pub(super) fn name(&self) -> String {
        match (&self.to, &self.key.to) {
            (To::Channel(_, id), _) => id.to_string(),
            (To::Chat(..), Recipient::Link { link_id }) => link_id.to_string(),
            (To::Chat(..), Recipient::Chat { chat_id, .. }) => {
                format!("{chat_id}.{}", self.key.part)
            }
            (To::Chat(..) | To::Mail(_), _) => self.key.part.to_string(),
        }
    }

    /// Whether it is the text of a content whose photos are the message before it.
    pub(super) fn follows(&self, before: &Self) -> bool {
        let (before, it) = (&before.key, &self.key);
        it.part.checked_add(Part::PHOTOS - Part::TEXT) == Some(before.part)
            && before.to == it.to
            && before.thing == it.thing
    }
}

impl Work {
    /// The first message that may be sent now, and by what time one may be.
    pub(super) fn ready(&self, now: Timestamp) -> Vec<usize> {
        let mut ready = Vec::new();
        for (index, send) in self.sends.iter().enumerate() {
            let is_ready =
                matches!(send.state, State::Ready { not_before, .. } if not_before <= now);
            if is_ready && !self.waits(index) {
                ready.push(index);
            }
        }
        ready
    }

    /// The earliest instant at which a message becomes ready.
    pub(super) fn wakes(&self) -> Option<Timestamp> {
        let wake = |(index, send): (usize, &Send)| match send.state {
            State::Ready { not_before, .. } if !self.waits(index) => Some(not_before),
            _ => None,
        };
        self.sends.iter().enumerate().filter_map(wake).min()
    }

    /// Whether a message waits for the one before it: in a job whose messages go in order, and where
    /// several are one contact's.
    fn waits(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else { return false };
        (self.ordered || self.follows(index)) && self.sends[before].state != State::Done
    }

    /// Whether a message is a further part of what its recipient gets with the one before it.
    pub(super) fn follows(&self, index: usize) -> bool {
        let before = index.checked_sub(1);
        before.is_some_and(|before| self.sends[index].follows(&self.sends[before]))
    }

    /// Puts everything off that is left, if each message of it has a slot kept for it and none is before `until`.
    pub(super) fn leave(&mut self, until: Timestamp) {
        let waits = |(index, send): (usize, &Send)| match send.state {
            State::Ready { not_before, reserved, .. } => {
                (reserved && not_before > until) || self.waits(index)
            }
            State::Later { .. } | State::Twin(_) | State::Done => true,
            State::Running | State::Held { .. } => false,
        };
        if !self.sends.iter().enumerate().all(waits) {
            return;
        }
        for send in &mut self.sends {
            if let State::Ready { not_before: at, reserved: true, .. } = send.state {
                send.state = State::Later { at, reserved: true };
            }
        }
    }

    /// Nothing more is sent, and nothing follows.
    pub(super) fn give_up(&mut self) {
        self.next = None;
        for send in &mut self.sends {
            send.state = State::Done;
        }
    }

    /// A message that was held may go on.
    pub(super) fn let_go(&mut self) {
        for send in &mut self.sends {
            if let State::Held { not_before, read, reserved } = &mut send.state {
                let (not_before, read, reserved) = (*not_before, read.take(), *reserved);
                send.state = State::Ready { not_before, read, reserved };
            }
        }
    }

    /// Whether every message has its end.
    pub(super) fn is_done(&self) -> bool {
        self.sends.iter().all(|send| send.state == State::Done)
    }

    /// What is left of a page when all of it waits for services of its own, or for bots that are stopped:
    /// the page need not.
    pub(super) fn set_apart(&self, now: Timestamp) -> Option<Vec<(Job, Timestamp)>> {
        // Before all else: of most jobs nothing is ever set apart.
        self.timer.job.apart(Vec::new())?;
        let (mut left, mut parked) = (Vec::new(), BTreeMap::<&BotId, Vec<_>>::new());
        for send in self.sends.iter().filter(|send| send.state != State::Done) {
            let at = match send.state {
                State::Later { at, .. }
                | State::Ready { not_before: at, .. }
                | State::Held { not_before: at, .. } => at,
                State::Running | State::Twin(_) | State::Done => now,
            };
            match (&send.to, send.target_id) {
                (To::Channel(user, channel), Some(target)) if send.apart => {
                    let it = (at, (*user, *channel, target));
                    match &send.stopped {
                        // All that wait for one bot wait together.
                        Some(bot) if parked.len() < APART_AT_MOST || parked.contains_key(bot) => {
                            parked.entry(bot).or_default().push(it);
                        }
                        _ => left.push(it),
                    }
                }
                _ => return None,
            }
        }
        left.sort_by_key(|(at, _)| *at);
        let size = left.len().div_ceil(APART_AT_MOST).max(1);
        let jobs = left.chunks(size).chain(parked.values().map(Vec::as_slice)).map(|some| {
            let job = self.timer.job.apart(some.iter().map(|(_, to)| *to).collect())?;
            Some((job, some[0].0.max(now)))
        });
        jobs.collect()
    }

    /// The stopped bot that all that is left waits for.
    pub(super) fn parks_with(&self) -> Option<&BotId> {
        let is_next =
            |(index, send): &(usize, &Send)| send.state != State::Done && !self.waits(*index);
        let mut left = self.sends.iter().enumerate().filter(is_next).map(|(_, send)| send);
        let first = left.next()?.stopped.as_ref()?;
        left.all(|send| send.stopped.is_some()).then_some(first)
    }

    /// Whether its timer may go: all is done, or what is not is set apart.
    pub(super) fn may_end(&self, now: Timestamp) -> bool {
        self.is_done() || self.set_apart(now).is_some()
    }

    /// When the rest is to be taken up again, and the slots reserved for it.
    pub(super) fn rest(&self, now: Timestamp) -> (Timestamp, BTreeMap<String, Timestamp>) {
        let mut earliest: Option<Timestamp> = None;
        let mut waits = BTreeMap::new();
        for (index, send) in self.sends.iter().enumerate() {
            if send.state == State::Done || self.waits(index) {
                continue;
            }
            let (at, reserved) = match send.state {
                State::Later { at, reserved } => (at, reserved),
                State::Ready { not_before, reserved, .. }
                | State::Held { not_before, reserved, .. } => (not_before, reserved),
                State::Running | State::Twin(_) | State::Done => (now, false),
            };
            let due = if reserved { at - THERE_BEFORE } else { at };
            if reserved {
                waits.insert(send.name(), at);
            }
            earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
        }
        (earliest.unwrap_or(now).max(now), waits)
    }

    /// The state that its end changes: the task's run has the end that its message has, and what
    /// became of an alert is counted.
    pub(super) fn writes(&self, now: Timestamp) -> Vec<Write> {
        if matches!(self.timer.job, Job::ShowReply { .. }) {
            return relay::kept(self, now).into_iter().collect();
        }
        let Some(run) = &self.task_run else { return alert::counts(self, now) };
        let end = self.sends.last().and_then(|send| send.end.as_ref());
        let status = match end.map(|end| end.status) {
            Some(DeliveryStatus::Sent) => RunStatus::Sent,
            Some(DeliveryStatus::Failed) => RunStatus::Failed,
            Some(DeliveryStatus::Skipped) => RunStatus::Skipped,
            _ => RunStatus::Unknown,
        };
        let at = end.map_or(now, |end| end.at);
        let reason = end.and_then(|end| end.reason.clone());
        let ended = decide_end(run, Ended { status, reason, at });
        ended.map(|run| Write::Put(run.into())).into_iter().collect()
    }

    /// Whether its chat has refused one of its messages.
    pub(super) fn is_refused(&self) -> bool {
        self.refused_at().is_some()
    }

    /// When its chat refused one of its messages first.
    pub(super) fn refused_at(&self) -> Option<Timestamp> {
        let ends = self.sends.iter().filter_map(|send| send.end.as_ref());
        ends.filter(|end| end.status == DeliveryStatus::Failed).map(|end| end.at).min()
    }

    /// What happens to its messages of unknown fate.
    pub(super) fn policy(&self) -> UnknownPolicy {
        if broken(Rule::UnknownHeld) {
            return UnknownPolicy::SendAgain;
        }
        self.timer.job.unknown_policy()
    }
}

/// Finds the messages that several jobs of a run owe: the first one's is sent.
pub(super) fn find_twins(works: &mut [Work]) {
    let mut first = HashMap::new();
    for (work, it) in works.iter_mut().enumerate() {
        for (index, send) in it.sends.iter_mut().enumerate() {
            match first.entry(send.key.clone()) {
                hash_map::Entry::Vacant(free) => {
                    free.insert((work, index));
                }
                hash_map::Entry::Occupied(taken) if send.state != State::Done => {
                    send.state = State::Twin(*taken.get());
                }
                hash_map::Entry::Occupied(_) => {}
            }
        }
    }
}

/// Ends each message that several jobs owe as the one that was sent.
pub(super) fn end_twins(works: &mut [Work], now: Timestamp) {
    for work in 0..works.len() {
        for index in 0..works[work].sends.len() {
            let State::Twin((of, sent)) = works[work].sends[index].state else { continue };
            works[work].sends[index].state = match works[of].sends[sent].state {
                State::Done => State::Done,
                State::Later { at, .. }
                | State::Ready { not_before: at, .. }
                | State::Held { not_before: at, .. } => State::Later { at, reserved: false },
                State::Running | State::Twin(_) => State::Later { at: now, reserved: false },
            };
        }
    }
}
