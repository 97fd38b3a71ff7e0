//! A scraper posts a batch of offers: each counts for itself.

use std::collections::BTreeMap;

use domain::engine::{Decision, Timer};
use domain::field_error::FieldError;
use domain::offer::{NewSighting, Offer, Recorded};
use domain::url::{OfferId, PageId};
use futures::stream::{StreamExt, iter};
use serde_json::Value;
use table::CommitError;
use table::keys::{self, Key};

use super::record_offer::record;
use crate::answer::Keep;
use crate::{App, AppError, handover};

/// A batch has at most this many offers.
pub const MOST_OFFERS: usize = 100;
/// So many offers are committed at once.
const AT_ONCE: usize = 8;

/// What became of one offer of a batch.
pub type OfferResult = Result<Recorded, AppError>;

/// Records a batch; one result each, in order. A faulty offer does not fail the others.
///
/// The known ones are read at once: a batch is most often a whole page, of which little is new.
/// Sightings of one offer on one page are recorded one after the other, so the first is the
/// one that creates it. All hints are handed over together.
pub async fn record_offers(
    app: &App,
    offers: Vec<Value>,
    keep: Option<Keep<Vec<OfferResult>>>,
) -> Result<Vec<OfferResult>, AppError> {
    if offers.is_empty() || offers.len() > MOST_OFFERS {
        let message = format!("must have 1 to {MOST_OFFERS} entries");
        return Err(AppError::Invalid(vec![FieldError::new("offers", message)]));
    }
    let mut batch = Batch::read(offers);
    batch.record(app).await?;
    let results = batch.results();
    if let Some(keep) = keep {
        keep_answer(app, &keep, &results).await?;
    }
    Ok(results)
}

/// Keeps the answer to a batch. Not in the transaction of its offers, of which there are many:
/// a batch that comes again after a crash in between is told what was new the first time as known.
async fn keep_answer(
    app: &App,
    keep: &Keep<Vec<OfferResult>>,
    results: &Vec<OfferResult>,
) -> Result<(), AppError> {
    // What may succeed later must be tried again under the same key.
    if results.iter().any(|result| matches!(result, Err(AppError::Unavailable(_)))) {
        return Ok(());
    }
    let now = app.env.now();
    let decision = Decision::new(app.env.id(), now, ()).write(keep.write(results, now));
    match app.commit(decision).await {
        Err(CommitError::Changed(_)) => Err(AppError::Repeated),
        other => Ok(other?),
    }
}

/// A batch on its way.
#[derive(Default)]
struct Batch {
    results: Vec<Option<OfferResult>>,
    /// Sightings by offer and page, in their order.
    sightings: BTreeMap<Key, Vec<(usize, NewSighting)>>,
}

impl Batch {
    fn read(offers: Vec<Value>) -> Self {
        let mut batch = Self::default();
        for (index, posted) in offers.into_iter().enumerate() {
            let result = match NewSighting::check(posted) {
                Ok(new) => {
                    batch.sightings.entry(key_of(&new)).or_default().push((index, new));
                    None
                }
                Err(faults) => Some(Err(AppError::Invalid(faults))),
            };
            batch.results.push(result);
        }
        batch
    }

    async fn record(&mut self, app: &App) -> Result<(), AppError> {
        let sightings = std::mem::take(&mut self.sightings);
        let keys: Vec<Key> = sightings.keys().cloned().collect();
        let mut known = app.table.get_all(&keys).await?;
        let mut work = Vec::with_capacity(sightings.len());
        for (key, sightings) in sightings {
            work.push(record_in_order(app, known.take(&key)?, sightings));
        }
        let done: Vec<_> = iter(work).buffer_unordered(AT_ONCE).collect().await;
        let mut timers = Vec::new();
        for (group, more) in done {
            timers.extend(more);
            for (index, result) in group {
                self.results[index] = Some(result);
            }
        }
        handover::hand_over(app, &timers).await;
        Ok(())
    }

    fn results(self) -> Vec<OfferResult> {
        let lost = || Err(AppError::Unavailable("not recorded".to_owned()));
        self.results.into_iter().map(|result| result.unwrap_or_else(lost)).collect()
    }
}

fn key_of(new: &NewSighting) -> Key {
    keys::offer(&OfferId::of(&new.url), &PageId::of(&new.page_url))
}

/// Records sightings of one offer on one page.
async fn record_in_order(
    app: &App,
    mut known: Option<Offer>,
    sightings: Vec<(usize, NewSighting)>,
) -> (Vec<(usize, OfferResult)>, Vec<Timer>) {
    let (mut results, mut timers) = (Vec::with_capacity(sightings.len()), Vec::new());
    for (index, new) in sightings {
        let result = record(app, new, known.take(), None).await;
        results.push((
            index,
            result.map(|(recorded, more)| {
                timers.extend(more);
                recorded
            }),
        ));
    }
    (results, timers)
}
