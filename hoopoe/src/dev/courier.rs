//! Courier: the mail box inside, or the real one where there is a key for it.

use std::sync::Arc;
use std::time::Duration;

use app::aws::mailer as configured;
use app::mail::Mailer;
use runtime::config;
use runtime::http::{HttpClient, Transport};
use simulators::courier::{Courier, EventSender, Webhook};
use simulators::telegram::HttpSender;

use super::direct::Direct;
use super::state::State;
use super::telegram::OurTime;
use super::{Options, Peer, StartError, Wire};

/// The simulator's key: it guards nothing.
const SIMULATED_KEY: &str = "hoopoe-dev";
/// What the simulator signs its webhooks with: it guards nothing, either.
const SIMULATED_SECRET: &str = "hoopoe-dev-webhooks";
/// A send takes at most this.
const CALL: Duration = Duration::from_secs(8);

/// The mail service, and the mail box if mails stay here.
pub(super) fn mailer(
    options: &Options,
    base_url: &str,
    state: Option<&State>,
) -> Result<(Mailer, Option<Courier>), StartError> {
    let config = config::Courier::read(&options.settings);
    if config.api_key.is_some() {
        return Ok((configured(config, over_http()?), None));
    }
    let courier = Courier::open(simulators::courier::Options {
        clock: Arc::new(OurTime(Arc::clone(&options.env.clock))),
        api_key: SIMULATED_KEY.to_owned(),
        log: state.map(State::mail_log),
        webhook: Some(Webhook {
            url: format!("{base_url}/api/webhooks/courier"),
            secret: SIMULATED_SECRET.to_owned(),
        }),
    })?;
    let config = config::Courier {
        api_url: format!("{base_url}/simulator/courier"),
        api_key: Some(SIMULATED_KEY.into()),
        webhook_secret: Some(SIMULATED_SECRET.into()),
    };
    let transport: Arc<dyn Transport> = match options.peer {
        Peer::Simulator(Wire::Direct) => {
            Arc::new(Direct(simulators::courier::router(courier.clone())))
        }
        _ => over_http()?,
    };
    Ok((configured(config, transport), Some(courier)))
}

fn over_http() -> Result<Arc<dyn Transport>, StartError> {
    let client = HttpClient::new(CALL).map_err(|error| StartError::Client(error.to_string()))?;
    Ok(Arc::new(client))
}

/// How the mail box tells of mails.
pub(super) fn sender(peer: &Peer, site: Direct) -> Result<Arc<dyn EventSender>, StartError> {
    match peer {
        Peer::Simulator(Wire::Direct) => Ok(Arc::new(site)),
        _ => match HttpSender::with_timeout(CALL) {
            Ok(sender) => Ok(Arc::new(sender)),
            Err(error) => Err(StartError::Client(error.to_string())),
        },
    }
}
