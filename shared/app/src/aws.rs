//! The context of the use cases on AWS, the same for all functions.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use channels::telegram::TelegramApi;
use queue::SqsQueue;
use runtime::config::{self, ConfigError, Environment};
use runtime::http::{HttpClient, TransportError};
use runtime::{Env, telemetry};
use table::Table;
use thiserror::Error;

use crate::App;

/// Warming up takes at most this; what it did not reach, the first request does.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// One request to a channel takes at most this (`docs/engine.md`, deliveries).
const SEND_LIMIT: Duration = Duration::from_secs(8);

/// Why a function cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The environment.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client for outgoing requests.
    #[error("no HTTP client: {0}")]
    Client(#[from] TransportError),
}

/// Starts logging, reads the environment, builds the clients and connects them before the
/// first request: a TLS handshake costs more than all the rest of a cold start (FACTS: AWS, Cold
/// start). That the table or the queue does not answer now fails nothing.
pub async fn from_environment() -> Result<App, StartError> {
    let (format, filter) = config::logs(&Environment);
    telemetry::start(format, &filter);
    let stores = config::Stores::read(&Environment)?;
    let bots = config::Telegram::read(&Environment)?;
    let site = config::Site::read(&Environment)?;
    let env = Env::system();
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let table = aws_sdk_dynamodb::config::Builder::from(&aws);
    let table = Table::new(table, &stores.table, env.clone());
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let queue = Arc::new(SqsQueue::new(sqs, stores.queue_people, stores.queue_bulk));
    let transport = Arc::new(HttpClient::new(SEND_LIMIT)?);
    let telegram = TelegramApi::new(transport, bots.api_url.clone());
    let app = App::new(table, queue, telegram, Arc::new(bots), Arc::new(site));
    warm_up(&app).await;
    Ok(app)
}

async fn warm_up(app: &App) {
    let both = async { futures::join!(app.table.ping(), app.queue.ping()) };
    match app.env.clock.within(WARM_UP, both).await {
        Some((Ok(()), Ok(()))) => {}
        Some((table, queue)) => {
            tracing::warn!(table = table.is_ok(), queue = queue.is_ok(), "not warmed up");
        }
        None => tracing::warn!("not warmed up in time"),
    }
}
