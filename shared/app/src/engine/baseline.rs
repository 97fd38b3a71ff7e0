//! The end of a page's first scrape: counted once, and told to those who watch the page.

use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::{Decision, Job, Timer, Write};
use domain::event::Subject;
use domain::ids::{ChannelId, TargetId, UserId};
use domain::message::{Content, Notice};
use domain::offer::PageOffer;
use domain::url::PageId;
use domain::watch::{Baseline, PageScrapes};
use table::{CommitError, TableError, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::watchers;
use crate::engine::work::{Send, To, What};

/// Losing this many races for the end of a first scrape in a row means that something else is wrong.
const RACES: u32 = 5;

/// One page of the watchers that hear how many offers there are.
pub(super) async fn page(app: &App, timer: &Timer) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let Job::BaselineFanout { page_id, after } = &timer.job else { return Ok((Vec::new(), None)) };
    let Some(scrapes) = ended(app, page_id, timer).await? else { return Ok((Vec::new(), None)) };
    let offers = scrapes.baseline.unwrap_or_default();
    // Who watches an empty page hears of its first offer soon enough.
    if offers == 0 {
        return Ok((Vec::new(), None));
    }
    let (watchers, next) = watchers::some(app, page_id, after.as_deref()).await?;
    let mut sends: Vec<Send> = Vec::new();
    for watcher in watchers {
        // Who wants all of them hears of each.
        if watcher.rules.baseline == Baseline::All {
            continue;
        }
        for to in watcher.recipients() {
            let (target_id, target_name) = (watcher.target_id, watcher.target_name.clone());
            let notice = Notice::Watching { target_id, target_name, offers };
            let send = says(timer, page_id, to, (target_id, notice));
            if !sends.iter().any(|it| it.key == send.key) {
                sends.push(send);
            }
        }
    }
    let next =
        next.map(|after| Job::BaselineFanout { page_id: page_id.clone(), after: Some(after) });
    Ok((sends, next))
}

/// What was set apart from a page.
pub(super) async fn apart(
    app: &App,
    timer: &Timer,
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let Job::BaselineApart { page_id, to } = &timer.job else { return Ok((Vec::new(), None)) };
    let scrapes = app.table.get::<PageScrapes>(&keys::page_scrapes(page_id)).await?;
    let Some(offers) = scrapes.and_then(|it| it.baseline) else { return Ok((Vec::new(), None)) };
    let mut sends = Vec::with_capacity(to.len());
    for ((user_id, channel_id, target_id), target_name) in
        to.iter().zip(watchers::names(app, to).await?)
    {
        let notice = Notice::Watching { target_id: *target_id, target_name, offers };
        let send = says(timer, page_id, (*user_id, *channel_id), (*target_id, notice));
        sends.push(Send { apart: true, ..send });
    }
    Ok((sends, None))
}

/// One channel's message of how many offers there are.
fn says(
    timer: &Timer,
    page_id: &PageId,
    (user_id, channel_id): (UserId, ChannelId),
    (target_id, notice): (TargetId, Notice),
) -> Send {
    Send {
        key: DeliveryKey {
            to: Recipient::Channel { channel_id },
            thing: format!("baseline.{page_id}"),
            revision: 0,
            part: 0,
        },
        to: To::Channel(user_id, channel_id),
        what: What::Message(Content::from(notice)),
        target_id: Some(target_id),
        subject: Some(Subject::Baseline {
            page_id: page_id.clone(),
            user_id,
            channel_id,
            target_id: None,
        }),
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    }
}

/// Ends the first scrape, unless it has ended; `None` when another job ends it.
async fn ended(
    app: &App,
    page_id: &PageId,
    timer: &Timer,
) -> Result<Option<PageScrapes>, TableError> {
    let key = keys::page_scrapes(page_id);
    let begins = matches!(timer.job, Job::BaselineFanout { after: None, .. });
    for _ in 0..RACES {
        let Some(scrapes) = app.table.get::<PageScrapes>(&key).await? else { return Ok(None) };
        if begins && scrapes.ends_by != Some(timer.key.id) {
            return Ok(None);
        }
        if !scrapes.is_open() {
            return Ok(Some(scrapes));
        }
        let pk = keys::watchers(page_id);
        let found: Vec<PageOffer> = app.table.query_all(&pk, keys::PAGE_OFFERS).await?;
        let offers = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let ended = PageScrapes { baseline: Some(offers), ..scrapes };
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        match app.table.commit(&decision.write(Write::Replace(ended.clone().into()))).await {
            Ok(_) => return Ok(Some(ended)),
            // A report came between.
            Err(CommitError::Changed(_) | CommitError::Stale) => {}
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Err(TableError::Unavailable("a page's first scrape did not come to rest".to_owned()))
}
