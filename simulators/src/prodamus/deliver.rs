//! Delivery of words: signed when they leave, again and again until the answer is 2xx or two days
//! have passed. Copies and retries may overtake each other.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;

use super::Prodamus;
use super::encode::Encoding;
use super::php::Array;
use super::state::Attempt;
use crate::telegram::{Posting, WebhookAnswer};

/// So many posts may be under way at once.
const AT_ONCE: usize = 4;
/// What was not taken is posted again after this time, doubled each time.
const FIRST_RETRY_MS: i64 = 60_000;
/// The longest time between two posts.
const LONGEST_RETRY_MS: i64 = 10_000_000;
/// A word is posted once, and then again so often: with these times, over two days.
const RETRIES: u32 = 23;

/// How words get to a webhook: over HTTP, or straight into the process.
pub trait WordSender: Send + Sync {
    /// Posts `body`, which is of this `Content-Type`, to `url`, with `sign` as the header `Sign`.
    fn post(&self, url: &str, sign: &str, content_type: &str, body: Vec<u8>) -> Posting;
}

/// Posts over HTTP.
#[derive(Clone)]
pub struct HttpWordSender(reqwest::Client);

impl fmt::Debug for HttpWordSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWordSender").finish_non_exhaustive()
    }
}

impl HttpWordSender {
    /// Posts with a client of its own that waits so long for an answer.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(
        clippy::disallowed_methods,
        reason = "Prodamus's own side of the connection, not one of ours"
    )]
    pub fn with_timeout(timeout: std::time::Duration) -> Result<Self, reqwest::Error> {
        Ok(Self(reqwest::Client::builder().timeout(timeout).build()?))
    }
}

impl WordSender for HttpWordSender {
    fn post(&self, url: &str, sign: &str, content_type: &str, body: Vec<u8>) -> Posting {
        let request = self.0.post(url).header("sign", sign).header("content-type", content_type);
        let request = request.body(body);
        Box::pin(async move {
            let answer = request.send().await.map_err(|error| error.to_string())?;
            Ok(WebhookAnswer { status: answer.status().as_u16(), retry_after: None })
        })
    }
}

/// A post that is under way.
struct Flight {
    word: String,
    tries: u32,
    attempt: Attempt,
}

impl Prodamus {
    /// Posts words for as long as it runs.
    pub async fn run_webhooks(&self, sender: Arc<dyn WordSender>) {
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
    fn take(&self, sender: &dyn WordSender) -> Option<(Flight, Posting)> {
        let (now_ms, key) = (self.now_ms(), self.key());
        let mut state = self.0.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = state.pending.iter().position(|it| it.at_ms <= now_ms)?;
        let pending = state.pending.remove(due)?;
        let word = state.words.iter().find(|it| it.id == pending.word)?;
        let mut pairs = word.pairs.clone();
        pairs.push(("attempt".to_owned(), (pending.tries + 1).to_string()));
        let signed = Array::of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let sign = signed.sign(&format!("{key}{}", if word.demo { "demo" } else { "" }));
        let encoding = if word.json { Encoding::Json } else { state.encoding };
        let (content_type, body) = encoding.encode(&pairs);
        let posting = sender.post(&word.url, &sign, &content_type, body);
        state.under_way += 1;
        let attempt = Attempt { at: now_ms.div_euclid(1_000), sign, status: None };
        Some((Flight { word: pending.word, tries: pending.tries, attempt }, posting))
    }

    fn land(&self, flight: Flight, answer: Result<WebhookAnswer, String>) {
        let now_ms = self.now_ms();
        let status = answer.ok().map(|it| it.status);
        let taken = status.is_some_and(|status| (200..300).contains(&status));
        self.change(|state| {
            state.under_way -= 1;
            if let Some(word) = state.words.iter_mut().find(|it| it.id == flight.word) {
                word.attempts.push(Attempt { status, ..flight.attempt });
            }
            if !taken && flight.tries < RETRIES {
                let wait = (FIRST_RETRY_MS << flight.tries.min(12)).min(LONGEST_RETRY_MS);
                state.post(&flight.word, 1, now_ms + wait, flight.tries + 1);
            }
        });
    }

    /// How long until a post is due, in milliseconds.
    fn until_next(&self) -> u64 {
        let now_ms = self.now_ms();
        let next = self.look(|state| state.pending.iter().map(|it| it.at_ms).min());
        // Without one, somebody will say so; this long is as good as any other time.
        let wait = next.map_or(LONGEST_RETRY_MS, |at| at - now_ms);
        u64::try_from(wait.max(1)).unwrap_or(1)
    }
}
