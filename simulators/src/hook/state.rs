//! What the simulator knows: what was posted, which addresses are gone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Fault, Request, Service, discord, receiver, slack};
use crate::log::Log;

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// To which service.
    pub service: Service,
    /// To which of its addresses.
    pub address: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What was posted.
    pub body: Value,
    /// Its `webhook-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The status it was answered with; 0 for a connection that broke.
    pub status: u16,
    /// Whether the message arrived, whatever was answered.
    pub taken: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    Post { post: Post },
    Gone { service: Service, address: String, gone: bool },
    Secret { address: String, secret: String },
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) posts: Vec<Post>,
    pub(super) faults: BTreeMap<Service, VecDeque<Fault>>,
    gone: BTreeSet<(Service, String)>,
    secrets: BTreeMap<String, String>,
    log: Option<Log>,
}

impl State {
    pub(super) fn keep_in(&mut self, log: Log) {
        self.log = Some(log);
    }

    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Post { post } => self.posts.push(post),
            Record::Gone { service, address, gone: true } => {
                self.gone.insert((service, address));
            }
            Record::Gone { service, address, gone: false } => {
                self.gone.remove(&(service, address));
            }
            Record::Secret { address, secret } => {
                self.secrets.insert(address, secret);
            }
        }
    }

    fn commit(&mut self, record: Record) {
        if let Some(log) = &mut self.log {
            log.append(&record);
        }
        self.apply(record);
    }

    pub(super) fn set_gone(&mut self, service: Service, address: &str, gone: bool) {
        self.commit(Record::Gone { service, address: address.to_owned(), gone });
    }

    pub(super) fn expect_secret(&mut self, address: &str, secret: &str) {
        let (address, secret) = (address.to_owned(), secret.to_owned());
        self.commit(Record::Secret { address, secret });
    }

    pub(super) fn inject(&mut self, service: Service, fault: Fault, times: u32) {
        let faults = self.faults.entry(service).or_default();
        faults.extend(std::iter::repeat_n(fault, times as usize));
    }

    pub(super) fn reset(&mut self) -> std::io::Result<()> {
        let mut log = self.log.take();
        *self = Self::default();
        let cleared = log.as_mut().map_or(Ok(()), Log::clear);
        self.log = log;
        cleared
    }

    pub(super) fn post(&mut self, request: &Request<'_>, now: i64) -> Answer {
        let (answer, taken) = self.judge(request, now);
        let post = Post {
            service: request.service,
            address: request.address.to_owned(),
            at_ms: now,
            body: serde_json::from_slice(request.body).unwrap_or_default(),
            id: request.signed[0].map(str::to_owned),
            status: if answer.lost { 0 } else { answer.status },
            taken,
        };
        self.commit(Record::Post { post });
        answer
    }

    /// The answer, and whether the message arrives.
    fn judge(&mut self, request: &Request<'_>, now: i64) -> (Answer, bool) {
        let Request { service, address, .. } = *request;
        let known = match service {
            Service::Discord => discord::is_address(address),
            Service::Slack => slack::is_address(address),
            Service::Webhook => true,
        };
        if !known || self.gone.contains(&(service, address.to_owned())) {
            return (gone(service), false);
        }
        if let Some(ms) = self.too_soon(service, address, now) {
            return (limited(service, ms), false);
        }
        let Ok(body) = serde_json::from_slice::<Value>(request.body) else {
            return (Answer::new(400, "invalid_payload"), false);
        };
        let wrong = match service {
            Service::Discord => discord::fault(&body),
            Service::Slack => slack::fault(&body),
            Service::Webhook => {
                let secret = self.secrets.get(address).map(String::as_str);
                receiver::fault(request, secret, now)
            }
        };
        if let Some(answer) = wrong {
            return (answer, false);
        }
        let fault = self.faults.get_mut(&service).and_then(VecDeque::pop_front);
        match fault {
            None => (taken(service), true),
            Some(Fault::TooManyRequests { retry_after_ms }) => {
                (limited(service, retry_after_ms), false)
            }
            Some(Fault::Status { status }) => (Answer::new(status, "as it was asked for"), false),
            Some(Fault::ErrorAfter) => (Answer::new(500, "error"), true),
            Some(Fault::LostBefore) => (Answer { lost: true, ..Answer::new(500, "") }, false),
            Some(Fault::LostAfter) => (Answer { lost: true, ..Answer::new(500, "") }, true),
            Some(Fault::Redirect { location }) => {
                (Answer::new(307, "").with("location", location), false)
            }
        }
    }

    /// How long an address must be left alone, if it was written to too often.
    fn too_soon(&self, service: Service, address: &str, now: i64) -> Option<u64> {
        let (most, window) = match service {
            Service::Discord => discord::LIMIT,
            Service::Slack => slack::LIMIT,
            Service::Webhook => return None,
        };
        let mut lately = self
            .posts
            .iter()
            .rev()
            .filter(|post| post.taken && post.service == service && post.address == address);
        let first = lately.nth(most - 1)?;
        u64::try_from(first.at_ms + window - now).ok().filter(|ms| *ms > 0)
    }
}

fn gone(service: Service) -> Answer {
    match service {
        Service::Discord => discord::gone(),
        Service::Slack => slack::gone(),
        Service::Webhook => receiver::gone(),
    }
}

fn limited(service: Service, ms: u64) -> Answer {
    match service {
        Service::Discord => discord::limited(ms),
        Service::Slack => slack::limited(ms),
        Service::Webhook => receiver::limited(ms),
    }
}

fn taken(service: Service) -> Answer {
    match service {
        Service::Discord => discord::taken(),
        Service::Slack => slack::taken(),
        Service::Webhook => receiver::taken(),
    }
}
