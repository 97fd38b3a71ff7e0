//! An app whose Telegram answers and whose bus does as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::App;
use app::engine::{Ack, Incoming, run_batch};
use app::events::Events;
use app::offer::record_offer;
use bytes::Bytes;
use channels::telegram::TelegramApi;
use domain::channel::{Channel, ChannelStatus};
use domain::event::{Event, EventKind, EventKinds};
use domain::offer::NewSighting;
use domain::url::{CanonicalUrl, PageId};
use domain::watch::{Rules, Target, TargetPage, TargetStatus, rewrite};
use events::{BusError, EventBus, MemoryBus};
use fixture::Fixture;
use futures::future::{BoxFuture, pending, ready};
use http::{Request, Response};
use runtime::http::{Transport, TransportError};
use serde_json::{Value, json};

use crate::updates::channel;

/// The chat of someone who has blocked the bot.
pub(crate) const REFUSES: i64 = 13;
/// A group that has another id by now.
pub(crate) const MOVED: i64 = -77;
/// Which.
pub(crate) const MOVED_TO: i64 = -1_000_000_000_077;

/// What the bus does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    /// It takes all but this kind.
    Refuses(EventKind),
    RefusesAll,
    NeverAnswers,
}

/// A bus of moods. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    pub(crate) mood: Arc<Mutex<Mood>>,
    taken: MemoryBus,
    asked: Arc<Mutex<usize>>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        let mood = Arc::new(Mutex::new(Mood::Takes));
        Self { mood, taken: MemoryBus::new(1_000), asked: Arc::default() }
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    pub(crate) fn taken(&self) -> Vec<Event> {
        self.taken.events().into_iter().map(|(_, event)| event).collect()
    }

    /// The kinds that were taken, in order.
    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        let mut kinds: Vec<_> = self.taken().iter().map(Event::kind).collect();
        kinds.sort();
        kinds
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().expect("no panic")
    }
}

impl EventBus for Bus {
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>> {
        *self.asked.lock().expect("no panic") += 1;
        let mood = *self.mood.lock().expect("no panic");
        if mood == Mood::NeverAnswers {
            return Box::pin(pending());
        }
        let refuses = |event: &Event| match mood {
            Mood::Takes | Mood::NeverAnswers => false,
            Mood::Refuses(kind) => event.kind() == kind,
            Mood::RefusesAll => true,
        };
        let one = |event: &Event| {
            if refuses(event) {
                return Err(BusError("as told".to_owned()));
            }
            self.taken.put(event.clone());
            Ok(())
        };
        Box::pin(ready(events.iter().map(one).collect()))
    }
}

/// Telegram: takes each message, but for the chat of [`REFUSES`], and makes links into groups, but for that of
/// [`MOVED`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Phones(Arc<Mutex<Vec<i64>>>, Arc<Mutex<usize>>);

impl Phones {
    /// The chats that have received a message, in order.
    pub(crate) fn received(&self) -> Vec<i64> {
        self.0.lock().expect("no panic").clone()
    }
}

impl Phones {
    /// How many links into groups were made.
    pub(crate) fn links(&self) -> usize {
        *self.1.lock().expect("no panic")
    }
}

impl Transport for Phones {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let chat = body["chat_id"].as_i64().unwrap_or_default();
        let (status, answer) = if chat == REFUSES {
            let description = "Forbidden: bot was blocked by the user";
            (403, json!({ "ok": false, "error_code": 403, "description": description }))
        } else if chat == MOVED {
            let description = "Bad Request: group chat was upgraded to a supergroup chat";
            let moved = json!({ "migrate_to_chat_id": MOVED_TO });
            (400, json!({ "ok": false, "description": description, "parameters": moved }))
        } else if request.uri().path().ends_with("/createChatInviteLink") {
            let mut links = self.1.lock().expect("no panic");
            *links += 1;
            let link = json!({ "invite_link": format!("https://t.me/+{links}") });
            (200, json!({ "ok": true, "result": link }))
        } else if request.uri().path().ends_with("/unbanChatMember") {
            (200, json!({ "ok": true, "result": true }))
        } else {
            self.0.lock().expect("no panic").push(chat);
            let message = json!({ "message_id": 77, "date": 1, "chat": { "id": chat } });
            (200, json!({ "ok": true, "result": message }))
        };
        let response = Response::builder().status(status).body(answer.to_string().into());
        Box::pin(ready(response.map_err(|error| TransportError::Unknown(error.to_string()))))
    }
}

/// All of it.
pub(crate) struct World {
    pub(crate) fixture: Fixture,
    pub(crate) app: App,
    pub(crate) bus: Bus,
    pub(crate) phones: Phones,
}

impl World {
    /// With a bus that takes these kinds.
    pub(crate) fn telling(kinds: EventKinds) -> Self {
        let bus = Bus::new();
        Self::with(bus.clone(), &Events::new(Arc::new(bus), kinds))
    }

    /// Without a bus.
    pub(crate) fn silent() -> Self {
        Self::with(Bus::new(), &Events::off())
    }

    fn with(bus: Bus, events: &Events) -> Self {
        let (fixture, phones) = (Fixture::new(), Phones::default());
        let app = Self::app_of(&fixture.app, &phones, events);
        Self { fixture, app, bus, phones }
    }

    fn app_of(app: &App, phones: &Phones, events: &Events) -> App {
        let mut bots = (*app.bots).clone();
        for bot in &mut bots.bots {
            bot.token = "123456789:AAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned().into();
        }
        let telegram = TelegramApi::new(Arc::new(phones.clone()), "http://telegram.invalid");
        App { telegram, bots: Arc::new(bots), ..app.clone() }.telling(events.clone())
    }

    /// The same over a wire on which things happen.
    pub(crate) fn over(&self, wire: impl embedded::Wire + 'static) -> App {
        Self::app_of(&self.fixture.over(wire), &self.phones, &self.app.events)
    }

    /// Someone with an active channel on this chat who watches the page of the offers.
    pub(crate) fn watcher(&self, chat: i64) -> Channel {
        self.watcher_by(chat, Rules::default())
    }

    /// The same by rules of their own.
    pub(crate) fn watcher_by(&self, chat: i64, rules: Rules) -> Channel {
        let channel = channel(&self.fixture, ChannelStatus::Active, Some(chat));
        let url = CanonicalUrl::parse("https://shop.example/list").expect("a URL");
        let target = Target {
            id: self.app.env.id(),
            user_id: channel.user_id,
            name: "Lamps".to_owned(),
            pages: vec![TargetPage { id: PageId::of(&url), url }],
            channels: vec![channel.id],
            guests: Vec::new(),
            rules,
            status: TargetStatus::Active,
            created_at: self.app.env.now(),
            version: 0,
        };
        self.fixture.write(rewrite(None, Some(&target)));
        channel
    }

    /// Posts an offer.
    pub(crate) fn post(&self, n: u32) {
        self.post_titled(n, "A lamp");
    }

    /// Posts an offer that is called so.
    pub(crate) fn post_titled(&self, n: u32, title: &str) {
        let posted = json!({
            "page_url": "https://shop.example/list", "url": format!("https://shop.example/{n}"),
            "title": title,
        });
        let sighting = NewSighting::check(posted).expect("a correct offer");
        self.fixture.run(record_offer(&self.app, sighting, None)).expect("recorded");
    }

    /// Hints at all timers, as received for the `receives`th time; with `app`.
    pub(crate) fn hint(&self, app: &App, receives: u32) -> Vec<Ack> {
        let hints: Vec<Incoming> = self
            .fixture
            .timers()
            .iter()
            .map(|timer| Incoming { timer: timer.key, receives })
            .collect();
        let deadline = app.env.now() + Duration::from_secs(28);
        self.fixture.run(run_batch(app, &hints, deadline))
    }

    /// Runs jobs until none is left.
    pub(crate) fn settle(&self) {
        for _ in 0..50 {
            if self.fixture.timers().is_empty() {
                return;
            }
            self.hint(&self.app, 1);
            self.fixture.clock.pass(Duration::from_secs(5));
        }
        panic!("jobs are left: {:?}", self.fixture.timers());
    }
}
