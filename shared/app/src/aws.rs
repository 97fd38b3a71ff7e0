//! The context of the use cases on AWS, the same for all functions.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use channels::courier::CourierApi;
use channels::hook::Hooks;
use channels::telegram::TelegramApi;
use events::EventBridge;
use futures::future::BoxFuture;
use payments::prodamus::ProdamusApi;
use queue::{Queue, SqsQueue};
use runtime::config::{self, BotSecret, ConfigError, Environment, SealWith, Secret, Source};
use runtime::http::roots::{self, Roots};
use runtime::http::{GuardedClient, HttpClient, Networks, Transport, TransportError};
use runtime::metrics::{Metrics, StandardOutput};
use runtime::seal::{LocalKey, SealError, Sealer};
use runtime::{Env, telemetry};
use secrecy::{ExposeSecret, SecretString};
use table::Table;
use thiserror::Error;

mod kms;
mod s3;

pub use s3::S3;

use crate::App;
use crate::calls::{Record, Recorder};
use crate::events::Events;
use crate::mail::Mailer;
use crate::payment::Forms;
use crate::photo::Photos;
use crate::subscription::Payments;

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
    /// The key that seals.
    #[error(transparent)]
    Seal(#[from] SealError),
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
    /// Whether it sends messages and publishes events, so that it is connected to where they go.
    pub delivers: bool,
}

/// Starts logging, reads the environment and the bot's secret, builds the clients and connects them
/// before the first request: a TLS handshake costs more than all the rest of a cold start (FACTS:
/// AWS, Cold start). That the table or the queue does not answer now fails nothing; without its
/// secret, a function that needs it cannot work.
pub fn from_environment(function: Function) -> BoxFuture<'static, Result<App, StartError>> {
    Box::pin(async move {
        let (format, filter) = config::logs(&Environment);
        telemetry::start(format, &filter);
        let sdk =
            aws_config::defaults(BehaviorVersion::latest()).http_client(carrier()).load().await;
        let record = Record::named_by(&Environment).map(|record| record.of(function.name));
        start(function, &Environment, &Connection { sdk, env: Env::system(), record }).await
    })
}

/// What carries requests to AWS, one for all of a function's clients.
fn carrier() -> SharedHttpClient {
    let trusted = roots::of_aws().fold(TrustStore::empty(), TrustStore::with_pem_certificate);
    let provider = Provider::Rustls(CryptoMode::AwsLc);
    let client = aws_smithy_http_client::Builder::new().tls_provider(provider);
    match TlsContext::builder().with_trust_store(trusted).build() {
        Ok(tls) => client.tls_context(tls).build_https(),
        Err(error) => {
            tracing::warn!(%error, "the system's certificates are taken");
            client.build_https()
        }
    }
}

/// How AWS is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Region, credentials, and what carries requests.
    pub sdk: SdkConfig,
    /// Time and randomness.
    pub env: Env,
    /// Sees each call, if calls are recorded.
    pub record: Option<Recorder>,
}

/// Builds a function's clients, connects them and reads its secret.
pub fn start<'a>(
    function: Function,
    source: &'a (impl Source + Sync),
    aws: &'a Connection,
) -> BoxFuture<'a, Result<App, StartError>> {
    // On the heap: the SDK's futures are large.
    Box::pin(async move {
        let site = config::Site::read(source)?;
        let (table, queue) = aws.stores(config::Stores::read(source)?);
        let config::EventsOut { bus, kinds } = config::EventsOut::read(source)?;
        let bus = bus.map(|name| aws.bus(name));
        let transport = Arc::new(HttpClient::trusting(Roots::Bundled, SEND_LIMIT)?);
        let telegram =
            TelegramApi::new(transport.clone(), config::Telegram::of(source, None)?.api_url);
        let secret = async {
            if function.knows_bots { aws.secret(source).await.map(Some) } else { Ok(None) }
        };
        let outside = async {
            if function.delivers {
                futures::join!(telegram.connect(), connect(bus.as_ref()));
            }
        };
        let (secret, ()) = futures::join!(secret, aws.warm_up(&table, &queue, outside));
        let secret = secret?;
        let bot = secret.as_ref().map(|secret| self::bot(secret, source)).transpose()?;
        let bots = config::Telegram::of(source, bot)?;
        let secret = secret.unwrap_or_default();
        let source = &secret.before(source);
        let sealer = aws.sealer(SealWith::read(source))?;
        let photos = config::photos_bucket(source)
            .map(|bucket| Photos::kept_by(Arc::new(aws.objects(transport.clone(), bucket))));
        let payments = Payments::new(config::Stripe::read(source)?, transport.clone());
        let mailer = mailer(config::Courier::read(source), transport);
        let app = App::new(table, Arc::new(queue), telegram, Arc::new(bots), Arc::new(site));
        let namespace = config::metrics_namespace(source);
        let namespace = namespace.as_deref().unwrap_or(config::METRICS_NAMESPACE);
        let metrics = Metrics::to(Arc::new(StandardOutput), namespace, function.name);
        let events = bus.map_or_else(Events::off, |bus| Events::new(Arc::new(bus), kinds));
        let app = App { metrics, ..app }.telling(events).sealing(sealer);
        let app = app.mailing(mailer).paying(payments).keeping(photos.unwrap_or_default());
        // Only who writes to addresses of strangers needs a client for them.
        let writes = function.knows_bots;
        Ok(if writes {
            app.hooking(hooks(config::Hooks::read(source), Roots::Bundled)?)
                .asking(forms(Roots::Bundled)?)
        } else {
            app
        })
    })
}

/// The mail service as it is configured.
pub fn mailer(config: config::Courier, transport: Arc<dyn Transport>) -> Mailer {
    let config::Courier { api_url, api_key, webhook_secret } = config;
    let api = api_key.map(|key| CourierApi::new(transport, api_url, key));
    Mailer { api, webhook_secret }
}

/// A client for addresses of strangers.
///
/// # Errors
/// When TLS cannot be set up.
pub fn hooks(config: config::Hooks, roots: Roots) -> Result<Hooks, TransportError> {
    let networks = if config.any_network { Networks::Any } else { Networks::Public };
    Ok(Hooks::new(Arc::new(GuardedClient::new(roots, SEND_LIMIT, networks)?), config))
}

/// How forms are asked for links: admins choose their addresses.
fn forms(roots: Roots) -> Result<Forms, TransportError> {
    let client = GuardedClient::new(roots, SEND_LIMIT, Networks::Public)?;
    Ok(Forms::by(ProdamusApi::new(Arc::new(client), None)))
}

async fn connect(bus: Option<&EventBridge>) {
    if let Some(bus) = bus {
        bus.connect().await;
    }
}

impl Connection {
    async fn from_environment() -> Self {
        let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
        Self { sdk, env: Env::system(), record: None }
    }

    /// The table and the queues of these names.
    pub fn stores(&self, names: config::Stores) -> (Table, SqsQueue) {
        let mut table = aws_sdk_dynamodb::config::Builder::from(&self.sdk);
        let mut sqs = aws_sdk_sqs::config::Builder::from(&self.sdk);
        if let Some(record) = &self.record {
            table = table.interceptor(record.clone());
            sqs = sqs.interceptor(record.clone());
        }
        let sqs = aws_sdk_sqs::Client::from_conf(sqs.build());
        let table = Table::new(table, &names.table, self.env.clone());
        (table, SqsQueue::new(sqs, names.queue_people, names.queue_bulk))
    }

    /// The bus of this name.
    pub fn bus(&self, name: String) -> EventBridge {
        let mut client = aws_sdk_eventbridge::config::Builder::from(&self.sdk);
        if let Some(record) = &self.record {
            client = client.interceptor(record.clone());
        }
        EventBridge::new(aws_sdk_eventbridge::Client::from_conf(client.build()), name)
    }

    /// The bucket of this name.
    pub fn objects(&self, transport: Arc<dyn Transport>, bucket: String) -> S3 {
        S3::new(transport, (self.sdk.clone(), self.env.clone()), bucket, self.record.clone())
    }

    /// What seals, if anything does.
    ///
    /// # Errors
    /// [`SealError::BadKey`] for a key of our own that is none.
    pub fn sealer(&self, with: SealWith) -> Result<Sealer, SealError> {
        let env = self.env.clone();
        match with {
            SealWith::Kms(key) => {
                let mut kms = aws_sdk_kms::config::Builder::from(&self.sdk);
                if let Some(record) = &self.record {
                    kms = kms.interceptor(record.clone());
                }
                let key = kms::KmsKey::new(aws_sdk_kms::Client::from_conf(kms.build()), key);
                Ok(Sealer::new(Arc::new(key), env))
            }
            SealWith::Key(key) => local_sealer(&key, env),
            SealWith::Nothing => Ok(Sealer::off(env)),
        }
    }

    /// The secret that is named, or none: then variables stand for its fields.
    async fn secret(&self, source: &impl Source) -> Result<Secret, StartError> {
        let Some(name) = Secret::name(source) else { return Ok(Secret::default()) };
        let mut secrets = aws_sdk_secretsmanager::config::Builder::from(&self.sdk);
        if let Some(record) = &self.record {
            secrets = secrets.interceptor(record.clone());
        }
        let client = aws_sdk_secretsmanager::Client::from_conf(secrets.build());
        let reading = client.get_secret_value().secret_id(name).send();
        let read = self.env.clock.within(READ_SECRET, reading).await;
        let read = read.ok_or_else(|| StartError::Secret("no answer in time".to_owned()))?;
        let read = read.map_err(|error| StartError::Secret(words(&error)))?;
        let json = read.secret_string().ok_or(ConfigError::Secret("holds bytes, not text"))?;
        Ok(Secret::parse(json)?)
    }

    /// Connects to the stores and, with `outside`, to where messages and events go.
    async fn warm_up(&self, table: &Table, queue: &impl Queue, outside: impl Future<Output = ()>) {
        let all = async { futures::join!(table.ping(), queue.ping(), outside) };
        match self.env.clock.within(WARM_UP, all).await {
            Some((Ok(()), Ok(()), ())) => {}
            Some((table, queue, ())) => {
                tracing::warn!(table = table.is_ok(), queue = queue.is_ok(), "not warmed up");
            }
            None => tracing::warn!("not warmed up in time"),
        }
    }
}

/// The table and the queues that the environment names, and no more: for who only looks at them.
pub fn stores_of_environment() -> BoxFuture<'static, Result<(Table, SqsQueue), StartError>> {
    Box::pin(async {
        let names = config::Stores::read(&Environment)?;
        Ok(Connection::from_environment().await.stores(names))
    })
}

/// The one bot that the environment names, and no more: for who only speaks to Telegram.
pub fn bot_of_environment() -> BoxFuture<'static, Result<BotSecret, StartError>> {
    Box::pin(async {
        let secret = Connection::from_environment().await.secret(&Environment).await?;
        bot(&secret, &Environment)
    })
}

/// How mails and payments go out, as the environment and its secret say it, and no more.
pub fn peers_of_environment()
-> BoxFuture<'static, Result<(config::Courier, config::Stripe), StartError>> {
    Box::pin(async {
        let secret = Connection::from_environment().await.secret(&Environment).await?;
        let source = secret.before(&Environment);
        Ok((config::Courier::read(&source), config::Stripe::read(&source)?))
    })
}

/// The bot as the secret has it, or its variables where none is named.
fn bot(secret: &Secret, source: &impl Source) -> Result<BotSecret, StartError> {
    Ok(match Secret::name(source) {
        Some(_) => BotSecret::of(secret)?,
        None => BotSecret::read(source)?,
    })
}

/// Seals with a key of our own.
///
/// # Errors
/// [`SealError::BadKey`].
pub fn local_sealer(key: &SecretString, env: Env) -> Result<Sealer, SealError> {
    let master = LocalKey::parse(key.expose_secret(), env.clone())?;
    Ok(Sealer::new(Arc::new(master), env))
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
