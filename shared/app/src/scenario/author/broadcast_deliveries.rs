//! What became of a broadcast for each contact.
//!
//! Nothing is written for this: a delivery stands in its chat's partition anyway, where it keeps the message
//! from going twice. Whoever looks reads the bot's contacts, and for each the deliveries of this broadcast.

use domain::broadcast::{Broadcast, BroadcastStatus, ContactOutcome, outcome};
use domain::contact::Contact;
use domain::engine::DeliveryStatus;
use domain::engine::delivery::{Delivery, DeliveryKey};
use domain::scenario::Part;
use domain::time::Timestamp;
use table::Page;

use super::{Whose, companys_broadcast};
use crate::scenario::owner::Place;
use crate::{App, AppError};

/// Contacts are read so many at a time: as many deliveries fit one call.
const AT_ONCE: usize = 100;
/// A page reads so many times at most, however few of the contacts belong on it.
const READS: usize = 10;

/// What became of a broadcast for a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastDelivery {
    /// The contact's chat.
    pub chat_id: i64,
    /// What the contact is called.
    pub user_name: Option<String>,
    /// What became of it: all messages together.
    pub outcome: ContactOutcome,
    /// Why, where it did not arrive. Never personal data.
    pub reason: Option<String>,
    /// When that was.
    pub at: Timestamp,
}

/// One page of the contacts that a broadcast has reached, in no order that means anything; with `only`, those
/// with this outcome. It may have fewer than `limit`, or none, and be followed by others.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Invalid`] for the cursor.
pub async fn list_broadcast_deliveries(
    app: &App,
    whose: Whose<'_>,
    name: &str,
    only: Option<ContactOutcome>,
    (limit, after): (usize, Option<&str>),
) -> Result<Page<BroadcastDelivery>, AppError> {
    let broadcast = companys_broadcast(app, whose, name).await?;
    let (mut items, mut place) = (Vec::new(), Place::read(after)?);
    if broadcast.sending.is_none() {
        return Ok(Page { items, next: None });
    }
    for _ in 0..READS {
        let (contacts, next) = place.page(app, &broadcast.bot_id, AT_ONCE).await?;
        let found = outcomes(app, &broadcast, &contacts).await?;
        for (contact, found) in contacts.iter().zip(found) {
            let wanted = |it: &BroadcastDelivery| only.is_none_or(|only| it.outcome == only);
            items.extend(found.filter(wanted));
            if items.len() == limit {
                return Ok(Page { items, next: Some(Place::behind(contact).to_string()) });
            }
        }
        let Some(next) = next else { return Ok(Page { items, next: None }) };
        place = next;
    }
    Ok(Page { items, next: Some(place.to_string()) })
}

/// What became of it for each of these contacts, in their order; `None` for whom it has not reached.
async fn outcomes(
    app: &App,
    broadcast: &Broadcast,
    contacts: &[Contact],
) -> Result<Vec<Option<BroadcastDelivery>>, AppError> {
    let of = |part: u16| -> Vec<DeliveryKey> {
        contacts.iter().map(|it| broadcast.delivery_key(it.chat_id, part)).collect()
    };
    let texts = app.table.deliveries(&of(Part::TEXT)).await?;
    let photos = if broadcast.content.photos.is_empty() {
        vec![None; contacts.len()]
    } else {
        app.table.deliveries(&of(Part::PHOTOS)).await?
    };
    let (now, owes_text) = (app.env.now(), broadcast.owes_text());
    let both = photos.into_iter().zip(texts);
    let told = contacts.iter().zip(both).map(|(contact, (photos, text))| {
        let stands = |it: Option<Delivery>| it.filter(|it| it.expires > now);
        let (photos, text) = (stands(photos), stands(text));
        let first = photos.as_ref().or(text.as_ref());
        let is_reached = first.is_some_and(|first| has_reached(broadcast, first));
        is_reached.then(|| told(contact, (photos, text), owes_text)).flatten()
    });
    Ok(told.collect())
}

/// Whether a contact has their first message, or may have it, or will. What was taken back before it went has reached
/// nobody, and what was to be sent again goes no more once the broadcast is cancelled.
fn has_reached(broadcast: &Broadcast, first: &Delivery) -> bool {
    match first.status {
        DeliveryStatus::Skipped => false,
        DeliveryStatus::Waiting => broadcast.status != BroadcastStatus::Cancelled,
        DeliveryStatus::Claimed
        | DeliveryStatus::Sent
        | DeliveryStatus::Failed
        | DeliveryStatus::Unknown => true,
    }
}

/// What became of a contact's messages, told of the worst of them. A text that is owed and has not begun to go
/// waits.
fn told(
    contact: &Contact,
    (photos, text): (Option<Delivery>, Option<Delivery>),
    owes_text: bool,
) -> Option<BroadcastDelivery> {
    let is_whole = text.is_some() || !owes_text;
    let messages: Vec<Delivery> = photos.into_iter().chain(text).collect();
    let statuses: Vec<DeliveryStatus> = messages.iter().map(|it| it.status).collect();
    let outcome = match outcome(&statuses, contact.blocked.is_some()) {
        ContactOutcome::Sent | ContactOutcome::Unknown if !is_whole => ContactOutcome::Waiting,
        outcome => outcome,
    };
    let severity = |it: &Delivery| match it.status {
        DeliveryStatus::Failed => 3,
        DeliveryStatus::Claimed | DeliveryStatus::Waiting => 2,
        DeliveryStatus::Unknown | DeliveryStatus::Skipped => 1,
        DeliveryStatus::Sent => 0,
    };
    let worst = messages.into_iter().max_by_key(|it| (severity(it), it.at))?;
    Some(BroadcastDelivery {
        chat_id: contact.chat_id,
        user_name: contact.user_name.clone(),
        outcome,
        reason: worst.reason,
        at: worst.at,
    })
}

#[cfg(test)]
mod tests {
    use domain::ids::{BotId, RunId};
    use domain::slug::Slug;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_contact_is_told_of_by_all_of_the_messages() {
        use DeliveryStatus::{Failed, Sent, Unknown, Waiting};
        let contact = Contact::new(BotId::default_bot(), 42, NOW);
        let delivery =
            |status| Delivery { status, ..Delivery::claim(RunId(Uuid::nil()), None, NOW) };
        for (photos, text, owes_text, expected) in [
            (Some(Sent), None, true, ContactOutcome::Waiting),
            (Some(Sent), None, false, ContactOutcome::Sent),
            (Some(Sent), Some(Waiting), true, ContactOutcome::Waiting),
            (Some(Sent), Some(Failed), true, ContactOutcome::Failed),
            (Some(Sent), Some(Sent), true, ContactOutcome::Sent),
            (Some(Unknown), None, true, ContactOutcome::Waiting),
            (Some(Unknown), Some(Sent), true, ContactOutcome::Unknown),
            (Some(Failed), None, true, ContactOutcome::Failed),
            // The photos were gone, or the text stands below the only one.
            (None, Some(Sent), true, ContactOutcome::Sent),
        ] {
            let messages = (photos.map(delivery), text.map(delivery));
            let outcome = told(&contact, messages, owes_text).map(|it| it.outcome);
            assert_eq!(outcome, Some(expected), "{photos:?}, {text:?}, {owes_text}");
        }
    }

    #[test]
    fn what_was_to_be_sent_again_has_reached_nobody_once_its_broadcast_is_cancelled() {
        let slug = Slug::parse("news").expect("a slug");
        let draft = Broadcast::new(BotId::default_bot(), slug, "News".to_owned(), NOW);
        for (status, waits) in [
            (BroadcastStatus::Sending, true),
            (BroadcastStatus::Paused, true),
            (BroadcastStatus::Cancelled, false),
        ] {
            let broadcast = Broadcast { status, ..draft.clone() };
            let reached = |status| {
                let claim = Delivery::claim(RunId(Uuid::nil()), None, NOW);
                has_reached(&broadcast, &Delivery { status, ..claim })
            };
            assert_eq!(reached(DeliveryStatus::Waiting), waits, "{status:?}");
            assert!(reached(DeliveryStatus::Sent) && !reached(DeliveryStatus::Skipped));
        }
    }
}
