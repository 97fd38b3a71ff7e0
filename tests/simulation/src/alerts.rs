//! Alerts of a company: posted by several services at once under one throttle key, to a link that wants
//! them and one that does not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::alert::{AlertText, SendAlert, Sending, send_alert};
use app::answer::Keep;
use app::{App, AppError};
use domain::account::SecretHash;
use domain::alert::{Alert, AlertCount, AlertMessage};
use domain::channel::ChannelStatus;
use domain::engine::decision::SavedAnswer;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, CompanyId, LinkId, UserId};
use domain::link::{Category, OptIns, TelegramLink};
use futures::FutureExt;
use simulators::telegram::NewChat;
use table::keys;
use uuid::Uuid;

use crate::harness::{Expected, Fate, Harness, Name};
use crate::process::{End, Process, mortal};
use crate::world::BEGIN;

/// The chat that wants alerts, and the one that does not.
const CHATS: [(i64, bool); 2] = [(9_500, true), (9_501, false)];
/// What the labels of alerts begin with.
const LABEL: &str = "alert-";
/// Longer than any run posts.
const WINDOW: Duration = Duration::from_hours(2);
/// The service that posts with an `Idempotency-Key`.
const KEYED: usize = 1;
/// What is kept of an answer.
const ACCEPTED: &str = "accepted";
const THROTTLED: &str = "throttled";

fn company() -> CompanyId {
    CompanyId(Uuid::from_u128(77))
}

/// The link that a chat is.
fn link_of(chat_id: i64) -> LinkId {
    LinkId(Uuid::from_u64_pair(0, chat_id.unsigned_abs()))
}

/// Links the two chats, with nothing going wrong.
pub(crate) async fn link(harness: &Harness) {
    for (chat_id, alerts) in CHATS {
        harness.telegram.add_chat(&NewChat::person(Some(chat_id), "Ops")).expect("a new chat");
        harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
        let env = harness.table.env();
        let link = TelegramLink {
            id: link_of(chat_id),
            company_id: company(),
            user_id: None,
            created_by: Some(UserId(Uuid::from_u128(78))),
            bot: BotId::default_bot(),
            chat_id: Some(chat_id),
            status: ChannelStatus::Active,
            reason: None,
            opt_ins: OptIns { alerts, reports: true, device_events: true },
            token: None,
            token_expires_at: None,
            linked_at: Some(BEGIN),
            created_at: BEGIN,
            version: 0,
        };
        let mut decision = Decision::new(env.id(), harness.world.now(), ());
        decision.writes.extend(link.in_company().map(|it| Write::Create(it.into())));
        decision.writes.extend(link.in_chat().map(|it| Write::Create(it.into())));
        let decision = decision.write(Write::Create(link.into()));
        harness.table.commit(&decision).await.expect("nothing goes wrong yet");
    }
}

/// What became of the posts of an alert, as its services know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posts {
    /// Answered as accepted.
    accepted: u64,
    /// Answered as throttled.
    throttled: u64,
    /// Carried out, and nobody was told what came of it.
    lost: u64,
}

/// A service posts an alert, until it is answered. Others do the same, under the same key; one of them with an
/// `Idempotency-Key`, so that it learns what became of a post whose answer it never got.
pub(crate) async fn post(harness: Harness, number: usize, service: usize) {
    harness.world.pause(1_000..90_000).await;
    let label = format!("{LABEL}{number}");
    let now = harness.world.now();
    for (chat_id, wants) in CHATS {
        let name = (chat_id, label.clone());
        if harness.notes().expected.contains_key(&name) {
            continue;
        }
        // Which of the posts is the alert is not known: its key is looked up when it is needed.
        let to = Recipient::Link { link_id: link_of(chat_id) };
        let key = DeliveryKey { to, thing: label.clone(), revision: 0, part: 0 };
        let fate = if wants { Fate::Must } else { Fate::MustNot };
        harness.expect(name, Expected { key, due: now, asked: now, fate, people: false });
    }
    let key = (service == KEYED).then(|| SecretHash::of(&label));
    let sent = answer(&harness, &label, key.as_ref()).await;
    let mut notes = harness.notes();
    let posts = notes.alerts.entry(label.clone()).or_default();
    if sent {
        posts.accepted += 1;
    } else {
        posts.throttled += 1;
    }
    drop(notes);
    harness.world.trace("alerted", &format_args!("{label} accepted {sent}"));
}

/// Posts until there is an answer, in a new process each time it dies: whether the alert was accepted.
async fn answer(harness: &Harness, label: &str, key: Option<&SecretHash>) -> bool {
    let mut written = false;
    loop {
        let process = Process::start(harness, 0);
        let work = attempt(&process.app, harness, label, key).boxed();
        let end = mortal(harness, &process, work).await;
        if matches!(end, End::Done(Some(Said::Kept(_)))) && !written {
            harness.notes().wrong.push(format!("a post of {label} met its own write"));
        }
        if let End::Done(Some(Said::Now(sent) | Said::Kept(sent))) = end {
            return sent;
        }
        written |= process.has_written();
        if key.is_none() && process.has_written() {
            harness.notes().alerts.entry(label.to_owned()).or_default().lost += 1;
        }
        harness.world.pause(200..3_000).await;
    }
}

/// Whether an alert was accepted.
#[derive(Clone, Copy, Debug)]
enum Said {
    /// As this post was answered.
    Now(bool),
    /// As an earlier one of the same key was.
    Kept(bool),
}

async fn attempt(
    app: &App,
    harness: &Harness,
    label: &str,
    key: Option<&SecretHash>,
) -> Option<Said> {
    let message = AlertMessage { title: label.to_owned(), ..AlertMessage::default() };
    let command = SendAlert {
        company_id: company(),
        category: Category::Alerts,
        text: AlertText::Words(message),
        bot: None,
        throttle: Some((label.to_owned(), WINDOW)),
        keep: key.map(keep),
    };
    match (send_alert(app, command).await, key) {
        (Ok(sending), _) => Some(Said::Now(matches!(sending, Sending::Accepted(_)))),
        (Err(AppError::Repeated), Some(key)) => {
            let saved = app.table.get::<SavedAnswer>(&keys::saved_answer(key)).await.ok()?;
            Some(Said::Kept(saved.is_some_and(|it| it.body == ACCEPTED)))
        }
        (Err(AppError::Unavailable(_)), _) => None,
        (Err(error), _) => {
            harness.notes().wrong.push(format!("an alert was refused: {error}"));
            None
        }
    }
}

/// What keeps the answer to a post under its key.
fn keep(key: &SecretHash) -> Keep<Sending> {
    Keep { key: key.clone(), request: key.clone(), render: Arc::new(render) }
}

fn render(sending: &Sending) -> (u16, String) {
    let status = if matches!(sending, Sending::Accepted(_)) { ACCEPTED } else { THROTTLED };
    (202, status.to_owned())
}

/// The delivery of an alert's message, once it is in the table; `None` for what is no alert.
pub(crate) async fn key_of(harness: &Harness, (chat_id, label): &Name) -> Option<DeliveryKey> {
    if !label.starts_with(LABEL) {
        return None;
    }
    let alerts = harness.table.scan::<Alert>().await.unwrap_or_default();
    let alert = alerts.into_iter().find(|alert| alert.message.title == *label)?;
    let to = Recipient::Link { link_id: link_of(*chat_id) };
    Some(DeliveryKey { to, thing: alert.id.to_string(), revision: 0, part: 0 })
}

/// Of all posts of a key one became an alert, and each message of it was counted once, as was each of the others.
pub(crate) async fn judge(harness: &Harness) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for alert in harness.table.scan::<Alert>().await.unwrap_or_default() {
        *made.entry(alert.message.title).or_default() += 1;
    }
    for (label, count) in made.iter().filter(|(_, count)| **count != 1) {
        wrong.push(format!("{label} became an alert {count} times inside its window"));
    }
    let counts = harness.table.scan::<AlertCount>().await.unwrap_or_default();
    let counted: u64 = counts.iter().map(|it| it.counts.sent + it.counts.failed).sum();
    let wanted = u64::try_from(made.len()).unwrap_or(u64::MAX);
    if counted != wanted {
        wrong.push(format!("{counted} messages of alerts were counted, there were {wanted}"));
    }
    let throttled = counts.iter().map(|it| it.counts.throttled).sum();
    wrong.extend(throttling(&harness.notes().alerts, throttled));
    wrong
}

/// Of what was carried out for an alert one is the alert itself, also where the answer that said so was lost; all
/// else is counted as throttled.
fn throttling(posts: &BTreeMap<String, Posts>, counted: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut dropped = 0;
    for (label, Posts { accepted, throttled, lost }) in posts {
        if *accepted > 1 || accepted + lost == 0 {
            wrong.push(format!("{label} was answered as accepted {accepted} times"));
        }
        dropped += (accepted + throttled + lost).saturating_sub(1);
    }
    if counted != dropped {
        wrong.push(format!("{counted} alerts were counted as throttled, there were {dropped}"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(accepted: u64, throttled: u64, lost: u64, counted: u64) -> bool {
        let posts = Posts { accepted, throttled, lost };
        throttling(&BTreeMap::from([("alert-0".to_owned(), posts)]), counted).is_empty()
    }

    #[test]
    fn each_post_that_was_answered_as_throttled_is_counted_once() {
        assert!(is_fine(1, 2, 0, 2));
        assert!(!is_fine(1, 2, 0, 1), "a count was lost");
        assert!(!is_fine(1, 2, 0, 3), "a count was doubled");
    }

    #[test]
    fn a_post_whose_answer_was_lost_is_the_alert_or_counted() {
        assert!(is_fine(1, 2, 1, 3) && !is_fine(1, 2, 1, 2), "it was throttled");
        assert!(is_fine(0, 3, 1, 3) && !is_fine(0, 3, 1, 4), "it was the alert");
    }

    #[test]
    fn one_post_is_answered_as_accepted_unless_its_answer_was_lost() {
        assert!(!is_fine(2, 1, 0, 2) && !is_fine(0, 3, 0, 2));
    }
}
