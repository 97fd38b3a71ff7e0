//! The shape in which a content began to go.
//!
//! A content is rendered anew at each run of its job. Photos bear the text where that fits below them, and go before
//! it where it does not, an album also where there are buttons; an edit in between, or another value, changes which.
//! What has gone is not sent again, and the text goes once:
//!
//! ```text
//! rendered now          begun before             what goes
//! photos with text      photos on their own      those photos, as far as they are ▶ the text alone
//! photos ▶ text         the text                 no photos: it had its own, or none
//! ```

use domain::engine::delivery::{
    Delivery, DeliveryKey, DeliveryStatus, Resume, UnknownPolicy, resume,
};
use domain::event::Subject;
use domain::message::Content;
use domain::scenario::Part;
use domain::time::Timestamp;
use table::TableError;

use crate::App;
use crate::engine::work::{Send, What};

/// Reads the deliveries of messages, and gives each content the shape that it began in. Answers what was read for each
/// message that is left, in their order.
pub(super) async fn keep(
    app: &App,
    sends: &mut Vec<Send>,
    policy: UnknownPolicy,
) -> Result<Vec<Option<Delivery>>, TableError> {
    let mut keys = Vec::with_capacity(sends.len());
    for send in &*sends {
        keys.push(send.key.clone());
        keys.extend(key_apart(send));
    }
    let mut found = app.table.deliveries(&keys).await?.into_iter();
    let now = app.env.now();
    let (mut kept, mut read) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    for mut send in sends.drain(..) {
        let own = found.next().flatten();
        if let Some(key) = key_apart(&send)
            && let Some(photos) = found.next().flatten().filter(|it| it.expires > now)
            && let Some(before) = split(&mut send, key)
        {
            kept.push(before);
            read.push(Some(photos));
        }
        let is_over = own.as_ref().is_some_and(|it| !goes(it, policy, now));
        let are_new = |it: &Option<Delivery>| it.as_ref().is_none_or(|it| it.expires <= now);
        if is_over
            && read.last().is_some_and(are_new)
            && kept.last().is_some_and(|before| is_photos(before) && send.follows(before))
        {
            kept.pop();
            read.pop();
        }
        kept.push(send);
        read.push(own);
    }
    *sends = kept;
    Ok(read)
}

/// Whether a message that was begun is still to be sent, or again.
fn goes(read: &Delivery, policy: UnknownPolicy, now: Timestamp) -> bool {
    read.status == DeliveryStatus::Waiting
        || matches!(resume(read, read.run, policy, now), Resume::Claim(_))
}

fn part(send: &Send) -> Option<&Part> {
    match &send.what {
        What::Message(Content::Part(part)) => Some(part),
        _ => None,
    }
}

fn is_photos(send: &Send) -> bool {
    part(send).is_some_and(|part| part.number() == Part::PHOTOS)
}

/// What the photos of a message with a text below them are called where they go on their own.
fn key_apart(send: &Send) -> Option<DeliveryKey> {
    let is_both = matches!(
        part(send)?,
        Part::Photo { caption, .. } | Part::Album { caption, .. } if caption.units > 0
    );
    let number = send.key.part.checked_add(Part::PHOTOS - Part::TEXT).filter(|_| is_both)?;
    Some(DeliveryKey { part: number, ..send.key.clone() })
}

/// Leaves a message its text, and answers the photos that go before it.
fn split(send: &mut Send, key: DeliveryKey) -> Option<Send> {
    let (photo, text) = part(send)?.apart()?;
    send.what = What::Message(text.into());
    let mut subject = send.subject.clone();
    if let Some(
        Subject::Step { part, .. } | Subject::Words { part, .. } | Subject::Broadcast { part, .. },
    ) = &mut subject
    {
        *part = key.part;
    }
    Some(Send {
        key,
        to: send.to.clone(),
        what: What::Message(photo.into()),
        target_id: send.target_id,
        subject,
        apart: send.apart,
        stopped: None,
        state: send.state.clone(),
        end: None,
    })
}
