//! A Bot API that takes messages as fast as it can and keeps what a bench wants to know. Loopback only.
//!
//! Any method of any bot is answered; `sendMessage` is recorded. `POST /reset` forgets everything and sets
//! limits (`per_bot` a second, `per_chat_ms`, `delay_ms`, `retry_after` seconds; 0 is none), `GET /count`
//! and `GET /stats` tell. Where a text holds a run of exactly 19 digits, those are taken as the Unix time in
//! nanoseconds at which someone called for the message.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bench::{stopwatch, summary};
use bytes::Bytes;
use clap::Parser;
use serde::Deserialize;
use serde_json::{Value, json};

/// Plays the Bot API.
#[derive(Parser)]
struct Arguments {
    /// Port at 127.0.0.1.
    #[arg(long)]
    port: u16,
}

const SECOND: u64 = 1_000_000_000;

/// What it enforces; 0 is no limit.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Limits {
    per_bot: usize,
    per_chat_ms: u64,
    delay_ms: u64,
    retry_after: u64,
}

#[derive(Default)]
struct Seen {
    limits: Limits,
    /// When, and to whom.
    sends: Vec<(u64, i64)>,
    texts: HashMap<(i64, u64), u64>,
    last_second: VecDeque<u64>,
    last_of_chat: HashMap<i64, u64>,
    since_call_ns: Vec<i64>,
    refused: u64,
    refused_for_chat: u64,
    faulty: u64,
}

type Shared = Arc<Mutex<Seen>>;

fn lock(seen: &Shared) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Message {
    chat_id: Chat,
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Chat {
    Id(i64),
    Text(String),
}

impl Message {
    fn chat_id(&self) -> Option<i64> {
        match &self.chat_id {
            Chat::Id(id) => Some(*id),
            Chat::Text(text) => text.parse().ok(),
        }
    }
}

impl Seen {
    /// Takes a message, or says how it refuses.
    fn take(&mut self, now: u64, chat: i64, text: &str) -> Result<usize, TooMany> {
        while self.last_second.front().is_some_and(|at| now.saturating_sub(*at) >= SECOND) {
            self.last_second.pop_front();
        }
        if self.limits.per_bot > 0 && self.last_second.len() >= self.limits.per_bot {
            self.refused += 1;
            return Err(TooMany { retry_after: self.limits.retry_after.max(1) });
        }
        let last = self.last_of_chat.get(&chat).copied().unwrap_or_default();
        if now.saturating_sub(last) < self.limits.per_chat_ms * 1_000_000 {
            self.refused += 1;
            self.refused_for_chat += 1;
            return Err(TooMany { retry_after: self.limits.retry_after.max(1) });
        }
        self.last_second.push_back(now);
        self.last_of_chat.insert(chat, now);
        let mut hash = DefaultHasher::new();
        text.hash(&mut hash);
        *self.texts.entry((chat, hash.finish())).or_default() += 1;
        if let Some(called) = called_at(text) {
            self.since_call_ns.push(now.cast_signed() - called.cast_signed());
        }
        self.sends.push((now, chat));
        Ok(self.sends.len())
    }

    fn stats(&self) -> Value {
        let mut sends = self.sends.clone();
        sends.sort_unstable();
        let gap = |from: u64, to: u64| to.cast_signed() - from.cast_signed();
        let gaps = sends.windows(2).map(|pair| gap(pair[0].0, pair[1].0)).collect();
        let (mut chats, mut chat_gaps) = (HashMap::new(), Vec::new());
        for &(at, chat) in &sends {
            if let Some(before) = chats.insert(chat, at) {
                chat_gaps.push(gap(before, at));
            }
        }
        let span = sends.first().zip(sends.last()).map_or(0, |(first, last)| last.0 - first.0);
        let span_s = Duration::from_nanos(span).as_secs_f64();
        let more = u32::try_from(sends.len().saturating_sub(1)).unwrap_or(u32::MAX);
        json!({
            "count": sends.len(), "chats": chats.len(),
            "duplicates": self.texts.values().map(|times| times - 1).sum::<u64>(),
            "rejected_429": self.refused, "rejected_429_chat": self.refused_for_chat,
            "bad_request": self.faulty, "span_s": span_s,
            "per_s": if span > 0 { f64::from(more) / span_s } else { 0.0 },
            "peak_in_1s": peak(&sends),
            "gap_ms": summary::milliseconds(gaps), "chat_gap_ms": summary::milliseconds(chat_gaps),
            "e2e_ms": summary::milliseconds(self.since_call_ns.clone()),
            "first_ns": sends.first().map(|it| it.0), "last_ns": sends.last().map(|it| it.0),
        })
    }
}

/// The most messages within any second.
fn peak(sends: &[(u64, i64)]) -> usize {
    let (mut most, mut low) = (0, 0);
    for (high, (at, _)) in sends.iter().enumerate() {
        while at - sends[low].0 >= SECOND {
            low += 1;
        }
        most = most.max(high - low + 1);
    }
    most
}

fn called_at(text: &str) -> Option<u64> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 19).find_map(|run| run.parse().ok())
}

/// It refuses for so many seconds.
struct TooMany {
    retry_after: u64,
}

impl IntoResponse for TooMany {
    fn into_response(self) -> Response {
        let after = self.retry_after;
        let body = json!({
            "ok": false, "error_code": 429, "parameters": { "retry_after": after },
            "description": format!("Too Many Requests: retry after {after}"),
        });
        (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
    }
}

async fn method(
    State(seen): State<Shared>,
    Path((_, method)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let delay = lock(&seen).limits.delay_ms;
    if delay > 0 {
        stopwatch::sleep(Duration::from_millis(delay)).await;
    }
    if !method.eq_ignore_ascii_case("sendMessage") {
        let bot = json!({"id": 1, "is_bot": true, "first_name": "fake", "username": "fake_bot"});
        let result = if method == "getMe" { bot } else { json!(true) };
        return Json(json!({ "ok": true, "result": result })).into_response();
    }
    let message = serde_json::from_slice::<Message>(&body).ok();
    let Some((chat, text)) = message.and_then(|it| Some((it.chat_id()?, it.text))) else {
        lock(&seen).faulty += 1;
        let body = json!({"ok": false, "error_code": 400, "description": "Bad Request: faulty"});
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    let now = stopwatch::unix_ns();
    match lock(&seen).take(now, chat, &text) {
        Ok(id) => Json(json!({ "ok": true, "result": {
            "message_id": id, "date": now / SECOND, "chat": { "id": chat, "type": "private" }, "text": text,
        } }))
        .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn reset(State(seen): State<Shared>, Json(limits): Json<Limits>) -> Json<Value> {
    *lock(&seen) = Seen { limits, ..Seen::default() };
    Json(json!({ "ok": true }))
}

async fn count(State(seen): State<Shared>) -> Json<Value> {
    let seen = lock(&seen);
    Json(json!({ "count": seen.sends.len(), "rejected": seen.refused }))
}

async fn stats(State(seen): State<Shared>) -> Json<Value> {
    Json(lock(&seen).stats())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let router = Router::new()
        .route("/reset", post(reset))
        .route("/count", get(count))
        .route("/stats", get(stats))
        .route("/{bot}/{method}", any(method))
        .with_state(Shared::default());
    let address = (Ipv4Addr::LOCALHOST, arguments.port);
    let listener = tokio::net::TcpListener::bind(address).await?.tap_io(|stream| {
        // Small answers must not wait for each other.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}
