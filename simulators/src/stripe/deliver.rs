//! Delivery of events: signed when they leave, again and again until the answer is 2xx or three days
//! have passed. Copies and retries may overtake each other.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;

use super::state::Attempt;
use super::{Stripe, sign};
use crate::telegram::{Posting, WebhookAnswer};

/// So many posts may be under way at once.
const AT_ONCE: usize = 4;
/// What was not taken is posted again after this time, doubled each time.
const FIRST_RETRY_MS: i64 = 10_000;
/// The longest time between two posts.
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// Posts are given up after so many: with these times, after three days.
const TRIES: u32 = 80;

/// How events get to a webhook: over HTTP, or straight into the process.
pub trait EventSender: Send + Sync {
    /// Posts the JSON `body` to `url`, with `signature` as the header `Stripe-Signature`.
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting;
}

/// Posts over HTTP.
#[derive(Clone)]
pub struct HttpEventSender(reqwest::Client);

impl fmt::Debug for HttpEventSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpEventSender").finish_non_exhaustive()
    }
}

impl HttpEventSender {
    /// Posts with a client of its own that waits so long for an answer.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(
        clippy::disallowed_methods,
        reason = "Stripe's own side of the connection, not one of ours"
    )]
    pub fn with_timeout(timeout: std::time::Duration) -> Result<Self, reqwest::Error> {
        Ok(Self(reqwest::Client::builder().timeout(timeout).build()?))
    }
}

impl EventSender for HttpEventSender {
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting {
        let request = self
            .0
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(body);
        Box::pin(async move {
            let answer = request.send().await.map_err(|error| error.to_string())?;
            Ok(WebhookAnswer { status: answer.status().as_u16(), retry_after: None })
        })
    }
}

/// A post that is under way.
struct Flight {
    event: String,
    tries: u32,
    attempt: Attempt,
}

impl Stripe {
    /// Posts events for as long as it runs.
    pub async fn run_webhooks(&self, sender: Arc<dyn EventSender>) {
        let mut flights = FuturesUnordered::new();
        loop {
            let changed = self.0.changed.notified();
            while flights.len() < AT_ONCE
                && let Some((flight, posting)) = self.take(sender.as_ref())
            {
                flights.push(async move {
                    let answer = posting.await;
                    (flight, answer)
                });
            }
            let wake = self.0.options.clock.sleep_ms(self.until_next());
            let news = select(Box::pin(changed), wake);
            if flights.is_empty() {
                news.await;
                continue;
            }
            if let Either::Left((Some((flight, answer)), _)) = select(flights.next(), news).await {
                self.land(flight, answer);
            }
        }
    }

    /// The next post that is due, begun.
    fn take(&self, sender: &dyn EventSender) -> Option<(Flight, Posting)> {
        let webhook = self.0.options.webhook.as_ref()?;
        let (now, now_ms) = (self.now(), self.0.options.clock.now_ms());
        self.quietly(|state| {
            let due = state.pending.iter().position(|it| it.at_ms <= now_ms)?;
            let pending = state.pending.remove(due)?;
            let event = state.events.iter().find(|it| it.id == pending.event)?;
            let body = event.body.clone().into_bytes();
            let signature = sign::header(&webhook.secret, now, &body);
            let posting = sender.post(&webhook.url, &signature, body);
            state.under_way += 1;
            let attempt = Attempt { at: now, signature, status: None };
            Some((Flight { event: pending.event, tries: pending.tries, attempt }, posting))
        })
    }

    fn land(&self, flight: Flight, answer: Result<WebhookAnswer, String>) {
        let now_ms = self.0.options.clock.now_ms();
        let status = answer.ok().map(|it| it.status);
        let taken = status.is_some_and(|status| (200..300).contains(&status));
        self.change(|state| {
            state.under_way -= 1;
            if let Some(event) = state.events.iter_mut().find(|it| it.id == flight.event) {
                event.attempts.push(Attempt { status, ..flight.attempt });
            }
            let tries = flight.tries + 1;
            if !taken && tries < TRIES {
                let wait = (FIRST_RETRY_MS << flight.tries.min(12)).min(LONGEST_RETRY_MS);
                state.post(&flight.event, 1, now_ms + wait);
                if let Some(last) = state.pending.back_mut() {
                    last.tries = tries;
                }
            }
        });
    }

    /// How long until a post is due, in milliseconds.
    fn until_next(&self) -> u64 {
        let now_ms = self.0.options.clock.now_ms();
        let next = self.look(|state| state.pending.iter().map(|it| it.at_ms).min());
        // Without one, somebody will say so; an hour is as good as any other time.
        let wait = next.map_or(LONGEST_RETRY_MS, |at| at - now_ms);
        u64::try_from(wait.max(1)).unwrap_or(1)
    }
}
