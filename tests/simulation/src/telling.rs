//! What must hold of events: each end of a message, each offer and each blocked channel was told, and
//! nothing else.

use std::collections::BTreeSet;

use domain::channel::{Channel, ChannelStatus};
use domain::engine::DeliveryKey;
use domain::event::{Event, EventKind, Happening, Subject, message_id};
use domain::ids::{BotId, ChannelId, JobId};
use domain::offer::Offer;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::harness::Harness;

/// What is wrong, in words.
pub(crate) async fn judge(harness: &Harness) -> Vec<String> {
    let mut wrong = harness.told.wrong();
    if harness.plan.bus.is_none() {
        return wrong;
    }
    let told = harness.told.events();
    compare("a message's end", &messages(harness).await, &ids(&told, is_message), &mut wrong);
    let offers = harness.table.scan::<Offer>().await.unwrap_or_default();
    let recorded = |offer: &Offer| Event::offer_recorded(offer, 1, Timestamp::default()).id;
    let offers = offers.iter().map(recorded).collect();
    let is_offer = |event: &Event| event.kind() == EventKind::OfferRecorded;
    compare("an offer", &offers, &ids(&told, is_offer), &mut wrong);
    let channels = harness.table.scan::<Channel>().await.unwrap_or_default();
    let blocked = channels.iter().filter(|channel| channel.status == ChannelStatus::Blocked);
    let blocked: BTreeSet<ChannelId> = blocked.map(|channel| channel.id).collect();
    let told = told.iter().filter_map(|event| match &event.what {
        Happening::Channel(change) => Some(change.channel_id),
        _ => None,
    });
    let told = told.collect();
    if blocked != told {
        wrong.push(format!("channels {blocked:?} are blocked, and {told:?} were told"));
    }
    wrong
}

/// News and answers. What is told of alerts and of tasks' messages is not in the notes of what was expected.
fn is_message(event: &Event) -> bool {
    let Happening::Message(ended) = &event.what else { return false };
    matches!(ended.subject, Subject::Offer { .. } | Subject::Answer { .. })
}

fn ids(told: &[Event], wanted: impl Fn(&Event) -> bool) -> BTreeSet<Uuid> {
    told.iter().filter(|event| wanted(event)).map(|event| event.id).collect()
}

/// The ids that the deliveries' ends have, as they stand in the table.
async fn messages(harness: &Harness) -> BTreeSet<Uuid> {
    let keys: Vec<DeliveryKey> =
        harness.notes().expected.values().map(|it| it.key.clone()).collect();
    let found = harness.table.deliveries(&keys).await.unwrap_or_default();
    let ended = keys.iter().zip(found);
    // An id depends on its subject for alerts, scenarios and broadcasts alone.
    let subject =
        Subject::Answer { bot: BotId::default_bot(), job_id: JobId(Uuid::nil()), part: 0 };
    ended.filter_map(|(key, delivery)| message_id(&subject, key, &delivery?)).collect()
}

fn compare(what: &str, are: &BTreeSet<Uuid>, told: &BTreeSet<Uuid>, wrong: &mut Vec<String>) {
    let (untold, invented) = (are.difference(told).count(), told.difference(are).count());
    if untold > 0 {
        wrong.push(format!("{untold} of {} times nobody was told of {what}", are.len()));
    }
    if invented > 0 {
        wrong.push(format!("{invented} times {what} was told of that there was not"));
    }
}
