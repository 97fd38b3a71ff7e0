//! Stripe: the simulator inside, unless there is a key to the real one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::subscription::Payments;
use bytes::Bytes;
use http::{Method, Request, header};
use runtime::clock::Clock;
use runtime::config::{self, Source};
use runtime::http::{HttpClient, Transport};
use secrecy::ExposeSecret;
use simulators::stripe::{EventSender, HttpEventSender, Options, Stripe, Webhook, router};
use simulators::telegram::{Posting, WebhookAnswer};

use super::direct::Direct;
use super::settings::Settings;
use super::telegram::{OurTime, Wire};
use super::{Peer, StartError};

/// The simulator's key.
const SIMULATED_KEY: &str = "sk_test_hoopoe_dev";
/// The simulator's price.
const SIMULATED_PRICE: &str = "price_hoopoe_pro";
/// Where events go.
const WEBHOOK: &str = "/api/webhooks/stripe";
/// What Stripe signs in.
const SIGNATURE: &str = "stripe-signature";
/// A call takes at most this.
const CALL: Duration = Duration::from_secs(8);
/// How long a webhook may take to answer.
const WEBHOOK_ANSWER: Duration = Duration::from_secs(20);

/// The settings, with the simulator's where there is no key to the real Stripe. `secret` is what
/// the simulator signs with: it may be another one at each start.
pub(super) fn settings(settings: &Settings, base_url: &str, secret: &str) -> Settings {
    let settings = settings.clone();
    if settings.get("STRIPE_SECRET_KEY").is_some() {
        return settings;
    }
    settings
        .set("STRIPE_API_URL", base_url)
        .set("STRIPE_SECRET_KEY", SIMULATED_KEY)
        .default_to("STRIPE_WEBHOOK_SECRET", format!("whsec_{secret}"))
        .default_to("STRIPE_PRICE", SIMULATED_PRICE)
}

/// The simulator inside, if it is the one that the settings speak of.
pub(super) fn simulator(
    config: &config::Stripe,
    clock: Arc<dyn Clock>,
    base_url: &str,
    file: Option<PathBuf>,
) -> Result<Option<Stripe>, StartError> {
    let key = config.secret_key.as_ref().map(ExposeSecret::expose_secret);
    if key != Some(SIMULATED_KEY) {
        return Ok(None);
    }
    let webhook = config.webhook_secret.as_ref().map(|secret| Webhook {
        url: format!("{base_url}{WEBHOOK}"),
        secret: secret.expose_secret().to_owned(),
    });
    let options = Options {
        clock: Arc::new(OurTime(clock)),
        secret_key: SIMULATED_KEY.to_owned(),
        webhook,
        base_url: base_url.to_owned(),
        file,
    };
    Ok(Some(Stripe::open(options)?))
}

/// How people pay.
pub(super) fn payments(
    config: config::Stripe,
    peer: &Peer,
    simulator: Option<&Stripe>,
) -> Result<Payments, StartError> {
    let inside = simulator.filter(|_| matches!(peer, Peer::Simulator(Wire::Direct)));
    let transport: Arc<dyn Transport> = if let Some(simulator) = inside {
        Arc::new(Direct(router(simulator.clone())))
    } else {
        let client = HttpClient::new(CALL);
        Arc::new(client.map_err(|error| StartError::Client(error.to_string()))?)
    };
    Ok(Payments::new(config, transport))
}

/// How the simulator posts events.
pub(super) fn sender(peer: &Peer, site: Direct) -> Result<Arc<dyn EventSender>, StartError> {
    if let Peer::Simulator(Wire::Direct) = peer {
        return Ok(Arc::new(site));
    }
    match HttpEventSender::with_timeout(WEBHOOK_ANSWER) {
        Ok(sender) => Ok(Arc::new(sender)),
        Err(error) => Err(StartError::Client(error.to_string())),
    }
}

/// The simulator's events to us.
impl EventSender for Direct {
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting {
        let this = self.clone();
        let path = url::Url::parse(url).map(|url| url.path().to_owned());
        let signature = signature.to_owned();
        Box::pin(async move {
            let request = Request::builder()
                .method(Method::POST)
                .uri(path.map_err(|error| error.to_string())?)
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .header(SIGNATURE, signature)
                .body(Bytes::from(body))
                .map_err(|error| error.to_string())?;
            let answer = this.call(request).await?;
            Ok(WebhookAnswer { status: answer.status().as_u16(), retry_after: None })
        })
    }
}
