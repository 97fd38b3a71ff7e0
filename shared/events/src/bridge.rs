//! `EventBridge`: calls of at most ten entries, some side by side; entries that fail go again alone.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::event::{Event, SOURCE};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;

use crate::batch::{calls, size};
use crate::{BusError, EventBus};

/// So many calls are under way at once.
const AT_ONCE: usize = 4;
/// What the bus did not take goes again at most so often in one publishing.
const TRIES: usize = 3;

/// A bus of `EventBridge`.
#[derive(Clone, Debug)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus of this name or ARN.
    pub const fn new(client: Client, bus: String) -> Self {
        Self { client, bus }
    }

    /// Opens a connection for the first events: a call with none, which the bus refuses.
    pub async fn connect(&self) {
        let refused = self.client.put_events().set_entries(Some(Vec::new())).send().await;
        tracing::debug!(refused = refused.is_err(), "connected to the bus");
    }

    /// One round: the entries at these places, in as few calls as they fit. Answers their results.
    async fn round(
        &self,
        entries: &[(PutEventsRequestEntry, usize)],
        open: &[usize],
    ) -> Vec<(usize, Result<(), BusError>)> {
        let sizes: Vec<usize> = open.iter().map(|&place| entries[place].1).collect();
        let calls = calls(&sizes).into_iter().map(|range| {
            let places = open[range].to_vec();
            let entries = places.iter().map(|&place| entries[place].0.clone()).collect();
            async move { places.into_iter().zip(self.call(entries).await).collect::<Vec<_>>() }
        });
        stream::iter(calls).buffered(AT_ONCE).concat().await
    }

    /// One call; as many results as entries.
    async fn call(&self, entries: Vec<PutEventsRequestEntry>) -> Vec<Result<(), BusError>> {
        let count = entries.len();
        match self.client.put_events().set_entries(Some(entries)).send().await {
            Ok(output) => {
                let answered = output.entries().iter().map(|entry| match entry.error_code() {
                    None => Ok(()),
                    Some(code) => Err(BusError(code.to_owned())),
                });
                let missing = std::iter::repeat_n(Err(BusError("no answer".to_owned())), count);
                answered.chain(missing).take(count).collect()
            }
            Err(error) => {
                vec![Err(BusError(error.into_service_error().to_string())); count]
            }
        }
    }

    fn entry(&self, event: &Event) -> (PutEventsRequestEntry, usize) {
        let detail = event.detail();
        let size = size(event, &detail);
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(event.kind().detail_type())
            .time(DateTime::from_millis(event.at.as_millis()))
            .detail(detail);
        (entry.build(), size)
    }
}

impl EventBus for EventBridge {
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>> {
        Box::pin(async move {
            let entries: Vec<_> = events.iter().map(|event| self.entry(event)).collect();
            let mut results = vec![Err(BusError("not tried".to_owned())); events.len()];
            let mut open: Vec<usize> = (0..entries.len()).collect();
            for _ in 0..TRIES {
                if open.is_empty() {
                    break;
                }
                for (place, result) in self.round(&entries, &open).await {
                    results[place] = result;
                }
                let some_went = open.iter().any(|&place| results[place].is_ok());
                open.retain(|&place| results[place].is_err());
                // The client has tried a call that fails as a whole often enough.
                if !some_went {
                    break;
                }
            }
            results
        })
    }
}

#[cfg(test)]
mod tests;
