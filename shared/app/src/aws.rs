//! The context of the use cases on AWS, the same for all functions.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use channels::telegram::TelegramApi;
use events::EventBridge;
use futures::future::BoxFuture;
use queue::{Queue, SqsQueue};
use runtime::config::{self, BotSecret, ConfigError, Environment};
use runtime::http::{HttpClient, TransportError};
use runtime::metrics::{Metrics, StandardOutput};
use runtime::{Env, telemetry};
use table::Table;
use thiserror::Error;

use crate::App;
use crate::events::Events;

/// Warming up takes at most this; what it did not reach, the first request does.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// One request to a channel takes at most this (`docs/engine.md`, deliveries).
const SEND_LIMIT: Duration = Duration::from_secs(8);

/// Reading the secret takes at most this, tries again included. Lambda gives a start ten seconds.
const READ_SECRET: Duration = Duration::from_secs(7);

/// Why a function cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The environment, or the secret.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client for outgoing requests.
    #[error("no HTTP client: {0}")]
    Client(#[from] TransportError),
    /// The secret is not to be had.
    #[error("the secret of HOOPOE_SECRET cannot be read: {0}")]
    Secret(String),
}

/// What a function says of itself to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its package's name.
    pub name: &'static str,
    /// Whether it speaks to Telegram or listens to it. One that does neither knows no bot, and
    /// needs no right to read its secret.
    pub knows_bots: bool,
}

/// Starts logging, reads the environment and the bot's secret, builds the clients and connects them
/// before the first request: a TLS handshake costs more than all the rest of a cold start (FACTS:
/// AWS, Cold start). That the table or the queue does not answer now fails nothing; without its
/// secret, a function that needs it cannot work.
pub fn from_environment(function: Function) -> BoxFuture<'static, Result<App, StartError>> {
    // On the heap: the SDK's futures are large.
    Box::pin(start(function))
}

async fn start(function: Function) -> Result<App, StartError> {
    let (format, filter) = config::logs(&Environment);
    telemetry::start(format, &filter);
    let names = config::Stores::read(&Environment)?;
    let site = config::Site::read(&Environment)?;
    let env = Env::system();
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (table, queue) = stores(&aws, names, &env);
    let queue = Arc::new(queue);
    let events = events(&aws, config::EventsOut::read(&Environment)?);
    let transport = Arc::new(HttpClient::new(SEND_LIMIT)?);
    let secret =
        async { if function.knows_bots { bot(&aws, &env).await.map(Some) } else { Ok(None) } };
    let warming = warm_up(&env, &table, queue.as_ref());
    let (secret, ()) = futures::join!(secret, warming);
    let bots = config::Telegram::of(&Environment, secret?)?;
    let telegram = TelegramApi::new(transport, bots.api_url.clone());
    let app = App::new(table, queue, telegram, Arc::new(bots), Arc::new(site));
    let namespace = config::metrics_namespace(&Environment);
    let namespace = namespace.as_deref().unwrap_or(config::METRICS_NAMESPACE);
    let metrics = Metrics::to(Arc::new(StandardOutput), namespace, function.name);
    Ok(App { metrics, ..app }.telling(events))
}

/// The bus, if one is named.
fn events(aws: &SdkConfig, config::EventsOut { bus, kinds }: config::EventsOut) -> Events {
    bus.map_or_else(Events::off, |bus| {
        let client = aws_sdk_eventbridge::Client::new(aws);
        Events::new(Arc::new(EventBridge::new(client, bus)), kinds)
    })
}

fn stores(aws: &SdkConfig, names: config::Stores, env: &Env) -> (Table, SqsQueue) {
    let table = aws_sdk_dynamodb::config::Builder::from(aws);
    let table = Table::new(table, &names.table, env.clone());
    let sqs = aws_sdk_sqs::Client::new(aws);
    (table, SqsQueue::new(sqs, names.queue_people, names.queue_bulk))
}

/// The table and the queues that the environment names, and no more: for who only looks at them.
pub fn stores_of_environment() -> BoxFuture<'static, Result<(Table, SqsQueue), StartError>> {
    Box::pin(async {
        let names = config::Stores::read(&Environment)?;
        let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
        Ok(stores(&aws, names, &Env::system()))
    })
}

/// The one bot that the environment names, and no more: for who only speaks to Telegram.
pub fn bot_of_environment() -> BoxFuture<'static, Result<BotSecret, StartError>> {
    Box::pin(async {
        let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
        bot(&aws, &Env::system()).await
    })
}

/// The bot as its secret has it, or its variables where no secret is named.
async fn bot(aws: &SdkConfig, env: &Env) -> Result<BotSecret, StartError> {
    let Some(name) = BotSecret::name(&Environment) else {
        return Ok(BotSecret::read(&Environment)?);
    };
    let client = aws_sdk_secretsmanager::Client::new(aws);
    let reading = client.get_secret_value().secret_id(name).send();
    let read = env.clock.within(READ_SECRET, reading).await;
    let read = read.ok_or_else(|| StartError::Secret("no answer in time".to_owned()))?;
    let read = read.map_err(|error| StartError::Secret(words(&error)))?;
    let json = read.secret_string().ok_or(ConfigError::Secret("holds bytes, not text"))?;
    Ok(BotSecret::parse(json)?)
}

/// What went wrong, and below that why. Not the error's `Debug`: it may hold the answer, and with
/// it the secret.
fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let below = error.to_string();
        if !text.contains(&below) {
            text = format!("{text}: {below}");
        }
        cause = error.source();
    }
    text
}

async fn warm_up(env: &Env, table: &Table, queue: &impl Queue) {
    let both = async { futures::join!(table.ping(), queue.ping()) };
    match env.clock.within(WARM_UP, both).await {
        Some((Ok(()), Ok(()))) => {}
        Some((table, queue)) => {
            tracing::warn!(table = table.is_ok(), queue = queue.is_ok(), "not warmed up");
        }
        None => tracing::warn!("not warmed up in time"),
    }
}
