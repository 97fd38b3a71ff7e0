//! A scraper posts an offer.

use domain::engine::{Decision, Timer};
use domain::offer::{NewSighting, Offer, Recorded, RecordingIds, decide_recording};
use domain::url::{OfferId, PageId};
use domain::watch::PageScrapes;
use runtime::metrics::Metric;
use runtime::unit::measure;
use table::{CommitError, keys};

use super::scrapes::open_baseline;
use crate::answer::{self, Keep};
use crate::{App, AppError, handover};

/// Losing this many races for one offer in a row means that something else is wrong.
const RACES: u32 = 8;

/// Records a sighting. A new offer is answered as soon as it and its fan-out are in the table;
/// delivery comes later.
pub async fn record_offer(
    app: &App,
    new: NewSighting,
    keep: Option<Keep<Recorded>>,
) -> Result<Recorded, AppError> {
    // Scrapers ask before they post, so most posts are new: trying to create comes first, and
    // only a post that fails there reads.
    let (recorded, timers) = record(app, new, None, keep.as_ref()).await?;
    handover::hand_over(app, &timers).await;
    Ok(recorded)
}

/// Records a sighting without handing over what follows from it. `known` is what the caller
/// has read of the same offer on the same page.
pub(super) async fn record(
    app: &App,
    new: NewSighting,
    mut known: Option<Offer>,
    keep: Option<&Keep<Recorded>>,
) -> Result<(Recorded, Vec<Timer>), AppError> {
    let key = keys::offer(&OfferId::of(&new.url), &PageId::of(&new.page_url));
    let page_id = PageId::of(&new.page_url);
    for _ in 0..RACES {
        let first = open_baseline(app, &page_id, new.job_id).await?;
        let mut decision = decide(app, (known.as_ref(), first.as_ref()), new.clone());
        let own = decision.writes.len();
        decision.writes.extend(answer::writes(keep, &decision.reply, app.env.now()));
        match app.table.commit(&decision).await {
            Ok(committed) => {
                measure(Metric::OffersAccepted, 1);
                return Ok((decision.reply, committed.timers));
            }
            Err(CommitError::Changed(failed)) if failed.iter().any(|&index| index >= own) => {
                return Err(AppError::Repeated);
            }
            // Another post was first: what it recorded decides what this one means.
            Err(CommitError::Changed(_) | CommitError::Stale) => {
                known = app.table.get(&key).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Unavailable("too many posts of one offer at once".to_owned()))
}

fn decide(
    app: &App,
    known: (Option<&Offer>, Option<&PageScrapes>),
    new: NewSighting,
) -> Decision<Recorded> {
    let ids = RecordingIds { decision: app.env.id(), fanout: app.env.id() };
    decide_recording(known, new, ids, app.env.now())
}
