//! The judge: from what chats received, what people did and what was edited it works out what each contact should
//! have received, and when. It knows nothing of how the engine does it.

mod stand;

use std::collections::{BTreeMap, VecDeque};

use domain::scenario::Part;

use super::late::{Class, Times};
use super::log::{Arrival, Change, Deed, Event, Log, Ms, Name, Says, When};
use super::state::{
    Asked, Course, Most, Person, Recent, Run, Since, Status, place, recent_of, stop,
};
use super::tally::{First, Held, Tally};
use super::track::{Taken, Track};

/// A step that an edit made due goes out within this, and within so much more for each contact that the edit goes
/// through.
const EDITED: Ms = 15_000;
/// See [`EDITED`].
const EACH: Ms = 20;
/// What was in trouble has found its way again after this.
const RECOVERED: Ms = 20 * 60_000;
/// Edits are remembered this long.
const RECENT: Ms = 20 * 60_000;
/// Nothing is told of more than so many faults.
const TOLD: usize = 60;

/// The judge.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    log: Log,
    courses: Vec<Course>,
    /// A step that an edit made due goes out within this.
    reached: Ms,
    people: BTreeMap<i64, Person>,
    troubles: Vec<(Ms, Ms)>,
    broadcast: BTreeMap<i64, u32>,
    /// What must be held.
    pub(crate) held: Vec<Held>,
    /// What was sent.
    pub(crate) times: Times,
    /// What is counted.
    pub(crate) tally: Tally,
    /// What is wrong.
    pub(crate) wrong: Vec<String>,
    /// How much is wrong.
    pub(crate) wrongs: u64,
    begin: Ms,
}

impl Judge {
    /// Of a run that begins with these scenarios, each with its steps and whether it asks for consent, for so many
    /// contacts; everything goes wrong in `troubles`.
    pub(crate) fn new(
        log: &Log,
        (begin, contacts): (Ms, u64),
        courses: &[(Vec<First>, bool)],
        troubles: Vec<(Ms, Ms)>,
    ) -> Self {
        let course = |(steps, consent): &(Vec<First>, bool)| Course {
            order: (0..).take(steps.len()).collect(),
            delays: steps.iter().map(|it| it.delay).collect(),
            versions: vec![0; steps.len()],
            born: vec![begin; steps.len()],
            placed: vec![begin; steps.len()],
            photos: steps.iter().map(|it| it.photos).collect(),
            consent: *consent,
            recent: VecDeque::new(),
        };
        let courses = courses.iter().map(course).collect();
        let reached = EDITED + EACH * Ms::try_from(contacts).unwrap_or_default();
        Self { log: log.clone(), begin, courses, reached, troubles, ..Self::default() }
    }

    /// Judges what happened before this instant.
    pub(crate) fn look(&mut self, before: Ms) {
        for event in self.log.take(before) {
            match event {
                Event::Arrived(arrival) => self.arrived(&arrival),
                Event::Did { chat, deed, at, handled } => self.did(chat, deed, at, &handled),
                Event::Edits { name, change, at, done } => self.edited(name, change, at, done),
            }
        }
    }

    /// Notes something wrong.
    pub(crate) fn tell(&mut self, at: Ms, chat: i64, what: &str) {
        self.wrongs += 1;
        if self.wrong.len() < TOLD {
            let passed = at - self.begin;
            let (hours, rest) = (passed / 3_600_000, passed % 3_600_000);
            self.wrong.push(format!("{hours} h {} s, chat {chat}: {what}", rest / 1_000));
        }
    }

    fn person(&mut self, chat: i64) -> &mut Person {
        let count = self.courses.len();
        self.people
            .entry(chat)
            .or_insert_with(|| Person { runs: vec![Run::default(); count], ..Person::default() })
    }

    fn did(&mut self, chat: i64, deed: Deed, at: Ms, handled: &When) {
        let heard = handled;
        let mut person = std::mem::take(self.person(chat));
        match deed {
            Deed::Start(of) => {
                let run = person.runs[of].status;
                person.starts.retain(|it| !it.is_over(at));
                // One that begins a run sends nothing again.
                let again = matches!(run, Status::Active | Status::Completed);
                if again || person.is_unsettled(at) {
                    let handled = handled.clone();
                    person.starts.push(Asked { of, at, handled, answered: false });
                }
                match run {
                    Status::Fresh if self.courses[of].consent => person.asked = Some(of),
                    Status::Fresh | Status::Stopped => self.begin(&mut person, of, (at, heard)),
                    Status::Active | Status::Completed => {}
                }
            }
            Deed::Agree => {
                let of = person.asked.take();
                if let Some(of) = of.filter(|of| person.runs[*of].status == Status::Fresh) {
                    self.begin(&mut person, of, (at, handled));
                }
            }
            Deed::Stop => {
                if let Some(of) = person.active.take() {
                    stop(&mut person.runs[of], at, handled);
                }
            }
            Deed::Block => {
                person.blocked = true;
                self.tally.blocked += 1;
            }
            Deed::Return => {
                if person.blocked {
                    person.epoch += 1;
                    self.tally.returned += 1;
                }
                person.blocked = false;
                person.returned = Some((at, handled.clone()));
            }
        }
        person.did = Some((at, handled.clone()));
        *self.person(chat) = person;
    }

    fn begin(&mut self, person: &mut Person, of: usize, (at, handled): (Ms, &When)) {
        if let Some(other) = person.active.filter(|other| *other != of) {
            stop(&mut person.runs[other], at, handled);
            self.tally.switched += 1;
        }
        let heard = handled.get().unwrap_or(at);
        let mut troubled = self.is_troubled(at, heard);
        let run = &mut person.runs[of];
        let (mut least, mut most) = (at, Most::Before(handled.clone(), 0));
        if let Some((stopped, heard)) = run.stopped.take() {
            self.tally.resumed += 1;
            troubled |= run.from.troubled;
            // How much of the delay had passed when it was stopped.
            let until = heard.get().unwrap_or(at);
            let waited_most = (until - run.from.least).max(0);
            let waited_least = run.from.most.get().map(|from| (stopped - from).max(0));
            least = at - waited_most;
            most = waited_least.map_or(Most::Unknown, |by| Most::Before(handled.clone(), by));
        }
        run.begun = handled.clone();
        run.from = Since { least, most, troubled };
        run.track.get_or_insert_with(|| Track::new(&self.courses[of].order));
        let left = run.track.as_ref().and_then(Track::next);
        run.status = if left.is_some() { Status::Active } else { Status::Completed };
        person.active = left.map(|_| of);
        person.asked = None;
    }

    fn edited(&mut self, name: Name, change: Change, at: Ms, done: When) {
        self.tally.edits += 1;
        let Name { of, step } = name;
        let course = &mut self.courses[of];
        while course
            .recent
            .front()
            .is_some_and(|it| it.done.get().is_some_and(|done| done + RECENT < at))
        {
            course.recent.pop_front();
        }
        let index = usize::from(step);
        let delay = course.delays.get(index).copied().unwrap_or_default();
        let delays = course.delays.clone();
        course.recent.push_back(Recent { step, at, done, delay });
        let before = course.order.clone();
        match change {
            Change::Insert(spot, delay) => {
                course.born.push(at);
                course.placed.push(at);
                course.delays.push(delay);
                course.versions.push(0);
                course.photos.push(false);
                place(&mut course.order, step, spot);
            }
            Change::Delete => course.order.retain(|it| *it != step),
            Change::Move(spot) => {
                course.order.retain(|it| *it != step);
                place(&mut course.order, step, spot);
                course.placed[index] = at;
            }
            Change::Delay(delay) => course.delays[index] = delay,
            Change::Text => course.versions[index] += 1,
        }
        let stays = before == course.order;
        let goes = change == Change::Delete || (matches!(change, Change::Move(_)) && !stays);
        let troubles = &self.troubles;
        let runs = self.people.values_mut().filter_map(|person| person.runs.get_mut(of));
        for run in runs {
            let held = run.may_be_held(&delays, at, |due| in_trouble(troubles, due, due));
            let is_held = held.contains(&step);
            let Some(track) = &mut run.track else { continue };
            if is_held && goes {
                // The delay of the next one counts from when it was held.
                run.from = Since { most: Most::Unknown, troubled: true, ..run.from };
            } else if is_held && matches!(change, Change::Delay(_)) {
                let least = run.held_under.entry(step).or_insert(delay);
                *least = delay.min(*least);
            }
            match change {
                Change::Insert(spot, _) => track.insert(step, spot, at),
                Change::Delete => {
                    track.delete(step);
                    run.exhausted |= track.next().is_none();
                }
                // A step that passes no other one stays where it is.
                Change::Move(spot) if !stays => track.relocate(step, spot, at),
                Change::Move(_) | Change::Delay(_) | Change::Text => {}
            }
        }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        let Arrival { at, chat, says, marked } = *arrival;
        match says {
            Says::Step(name, version) => self.step(chat, name, at, (version, marked)),
            Says::Photos(name) => self.photos(chat, name, at),
            other => {
                self.times.other(chat, at);
                match other {
                    Says::Thanks if !marked => self.tally.thanks += 1,
                    Says::Broadcast => {
                        self.tally.broadcast += 1;
                        let count = self.broadcast.entry(chat).or_default();
                        *count += 1;
                        if *count > 1 {
                            self.tell(at, chat, "a broadcast came twice");
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether a step that was received may come again: somebody has asked for it. What was asked for once comes
    /// once, but for a copy that says so; that one comes also where the first was lost on its way.
    fn is_resent(&mut self, chat: i64, of: usize, at: Ms, marked: bool) -> bool {
        let mut starts = self.person(chat).starts.iter_mut();
        let fits = |it: &&mut Asked| it.of == of && it.at <= at && !it.is_over(at);
        let Some(asked) = starts.find(|it| fits(it) && (marked || !it.answered)) else {
            return false;
        };
        asked.answered = true;
        self.tally.resent += u64::from(!marked);
        true
    }

    /// Whether photos that were received may come again: the text that follows is judged.
    fn may_resend(&mut self, chat: i64, of: usize, at: Ms) -> bool {
        let starts = &self.person(chat).starts;
        starts.iter().any(|it| it.of == of && it.at <= at && !it.is_over(at))
    }

    fn photos(&mut self, chat: i64, name: Name, at: Ms) {
        let mut person = std::mem::take(self.person(chat));
        let Some(run) = person.runs.get(name.of) else { return };
        let epoch = person.epoch;
        let received = run.track.as_ref().is_some_and(|track| track.has(name.step));
        let before = run.photos.filter(|(step, _, _)| *step == name.step);
        let again = before.is_some_and(|(_, _, before)| before == epoch);
        if received || again {
            let last = run.last.filter(|(step, ..)| *step == name.step);
            *self.person(chat) = person;
            self.times.other(chat, at);
            let refused = last.is_some_and(|(_, _, before)| before < epoch);
            if !refused && !self.may_resend(chat, name.of, at) {
                self.tell(at, chat, &format!("the photos of {name:?} came twice"));
            }
            return;
        }
        self.due(&person, chat, name, at);
        // The step itself is received with its text.
        person.runs[name.of].photos = Some((name.step, at, epoch));
        *self.person(chat) = person;
    }

    fn step(&mut self, chat: i64, name: Name, at: Ms, (version, marked): (u32, bool)) {
        let mut person = std::mem::take(self.person(chat));
        let Some(run) = person.runs.get(name.of) else { return };
        let epoch = person.epoch;
        if run.track.as_ref().is_some_and(|track| track.has(name.step)) {
            let last = run.last.filter(|(step, ..)| *step == name.step);
            *self.person(chat) = person;
            self.times.other(chat, at);
            if last.is_some_and(|(_, _, before)| before < epoch) {
                // Its chat had refused it, or was about to.
                self.tally.again += 1;
                let epoch = Some((name.step, at, epoch));
                self.person(chat).runs[name.of].last = epoch;
            } else if !self.is_resent(chat, name.of, at, marked) {
                self.tell(at, chat, &format!("{name:?} came twice"));
            }
            return;
        }
        let photos = run.photos.filter(|(step, ..)| *step == name.step);
        if photos.is_some() {
            self.times.other(chat, at);
        } else {
            self.due(&person, chat, name, at);
        }
        let course = &self.courses[name.of];
        let index = usize::from(name.step);
        let races = course.recent.iter().any(|it| it.step == name.step && it.races(at));
        if course.versions.get(index) != Some(&version) && !races {
            self.tell(at, chat, &format!("{name:?} came with a text that it has no more"));
        }
        if photos.is_none() && self.courses[name.of].photos.get(index) == Some(&true) {
            self.held.push(Held { chat, name, part: Part::PHOTOS, epoch });
        }
        let troubled = self.is_troubled(at, at);
        let delay = self.least_delay(name, at);
        let asked = person.awaits_again(name.of, at);
        let course = &self.courses[name.of];
        let run = &mut person.runs[name.of];
        let track = run.track.get_or_insert_default();
        track.take(name.step);
        let left = track.next();
        // Whether what is put in at this moment still comes cannot be said.
        let put_in = |it: &u16| recent_of(course, at).any(|step| step == *it);
        run.exhausted |= left.is_some() && track.rest().iter().all(put_in);
        // One that did not come and is held may come first because somebody has asked for it again: then the delay
        // counts from when it was held, which was not before its own time.
        run.from = if asked {
            Since { least: run.from.least + delay, most: Most::Unknown, troubled: true }
        } else {
            Since { least: at, most: Most::At(at), troubled }
        };
        run.last = Some((name.step, at, epoch));
        if left.is_none() {
            if run.status != Status::Completed {
                self.tally.completed += 1;
            }
            run.status = Status::Completed;
            run.completed_at = at;
            if person.active == Some(name.of) {
                person.active = None;
            }
        }
        self.tally.steps += 1;
        *self.person(chat) = person;
    }

    /// A step's first message has come: was it its turn, and its time?
    fn due(&mut self, person: &Person, chat: i64, name: Name, at: Ms) {
        let Name { of, step } = name;
        let unsettled = person.is_unsettled(at);
        let recent = &self.courses[of].recent;
        let races = recent.iter().any(|it| it.races(at));
        let run = &person.runs[of];
        let ended = run.status == Status::Completed
            && (run.exhausted
                || recent.iter().any(|it| (it.at - run.completed_at).abs() < self.reached));
        let in_turn = run.status == Status::Active || unsettled || ended;
        let taken = run.track.clone().map_or(Taken::NotAhead, |mut track| track.take(step));
        let Taken::Past(mut past) = taken else {
            // Put beside a step whose run had failed after it was sent: for the engine it was still to come.
            let placed = self.courses[of].placed[usize::from(step)];
            let beside = run.last.is_some_and(|(_, last, _)| self.is_troubled(last, placed));
            if !beside {
                self.tell(at, chat, &format!("{name:?} came and did not stand ahead"));
            }
            self.times.other(chat, at);
            return;
        };
        if !in_turn {
            let status = person.runs[of].status;
            self.tell(at, chat, &format!("{name:?} came to who is {status:?}"));
        }
        let edited: Vec<u16> =
            recent_of(&self.courses[of], at).filter(|it| races && past.contains(it)).collect();
        past.retain(|it| !edited.contains(it));
        let course = &self.courses[of];
        let mut least = run.from.least;
        // One of them may have been held before another was put in before it, which then was put in behind.
        let (new, old): (Vec<u16>, Vec<u16>) =
            past.iter().partition(|it| course.born[usize::from(**it)] > least);
        let past = if old.is_empty() { new } else { old };
        let was_moved = |it: u16| course.placed[usize::from(it)] > course.born[usize::from(it)];
        let moved: Vec<u16> = past.iter().copied().filter(|it| was_moved(*it)).collect();
        // What is not there must be held; and the delay counts from then, or from before it was moved.
        let held_under = |step: u16| run.held_under.get(&step).copied().unwrap_or(Ms::MAX);
        for before in &past {
            if !moved.contains(before) {
                let delay = self.least_delay(Name { of, step: *before }, at);
                least += delay.min(held_under(*before));
            }
            let epoch = person.epoch;
            let name = Name { of, step: *before };
            self.held.push(Held { chat, name, part: Part::TEXT, epoch });
        }
        let again = if person.awaits_again(of, at) { held_under(step) } else { Ms::MAX };
        least += self.least_delay(name, at).min(again);
        if let Some((returned, _)) = &person.returned {
            least =
                least.max(if *returned > person.runs[of].from.least { *returned } else { least });
        }
        if at < least {
            self.tell(at, chat, &format!("{name:?} came {} ms early", least - at));
        }
        self.time(person, chat, name, (at, past.is_empty() && edited.is_empty()));
    }

    /// How late it is.
    fn time(&mut self, person: &Person, chat: i64, name: Name, (at, plain): (Ms, bool)) {
        let Name { of, step } = name;
        let delay = self.courses[of].delays[usize::from(step)];
        let since = &person.runs[of].from;
        let (from, mut troubled) = (since.most.get(), since.troubled);
        let back = person.returned.as_ref().map(|(_, heard)| heard.get());
        let known = plain && back != Some(None);
        let begun = person.runs[of].begun.get();
        let Some((from, begun)) = from.filter(|_| known).zip(begun) else {
            self.times.step(chat, at, at, Class::Troubled);
            return;
        };
        let mut due = begun.max(from + delay);
        if let Some(Some(back)) = back {
            due = due.max(back);
            troubled |= self.is_troubled(back, back);
        }
        let recent = self.courses[of].recent.iter();
        let edits = recent.filter(|it| it.at <= at).map(|it| it.done.get().unwrap_or(at));
        let edited = edits.max().filter(|done| *done + self.reached > due);
        let due = due.max(edited.unwrap_or(due));
        let class = match edited {
            _ if troubled || self.is_troubled(due, at) => Class::Troubled,
            Some(_) => Class::Edited,
            None => Class::Calm,
        };
        if class == Class::Edited && at - due > self.reached {
            self.tell(at, chat, &format!("{name:?} came {} s after an edit", (at - due) / 1_000));
        }
        self.times.step(chat, due, at, class);
    }

    fn is_troubled(&self, due: Ms, at: Ms) -> bool {
        in_trouble(&self.troubles, due, at)
    }

    fn least_delay(&self, Name { of, step }: Name, at: Ms) -> Ms {
        let course = &self.courses[of];
        let now = course.delays[usize::from(step)];
        let before = course.recent.iter().filter(|it| it.step == step && it.races(at));
        before.map(|it| it.delay).fold(now, Ms::min)
    }
}

/// Whether something failed between these instants, or shortly before.
fn in_trouble(troubles: &[(Ms, Ms)], due: Ms, at: Ms) -> bool {
    troubles.iter().any(|(from, to)| *from <= at && due <= *to + RECOVERED)
}
