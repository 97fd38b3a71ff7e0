//! The table as it lies there, for what no use case may ask.

use std::collections::BTreeMap;

use embedded::Embedded;
use serde_json::{Value, json};
use table::keys;

/// Reads every item.
#[derive(Clone, Debug)]
pub struct Items(Embedded);

/// An item's keys and its attributes as text.
pub type Dump = BTreeMap<(String, String), String>;

impl Items {
    /// The items of a local table.
    pub fn of(database: &Embedded) -> Self {
        Self(database.clone())
    }

    /// All of them.
    pub fn all(&self) -> Dump {
        let mut dump = Dump::new();
        let mut scan = json!({ "TableName": "hoopoe" });
        loop {
            let answer = self.0.call("Scan", &scan.to_string());
            let page: Value = serde_json::from_str(&answer.body).expect("JSON");
            for item in page["Items"].as_array().expect("a scan") {
                let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
                dump.insert((text(keys::PK), text(keys::SK)), item.to_string());
            }
            match page.get("LastEvaluatedKey") {
                Some(last) => scan["ExclusiveStartKey"] = last.clone(),
                None => return dump,
            }
        }
    }

    /// Timers that wait, and dead ones.
    pub fn jobs(&self) -> Vec<String> {
        let bucket = keys::timer_bucket(0, 0);
        let timers = bucket.split_inclusive('#').next().unwrap_or_default();
        let all = self.all().into_iter();
        let jobs = all.filter(|((pk, _), _)| pk.starts_with(timers) || pk == keys::DEAD);
        jobs.map(|((pk, sk), item)| format!("{pk} {sk} {item}")).collect()
    }

    /// All but counters of attempts and the clock's own place.
    pub fn records(&self) -> Dump {
        let attempts = keys::attempts("", 0).pk;
        let mut all = self.all();
        all.retain(|(pk, _), _| !pk.starts_with(&attempts) && *pk != keys::cursor().pk);
        all
    }
}
