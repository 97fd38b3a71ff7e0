//! Discord, Slack and someone's own server: simulators inside, and where webhooks may lead.

use std::sync::Arc;

use app::aws::hooks as configured;
use channels::hook::Hooks;
use runtime::config;
use runtime::http::roots::Roots;
use simulators::hook::Service;

use super::direct::Direct;
use super::state::State;
use super::telegram::OurTime;
use super::{Options, Peer, Settings, StartError, Wire};

/// The simulators, and the client that reaches them and, unless the environment says otherwise, any
/// other address: receivers run beside Hoopoe on a laptop.
pub(super) fn hooks(
    options: &Options,
    base_url: &str,
    state: Option<&State>,
) -> Result<(Hooks, simulators::hook::Hooks), StartError> {
    let clock = Arc::new(OurTime(Arc::clone(&options.env.clock)));
    let inside = simulators::hook::Hooks::open(clock, state.map(State::hook_log))?;
    let settings: Settings = options
        .settings
        .clone()
        .default_to("DISCORD_URL", place(base_url, Service::Discord))
        .default_to("SLACK_URL", place(base_url, Service::Slack))
        .default_to("HOOPOE_WEBHOOK_NETWORKS", "any");
    let places = config::Hooks::read(&settings);
    let hooks = match options.peer {
        Peer::Simulator(Wire::Direct) => {
            let direct = Direct(simulators::hook::router(&inside));
            Hooks::new(Arc::new(direct), places)
        }
        _ => configured(places, Roots::System)
            .map_err(|error| StartError::Client(error.to_string()))?,
    };
    Ok((hooks, inside))
}

fn place(base_url: &str, service: Service) -> String {
    format!("{base_url}/simulator/{}/", service.name())
}
