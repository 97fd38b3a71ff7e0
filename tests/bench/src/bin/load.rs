//! Sends one templated POST many times, in a closed loop or at a rate, and prints a line of JSON. Loopback
//! only.
//!
//! In the body `{i}` is the request's number, `{ns}` the Unix time in nanoseconds at which it was called for,
//! `{chat}` and `{page}` its number modulo `--chats`, the first with the first chat's id added.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bench::seed::{FIRST_CHAT, Failed};
use bench::{stopwatch, summary};
use bytes::Bytes;
use clap::Parser;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

/// Sends POSTs.
#[derive(Parser)]
struct Arguments {
    /// Port at 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Path.
    #[arg(long)]
    path: String,
    /// The body's template.
    #[arg(long)]
    body: String,
    /// `name: value`.
    #[arg(long)]
    header: Vec<String>,
    /// Requests.
    #[arg(short)]
    n: u64,
    /// Connections.
    #[arg(short, default_value_t = 1)]
    c: u64,
    /// Requests a second over all connections; without it each sends as soon as it has its answer.
    #[arg(long)]
    rate: Option<f64>,
    /// How many chats and pages the requests are spread over.
    #[arg(long, default_value_t = 1)]
    chats: u64,
    /// Send through a pooled `reqwest` client rather than over bare connections.
    #[arg(long)]
    reqwest: bool,
}

struct Plan {
    arguments: Arguments,
    headers: Vec<(String, String)>,
    begin: Instant,
    next: AtomicU64,
}

impl Plan {
    /// When request `i` is called for, if there is a rate.
    fn due(&self, i: u64) -> Option<Instant> {
        let rate = self.arguments.rate?;
        let i = u32::try_from(i).map_or(f64::MAX, f64::from);
        Some(self.begin + Duration::from_secs_f64(i / rate))
    }

    fn body(&self, i: u64) -> String {
        let place = i % self.arguments.chats.max(1);
        let chat = FIRST_CHAT + i64::try_from(place).unwrap_or_default();
        self.arguments
            .body
            .replace("{i}", &i.to_string())
            .replace("{ns}", &stopwatch::unix_ns().to_string())
            .replace("{chat}", &chat.to_string())
            .replace("{page}", &place.to_string())
    }
}

enum Client {
    Bare(SendRequest<Full<Bytes>>),
    Pooled(reqwest::Client),
}

impl Client {
    async fn connect(plan: &Plan, pooled: Option<&reqwest::Client>) -> Result<Self, Failed> {
        if let Some(client) = pooled {
            return Ok(Self::Pooled(client.clone()));
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, plan.arguments.port));
        let stream = TcpStream::connect(address).await.map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(text)?;
        #[expect(clippy::disallowed_methods, reason = "a connection lives as long as the bench")]
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self::Bare(sender))
    }

    async fn post(&mut self, plan: &Plan, body: String) -> Result<u16, Failed> {
        let host = format!("127.0.0.1:{}", plan.arguments.port);
        match self {
            Self::Bare(sender) => {
                let mut request = http::Request::post(&plan.arguments.path)
                    .header("host", host)
                    .header("content-type", "application/json");
                for (name, value) in &plan.headers {
                    request = request.header(name, value);
                }
                let request = request.body(Full::new(Bytes::from(body))).map_err(text)?;
                sender.ready().await.map_err(text)?;
                let response = sender.send_request(request).await.map_err(text)?;
                let status = response.status().as_u16();
                response.into_body().collect().await.map_err(text)?;
                Ok(status)
            }
            Self::Pooled(client) => {
                let mut request = client
                    .post(format!("http://{host}{}", plan.arguments.path))
                    .header("content-type", "application/json")
                    .body(body);
                for (name, value) in &plan.headers {
                    request = request.header(name, value);
                }
                let response = request.send().await.map_err(text)?;
                let status = response.status().as_u16();
                response.bytes().await.map_err(text)?;
                Ok(status)
            }
        }
    }
}

async fn work(plan: Arc<Plan>, pooled: Option<reqwest::Client>) -> Result<Vec<(u16, i64)>, Failed> {
    let mut client = Client::connect(&plan, pooled.as_ref()).await?;
    let mut done = Vec::new();
    loop {
        let i = plan.next.fetch_add(1, Ordering::Relaxed);
        if i >= plan.arguments.n {
            return Ok(done);
        }
        let due = plan.due(i);
        if let Some(due) = due {
            stopwatch::sleep_until(due).await;
        }
        let begin = due.unwrap_or_else(stopwatch::start);
        let status = client.post(&plan, plan.body(i)).await?;
        done.push((status, i64::try_from(begin.elapsed().as_nanos()).unwrap_or(i64::MAX)));
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let arguments = Arguments::parse();
    let headers = arguments
        .header
        .iter()
        .filter_map(|header| header.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let begin = stopwatch::start();
    let plan = Arc::new(Plan { arguments, headers, begin, next: AtomicU64::new(0) });
    #[expect(clippy::disallowed_methods, reason = "the raw client that the bench compares with")]
    let pooled = plan.arguments.reqwest.then(reqwest::Client::new);
    let workers = (0..plan.arguments.c).map(|_| work(Arc::clone(&plan), pooled.clone()));
    let (mut codes, mut times) = (BTreeMap::<u16, u64>::new(), Vec::new());
    for done in join_all(workers).await {
        for (status, ns) in done? {
            *codes.entry(status).or_default() += 1;
            times.push(ns);
        }
    }
    let lasted = plan.begin.elapsed().as_secs_f64();
    let count = u32::try_from(times.len()).map_or(f64::MAX, f64::from);
    println!(
        "{}",
        json!({ "codes": codes, "per_s": count / lasted, "lasted_s": lasted, "ms": summary::milliseconds(times) })
    );
    Ok(())
}

fn text(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}
