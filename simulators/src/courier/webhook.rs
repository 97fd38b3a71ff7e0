//! Courier's webhooks: `message:updated`, signed, again and again until the receiver says 2xx.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::Courier;
use super::message::Status;
use crate::telegram::Posting;

/// An event is sent so often at most.
const TRIES: u32 = 6;
/// The wait after the first failure; it doubles.
const FIRST_WAIT_MS: i64 = 2_000;
/// How often the outbox is looked into while nothing is due.
const LOOK_MS: u64 = 60_000;

/// Where webhooks go, and what they are signed with.
#[derive(Clone)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// The secret.
    pub secret: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// How webhooks get to their receiver: over HTTP, or straight into the process.
pub trait EventSender: Send + Sync {
    /// Posts the JSON `body` to `url` with this `courier-signature`.
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting;
}

/// An event that waits to be told.
#[derive(Debug, Clone)]
pub(super) struct Event {
    at_ms: i64,
    tries: u32,
    id: String,
    status: Status,
    reason: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    events: VecDeque<Event>,
    under_way: usize,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.under_way == 0
    }

    pub(super) fn add(&mut self, at_ms: i64, id: &str, status: Status, reason: Option<String>) {
        self.events.push_back(Event { at_ms, tries: 0, id: id.to_owned(), status, reason });
    }

    fn due(&mut self, now: i64) -> Option<Event> {
        let place = self.events.iter().position(|event| event.at_ms <= now)?;
        self.under_way += 1;
        self.events.remove(place)
    }

    fn next_ms(&self) -> Option<i64> {
        self.events.iter().map(|event| event.at_ms).min()
    }

    fn landed(&mut self, event: Event, taken: bool, now: i64) {
        self.under_way = self.under_way.saturating_sub(1);
        let tries = event.tries + 1;
        if !taken && tries < TRIES {
            let at_ms = now + (FIRST_WAIT_MS << event.tries);
            self.events.push_back(Event { at_ms, tries, ..event });
        }
    }
}

impl Courier {
    /// Tells its webhook of mails, for as long as it is polled.
    pub async fn run_webhooks(&self, sender: Arc<dyn EventSender>) {
        let mut changes = self.shared.changes.subscribe();
        loop {
            let now = self.now_ms();
            let Some(event) = self.with(|state| state.outbox.due(now)) else {
                let next = self.with(|state| state.outbox.next_ms());
                let wait = next.map_or(LOOK_MS, |at| u64::try_from(at - now).unwrap_or(0));
                tokio::select! {
                    _ = changes.changed() => {}
                    () = self.shared.options.clock.sleep_ms(wait), if next.is_some() => {}
                }
                continue;
            };
            let taken = self.tell(&*sender, &event, now).await;
            let now = self.now_ms();
            self.with(|state| {
                if taken {
                    state.set_status(&event.id, event.status, event.reason.clone());
                }
                state.outbox.landed(event, taken, now);
            });
        }
    }

    async fn tell(&self, sender: &dyn EventSender, event: &Event, now: i64) -> bool {
        let Some(webhook) = &self.shared.options.webhook else { return true };
        let to = self.mails().into_iter().find(|mail| mail.id == event.id).map(|mail| mail.to);
        let body = json!({
            "type": "message:updated",
            "data": {
                "id": event.id, "recipient": to, "status": event.status, "reason": event.reason,
            },
        })
        .to_string();
        let seconds = now / 1_000;
        let signature = sign(&webhook.secret, seconds, &body);
        let header = format!("t={seconds},signature={signature}");
        let answer = sender.post(&webhook.url, &header, body.into_bytes()).await;
        answer.is_ok_and(|answer| (200..300).contains(&answer.status))
    }

    /// Whether no event waits to be told.
    pub fn idle(&self) -> bool {
        self.shared.options.webhook.is_none() || self.with(|state| state.outbox.is_empty())
    }
}

fn sign(secret: &str, seconds: i64, body: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{seconds}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
