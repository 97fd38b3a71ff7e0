//! Where the services are that take messages at an address.

use super::Source;

/// What addresses of channels may be.
///
/// `DISCORD_URL` and `SLACK_URL`: what the addresses of their webhooks begin with, if not as theirs
/// do; for simulators. `HOOPOE_WEBHOOK_NETWORKS`: `any` lets webhooks lead into private networks and
/// be without TLS; for a laptop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// Another place for Discord's.
    pub discord: Option<String>,
    /// Another place for Slack's.
    pub slack: Option<String>,
    /// Whether webhooks may lead anywhere.
    pub any_network: bool,
}

impl Hooks {
    /// Reads it.
    pub fn read(source: &impl Source) -> Self {
        Self {
            discord: source.get("DISCORD_URL"),
            slack: source.get("SLACK_URL"),
            any_network: source.get("HOOPOE_WEBHOOK_NETWORKS").as_deref() == Some("any"),
        }
    }
}
