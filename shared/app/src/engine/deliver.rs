//! The deliverator: books slots for what is ready, keeps chunks under way, and ends each
//! job when its messages have their end or must wait.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::engine::rate::{BOOK_AT_MOST, Grant, SlotRequest};
use domain::engine::{Job, Lane, Timer};
use domain::ids::{BotId, RunId};
use domain::time::Timestamp;
use futures::StreamExt;
use futures::future::{Either, join_all, select};
use futures::stream::FuturesUnordered;
use runtime::unit::following_from;
use table::TableError;

use crate::App;
use crate::engine::batch::{Ack, WAIT_AT_MOST};
use crate::engine::chunk::{self, Booked, Ended};
use crate::engine::resolve::{self, Resolved};
use crate::engine::work::{Address, Place, State, To, Work, end_twins, find_twins};
use crate::engine::{broadcast, digest, finish, load, pace, photos, slots, tell};

/// While one chunk's last messages are under way the next is booked: the bot is never idle.
const UNDER_WAY: usize = BOOK_AT_MOST + 1;
/// The same for a bot that no limit holds: what is waited for is the table and the network.
const UNDER_WAY_UNHELD: usize = 4 * BOOK_AT_MOST;
/// Chunks are small where chats are what is waited for: a chat whose time has come must not wait for the others.
const CHUNKS: usize = 8;
/// Chunks for other services, each as slow as its slowest receiver: so many go at once.
const OTHER_CHUNKS: usize = 8;

/// A job of the bulk lane that has nothing to do for longer than this, because its chats were just written to,
/// leaves its run: there are few runs, and the hints of other chats wait for one.
const STAYS_FOR: Duration = Duration::from_millis(700);

/// Runs delivering jobs of a lane, some of whose bots are known to be stopped; one answer each, in order.
pub(super) async fn run(
    app: &App,
    (lane, stopped): (Lane, Vec<BotId>),
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
    let mut run = Run {
        app,
        lane,
        stopped,
        id,
        began,
        deadline,
        works,
        under_way: 0,
        chunks: 0,
        idle_since: None,
    };
    run.deliver().await;
    // A twin has no end of its own: the first of them tells of it.
    end_twins(&mut run.works, app.env.now());
    let (done, rest): (Vec<_>, Vec<_>) =
        places.into_iter().zip(run.works).partition(|(_, work)| work.may_end(app.env.now()));
    // What must wait is put off first: it waits for no bus.
    let rest = rest.into_iter().map(|(place, work)| end(app, place, work, None));
    for (place, ack) in join_all(rest).await {
        acks[place] = ack;
    }
    let (mut places, mut whole) = (Vec::new(), Vec::new());
    for (place, mut work) in done {
        match digest::record(app, &mut work).await {
            Ok(()) => {
                places.push(place);
                whole.push(work);
            }
            Err(error) => acks[place] = finish::retry(app, &work.timer, &error.to_string()).await,
        }
    }
    let done = whole;
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
    /// Bots of these jobs that are stopped.
    stopped: Vec<BotId>,
    id: RunId,
    began: Timestamp,
    deadline: Timestamp,
    works: Vec<Work>,
    /// Messages to a bot's chats that are booked and have no end yet.
    under_way: usize,
    /// The chunks that they are in.
    chunks: usize,
    /// Since when nothing was granted: what is refused too long is put off.
    idle_since: Option<Timestamp>,
}

impl Run<'_> {
    async fn deliver(&mut self) {
        let app = self.app;
        let most = if pace::is_held(app.bots.rates) { UNDER_WAY } else { UNDER_WAY_UNHELD };
        let mut chunks = FuturesUnordered::new();
        loop {
            let full = self.chunks >= CHUNKS
                || self.under_way >= most
                || chunks.len().saturating_sub(self.chunks) >= OTHER_CHUNKS;
            if !full && !self.is_late() {
                let mut ended = Vec::new();
                let next = go_on(&mut chunks, &mut ended, self.next_chunks()).await;
                for ended in ended {
                    self.absorb(ended);
                }
                match next {
                    Ok(next) if !next.is_empty() => {
                        for booked in next {
                            self.begin(&booked);
                            chunks.push(chunk::run(app, self.id, self.deadline, booked));
                        }
                        continue;
                    }
                    Ok(_) => {}
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
                (false, None) => {
                    if let Some(ended) = chunks.next().await {
                        self.absorb(ended);
                    }
                }
                (false, Some(at)) => {
                    let sleep = app.env.clock.sleep_until(at);
                    match select(chunks.next(), sleep).await {
                        Either::Left((Some(ended), _)) => self.absorb(ended),
                        Either::Left((None, _)) | Either::Right(_) => {}
                    }
                }
            }
        }
    }

    /// Counts what begins to be under way at a bot's pace.
    fn begin(&mut self, booked: &[Booked]) {
        let chats = booked.iter().filter(|it| it.address.bot().is_some()).count();
        self.under_way += chats;
        self.chunks += usize::from(chats > 0);
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

    /// Makes the next chunks of at most 25 messages that are ready: those of one bot are booked, those of
    /// other services go at once.
    async fn next_chunks(&mut self) -> Result<Vec<Vec<Booked>>, TableError> {
        let now = self.app.env.now();
        let ready: Vec<Place> = self
            .works
            .iter()
            .enumerate()
            .flat_map(|(work, it)| it.ready(now).into_iter().map(move |send| (work, send)))
            .take(BOOK_AT_MOST)
            .collect();
        let mut ready = self.hold_back(ready);
        if ready.is_empty() {
            return Ok(Vec::new());
        }
        broadcast::stop_paused(self.app, &mut self.works).await?;
        let is_ready = |(work, send): &Place| {
            matches!(self.works[*work].sends[*send].state, State::Ready { .. })
        };
        ready.retain(is_ready);
        let resolved =
            resolve::resolve(self.app, (self.id, &self.stopped), &mut self.works, &ready).await?;
        let (chats, others): (Vec<_>, Vec<_>) = resolved.into_iter().partition(Resolved::is_booked);
        let others = others.into_iter().filter_map(|it| self.take(it, now)).collect();
        let booked = self.book(chats).await?;
        self.let_go();
        Ok([others, booked].into_iter().filter(|chunk| !chunk.is_empty()).collect())
    }

    /// Of the messages with a photo that Telegram does not have yet the first one brings it; the others are
    /// held until that one has its end.
    fn hold_back(&mut self, mut ready: Vec<Place>) -> Vec<Place> {
        if !self.has_files() {
            return ready;
        }
        let mut under_way = self.under_way_with_photos();
        ready.retain(|(work, send)| {
            let send = &mut self.works[*work].sends[*send];
            let brings = photos::brings(self.app, send);
            let waits = brings.iter().any(|it| under_way.contains(it));
            if waits && let State::Ready { not_before, read, reserved } = &mut send.state {
                let (not_before, read, reserved) = (*not_before, read.take(), *reserved);
                send.state = State::Held { not_before, read, reserved };
            }
            under_way.extend(brings);
            !waits
        });
        ready
    }

    fn has_files(&self) -> bool {
        self.works.iter().any(|work| !work.files.is_empty())
    }

    /// The photos that are being brought.
    fn under_way_with_photos(&self) -> BTreeSet<(BotId, String)> {
        let sends = self.works.iter().flat_map(|work| &work.sends);
        let running = sends.filter(|send| send.state == State::Running);
        running.flat_map(|send| photos::brings(self.app, send)).collect()
    }

    /// Lets those go that are held for nothing: their photo is there, or was not brought.
    fn let_go(&mut self) {
        if self.has_files() && self.under_way_with_photos().is_empty() {
            self.works.iter_mut().for_each(Work::let_go);
        }
    }

    /// Books slots for the messages of the first bot among these.
    async fn book(&mut self, mut chats: Vec<Resolved>) -> Result<Vec<Booked>, TableError> {
        let Some(bot) = chats.first().and_then(|it| it.address.bot()).cloned() else {
            return Ok(Vec::new());
        };
        chats.retain(|it| it.address.bot() == Some(&bot));
        let requests: Vec<SlotRequest> = chats
            .iter()
            .filter_map(|it| match it.address {
                Address::Chat { chat_id, .. } => {
                    Some(SlotRequest { chat_id, reserved: self.is_reserved(it.place) })
                }
                Address::Email(_) | Address::Hook(..) => None,
            })
            .collect();
        let grants = slots::book(self.app, &bot, self.lane, &requests).await?;
        Ok(self.take_grants(chats, &grants))
    }

    fn is_reserved(&self, (work, send): Place) -> bool {
        matches!(self.works[work].sends[send].state, State::Ready { reserved: true, .. })
    }

    fn take_grants(&mut self, chats: Vec<Resolved>, grants: &[Grant]) -> Vec<Booked> {
        let now = self.app.env.now();
        let granted = grants.iter().any(|grant| matches!(grant, Grant::At(_)));
        let idle_since = *self.idle_since.get_or_insert(now);
        if granted {
            self.idle_since = None;
        }
        let waited = now.since(idle_since) > WAIT_AT_MOST;
        // Asked for at its own instant, a slot would be as late as the table takes to answer.
        let lead = self.app.pace.rates(self.app.bots.rates).lead;
        let (mut booked, mut kept) = (Vec::new(), BTreeSet::new());
        for (it, grant) in chats.into_iter().zip(grants) {
            let (at, reserved) = match *grant {
                Grant::At(slot) => {
                    booked.extend(self.take(it, slot));
                    continue;
                }
                Grant::Later(at) => (at, false),
                Grant::Kept(at) => {
                    kept.insert(it.place.0);
                    ((at - lead).max(now), true)
                }
            };
            let send = &mut self.works[it.place.0].sends[it.place.1];
            match &mut send.state {
                State::Ready { not_before, reserved: is_kept, .. }
                    if at.since(now) <= WAIT_AT_MOST && !waited =>
                {
                    *not_before = at;
                    *is_kept |= reserved;
                }
                state => *state = State::Later { at, reserved },
            }
        }
        if self.lane == Lane::Bulk {
            for work in kept {
                self.works[work].leave(now + STAYS_FOR);
            }
        }
        booked
    }

    /// A message that is to go at `slot`.
    fn take(&mut self, it: Resolved, slot: Timestamp) -> Option<Booked> {
        let Resolved { place, address, what } = it;
        let work = &mut self.works[place.0];
        let (policy, send) = (work.policy(), &mut work.sends[place.1]);
        let State::Ready { read, reserved, not_before } = send.state.clone() else { return None };
        send.apart = address.bot().is_none();
        // A slot that was reserved far ahead is what the channel allows, not lateness of ours.
        let due = if reserved { work.timer.due.max(not_before) } else { work.timer.due };
        send.state = State::Running;
        Some(Booked {
            place,
            slot,
            address,
            key: send.key.clone(),
            to: send.to.clone(),
            what,
            target_id: send.target_id,
            read,
            policy,
            job: work.timer.key.id,
            correlation: work.timer.correlation.clone(),
            due,
            asked: due.max(self.began),
            files: Arc::clone(&work.files),
        })
    }

    /// Puts off everything that is ready.
    fn put_off(&mut self, at: Timestamp) {
        for send in self.works.iter_mut().flat_map(|work| &mut work.sends) {
            if matches!(send.state, State::Ready { .. } | State::Held { .. }) {
                send.state = State::Later { at, reserved: false };
            }
        }
    }

    fn absorb(&mut self, chunk: chunk::Chunk) {
        if chunk.of_bot {
            self.under_way = self.under_way.saturating_sub(chunk.ended.len());
            self.chunks = self.chunks.saturating_sub(1);
        }
        for ((work, send), ended) in chunk.ended {
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
                Ended::Moved(chat_id, read) => {
                    let at = self.app.env.now();
                    if let To::Chat(_, chat) = &mut send.to {
                        *chat = chat_id;
                    }
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
        self.works.iter_mut().for_each(broadcast::halt);
        self.let_go();
    }
}

/// The result of `work`; meanwhile the chunks go on. Their messages do not wait for the table.
async fn go_on<T>(
    chunks: &mut FuturesUnordered<impl Future<Output = chunk::Chunk>>,
    ended: &mut Vec<chunk::Chunk>,
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
