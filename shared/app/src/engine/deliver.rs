//! The deliverator: books slots for what is ready, keeps chunks under way, and ends each
//! job when its messages have their end or must wait.

use std::pin::pin;
use std::time::Duration;

use domain::channel::{Channel, ChannelStatus};
use domain::engine::delivery::{Delivery, DeliveryStatus};
use domain::engine::rate::{BOOK_AT_MOST, Grant, SlotRequest};
use domain::engine::{Job, Lane, Timer};
use domain::ids::{BotId, RunId};
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use futures::StreamExt;
use futures::future::{Either, join_all, select};
use futures::stream::FuturesUnordered;
use runtime::unit::following_from;
use table::{DeliveryWrite, TableError, keys};

use crate::App;
use crate::engine::batch::{Ack, WAIT_AT_MOST};
use crate::engine::chunk::{self, Booked, Ended};
use crate::engine::work::{Place, State, To, Work, end_twins, find_twins};
use crate::engine::{finish, lines, load, slots, tell};

/// While one chunk's last messages are under way the next is booked: the bot is never idle.
const UNDER_WAY: usize = BOOK_AT_MOST + 1;
/// Chunks are small where chats are what is waited for: a chat whose time has come must not wait for the others.
const CHUNKS: usize = 8;

/// Runs delivering jobs; one answer each, in order.
pub(super) async fn run(
    app: &App,
    lane: Lane,
    timers: Vec<Timer>,
    deadline: Timestamp,
) -> Vec<Ack> {
    let mut acks = vec![Ack::Done; timers.len()];
    let (mut places, mut works) = (Vec::new(), Vec::new());
    for (place, loaded) in load::works(app, timers).await.into_iter().enumerate() {
        match loaded {
            Ok(work) => {
                places.push(place);
                works.push(work);
            }
            Err(failed) => {
                let (timer, error) = *failed;
                acks[place] = finish::retry(app, &timer, &error.to_string()).await;
            }
        }
    }
    find_twins(&mut works);
    let (id, began) = (app.env.id(), app.env.now());
    let mut run = Run { app, lane, id, began, deadline, works, under_way: 0, idle_since: None };
    run.deliver().await;
    // A twin has no end of its own: the first of them tells of it.
    end_twins(&mut run.works, app.env.now());
    let (done, rest): (Vec<_>, Vec<_>) =
        places.into_iter().zip(run.works).partition(|(_, work)| work.is_done());
    // What must wait is put off first: it waits for no bus.
    let rest = rest.into_iter().map(|(place, work)| end(app, place, work, None));
    for (place, ack) in join_all(rest).await {
        acks[place] = ack;
    }
    let (places, done): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    let left = tell::tell(app, &done, deadline).await;
    let done = places.into_iter().zip(done).zip(left);
    let done = done.map(|((place, work), left)| end(app, place, work, left));
    for (place, ack) in join_all(done).await {
        acks[place] = ack;
    }
    acks
}

/// Ends one job of a run; the jobs' last writes go side by side.
async fn end(app: &App, place: usize, work: Work, left: Option<Job>) -> (usize, Ack) {
    let correlation = work.timer.correlation.clone();
    (place, following_from(correlation, Box::pin(finish::work(app, work, left))).await)
}

/// Ends a delivering job that was cancelled: nothing more is sent, what was sent is told.
pub(super) async fn give_up(app: &App, timer: Timer, deadline: Timestamp) -> Ack {
    if timer.is_fresh() || !app.events.wants_messages() {
        return finish::drop_timer(app, &timer, "cancelled").await;
    }
    let mut works = Vec::new();
    for loaded in load::works(app, vec![timer]).await {
        match loaded {
            Ok(mut work) => {
                work.give_up();
                works.push(work);
            }
            Err(failed) => return finish::retry(app, &failed.0, &failed.1.to_string()).await,
        }
    }
    let mut left = tell::tell(app, &works, deadline).await;
    match works.pop() {
        Some(work) => finish::work(app, work, left.pop().flatten()).await,
        None => Ack::Done,
    }
}

struct Run<'a> {
    app: &'a App,
    lane: Lane,
    id: RunId,
    began: Timestamp,
    deadline: Timestamp,
    works: Vec<Work>,
    /// Messages that are booked and have no end yet.
    under_way: usize,
    /// Since when nothing was granted: what is refused too long is put off.
    idle_since: Option<Timestamp>,
}

impl Run<'_> {
    async fn deliver(&mut self) {
        let app = self.app;
        let mut chunks = FuturesUnordered::new();
        loop {
            let full = chunks.len() >= CHUNKS || self.under_way >= UNDER_WAY;
            if !full && !self.is_late() {
                let mut ended = Vec::new();
                let next = go_on(&mut chunks, &mut ended, self.next_chunk()).await;
                for ended in ended {
                    self.absorb(ended);
                }
                match next {
                    Ok(Some(booked)) => {
                        self.under_way += booked.len();
                        chunks.push(chunk::run(app, self.id, self.deadline, booked));
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "slots could not be booked");
                        self.put_off(app.env.now() + Duration::from_secs(1));
                    }
                }
            }
            let wakes = if full || self.is_late() { None } else { self.wakes() };
            match (chunks.is_empty(), wakes) {
                (true, None) => return,
                (true, Some(at)) => app.env.clock.sleep_until(at).await,
                (false, None) => self.absorb(chunks.next().await.unwrap_or_default()),
                (false, Some(at)) => {
                    let sleep = app.env.clock.sleep_until(at);
                    match select(chunks.next(), sleep).await {
                        Either::Left((ended, _)) => self.absorb(ended.unwrap_or_default()),
                        Either::Right(_) => {}
                    }
                }
            }
        }
    }

    fn is_late(&self) -> bool {
        self.app.env.now() + chunk::margin() >= self.deadline
    }

    /// When the next message becomes ready, if that is within what a run waits.
    fn wakes(&self) -> Option<Timestamp> {
        let now = self.app.env.now();
        let at = self.works.iter().filter_map(Work::wakes).min()?;
        (at.since(now) <= WAIT_AT_MOST).then_some(at)
    }

    /// Books the next chunk: at most 25 messages of one bot that are ready.
    async fn next_chunk(&mut self) -> Result<Option<Vec<Booked>>, TableError> {
        let now = self.app.env.now();
        let ready: Vec<Place> = self
            .works
            .iter()
            .enumerate()
            .flat_map(|(work, it)| it.ready(now).into_iter().map(move |send| (work, send)))
            .take(BOOK_AT_MOST)
            .collect();
        if ready.is_empty() {
            return Ok(None);
        }
        let chats = self.resolve(&ready).await?;
        let Some(bot) = chats.first().map(|(_, bot, _)| bot.clone()) else { return Ok(None) };
        let chats: Vec<_> = chats.into_iter().filter(|(_, of, _)| *of == bot).collect();
        let requests: Vec<SlotRequest> = chats
            .iter()
            .map(|(place, _, chat_id)| SlotRequest {
                chat_id: *chat_id,
                reserved: self.is_reserved(*place),
            })
            .collect();
        let grants = slots::book(self.app, &bot, self.lane, &requests).await?;
        let booked = self.take_grants(&bot, &chats, &grants);
        Ok((!booked.is_empty()).then_some(booked))
    }

    /// Reads the channels of what is to be sent, now and not when the job was written: what is not to
    /// be sent is skipped with its reason, the rest gets its chat.
    async fn resolve(&mut self, ready: &[Place]) -> Result<Vec<(Place, BotId, i64)>, TableError> {
        let wanted: Vec<_> = ready
            .iter()
            .filter_map(|(work, send)| match self.works[*work].sends[*send].to {
                To::Channel(user_id, channel_id) => Some(keys::channel(user_id, channel_id)),
                To::Chat(..) => None,
            })
            .collect();
        let found = self.app.table.get_all(&wanted).await?;
        let (mut chats, mut skips) = (Vec::new(), Vec::new());
        for &(place, send) in ready {
            let work = &mut self.works[place];
            let it = &mut work.sends[send];
            let (user_id, channel_id) = match &it.to {
                To::Chat(bot, chat_id) => {
                    chats.push(((place, send), bot.clone(), *chat_id));
                    continue;
                }
                To::Channel(user_id, channel_id) => (*user_id, *channel_id),
            };
            let channel = found.peek::<Channel>(&keys::channel(user_id, channel_id))?;
            match sendable(channel.as_ref()) {
                Ok((bot, chat_id)) => chats.push(((place, send), bot, chat_id)),
                Err(reason) => {
                    let now = self.app.env.now();
                    let State::Ready { read, .. } = &it.state else { continue };
                    let claim = Delivery::claim(self.id, it.target_id, now);
                    let next = Delivery {
                        status: DeliveryStatus::Skipped,
                        until: now,
                        reason: Some(reason.to_owned()),
                        ..claim
                    };
                    lines::skipped(&work.timer, it, reason);
                    skips.push(DeliveryWrite { key: it.key.clone(), read: read.clone(), next });
                    it.state = State::Done;
                }
            }
        }
        self.app.table.write_deliveries(&skips).await?;
        Ok(chats)
    }

    fn is_reserved(&self, (work, send): Place) -> bool {
        matches!(self.works[work].sends[send].state, State::Ready { reserved: true, .. })
    }

    fn take_grants(
        &mut self,
        bot: &BotId,
        chats: &[(Place, BotId, i64)],
        grants: &[Grant],
    ) -> Vec<Booked> {
        let now = self.app.env.now();
        let granted = grants.iter().any(|grant| matches!(grant, Grant::At(_)));
        let idle_since = *self.idle_since.get_or_insert(now);
        if granted {
            self.idle_since = None;
        }
        let waited = now.since(idle_since) > WAIT_AT_MOST;
        let mut booked = Vec::new();
        for ((place, _, chat_id), grant) in chats.iter().zip(grants) {
            let work = &mut self.works[place.0];
            let (policy, send) = (work.policy(), &mut work.sends[place.1]);
            let State::Ready { read, reserved, not_before } = send.state.clone() else { continue };
            // A slot that was reserved far ahead is what the channel allows, not lateness of ours.
            let due = if reserved { work.timer.due.max(not_before) } else { work.timer.due };
            match *grant {
                Grant::At(slot) => {
                    send.state = State::Running;
                    booked.push(Booked {
                        place: *place,
                        slot,
                        bot: bot.clone(),
                        chat_id: *chat_id,
                        key: send.key.clone(),
                        to: send.to.clone(),
                        what: send.what.clone(),
                        target_id: send.target_id,
                        read,
                        policy,
                        job: work.timer.key.id,
                        correlation: work.timer.correlation.clone(),
                        due,
                        asked: due.max(self.began),
                    });
                }
                Grant::Later(at) if at.since(now) <= WAIT_AT_MOST && !waited => {
                    send.state = State::Ready { not_before: at, read, reserved };
                }
                Grant::Later(at) => send.state = State::Later { at, reserved: true },
            }
        }
        booked
    }

    /// Puts off everything that is ready.
    fn put_off(&mut self, at: Timestamp) {
        for send in self.works.iter_mut().flat_map(|work| &mut work.sends) {
            if matches!(send.state, State::Ready { .. }) {
                send.state = State::Later { at, reserved: false };
            }
        }
    }

    fn absorb(&mut self, ended: Vec<(Place, Ended)>) {
        self.under_way = self.under_way.saturating_sub(ended.len());
        for ((work, send), ended) in ended {
            let policy = self.works[work].policy();
            let send = &mut self.works[work].sends[send];
            match ended {
                Ended::Done(end) => {
                    send.state = State::Done;
                    send.end = Some(end);
                }
                Ended::Later(at) => send.state = State::Later { at, reserved: false },
                Ended::Again(at, read) => {
                    send.state = State::Ready { not_before: at, read, reserved: false };
                }
                Ended::Exists(read) => {
                    // A hold is written by the run that next reads it, which is soon.
                    if load::take_up(self.app, send, read, policy).is_some() {
                        let at = self.app.env.now();
                        send.state = State::Later { at, reserved: false };
                    }
                }
            }
        }
    }
}

/// The result of `work`; meanwhile the chunks go on. Their messages do not wait for the table.
async fn go_on<T>(
    chunks: &mut FuturesUnordered<impl Future<Output = Vec<(Place, Ended)>>>,
    ended: &mut Vec<Vec<(Place, Ended)>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    while !chunks.is_empty() {
        match select(work.as_mut(), chunks.next()).await {
            Either::Left((done, _)) => return done,
            Either::Right((end, _)) => ended.extend(end),
        }
    }
    work.await
}

/// The chat of a channel that receives, or why it does not.
fn sendable(channel: Option<&Channel>) -> Result<(BotId, i64), &'static str> {
    let Some(channel) = channel else { return Err("the channel is gone") };
    match channel.status {
        _ if broken(Rule::StatusAtSendTime) => {}
        ChannelStatus::Active => {}
        ChannelStatus::Pending => return Err("the channel is not confirmed"),
        ChannelStatus::Blocked => return Err("the channel is blocked"),
        ChannelStatus::Disabled => return Err("the channel is disabled"),
    }
    channel.chat().map(|(bot, chat_id)| (bot.clone(), chat_id)).ok_or("the channel has no chat")
}
