//! Alerts of a company: posted by several services at once under one throttle key, to a link that wants
//! them and one that does not.

use std::collections::BTreeMap;
use std::time::Duration;

use app::AppError;
use app::alert::{AlertText, SendAlert, Sending, send_alert};
use domain::alert::{Alert, AlertCount, AlertMessage};
use domain::channel::ChannelStatus;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, CompanyId, LinkId, UserId};
use domain::link::{Category, OptIns, TelegramLink};
use futures::FutureExt;
use simulators::telegram::NewChat;
use uuid::Uuid;

use crate::harness::{Expected, Fate, Harness, Name};
use crate::process::insist;
use crate::world::BEGIN;

/// The chat that wants alerts, and the one that does not.
const CHATS: [(i64, bool); 2] = [(9_500, true), (9_501, false)];
/// What the labels of alerts begin with.
const LABEL: &str = "alert-";
/// Longer than any run posts.
const WINDOW: Duration = Duration::from_hours(2);

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

/// A service posts an alert, until it is answered. Others do the same, under the same key.
pub(crate) async fn post(harness: Harness, number: usize) {
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
    let (sending, _) = insist(&harness, 0, |app| {
        let (label, notes) = (label.clone(), harness.clone());
        async move {
            let title = label.clone();
            let message = AlertMessage { title, ..AlertMessage::default() };
            let command = SendAlert {
                company_id: company(),
                category: Category::Alerts,
                text: AlertText::Words(message),
                bot: None,
                throttle: Some((label, WINDOW)),
                keep: None,
            };
            match send_alert(app, command).await {
                Ok(sending) => Some(sending),
                Err(AppError::Unavailable(_)) => None,
                Err(error) => {
                    notes.notes().wrong.push(format!("an alert was refused: {error}"));
                    None
                }
            }
        }
        .boxed()
    })
    .await;
    let sent = matches!(sending, Sending::Accepted(_));
    harness.world.trace("alerted", &format_args!("{label} accepted {sent}"));
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

/// Of all posts of a key one became an alert, and each message of it was counted once.
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
    wrong
}
