//! One page of a broadcast: the contacts of a part of a partition for whom its conditions hold.
//!
//! ```text
//! page: contacts ▶ those who match, and those who have it already ▶ sent ▶ counted, next page    one transaction
//!         └─ paused or cancelled meanwhile: nothing more is sent, and the page keeps its place
//! ```

use std::collections::{BTreeMap, BTreeSet};

use domain::broadcast::{
    Broadcast, BroadcastCounts, BroadcastStatus, ContactOutcome, PageEnd, PageOwes,
    decide_page_died, decide_page_end, facts, outcome, page_owes,
};
use domain::contact::Contact;
use domain::engine::delivery::{Delivery, DeliveryKey, Recipient};
use domain::engine::retry::JobError;
use domain::engine::{Decision, DeliveryStatus, Job, NewJob, Timer, Write};
use domain::event::Subject;
use domain::ids::BotId;
use domain::message::Content;
use domain::scenario::Part;
use domain::slug::Slug;
use domain::time::Timestamp;
use table::{CommitError, DeliveryWrite, Range, TableError, Written, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::settle::{Outcome, settle_with};
use crate::engine::work::{Send, State, To, What, Work};
use crate::scenario::{Source, pay_links};

/// What a page has to remember until its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// Where the next one begins.
    next: Option<(u8, Option<String>)>,
    /// Whether it was stopped on its way.
    pub(super) is_stopped: bool,
    /// Whether its job is void.
    is_void: bool,
    /// The chats whose messages wait for their links to pay at.
    pub(super) without_link: BTreeSet<i64>,
}

/// What a page of a broadcast owes.
pub(super) async fn page(app: &App, timer: &Timer) -> Result<(Vec<Send>, Page), TableError> {
    let Job::BroadcastPage { bot, broadcast: slug, again } = &timer.job else {
        return Ok((Vec::new(), Page::default()));
    };
    let void = Page { is_void: true, ..Page::default() };
    let found = app.table.get::<Broadcast>(&keys::broadcast(bot, slug)).await?;
    let Some(broadcast) = found else { return Ok((Vec::new(), void)) };
    let Some(sending) = broadcast.sending.as_ref().filter(|it| it.job == Some(timer.key.id)) else {
        return Ok((Vec::new(), void));
    };
    let begun = *again || !timer.is_fresh();
    let is_stopped = broadcast.status != BroadcastStatus::Sending;
    if is_stopped && !begun {
        return Ok((Vec::new(), Page { is_stopped, ..Page::default() }));
    }
    let pk = keys::contact_shard(bot, sending.shard);
    let range = Range {
        pk: &pk,
        prefix: keys::CONTACTS,
        after: sending.after.as_deref(),
        limit: app.page_recipients,
        backward: false,
    };
    let contacts = app.table.query::<Contact>(&range).await?;
    let next = match contacts.next {
        Some(after) => Some((sending.shard, Some(after))),
        None if sending.shard + 1 < keys::CONTACT_SHARDS => Some((sending.shard + 1, None)),
        None => None,
    };
    let to = recipients(app, &broadcast, contacts.items, begun).await?;
    let source = Source::of_broadcast(app, &broadcast).await?;
    let mut links = pay_links::of_page(app, timer, (bot, &source), &to).await?;
    let sends = to.iter().flat_map(|contact| {
        let link = links.made.remove(&contact.chat_id);
        let parts = source.render(contact, link).into_iter();
        parts.map(|part| send(timer, &broadcast, contact, part))
    });
    let sends = sends.collect();
    Ok((sends, Page { next, is_stopped, without_link: links.missing, ..Page::default() }))
}

/// Those to whom a page goes. Of one that was begun before, what was to be sent again to someone for whom the
/// conditions hold no more is taken back. One that was stopped goes to nobody more: these are the contacts who
/// have it, or may have it.
async fn recipients(
    app: &App,
    broadcast: &Broadcast,
    contacts: Vec<Contact>,
    begun: bool,
) -> Result<Vec<Contact>, TableError> {
    let matches = |contact: &Contact| broadcast.targeting.matches(&facts(contact));
    if !begun {
        return Ok(contacts.into_iter().filter(matches).collect());
    }
    let now = app.env.now();
    let existing = first_messages(app, broadcast, &contacts, now).await?;
    let (mut to, mut back) = (Vec::new(), Vec::new());
    let goes_on = broadcast.status == BroadcastStatus::Sending;
    for (contact, existing) in contacts.into_iter().zip(existing) {
        let wanted = goes_on && matches(&contact);
        match page_owes(wanted, existing.as_ref().map(|(_, it)| it.status)) {
            PageOwes::Message => to.push(contact),
            PageOwes::TakingBack if goes_on => {
                back.extend(existing.map(|(key, read)| taken_back(key, read, now)));
            }
            PageOwes::TakingBack | PageOwes::Nothing => {}
        }
    }
    for some in back.chunks(table::deliveries::BATCH) {
        let written = app.table.write_deliveries(some).await?;
        if written.iter().any(|it| *it != Written::Yes) {
            // Another run has it, perhaps: the page is looked at again.
            return Err(TableError::Unavailable("a message could not be taken back".to_owned()));
        }
    }
    Ok(to)
}

/// What became of the first message of each of these contacts: of the photos where they go on their own, otherwise of
/// the text.
async fn first_messages(
    app: &App,
    broadcast: &Broadcast,
    contacts: &[Contact],
    now: Timestamp,
) -> Result<Vec<Option<(DeliveryKey, Delivery)>>, TableError> {
    let has_photos = !broadcast.content.photos.is_empty();
    let parts: &[u16] = if has_photos { &[Part::PHOTOS, Part::TEXT] } else { &[Part::TEXT] };
    let mut keys = Vec::with_capacity(contacts.len() * parts.len());
    for contact in contacts {
        keys.extend(parts.iter().map(|part| broadcast.delivery_key(contact.chat_id, *part)));
    }
    let found = app.table.deliveries(&keys).await?;
    let found: Vec<_> = keys.into_iter().zip(found).collect();
    let first = |messages: &[(DeliveryKey, Option<Delivery>)]| {
        messages.iter().find_map(|(key, found)| {
            let found = found.as_ref().filter(|it| it.expires > now)?;
            Some((key.clone(), found.clone()))
        })
    };
    Ok(found.chunks(parts.len()).map(first).collect())
}

fn taken_back(key: DeliveryKey, read: Delivery, now: Timestamp) -> DeliveryWrite {
    let next = Delivery {
        status: DeliveryStatus::Skipped,
        at: now,
        until: now,
        reason: Some("its conditions hold no more".to_owned()),
        ..read.clone()
    };
    DeliveryWrite { key, read: Some(read), next }
}

fn send(timer: &Timer, broadcast: &Broadcast, contact: &Contact, part: Part) -> Send {
    let number = part.number();
    Send {
        key: broadcast.delivery_key(contact.chat_id, number),
        to: To::Chat(contact.bot_id.clone(), contact.chat_id),
        what: What::Message(Content::from(part)),
        target_id: None,
        subject: Some(Subject::Broadcast {
            bot: contact.bot_id.clone(),
            broadcast: broadcast.slug.clone(),
            part: number,
        }),
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    }
}

/// Looks whether the broadcasts among these works still go out: of one that does not, nothing more is sent
/// in this run.
pub(super) async fn stop_paused(app: &App, works: &mut [Work]) -> Result<(), TableError> {
    for work in works {
        let Some(page) = work.broadcast.as_mut().filter(|it| !it.is_stopped && !it.is_void) else {
            continue;
        };
        let Job::BroadcastPage { bot, broadcast, .. } = &work.timer.job else { continue };
        let found = app.table.get::<Broadcast>(&keys::broadcast(bot, broadcast)).await?;
        if found.is_some_and(|it| it.status == BroadcastStatus::Sending) {
            continue;
        }
        page.is_stopped = true;
        halt(work);
    }
    Ok(())
}

/// Of a page that was stopped, ends what has not begun to go, and what was set back. A contact who has one part
/// of the message, or may have it, gets the others. What waits for another run's claim is left to the next run.
pub(super) fn halt(work: &mut Work) {
    if work.broadcast.as_ref().is_none_or(|page| !page.is_stopped) {
        return;
    }
    let mut before_goes = false;
    for index in 0..work.sends.len() {
        let follows = work.follows(index);
        let send = &mut work.sends[index];
        let goes = match send.state {
            State::Running | State::Twin(_) | State::Later { reserved: false, .. } => true,
            State::Done => send.end.is_some(),
            State::Ready { .. } | State::Held { .. } | State::Later { .. } => {
                follows && before_goes
            }
        };
        if !goes {
            send.state = State::Done;
        }
        before_goes = goes;
    }
}

/// Writes the end of a page in the transaction in which its timer goes: `false` when another run was first.
pub(super) async fn page_ended(
    app: &App,
    work: &Work,
    page: &Page,
    left: Option<NewJob>,
) -> Result<bool, JobError> {
    let Job::BroadcastPage { bot, broadcast, .. } = &work.timer.job else { return Ok(false) };
    let counts = counts(app, work, page.is_stopped).await;
    let counts = counts.map_err(|error| JobError::Retry(error.to_string()))?;
    let end = if page.is_stopped {
        PageEnd::Stopped { counts }
    } else {
        PageEnd::Done { counts, next: page.next.clone() }
    };
    let fired = work.timer.key.id;
    let is_void = page.is_void;
    settle_with(app, &work.timer, left, || {
        decide(app, (bot, broadcast), (end.clone(), fired), is_void)
    })
    .await
}

async fn decide(
    app: &App,
    (bot, slug): (&BotId, &Slug),
    end: (PageEnd, domain::ids::JobId),
    is_void: bool,
) -> Result<Outcome, TableError> {
    if is_void {
        return Ok((Vec::new(), Vec::new()));
    }
    let broadcast = app.table.get::<Broadcast>(&keys::broadcast(bot, slug)).await?;
    let ended = broadcast.and_then(|it| decide_page_end(&it, end, app.env.now(), app.env.id()));
    Ok(ended.map_or_else(Default::default, |(broadcast, job)| {
        (vec![Write::Replace(broadcast.into())], job.into_iter().collect())
    }))
}

/// Pauses the broadcast whose page is to be given up; of one that was cancelled, has the page counted.
pub(super) async fn page_died(app: &App, timer: &Timer) -> Result<(), TableError> {
    let Job::BroadcastPage { bot, broadcast, .. } = &timer.job else { return Ok(()) };
    let paused = app.decide(|| async {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        // A page that another run has moved lives on.
        if app.table.timers(&[timer.key]).await?.into_iter().flatten().next().is_some() {
            let found = app.table.get::<Broadcast>(&keys::broadcast(bot, broadcast)).await?;
            let (now, id) = (app.env.now(), app.env.id());
            if let Some((left, job)) =
                found.and_then(|it| decide_page_died(&it, timer.key.id, now, id))
            {
                decision.writes.push(Write::Replace(left.into()));
                decision.jobs.extend(job);
            }
        }
        Ok::<_, CommitError>(decision)
    });
    paused.await.map_err(|error| match error {
        CommitError::Table(error) => error,
        error => TableError::Unavailable(error.to_string()),
    })
}

/// What became of a page, each contact counted once; of one that was stopped, what has no end was not sent.
/// Those whose chat refused it are read again: that they are blocked is known by now.
async fn counts(app: &App, work: &Work, is_stopped: bool) -> Result<BroadcastCounts, TableError> {
    let mut ends: BTreeMap<&Recipient, Vec<DeliveryStatus>> = BTreeMap::new();
    for send in &work.sends {
        let end = match &send.end {
            Some(end) => end.status,
            None if is_stopped => continue,
            None => DeliveryStatus::Unknown,
        };
        ends.entry(&send.key.to).or_default().push(end);
    }
    let contact = |to: &Recipient| match to {
        Recipient::Chat { bot, chat_id } => Some(keys::contact(bot, *chat_id)),
        Recipient::Channel { .. } | Recipient::Link { .. } | Recipient::Mail { .. } => None,
    };
    let is_refused = |ends: &[DeliveryStatus]| outcome(ends, false) == ContactOutcome::Failed;
    let refused = ends.iter().filter(|(_, ends)| is_refused(ends));
    let refused: Vec<_> = refused.filter_map(|(to, _)| contact(to)).collect();
    let found = app.table.get_all(&refused).await?;
    let mut counts = BroadcastCounts::default();
    for (to, ends) in &ends {
        let key = contact(to).filter(|_| is_refused(ends));
        let contact = key.map(|key| found.peek::<Contact>(&key)).transpose()?.flatten();
        let is_blocked = contact.is_some_and(|it| it.blocked.is_some());
        counts = counts.with(outcome(ends, is_blocked));
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::ids::{JobId, RunId};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    /// A page that was stopped, of messages of two parts: how far those of each contact are.
    fn stopped(contacts: &[[State; 2]]) -> Work {
        let bot = BotId::default_bot();
        let slug = Slug::parse("news").expect("a slug");
        let broadcast = Broadcast::new(bot.clone(), slug.clone(), "News".to_owned(), NOW);
        let job = Job::BroadcastPage { bot: bot.clone(), broadcast: slug, again: false };
        let new = NewJob { id: JobId(Uuid::nil()), job, due: NOW, owner: None };
        let timer = Timer::new(new, NOW, None);
        let mut sends = Vec::new();
        for (chat_id, states) in (1..).zip(contacts) {
            let contact = Contact::new(bot.clone(), chat_id, NOW);
            let (text, caption, buttons) = Default::default();
            let parts = [Part::Album { photos: Vec::new(), caption }, Part::Text { text, buttons }];
            for (part, state) in parts.into_iter().zip(states) {
                let ended = || Delivery::claim(RunId(Uuid::nil()), None, NOW);
                sends.push(Send {
                    state: state.clone(),
                    end: (*state == State::Done).then(ended),
                    ..send(&timer, &broadcast, &contact, part)
                });
            }
        }
        Work {
            timer,
            sends,
            next: None,
            was_done: false,
            recorded: None,
            task_run: None,
            ordered: false,
            counted: None,
            digest: Vec::new(),
            step: None,
            broadcast: Some(Page { is_stopped: true, ..Page::default() }),
            files: Arc::default(),
        }
    }

    #[test]
    fn a_page_that_was_stopped_sends_what_is_left_of_messages_that_have_begun_and_no_other() {
        let ready = || State::Ready { not_before: NOW, read: None, reserved: false };
        let kept = || State::Later { at: NOW, reserved: true };
        let of_another_run = || State::Later { at: NOW, reserved: false };
        let mut work = stopped(&[
            [State::Done, ready()],
            [State::Running, kept()],
            [of_another_run(), ready()],
            [ready(), ready()],
            [kept(), ready()],
        ]);
        let left = |work: &Work| -> Vec<usize> {
            let left = work.sends.iter().enumerate().filter(|(_, it)| it.state != State::Done);
            left.map(|(index, _)| index).collect()
        };
        halt(&mut work);
        assert_eq!(left(&work), [1, 2, 3, 4, 5]);
        // The one that was under way was set back.
        work.sends[2].state = ready();
        halt(&mut work);
        assert_eq!(left(&work), [1, 4, 5]);
    }
}
