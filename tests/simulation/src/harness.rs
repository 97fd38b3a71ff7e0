//! What all processes of a run share, and what is noted for the judgement.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::engine::{Ack, Incoming};
use aws_sdk_dynamodb::config::{Credentials, Region};
use domain::engine::delivery::{DeliveryKey, DeliveryStatus};
use domain::time::Timestamp;
use embedded::Embedded;
use queue::MemoryQueue;
use runtime::Env;
use simulators::courier::{self, Courier};
use simulators::stripe::Stripe;
use simulators::telegram::{BotAccount, Options, Telegram};
use table::{Config, Table};

use crate::alerts::Posts;
use crate::bus::Told;
use crate::plan::Plan;
use crate::process::{Process, TOKEN};
use crate::scenarios::shop::{self, Shop};
use crate::world::World;

/// A message that the run knows by chat and label.
pub(crate) type Name = (i64, String);

/// What is known about one message that should or should not exist.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// Its delivery.
    pub(crate) key: DeliveryKey,
    /// Not before this.
    pub(crate) due: Timestamp,
    /// From when it could be sent: when its job was committed.
    pub(crate) asked: Timestamp,
    /// Whether it must, may, or must not arrive.
    pub(crate) fate: Fate,
    /// Whether someone waits for it.
    pub(crate) people: bool,
}

/// Whether a message arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It must.
    Must,
    /// It may: cancelled or blocked about when it was due.
    May,
    /// It must not.
    MustNot,
}

/// Notes for the judgement.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// What should arrive.
    pub(crate) expected: BTreeMap<Name, Expected>,
    /// Sends in flight when a process died.
    pub(crate) in_flight: u64,
    /// Runs that reached their time limit.
    pub(crate) timed_out: u64,
    /// What was seen to be wrong while running.
    pub(crate) wrong: Vec<String>,
    /// How often each offer was answered as created, and whether each post ended cleanly.
    pub(crate) created: BTreeMap<String, (u64, bool)>,
    /// What became of the posts of each alert.
    pub(crate) alerts: BTreeMap<String, Posts>,
    /// Workload tasks under way.
    pub(crate) busy: u64,
}

/// Everything shared.
#[derive(Clone)]
pub(crate) struct Harness {
    /// Time and dice.
    pub(crate) world: World,
    /// What the seed asks for.
    pub(crate) plan: Arc<Plan>,
    /// The database.
    pub(crate) embedded: Embedded,
    /// A view of the table that nothing happens to.
    pub(crate) table: Table,
    /// The queue itself.
    pub(crate) queue: MemoryQueue,
    /// Telegram.
    pub(crate) telegram: Telegram,
    /// Courier.
    pub(crate) courier: Courier,
    /// Stripe.
    pub(crate) stripe: Stripe,
    /// What the bus was told.
    pub(crate) told: Told,
    /// What runs of scenarios have besides.
    pub(crate) shop: Option<Shop>,
    notes: Arc<Mutex<Notes>>,
}

impl Harness {
    /// A fresh system in memory.
    pub(crate) fn new(world: &World, plan: Plan) -> Result<Self, String> {
        let embedded = Embedded::memory().map_err(|error| error.to_string())?;
        Self::on(world, plan, embedded, 100_000)
    }

    /// The same, for runs of scenarios: with a shop, and a simulator that remembers little.
    pub(crate) fn with_shop(world: &World, embedded: Embedded) -> Result<Self, String> {
        let shop = Some(Shop::new(world)?);
        Ok(Self { shop, ..Self::on(world, Plan::scenarios(), embedded, 20_000)? })
    }

    fn on(world: &World, plan: Plan, embedded: Embedded, keep: usize) -> Result<Self, String> {
        let mut options = Options::new(world.clock(0));
        options.bots.extend(BotAccount::from_token(TOKEN, Some("hoopoe_bot")));
        options.bots.extend(BotAccount::from_token(shop::TOKEN, Some(shop::USERNAME)));
        options.allow_local_webhooks = true;
        options.keep_messages = keep;
        let telegram = Telegram::open(options).map_err(|error| error.to_string())?;
        let courier = Courier::open(courier::Options {
            clock: world.clock(0),
            api_key: crate::confirming::KEY.to_owned(),
            log: None,
            webhook: None,
        })
        .map_err(|error| error.to_string())?;
        let env = Env { clock: world.clock(0), entropy: world.entropy() };
        let table = Table::new(config(embedded.clone()), "hoopoe", env);
        Ok(Self {
            world: world.clone(),
            plan: Arc::new(plan),
            embedded,
            table,
            queue: MemoryQueue::new(world.clock(0)),
            telegram,
            courier,
            stripe: crate::subscriptions::stripe(world),
            told: Told::default(),
            shop: None,
            notes: Arc::default(),
        })
    }

    /// The notes.
    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expects a message.
    pub(crate) fn expect(&self, name: Name, expected: Expected) {
        self.notes().expected.insert(name, expected);
    }

    /// A run reached its time limit.
    pub(crate) fn timed_out(&self) {
        self.notes().timed_out += 1;
    }

    /// Counts what a dead process had sent and not recorded: these alone may be doubled.
    pub(crate) async fn bury(&self, process: &Process) {
        for (name, _) in process.under.take() {
            let known = self.notes().expected.get(&name).map(|it| it.key.clone());
            let key = crate::alerts::key_of(self, &name).await.or(known);
            let Some(key) = key else { continue };
            let claimed = self.table.deliveries(&[key]).await.is_ok_and(|found| {
                found.iter().flatten().any(|it| it.status == DeliveryStatus::Claimed)
            });
            if claimed {
                self.notes().in_flight += 1;
            }
        }
    }

    /// What is acknowledged is done, moved or set aside: its timer no longer stands where it was.
    pub(crate) async fn check_acks(&self, hints: &[Incoming], acks: &[Ack]) {
        for (hint, ack) in hints.iter().zip(acks) {
            if *ack == Ack::Again {
                continue;
            }
            let standing = self.table.timers(&[hint.timer]).await.unwrap_or_default();
            // A hint that came too early is sent again for a timer that stays.
            let now = self.world.now();
            let left = standing.into_iter().flatten().find(|timer| timer.due <= now);
            if let Some(timer) = left.filter(|_| !self.plan.skewed) {
                self.notes().wrong.push(format!(
                    "{:?}: a hint was acknowledged and its timer left where it was: {timer:?}",
                    now.since(crate::world::BEGIN)
                ));
            }
        }
    }
}

/// How a process reaches the table over this connection.
pub(crate) fn config(connection: Embedded) -> Config {
    Config::new()
        .http_client(connection)
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
}
