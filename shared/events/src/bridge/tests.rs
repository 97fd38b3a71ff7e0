//! The SDK's own client, joined to a bus that answers as it is told and keeps what it was asked.

use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use domain::channel::ChannelStatus;
use domain::event::ChannelChange;
use domain::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

/// How an entry is answered: taken, or with an error's code. `None` breaks the whole call.
type Judge = fn(round: usize, channel: &str) -> Option<Option<&'static str>>;

#[derive(Clone, Debug)]
struct Bus {
    judge: Judge,
    calls: Arc<Mutex<Vec<Value>>>,
}

impl Bus {
    fn answering(judge: Judge) -> Self {
        Self { judge, calls: Arc::default() }
    }

    fn bridge(&self) -> EventBridge {
        let config = aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .identity_cache(IdentityCache::no_cache())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.clone());
        EventBridge::new(Client::from_conf(config.build()), "hoopoe-events".to_owned())
    }

    fn calls(&self) -> Vec<Value> {
        self.calls.lock().expect("no test panicked").clone()
    }
}

impl HttpClient for Bus {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Bus {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.headers().get("x-amz-target"), Some("AWSEvents.PutEvents"));
        let body: Value =
            serde_json::from_slice(request.body().bytes().expect("a whole body")).expect("JSON");
        let mut calls = self.calls.lock().expect("no test panicked");
        let round = calls.len();
        let entries = body["Entries"].as_array().expect("entries").clone();
        calls.push(body);
        let answers: Option<Vec<Value>> = entries
            .iter()
            .map(|entry| {
                let detail: Value = serde_json::from_str(entry["Detail"].as_str()?).ok()?;
                Some(match (self.judge)(round, detail["reason"].as_str()?)? {
                    None => json!({ "EventId": "1" }),
                    Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "as told" }),
                })
            })
            .collect();
        let (status, body) = match answers {
            Some(answers) => (200, json!({ "FailedEntryCount": 0, "Entries": answers })),
            None => (500, json!({ "__type": "InternalException" })),
        };
        let status = status.try_into().expect("a status");
        let response = HttpResponse::new(status, SdkBody::from(body.to_string()));
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Events whose number stands as their reason.
fn events(count: u128) -> Vec<Event> {
    let event = |n: u128| {
        let change = ChannelChange {
            user_id: Uuid::from_u128(1).into(),
            channel_id: Uuid::from_u128(n).into(),
            channel_type: "TELEGRAM".to_owned(),
            status: ChannelStatus::Blocked,
            reason: Some(n.to_string()),
        };
        Event::channel(change, Timestamp::from_millis(1_700_000_000_123))
    };
    (0..count).map(event).collect()
}

fn publish(bus: &Bus, events: &[Event]) -> Vec<Result<(), BusError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(bus.bridge().publish(events))
}

/// Which events a call carried.
fn numbers(call: &Value) -> Vec<u128> {
    let entries = call["Entries"].as_array().expect("entries").iter();
    let number = |entry: &Value| {
        let detail: Value = serde_json::from_str(entry["Detail"].as_str()?).ok()?;
        detail["reason"].as_str()?.parse().ok()
    };
    entries.map(|entry| number(entry).expect("a number")).collect()
}

#[test]
fn an_entry_names_bus_source_type_time_and_detail() {
    let bus = Bus::answering(|_, _| Some(None));
    let events = events(1);
    assert_eq!(publish(&bus, &events), [Ok(())]);
    let entry = json!({
        "EventBusName": "hoopoe-events",
        "Source": "hoopoe",
        "DetailType": "Channel Blocked",
        "Time": 1_700_000_000.123,
        "Detail": events[0].detail(),
    });
    assert_eq!(bus.calls(), [json!({ "Entries": [entry] })]);
}

#[test]
fn many_events_go_ten_at_a_time() {
    let bus = Bus::answering(|_, _| Some(None));
    assert!(publish(&bus, &events(23)).iter().all(Result::is_ok));
    let sizes: Vec<usize> = bus.calls().iter().map(|call| numbers(call).len()).collect();
    assert_eq!(sizes, [10, 10, 3]);
}

#[test]
fn entries_that_fail_go_again_alone() {
    let bus = Bus::answering(|round, number| match (round, number) {
        (0, "3" | "7") | (1, "7") => Some(Some("ThrottlingException")),
        _ => Some(None),
    });
    assert!(publish(&bus, &events(10)).iter().all(Result::is_ok));
    let carried: Vec<_> = bus.calls().iter().map(numbers).collect();
    assert_eq!(carried, [(0..10).collect::<Vec<_>>(), vec![3, 7], vec![7]]);
}

#[test]
fn an_entry_that_keeps_failing_is_answered_so_and_the_others_are_not() {
    let bus = Bus::answering(|_, number| Some((number == "2").then_some("InternalFailure")));
    let results = publish(&bus, &events(4));
    let failed = BusError("InternalFailure".to_owned());
    assert_eq!(results, [Ok(()), Ok(()), Err(failed), Ok(())]);
    assert!(bus.calls().len() <= TRIES);
}

#[test]
fn a_call_that_fails_as_a_whole_fails_its_own_entries_only() {
    let bus = Bus::answering(|_, number| (number != "12").then_some(None));
    let results = publish(&bus, &events(20));
    let failed: Vec<usize> = (0..20).filter(|&place| results[place].is_err()).collect();
    assert_eq!(failed, (10..20).collect::<Vec<_>>());
}

#[test]
fn a_bus_that_does_not_answer_is_asked_once() {
    let bus = Bus::answering(|_, _| None);
    assert!(publish(&bus, &events(5)).iter().all(Result::is_err));
    assert_eq!(bus.calls().len(), 1);
}
