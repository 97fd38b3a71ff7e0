//! The table as it lies there, for what no use case may ask.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use embedded::Embedded;
use table::keys;

/// Reads every item.
#[derive(Clone, Debug)]
pub struct Items(Client);

/// An item's keys and its attributes as text.
pub type Dump = BTreeMap<(String, String), String>;

impl Items {
    /// The items of a local table.
    pub fn of(database: &Embedded) -> Self {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(database.clone())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .retry_config(RetryConfig::disabled())
            .timeout_config(aws_sdk_dynamodb::config::timeout::TimeoutConfig::disabled())
            .build();
        Self(Client::from_conf(config))
    }

    /// All of them.
    pub async fn all(&self) -> Dump {
        let (mut dump, mut after) = (Dump::new(), None);
        loop {
            let scan = self.0.scan().table_name("hoopoe").set_exclusive_start_key(after);
            let page = scan.send().await.expect("a scan");
            for item in page.items.unwrap_or_default() {
                let text = |name: &str| match item.get(name) {
                    Some(AttributeValue::S(text)) => text.clone(),
                    _ => String::new(),
                };
                let attributes: BTreeMap<_, _> = item.iter().collect();
                dump.insert((text(keys::PK), text(keys::SK)), format!("{attributes:?}"));
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return dump;
            }
        }
    }

    /// Timers that wait, and dead ones.
    pub async fn jobs(&self) -> Vec<String> {
        let bucket = keys::timer_bucket(0, 0);
        let timers = bucket.split_inclusive('#').next().unwrap_or_default();
        let all = self.all().await.into_iter();
        let jobs = all.filter(|((pk, _), _)| pk.starts_with(timers) || pk == keys::DEAD);
        jobs.map(|((pk, sk), item)| format!("{pk} {sk} {item}")).collect()
    }

    /// All but counters of attempts and the clock's own place.
    pub async fn records(&self) -> Dump {
        let attempts = keys::attempts("", 0).pk;
        let mut all = self.all().await;
        all.retain(|(pk, _), _| !pk.starts_with(&attempts) && *pk != keys::cursor().pk);
        all
    }
}
