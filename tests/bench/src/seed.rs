//! A table filled without the API: watchers with channels, offers whose fan-outs wait.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use aws_sdk_dynamodb::config::{Credentials, Region};
use bytes::Bytes;
use channels::telegram::TelegramApi;
use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::rate::Rates;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::{BotId, TargetId, UserId};
use domain::message::Notice;
use domain::offer::NewSighting;
use domain::url::{CanonicalUrl, PageId};
use domain::watch::Watcher;
use embedded::Embedded;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::iter;
use http::{Request, Response};
use queue::MemoryQueue;
use runtime::http::{Transport, TransportError};
use runtime::{Env, config};
use table::Table;

/// The first chat's id; the others follow. Positive ids are people, whom no group limit holds.
pub const FIRST_CHAT: i64 = 1_000_000_000;

/// The offer that is posted, which `bench.py` reads, too.
const OFFER: &str = include_str!("../offer.json");

/// Anything that went wrong, as text: a bench stops there.
pub type Failed = String;

/// A table in a file, without anyone to send.
pub async fn open(file: &Path) -> Result<App, Failed> {
    let embedded = Embedded::file(file).map_err(text)?.on_own_thread().map_err(text)?;
    let app = app(embedded, Env::system())?;
    app.table.create_if_absent().await.map_err(text)?;
    Ok(app)
}

/// The use cases over an embedded table; sending fails.
pub fn app(embedded: Embedded, env: Env) -> Result<App, Failed> {
    let queue = MemoryQueue::new(Arc::clone(&env.clock));
    let config = table::Config::new()
        .http_client(embedded)
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"));
    let table = Table::new(config, "hoopoe", env);
    let telegram = TelegramApi::new(Arc::new(Nobody), "http://telegram");
    Ok(App::new(table, Arc::new(queue), telegram, bots(), site()?))
}

fn bots() -> Arc<config::Telegram> {
    Arc::new(config::Telegram {
        api_url: "http://telegram".to_owned(),
        link_url: "https://t.me".to_owned(),
        rates: Rates::default(),
        bots: Vec::new(),
    })
}

fn site() -> Result<Arc<config::Site>, Failed> {
    struct Only;
    impl config::Source for Only {
        fn get(&self, name: &str) -> Option<String> {
            (name == "SITE_URL").then(|| "https://hoopoe.example".to_owned())
        }
    }
    config::Site::read(&Only).map(Arc::new).map_err(text)
}

/// Nobody sends while a table is filled.
#[derive(Debug)]
struct Nobody;

impl Transport for Nobody {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async { Err(TransportError::NotSent("nobody sends here".to_owned())) })
    }
}

/// The page of this number.
pub fn page(number: u64) -> String {
    format!("https://shop.example/list/{number}")
}

/// Writes `chats` watchers with a channel each: all on page 0, or each on a page of its own.
pub async fn watch(app: &App, chats: u64, together: bool) -> Result<(), Failed> {
    for first in (0..chats).step_by(50) {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        for number in first..chats.min(first + 50) {
            let page = url(&page(if together { 0 } else { number }))?;
            let channel = channel(app, number);
            let watcher = Watcher {
                page_id: PageId::of(&page),
                user_id: channel.user_id,
                target_id: app.env.id::<TargetId>(),
                target_name: "watch".to_owned(),
                channels: vec![channel.id],
                guests: Vec::new(),
                rules: domain::watch::Rules::default(),
            };
            decision = decision.write(Write::Put(channel.into())).write(Write::Put(watcher.into()));
        }
        app.table.commit(&decision).await.map_err(text)?;
    }
    Ok(())
}

fn channel(app: &App, number: u64) -> Channel {
    let chat_id = i64::try_from(number).ok().map(|number| FIRST_CHAT + number);
    Channel {
        id: app.env.id(),
        user_id: app.env.id::<UserId>(),
        name: "chat".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id },
        status: ChannelStatus::Active,
        reason: None,
        created_at: app.env.now(),
        target_id: None,
        generation: 0,
        version: 0,
    }
}

/// Posts `offers` offers, spread over so many pages; their fan-outs wait for a worker.
pub async fn offers(app: &App, offers: u64, pages: u64) -> Result<(), Failed> {
    let posts = (0..offers).map(|number| async move {
        let sighting =
            NewSighting::check(posted(number, pages)?).map_err(|it| format!("{it:?}"))?;
        app::offer::record_offer(app, sighting, None).await.map(|_| ()).map_err(text)
    });
    let posted: Vec<Result<(), Failed>> = iter(posts).buffer_unordered(4).collect().await;
    posted.into_iter().collect()
}

/// Writes timers of one message each, due at random instants within the time given, from so far ahead; the message
/// says when it was due, in Unix nanoseconds.
pub async fn timers(
    app: &App,
    count: u64,
    ahead: Duration,
    within: Duration,
) -> Result<(), Failed> {
    let begin = app.env.now() + ahead;
    let mut first = 0;
    while first < count {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        for number in first..count.min(first + 50) {
            let due = begin + within.mul_f64(app.env.fraction());
            let notice = Notice::ChannelConnected {
                target_name: Some(format!("{}000000", due.as_millis())),
            };
            decision = decision.job(NewJob {
                id: app.env.id(),
                job: Job::Messages {
                    bot: BotId::default_bot(),
                    chat_id: FIRST_CHAT + i64::try_from(number).map_err(text)?,
                    notices: vec![notice],
                    callback: None,
                },
                due,
                owner: None,
            });
        }
        app.table.commit(&decision).await.map_err(text)?;
        first += 50;
    }
    Ok(())
}

fn posted(number: u64, pages: u64) -> Result<serde_json::Value, Failed> {
    let mut offer: serde_json::Value = serde_json::from_str(OFFER).map_err(text)?;
    offer["page_url"] = page(number % pages.max(1)).into();
    offer["url"] = format!("https://shop.example/p/{number}").into();
    Ok(offer)
}

fn url(text: &str) -> Result<CanonicalUrl, Failed> {
    CanonicalUrl::parse(text).map_err(|error| error.to_string())
}

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}
