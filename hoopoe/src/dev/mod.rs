//! `hoopoe dev`: every function behind one listener, the table in a file, the queue, the clock
//! and Telegram's simulator, in one process.
//!
//! Architecture invariant: nothing here decides. The functions' own handlers run, on the table's
//! own code; this only does what AWS does around them.

mod aws;
mod command;
mod courier;
mod direct;
mod events_page;
mod hooks;
mod minutes;
mod polling;
mod prodamus;
mod pump;
mod server;
mod settings;
mod split;
pub mod state;
mod stop;
mod stripe;
mod telegram;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::App;
use app::events::Events;
use app::photo::Photos;
use axum::Router;
use channels::telegram::TelegramApi;
use domain::account::{ApiKey, Scope, SecretHash};
use domain::engine::Lane;
use embedded::Embedded;
use events::MemoryBus;
use queue::MemoryQueue;
use runtime::config::Source;
use runtime::metrics::{Metrics, Sink, StandardOutput};
use runtime::objects::{Folder, Memory};
use runtime::seal::{SealError, Sealer};
use runtime::{Env, config};
use simulators::courier::Courier;
use simulators::telegram::Telegram;
use table::Table;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::local;
use direct::Direct;
use pump::Pump;
use server::Dev;
use state::{State, StateError};
use stop::Stopper;

pub use aws::Aws;
pub use command::{DevArguments, run};
pub use pump::Runs;
pub use server::{openapi, served};
pub use settings::Settings;
pub use split::{Inside, Split};
pub use telegram::{Peer, REAL, SIMULATED_BOT, SIMULATED_TOKEN, Wire};

/// The bus keeps so many events.
const EVENTS_KEPT: usize = 500;

/// Where the table is.
#[derive(Clone, Debug)]
pub enum Store {
    /// In this process's memory.
    Memory,
    /// In a file of this directory, with the simulator's chats beside it.
    Directory(PathBuf),
}

/// How to start a [`System`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where the table is.
    pub store: Store,
    /// Who plays Telegram.
    pub peer: Peer,
    /// Time and randomness.
    pub env: Env,
    /// Rates, limits and so on.
    pub settings: Settings,
    /// Where the scraper's key is kept; without one it is new at each start.
    pub key_directory: Option<PathBuf>,
    /// Where lines of metrics go, if `HOOPOE_METRICS_NAMESPACE` is set: standard output by default.
    pub metrics: Option<Arc<dyn Sink>>,
    /// Whether each function has an app of its own.
    pub split: Split,
    /// Whether the table and the queue answer as on AWS, for functions of other processes.
    pub aws: bool,
    /// How many runs of the deliver function there are at once.
    pub runs: Runs,
}

/// Why the system does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Someone else listens there.
    #[error("port {0} is in use; stop what uses it, or choose another with --port")]
    PortInUse(u16),
    /// Nobody can listen there.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The table cannot be used.
    #[error("{0}")]
    Table(String),
    /// A variable cannot be used.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The simulator's log cannot be used.
    #[error(transparent)]
    Log(#[from] simulators::telegram::LogError),
    /// The mail box's log cannot be used.
    #[error(transparent)]
    MailLog(#[from] simulators::courier::LogError),
    /// What the Stripe simulator keeps cannot be used.
    #[error(transparent)]
    Stripe(#[from] simulators::stripe::OpenError),
    /// What the Prodamus simulator keeps cannot be used.
    #[error(transparent)]
    Prodamus(#[from] simulators::prodamus::OpenError),
    /// No client for outgoing calls can be made.
    #[error("no HTTP client: {0}")]
    Client(String),
    /// Telegram does not take the bot.
    #[error("the Bot API at {0} does not do as it should: {1}")]
    Telegram(String, String),
    /// Nobody would hear Ctrl-C.
    #[error("signals cannot be heard: {0}")]
    Signals(std::io::Error),
    /// The key that seals is none.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The bot's token is none.
    #[error("TELEGRAM_BOT_TOKEN cannot be used: {0}")]
    Token(String),
}

/// The whole system, running.
#[derive(Debug)]
pub struct System {
    /// The use cases' context.
    pub app: App,
    /// Where it listens, without a slash at the end.
    pub base_url: String,
    /// The queue.
    pub queue: MemoryQueue,
    /// The bus.
    pub bus: MemoryBus,
    /// The table's engine.
    pub database: Embedded,
    /// The Telegram simulator, if it is inside.
    pub simulator: Option<Telegram>,
    /// The mail box, unless mails leave through Courier itself.
    pub mails: Option<Courier>,
    /// Discord, Slack and a webhook receiver.
    pub hooks: simulators::hook::Hooks,
    /// The Stripe simulator, if it is inside.
    pub stripe: Option<simulators::stripe::Stripe>,
    /// The Prodamus simulator.
    pub prodamus: simulators::prodamus::Prodamus,
    /// The platform's API key for scrapers.
    pub scraper_key: String,
    /// Whether that key was made by this start.
    pub scraper_key_is_new: bool,
    busy: Arc<AtomicUsize>,
    stopper: Stopper,
    tasks: JoinSet<()>,
    _state: Option<State>,
}

impl System {
    /// Starts everything; it runs until [`System::stop`], or until it is dropped.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let mut state = match &options.store {
            Store::Memory => None,
            Store::Directory(dir) => Some(State::take(dir)?),
        };
        let (listener, base_url) = listen(options.address).await?;
        let database = local::database(state.as_ref().map(State::database).as_deref())?;
        let table = local::table(&database, options.env.clone()).await?;
        let queue = MemoryQueue::new(Arc::clone(&options.env.clock));
        let simulator = match options.peer {
            Peer::Simulator(_) => Some(telegram::simulator(
                Arc::clone(&options.env.clock),
                state.as_ref().map(State::telegram_log),
                options.peer.urls(&base_url).1,
            )?),
            Peer::Webhook { .. } | Peer::Polling { .. } => None,
        };
        let secret = match &state {
            Some(state) => state.webhook_secret(&options.env)?,
            None => options.env.secret(),
        };
        let app =
            app(&options, &base_url, secret, table, queue.clone(), simulator.as_ref()).await?;
        let config = stripe::settings(&options.settings, &base_url, &options.env.secret());
        let config = config::Stripe::read(&config)?;
        let file = state.as_ref().map(State::stripe_file);
        let clock = Arc::clone(&options.env.clock);
        let stripe = stripe::simulator(&config, clock, &base_url, file)?;
        let app = app.paying(stripe::payments(config, &options.peer, stripe.as_ref())?);
        let file = state.as_ref().map(State::prodamus_file);
        let prodamus = prodamus::simulator(Arc::clone(&options.env.clock), &base_url, file)?;
        let app = app.asking(prodamus::forms(&options.peer, &base_url, &prodamus)?);
        let bus = MemoryBus::new(EVENTS_KEPT);
        let kinds = config::EventsOut::read(&options.settings)?.kinds;
        let app = app.telling(Events::new(Arc::new(bus.clone()), kinds));
        let app = app.sealing(sealer(&options, state.as_ref())?);
        let (mailer, mails) = courier::mailer(&options, &base_url, state.as_ref())?;
        let app = app.mailing(mailer);
        let (to_hooks, hooks) = hooks::hooks(&options, &base_url, state.as_ref())?;
        let app = app.hooking(to_hooks);
        let app = app.keeping(photos(&options.store));
        let (scraper_key, scraper_key_is_new) =
            scraper_key(&app, options.key_directory.as_deref()).await?;
        if let Some(state) = &mut state {
            state.announce(&base_url)?;
        }
        let mut system = Self {
            app,
            base_url,
            queue,
            bus,
            database,
            simulator,
            mails,
            hooks,
            stripe,
            prodamus,
            scraper_key,
            scraper_key_is_new,
            busy: Arc::default(),
            stopper: Stopper::new(),
            tasks: JoinSet::new(),
            _state: state,
        };
        system.run(listener, &options).await?;
        Ok(system)
    }

    async fn run(&mut self, listener: TcpListener, options: &Options) -> Result<(), StartError> {
        let inside = Inside { app: &self.app, database: &self.database, queue: &self.queue };
        let functions = options.split.functions(&inside);
        let site = server::site(&functions);
        let dev =
            Dev { app: self.app.clone(), queue: self.queue.clone(), busy: Arc::clone(&self.busy) };
        let aws = Aws { database: self.database.clone(), queue: self.queue.clone() };
        let aws = if options.aws { aws.router() } else { Router::new() };
        let router = server::router(site.clone(), dev, aws, self.simulator.as_ref());
        let router = router.merge(events_page::router(self.bus.clone()));
        let mails = self.mails.clone().map(simulators::courier::router).unwrap_or_default();
        let hooks = simulators::hook::router(&self.hooks);
        let stripe = self.stripe.clone().map(simulators::stripe::router).unwrap_or_default();
        let prodamus = simulators::prodamus::router(self.prodamus.clone());
        let router = mails.merge(hooks).merge(stripe).merge(prodamus).merge(router);
        self.begin(server::serve(listener, router, self.stopper.signal()));
        // Telegram is told where we are only once someone answers there.
        telegram::connect(&self.app, &options.peer, &self.base_url).await?;
        if let Some(mails) = self.mails.clone() {
            let sender = courier::sender(&options.peer, Direct(site.clone()))?;
            self.begin(async move { mails.run_webhooks(sender).await });
        }
        if let Some(stripe) = self.stripe.clone() {
            let sender = stripe::sender(&options.peer, Direct(site.clone()))?;
            self.begin(async move { stripe.run_webhooks(sender).await });
        }
        let (prodamus, sender) =
            (self.prodamus.clone(), prodamus::sender(&options.peer, Direct(site.clone()))?);
        self.begin(async move { prodamus.run_webhooks(sender).await });
        match &options.peer {
            Peer::Simulator(wire) => {
                let sender = telegram::sender(*wire, Direct(site))?;
                if let Some(simulator) = self.simulator.clone() {
                    self.begin(async move { simulator.run_webhooks(sender).await });
                }
            }
            Peer::Polling { token, .. } => {
                let token = telegram::token(token)?;
                let stop = self.stopper.signal();
                let poller = polling::Poller::new(self.app.clone(), token, Direct(site), stop)?;
                self.begin(poller.run());
            }
            Peer::Webhook { .. } => {}
        }
        for lane in Lane::ALL {
            for _ in 0..options.runs.of(lane) {
                let pump = Pump {
                    app: functions.deliver.clone(),
                    queue: self.queue.clone(),
                    lane,
                    busy: Arc::clone(&self.busy),
                };
                self.begin(pump.run(self.stopper.signal()));
            }
        }
        self.begin(minutes::run(self.app.clone(), functions.clock, self.stopper.signal()));
        if let Store::Directory(_) = options.store {
            let sweep =
                minutes::sweep(self.app.clone(), self.database.clone(), self.stopper.signal());
            self.begin(sweep);
        }
        Ok(())
    }

    fn begin(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// How many runs of the deliver function are under way.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// Takes no more requests and begins no more runs; waits for those under way, at most so long.
    /// `false` when some had to be cut off: the next start goes on with them.
    pub async fn stop(mut self, at_most: Duration) -> bool {
        self.stopper.stop();
        let idle = async {
            while self.busy() > 0 {
                self.app.env.clock.sleep(Duration::from_millis(20)).await;
            }
        };
        let finished = self.app.env.clock.within(at_most, idle).await.is_some();
        // Requests that have begun are short, but for those that wait for news.
        let tasks = async { while self.tasks.join_next().await.is_some() {} };
        self.app.env.clock.within(Duration::from_millis(200), tasks).await;
        self.tasks.shutdown().await;
        finished
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, String), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortInUse(address.port()),
        _ => StartError::Listen(address, error),
    })?;
    let bound = listener.local_addr().map_err(|error| StartError::Listen(address, error))?;
    Ok((listener, format!("http://{bound}")))
}

async fn app(
    options: &Options,
    base_url: &str,
    secret: String,
    table: Table,
    queue: MemoryQueue,
    simulator: Option<&Telegram>,
) -> Result<App, StartError> {
    let (api_url, link_url) = options.peer.urls(base_url);
    let telegram = telegram::api(&options.peer, &api_url, simulator)?;
    let username = match simulator {
        Some(_) => SIMULATED_BOT.to_owned(),
        None => telegram
            .get_me(&telegram::token(options.peer.token())?)
            .await
            .map(|bot| bot.username)
            .map_err(|error| StartError::Telegram(api_url.clone(), error.to_string()))?,
    };
    let settings = options
        .settings
        .clone()
        .set("TELEGRAM_API_URL", api_url)
        .default_to("TELEGRAM_LINK_URL", link_url)
        .set("TELEGRAM_BOT_TOKEN", options.peer.token())
        .set("TELEGRAM_BOT_USERNAME", username)
        .set("TELEGRAM_WEBHOOK_SECRET", secret)
        .default_to("SITE_URL", base_url)
        .default_to("HOOPOE_ORIGINS", base_url.replace("127.0.0.1", "localhost"));
    let bots = Arc::new(config::Telegram::read(&settings)?);
    let site = Arc::new(config::Site::read(&settings)?);
    let app = App::new(table, Arc::new(queue), telegram, bots, site);
    Ok(App { metrics: metrics(options, &settings), ..app })
}

/// Photos are kept as the table is: in memory, or beside it.
fn photos(store: &Store) -> Photos {
    Photos::kept_by(match store {
        Store::Memory => Arc::new(Memory::default()),
        Store::Directory(dir) => Arc::new(Folder::new(&state::objects(dir))),
    })
}

/// Seals with the key that is set, or with that of the state directory.
fn sealer(options: &Options, state: Option<&State>) -> Result<Sealer, StartError> {
    let key = match (options.settings.get("SEAL_KEY"), state) {
        (Some(key), _) => key,
        (None, Some(state)) => state.seal_key(&options.env)?,
        (None, None) => options.env.secret(),
    };
    Ok(app::aws::local_sealer(&key.into(), options.env.clone())?)
}

/// Metrics where they are asked for: lines on standard output, as the functions write them.
fn metrics(options: &Options, settings: &Settings) -> Metrics {
    let sink = options.metrics.clone().unwrap_or_else(|| Arc::new(StandardOutput));
    config::metrics_namespace(settings)
        .map_or_else(Metrics::off, |namespace| Metrics::to(sink, &namespace, "dev"))
}

/// The scraper's key, and whether it was made now: the one in the directory's file, unless the
/// table does not know it.
async fn scraper_key(app: &App, directory: Option<&Path>) -> Result<(String, bool), StartError> {
    if let Some(dir) = directory
        && let Some(key) = state::read_secret(dir, state::SCRAPER_KEY)?
    {
        let place = table::keys::api_key(&SecretHash::of(&key));
        let known = app.table.get::<ApiKey>(&place).await;
        if known.map_err(|error| StartError::Table(error.to_string()))?.is_some() {
            return Ok((key, false));
        }
    }
    let made = app::api_key::create(app, "scraper", vec![Scope::Scraper], None).await;
    let key = made.map_err(|error| StartError::Table(error.to_string()))?.key;
    if let Some(dir) = directory {
        state::keep_secret(dir, state::SCRAPER_KEY, &key)?;
    }
    Ok((key, true))
}

/// The Bot API at an address, for commands.
pub(crate) fn telegram_api(peer: &Peer, url: &str) -> Result<TelegramApi, StartError> {
    telegram::api(peer, url, None)
}
