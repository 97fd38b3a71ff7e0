//! What the simulator knows: mails, calls, and answers by their keys.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::{Fault, refusal};
use super::message::{Mail, Status, read};
use super::webhook::Outbox;
use super::{Answer, Request};
use crate::log::Log;

/// An answer is kept under its key for a day.
const KEPT_MS: i64 = 86_400_000;
/// When a mail server has a mail, and when it is in the mail box.
const SENT_MS: i64 = 300;
const DELIVERED_MS: i64 = 1_200;

/// A call of `POST /send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The status it was answered with; 0 for a connection that broke.
    pub status: u16,
    /// Its `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether the answer was the one of an earlier call with its key.
    #[serde(default)]
    pub replayed: bool,
    /// The mail that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The mishap that befell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    Mail { mail: Mail },
    Call { call: Call, answer: Option<(u16, Value)> },
    Status { id: String, status: Status, reason: Option<String> },
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) mails: Vec<Mail>,
    pub(super) calls: Vec<Call>,
    pub(super) faults: VecDeque<Fault>,
    answers: BTreeMap<String, (i64, u16, Value)>,
    /// Addresses, in lower case, whose mails come back.
    bouncing: BTreeSet<String>,
    pub(super) outbox: Outbox,
    log: Option<Log>,
}

impl State {
    pub(super) fn keep_in(&mut self, log: Log) {
        self.log = Some(log);
    }

    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Mail { mail } => self.mails.push(mail),
            Record::Call { call, answer } => {
                if let (Some(key), Some((status, body))) = (&call.key, answer) {
                    self.answers.insert(key.clone(), (call.at_ms, status, body));
                }
                self.calls.push(call);
            }
            Record::Status { id, status, reason } => {
                if let Some(mail) = self.mails.iter_mut().find(|mail| mail.id == id) {
                    (mail.status, mail.reason) = (status, reason);
                }
            }
        }
    }

    fn commit(&mut self, record: Record) {
        if let Some(log) = &mut self.log {
            log.append(&record);
        }
        self.apply(record);
    }

    pub(super) fn reset(&mut self) -> std::io::Result<()> {
        let mut log = self.log.take();
        *self = Self::default();
        let cleared = log.as_mut().map_or(Ok(()), Log::clear);
        self.log = log;
        cleared
    }

    pub(super) fn send(&mut self, request: &Request<'_>, key: &str, now: i64) -> Answer {
        if request.authorization != Some(key) {
            return self.note(
                request,
                now,
                refusal(401, "authentication_error", "Unauthorized"),
                None,
                None,
            );
        }
        let stored = request.idempotency_key.and_then(|key| self.answers.get(key));
        if let Some((at, status, body)) = stored
            && now - at < KEPT_MS
        {
            let answer =
                Answer { status: *status, body: body.clone(), retry_after: None, lost: false };
            let call = Call { replayed: true, ..call(request, now, answer.status) };
            self.commit(Record::Call { call, answer: None });
            return answer;
        }
        let fault = self.faults.pop_front();
        if let Some(fault) = fault.as_ref().filter(|fault| !fault.comes_after()) {
            return self.note(request, now, fault.answer(), None, Some(fault.name()));
        }
        let draft = match read(request.body) {
            Ok(draft) => draft,
            Err(message) => {
                let answer = refusal(400, "invalid_request_error", &message);
                return self.note(request, now, answer, None, None);
            }
        };
        // In the form of Courier's own ids: a version, the time, and what tells one from the next.
        let id = format!("1-{:08x}-{:024x}", now / 1_000, self.mails.len() + 1);
        let mail = Mail {
            id: id.clone(),
            at_ms: now,
            to: draft.to,
            subject: draft.subject,
            html: draft.html,
            text: draft.text,
            tags: draft.tags,
            status: Status::Enqueued,
            reason: None,
        };
        let bounces = self.bouncing.contains(&mail.to.to_lowercase());
        self.commit(Record::Mail { mail });
        self.outbox.add(now, &id, Status::Enqueued, None);
        self.outbox.add(now + SENT_MS, &id, Status::Sent, None);
        let end = now + DELIVERED_MS;
        if bounces {
            self.outbox.add(end, &id, Status::Undeliverable, Some("BOUNCED".to_owned()));
        } else {
            self.outbox.add(end, &id, Status::Delivered, None);
        }
        let accepted = Answer {
            status: 202,
            body: json!({ "requestId": id }),
            retry_after: None,
            lost: false,
        };
        let answer = fault.as_ref().map_or(accepted.clone(), Fault::answer);
        if answer.lost {
            // It was taken under its key, and whoever asks again with it learns so.
            self.note(request, now, accepted, Some(id), fault.as_ref().map(Fault::name));
            return answer;
        }
        self.note(request, now, answer, Some(id), fault.as_ref().map(Fault::name))
    }

    pub(super) fn set_bouncing(&mut self, address: &str, bounces: bool) {
        let address = address.to_lowercase();
        if bounces {
            self.bouncing.insert(address);
        } else {
            self.bouncing.remove(&address);
        }
    }

    /// A mail stands elsewhere from now on.
    pub(super) fn set_status(&mut self, id: &str, status: Status, reason: Option<String>) {
        self.commit(Record::Status { id: id.to_owned(), status, reason });
    }

    /// Writes a call down, and under its key the answer, unless the next call may fare better.
    fn note(
        &mut self,
        request: &Request<'_>,
        now: i64,
        answer: Answer,
        mail: Option<String>,
        fault: Option<&str>,
    ) -> Answer {
        let keeps = !answer.lost && (answer.status < 400 || answer.status >= 500);
        let kept = keeps.then(|| (answer.status, answer.body.clone()));
        let status = if answer.lost { 0 } else { answer.status };
        let fault = fault.map(str::to_owned);
        let call = Call { mail, fault, ..call(request, now, status) };
        self.commit(Record::Call { call, answer: kept });
        answer
    }
}

fn call(request: &Request<'_>, at_ms: i64, status: u16) -> Call {
    let key = request.idempotency_key.map(str::to_owned);
    Call { at_ms, status, key, replayed: false, mail: None, fault: None }
}
