//! What operations cost on a table of more and more items: units and calls, which must stay the same, and
//! the embedded engine's time, which may not.
//!
//! A line of JSON for each size.

use std::path::PathBuf;
use std::time::Duration;

use app::App;
use bench::seed::{self, Failed, page};
use bench::stopwatch;
use clap::Parser;
use domain::offer::NewSighting;
use domain::url::{CanonicalUrl, OfferId};
use domain::watch::Watcher;
use embedded::Embedded;
use runtime::Env;
use serde_json::{Value, json};
use table::{Range, keys};

/// Measures operations on a growing table.
#[derive(Parser)]
struct Arguments {
    /// The table's file.
    #[arg(long)]
    file: PathBuf,
    /// Sizes, in items, rising.
    sizes: Vec<u64>,
}

/// Each operation is done so often at each size.
const TIMES: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let arguments = Arguments::parse();
    let embedded = Embedded::file(&arguments.file).map_err(text)?;
    let app = seed::app(embedded.clone(), Env::system())?;
    app.table.create_if_absent().await.map_err(text)?;
    seed::watch(&app, 20, true).await?;
    let pattern = pattern(&app, &embedded).await?;
    let mut items = 42;
    for size in arguments.sizes {
        fill(&embedded, &pattern, items, size)?;
        items = items.max(size);
        let record = measured(&app, async |number| record(&app, size, number).await).await?;
        let watchers = measured(&app, async |_| watchers(&app).await).await?;
        let timers = measured(&app, async |number| timers(&app, number).await).await?;
        let operations =
            json!({ "record_offer": record, "read_watchers": watchers, "read_timers": timers });
        println!("{}", json!({ "items": size, "operations": operations }));
    }
    Ok(())
}

/// A recorded offer as it lies in the table, and its digest: the pattern of all that fill it.
async fn pattern(app: &App, embedded: &Embedded) -> Result<(String, String), Failed> {
    record(app, 0, 0).await?;
    let url = CanonicalUrl::parse(&offer(0, 0)).map_err(text)?;
    let digest = OfferId::of(&url).to_string();
    let found = embedded.call("Scan", &json!({ "TableName": "hoopoe" }).to_string());
    let found: Value = serde_json::from_str(&found.body).map_err(text)?;
    let items = found["Items"].as_array().ok_or("the table cannot be read")?;
    let is_offer =
        |item: &&Value| item["listing"].is_object() && item.to_string().contains(&digest);
    let item = items.iter().find(is_offer).ok_or("the offer is not there")?;
    Ok((item.to_string(), digest))
}

/// Writes recorded offers of other digests until there are so many items.
fn fill(
    embedded: &Embedded,
    (item, digest): &(String, String),
    from: u64,
    to: u64,
) -> Result<(), Failed> {
    for first in (from..to).step_by(25) {
        let puts: Vec<String> = (first..to.min(first + 25))
            .map(|number| {
                // Spread over the key space, as digests are.
                let other = format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                format!(r#"{{"PutRequest":{{"Item":{}}}}}"#, item.replace(digest, &other))
            })
            .collect();
        let body = format!(r#"{{"RequestItems":{{"hoopoe":[{}]}}}}"#, puts.join(","));
        let answer = embedded.call("BatchWriteItem", &body);
        if answer.status != 200 {
            return Err(answer.body);
        }
    }
    Ok(())
}

/// Units and calls of one operation, and its time.
async fn measured(
    app: &App,
    mut run: impl AsyncFnMut(u32) -> Result<(), Failed>,
) -> Result<Value, Failed> {
    app.table.meter().take();
    let begin = stopwatch::start();
    for number in 0..TIMES {
        run(number).await?;
    }
    let time = begin.elapsed() / TIMES;
    let usage = app.table.meter().take();
    let calls = u32::try_from(usage.total_calls()).map_or(f64::MAX, f64::from);
    let each = |total: f64| total / f64::from(TIMES);
    Ok(json!({
        "write_units": each(usage.write), "read_units": each(usage.read), "calls": each(calls),
        "ms": time.max(Duration::from_nanos(1)).as_secs_f64() * 1e3,
    }))
}

fn offer(size: u64, number: u32) -> String {
    format!("https://shop.example/g/{size}-{number}")
}

async fn record(app: &App, size: u64, number: u32) -> Result<(), Failed> {
    let posted = json!({
        "page_url": page(0), "url": offer(size, number), "title": "Headphones",
    });
    let sighting = NewSighting::check(posted).map_err(|faults| format!("{faults:?}"))?;
    app::offer::record_offer(app, sighting, None).await.map(|_| ()).map_err(text)
}

async fn watchers(app: &App) -> Result<(), Failed> {
    let page = CanonicalUrl::parse(&page(0)).map_err(text)?;
    let pk = keys::watchers(&domain::url::PageId::of(&page));
    let range = Range { pk: &pk, prefix: keys::WATCHERS, after: None, limit: 100, backward: false };
    let found = app.table.query::<Watcher>(&range).await.map_err(text)?;
    if found.items.len() == 20 { Ok(()) } else { Err("not the twenty watchers".to_owned()) }
}

async fn timers(app: &App, number: u32) -> Result<(), Failed> {
    let shard = u8::try_from(number % u32::from(domain::engine::timer::SHARDS)).map_err(text)?;
    let minute = app.env.now().minute() + 60;
    app.table.timers_of_minute(minute, shard, None).await.map(|_| ()).map_err(text)
}

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}
