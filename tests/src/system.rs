//! The whole system in virtual time.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use app::App;
use app::aws::Function;
use domain::engine::Lane;
use domain::time::Timestamp;
use hoopoe::dev::{Inside, Options, Peer, Runs, SIMULATED_BOT, Settings, Store, System, Wire};
use runtime::http::HttpClient;
use runtime::metrics::Kept;
use runtime::{Clock, Entropy, Env};
use serde_json::{Value, json};
use simulators::courier::Courier;
use simulators::prodamus::Prodamus;
use simulators::stripe::Stripe;
use simulators::telegram::{Message, NewChat, Telegram};

use crate::aws::Slowness;
use crate::browser::Browser;
use crate::items::Items;
use crate::log_interest::ask_each_thread;
use crate::virtual_clock::{START, VirtualClock};

/// So many turns of the runtime in which nobody asks for time mean that all wait for it. A turn
/// lets every task run that can.
const QUIET: u32 = 24;
/// What is not done after this time never will be.
const PATIENCE: Duration = Duration::from_hours(24);

/// Runs a journey: it must leave nothing over.
pub fn journey(test: impl AsyncFnOnce(&TestSystem)) {
    journey_from(START, test);
}

/// The same, of a journey that begins at another time.
pub fn journey_from(start: Timestamp, test: impl AsyncFnOnce(&TestSystem)) {
    ask_each_thread();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let system = TestSystem::start(start).await;
        test(&system).await;
        system.finish().await;
    });
}

/// Numbers that differ, the same in each run.
#[derive(Debug, Default)]
struct Numbers(AtomicU64);

impl Entropy for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let n = self.0.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = n.to_be_bytes()[0] ^ n.to_be_bytes()[3];
        }
    }
}

/// The time, and letting it pass.
#[derive(Clone, Debug)]
pub struct Time(VirtualClock);

impl Time {
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.0.now()
    }

    /// Returns when everyone waits for time.
    async fn rest(&self) {
        let (mut quiet, mut seen) = (0, self.0.stirs());
        while quiet < QUIET {
            tokio::task::yield_now().await;
            let stirs = self.0.stirs();
            quiet = if stirs == seen { quiet + 1 } else { 0 };
            seen = stirs;
        }
    }

    /// The future's result; while it is under way, the time passes as far as `until`.
    pub(crate) async fn while_it_passes<T>(
        &self,
        until: Timestamp,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        let mut passing = pin!(self.pass_until(until));
        let mut passed = false;
        std::future::poll_fn(move |context| {
            if let Poll::Ready(result) = work.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            passed = passed || passing.as_mut().poll(context).is_ready();
            Poll::Pending
        })
        .await
    }

    /// Lets the time pass, and everyone work in it.
    pub async fn pass_until(&self, until: Timestamp) {
        loop {
            self.rest().await;
            match self.0.next_wake() {
                Some(next) if next <= until => self.0.advance_to(next),
                _ => break,
            }
        }
        self.0.advance_to(until);
        self.rest().await;
    }
}

/// The system, its time, and its outside.
#[derive(Debug)]
pub struct TestSystem {
    /// The system.
    pub system: System,
    /// Its time.
    pub time: Time,
    /// Its table.
    pub items: Items,
    /// Its metrics.
    pub metrics: Arc<Kept>,
    /// How long its table takes to answer `deliver`.
    pub slow_table: Slowness,
    client: HttpClient,
}

impl TestSystem {
    /// Starts with an empty table, at this time.
    pub async fn start(now: Timestamp) -> Self {
        let clock = VirtualClock::at(now);
        let env = Env { clock: Arc::new(clock.clone()), entropy: Arc::new(Numbers::default()) };
        let (metrics, slow_table) = (Arc::new(Kept::default()), Slowness::default());
        let system = System::start(Options {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store: Store::Memory,
            peer: Peer::Simulator(Wire::Direct),
            env,
            settings: Settings::none()
                .set("HOOPOE_METRICS_NAMESPACE", "Hoopoe")
                .set("STRIPE_GRACE_HOURS", "2"),
            key_directory: None,
            metrics: Some(metrics.clone()),
            split: crate::aws::split(slow_table.clone()),
            aws: false,
            runs: Runs::default(),
        })
        .await
        .expect("it starts");
        let items = Items::of(&system.database);
        let client = HttpClient::new(Duration::from_mins(1)).expect("a client");
        let this = Self { system, time: Time(clock), items, metrics, slow_table, client };
        this.time.rest().await;
        this
    }

    /// The app as this function has it: what is sealed, only functions can open.
    pub fn app_of(&self, function: Function) -> App {
        let System { app, database, queue, .. } = &self.system;
        crate::aws::app_of(function, &Inside { app, database, queue }, &self.slow_table)
    }

    /// The Telegram simulator.
    pub fn telegram(&self) -> &Telegram {
        self.system.simulator.as_ref().expect("it is inside")
    }

    /// The mail box.
    pub fn mails(&self) -> &Courier {
        self.system.mails.as_ref().expect("it is inside")
    }

    /// The Stripe simulator.
    pub fn stripe(&self) -> &Stripe {
        self.system.stripe.as_ref().expect("it is inside")
    }

    /// The Prodamus simulator.
    pub fn prodamus(&self) -> &Prodamus {
        &self.system.prodamus
    }

    /// A client with neither session nor key.
    pub fn stranger(&self) -> Browser {
        Browser {
            client: self.client.clone(),
            base_url: self.system.base_url.clone(),
            time: self.time.clone(),
            cookie: None,
            key: None,
        }
    }

    /// The scraper.
    pub fn scraper(&self) -> Browser {
        Browser { key: Some(self.system.scraper_key.clone()), ..self.stranger() }
    }

    /// Someone who has signed up.
    pub async fn sign_up(&self, name: &str) -> Browser {
        let mut browser = self.stranger();
        let account = json!({
            "username": name, "email": format!("{name}@example.com"), "password": "correct horse",
        });
        browser.post("/api/public/auth/signup", &account).await.must_be(201);
        browser
    }

    /// A person with a phone; their chat's id.
    pub fn phone(&self, name: &str) -> i64 {
        self.telegram().add_chat(&NewChat::person(None, name)).expect("a chat").id
    }

    /// Opens a deep link on a phone and presses START.
    pub fn open(&self, chat: i64, link: &str) {
        let url = url::Url::parse(link).expect("a link");
        let mut pairs = url.query_pairs();
        let payload = pairs.find(|(name, _)| name == "start").expect("a payload").1.into_owned();
        self.telegram().start(SIMULATED_BOT, chat, Some(&payload)).expect("it starts");
    }

    /// Signs someone up who watches these pages on a phone of their own, connected.
    pub async fn watcher(&self, name: &str, pages: &[&str]) -> Watcher {
        let mut browser = self.sign_up(name).await;
        let target = json!({ "name": format!("{name}'s watch"), "page_urls": pages });
        let target = browser.post("/api/public/targets", &target).await.must_be(201);
        let target = target["id"].as_str().expect("an id").to_owned();
        let chat = self.phone(name);
        let link = browser.act(&format!("/api/public/targets/{target}/telegram-link")).await;
        let link = link.must_be(201);
        self.open(chat, link["url"].as_str().expect("a link"));
        self.settle().await;
        let channel = link["channel_id"].as_str().expect("an id").to_owned();
        Watcher { browser, target, channel, chat }
    }

    /// Posts an offer.
    pub async fn post(&self, offer: &Value) -> Value {
        let answer = self.scraper().post("/api/internal/offers", offer).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    }

    /// What the bot wrote into a chat.
    pub fn received(&self, chat: i64) -> Vec<String> {
        let messages = self.telegram().messages(SIMULATED_BOT, chat).expect("a chat");
        messages.into_iter().filter(Message::is_outgoing).map(|it| it.text).collect()
    }

    /// Lets the time pass until nothing is left to do.
    pub async fn settle(&self) {
        let give_up = self.time.0.now() + PATIENCE;
        loop {
            self.time.rest().await;
            let pending = self.pending();
            if pending.is_empty() {
                return;
            }
            assert!(self.time.0.now() < give_up, "it is never done: {pending:?}");
            let next = self.time.0.next_wake().expect("someone waits for time");
            self.time.0.advance_to(next);
        }
    }

    /// Lets this time pass.
    pub async fn pass(&self, time: Duration) {
        self.time.pass_until(self.time.0.now() + time).await;
    }

    /// Lets this time pass at once, in which nobody works: the machine slept, or was down.
    pub async fn sleep(&self, time: Duration) {
        self.time.rest().await;
        self.time.0.advance_to(self.time.0.now() + time);
        self.time.rest().await;
    }

    /// What is still to be done.
    fn pending(&self) -> Vec<String> {
        let mut pending = Vec::new();
        for lane in Lane::ALL {
            let hints = self.system.queue.len(lane);
            if hints > 0 {
                pending.push(format!("{hints} hints on lane {lane:?}"));
            }
        }
        if self.system.busy() > 0 {
            pending.push(format!("{} runs", self.system.busy()));
        }
        if !self.stripe().idle() {
            pending.push("events on their way".to_owned());
        }
        if !self.prodamus().idle() {
            pending.push("words about payments on their way".to_owned());
        }
        if !self.telegram().idle() {
            pending.push("updates on their way".to_owned());
        }
        if !self.mails().idle() {
            pending.push("news of mails on their way".to_owned());
        }
        if pending.is_empty() {
            let jobs = self.items.jobs().into_iter();
            pending.extend(jobs.filter(|job| !job.starts_with(table::keys::DEAD)));
        }
        pending
    }

    /// Ends the journey: nothing may be left over.
    async fn finish(self) {
        self.settle().await;
        let jobs = self.items.jobs();
        assert!(jobs.is_empty(), "left over: {jobs:#?}");
        for lane in Lane::ALL {
            assert!(self.system.queue.dead_letters(lane).is_empty(), "dead hints");
        }
        // The time stands still: stopping waits for nothing.
        drop(self);
    }
}

/// Someone who watches pages.
#[derive(Debug)]
pub struct Watcher {
    /// Their browser, logged in.
    pub browser: Browser,
    /// Their target.
    pub target: String,
    /// Their Telegram channel.
    pub channel: String,
    /// Their chat.
    pub chat: i64,
}
