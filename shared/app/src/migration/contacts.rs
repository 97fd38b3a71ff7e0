//! Contacts of an import, each in one commit.

use std::time::Duration;

use domain::contact::{Begun, Contact, decide_taken_over};
use domain::engine::{Decision, Write};
use domain::migration::{merge_contact, rebase_run};
use domain::time::Timestamp;
use futures::future::join_all;
use table::keys;

use super::apply::{Applied, Importer, Mode, Outlines};
use super::progress::{Progress, Stage};
use crate::{App, AppError};

/// So many are written side by side.
const AT_ONCE: usize = 10;
/// Between two messages that were due before the import: a third of what a bot may send, so that whoever
/// writes meanwhile is answered.
const OVERDUE_EVERY: Duration = Duration::from_millis(100);

/// What became of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Made,
    Changed,
    Unchanged,
}

/// What became of a contact, and the timer that it got: whether it was due before.
#[derive(Clone, Copy, Debug)]
struct Done {
    became: Became,
    timer: Option<bool>,
}

impl Applied {
    fn count(&mut self, done: Done) {
        match done.became {
            Became::Made => self.contacts_made += 1,
            Became::Changed => self.contacts_changed += 1,
            Became::Unchanged => self.contacts_unchanged += 1,
        }
        self.timers += usize::from(done.timer.is_some());
        self.overdue += usize::from(done.timer == Some(true));
    }
}

/// Brings the contacts that were read, in the order in which their next messages are due.
pub(super) async fn import_contacts(
    importer: &Importer<'_>,
    outlines: &Outlines,
    applied: &mut Applied,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), AppError> {
    let now = importer.app.env.now();
    let mut waiting = Vec::new();
    for contact in importer.migration.contacts.values() {
        let contact = rebased(contact, outlines);
        waiting.push((due_of(&contact, outlines), contact));
    }
    waiting.sort_by_key(|(due, contact)| (due.is_none(), *due, contact.chat_id));
    let is_due =
        |some: &[(Option<Timestamp>, Contact)]| some.iter().filter(|it| it.0.is_some()).count();
    let (total, timers) = (waiting.len(), is_due(&waiting));
    let (mut done, mut set, mut slot) = (0, 0, now);
    for some in waiting.chunks(AT_ONCE) {
        let slots = some.iter().map(|(due, contact)| {
            let overdue = due.is_some_and(|due| due <= now) && contact.blocked.is_none();
            let own = overdue.then_some(slot);
            if overdue {
                slot = slot + OVERDUE_EVERY;
            }
            (contact, own)
        });
        let each = slots.map(|(contact, slot)| import_contact(importer, outlines, contact, slot));
        for one in join_all(each.collect::<Vec<_>>()).await {
            applied.count(one?);
        }
        done += some.len();
        set += is_due(some);
        progress(Progress { stage: Stage::Contacts, done, total });
        progress(Progress { stage: Stage::Timers, done: set, total: timers });
    }
    Ok(())
}

/// A contact with its runs in the scenarios as they are here.
fn rebased(contact: &Contact, outlines: &Outlines) -> Contact {
    let mut contact = contact.clone();
    // What was deleted here has no outline.
    contact.runs.retain(|slug, _| outlines.contains_key(slug));
    contact.asked = contact.asked.take().filter(|slug| outlines.contains_key(slug));
    for (slug, run) in &mut contact.runs {
        if let Some((from, to)) = outlines.get(slug) {
            *run = rebase_run(from, to, run);
        }
    }
    let active = contact.active.take();
    contact.active = active.filter(|slug| contact.run(slug).is_active());
    contact
}

fn due_of(contact: &Contact, outlines: &Outlines) -> Option<Timestamp> {
    let slug = contact.active.as_ref()?;
    contact.run(slug).due(&outlines.get(slug)?.1)
}

async fn import_contact(
    importer: &Importer<'_>,
    outlines: &Outlines,
    read: &Contact,
    slot: Option<Timestamp>,
) -> Result<Done, AppError> {
    let app = importer.app;
    if importer.mode == Mode::DryRun {
        return Ok(decide(importer, outlines, read, slot).await?.reply);
    }
    app.decide(|| decide(importer, outlines, read, slot)).await
}

async fn decide(
    importer: &Importer<'_>,
    outlines: &Outlines,
    read: &Contact,
    slot: Option<Timestamp>,
) -> Result<Decision<Done>, AppError> {
    let app: &App = importer.app;
    let here = app.table.get::<Contact>(&keys::contact(importer.bot, read.chat_id)).await?;
    let after = match &here {
        None => Some(read.clone()),
        Some(here) => merge_contact(here, read, app.env.now()),
    };
    let became = match (&here, &after) {
        (None, _) => Became::Made,
        (Some(_), Some(_)) => Became::Changed,
        (Some(_), None) => Became::Unchanged,
    };
    let done = Done { became, timer: None };
    let mut decision = Decision::new(app.env.id(), app.env.now(), done);
    let Some(after) = after else { return Ok(decision) };
    if here.as_ref().is_some_and(|here| keeps_its_timer(here, &after)) {
        return Ok(decision.write(Write::Replace(after.into())));
    }
    let after = at_slot(after, outlines, slot);
    let Begun { contact, job, cancel, .. } =
        decide_taken_over(after.clone(), due_of(&after, outlines), app.env.id());
    decision.reply.timer = job.as_ref().map(|_| slot.is_some());
    decision.writes.extend(cancel);
    let write = if here.is_none() { Write::Create } else { Write::Replace };
    decision.writes.push(write(contact.into()));
    decision.jobs.extend(job);
    Ok(decision)
}

/// Whether what is under way here is not touched.
fn keeps_its_timer(here: &Contact, after: &Contact) -> bool {
    let run = |of: &Contact| of.active.as_ref().and_then(|slug| of.runs.get(slug)).cloned();
    here.active == after.active && run(here) == run(after)
}

/// With the next message at its slot, if it was due before.
fn at_slot(mut contact: Contact, outlines: &Outlines, slot: Option<Timestamp>) -> Contact {
    let Some((slot, slug)) = slot.zip(contact.active.clone()) else { return contact };
    if let Some(((_, outline), run)) = outlines.get(&slug).zip(contact.runs.get_mut(&slug)) {
        *run = run.with_due(outline, slot);
    }
    contact
}
