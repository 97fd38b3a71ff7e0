//! Recording a sighting: what is written, and whether its page's watchers are told.

use serde_json::{Map, Value};

use super::{Listing, ListingInput, NewSighting, Offer, PageOffer, Sighting, decide_sighting};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::field_error::FieldError;
use crate::ids::{DecisionId, JobId};
use crate::time::Timestamp;
use crate::url::{CanonicalUrl, OfferId, PageId};
use crate::watch::{PageScrapes, begin_baseline};

/// What a recorded sighting was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// New: its page's watchers are told.
    Created,
    /// Known at another price: the new one is recorded, and those who ask for changes are told.
    PriceChanged,
    /// Known as it is: nothing was written.
    Unchanged,
}

/// The answer to a posted offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The offer.
    pub offer_id: OfferId,
    /// The page it was seen on.
    pub page_id: PageId,
    /// The revision that is recorded now.
    pub revision: u32,
    /// What the sighting was.
    pub recording: Recording,
}

/// Ids for whatever the decision calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The fan-out's.
    pub fanout: JobId,
}

/// Decides what a sighting writes, given what is recorded of the same offer on the same page, and how the
/// page's first scrape goes if the offer comes from it and it has not ended.
///
/// A new offer is created together with the first page of its fan-out and its place in its page's list,
/// so that none exists without the others; of two that race, the creation's condition lets one through.
pub fn decide_recording(
    (existing, first): (Option<&Offer>, Option<&PageScrapes>),
    new: NewSighting,
    ids: RecordingIds,
    now: Timestamp,
) -> Decision<Recorded> {
    let unchanged = Recorded {
        offer_id: OfferId::of(&new.url),
        page_id: PageId::of(&new.page_url),
        revision: existing.map_or(1, |known| known.revision),
        recording: Recording::Unchanged,
    };
    let decision = Decision::new(ids.decision, now, unchanged);
    match decide_sighting(existing, new, now) {
        Sighting::New(offer) => {
            let job = fanout(&offer, first.is_some());
            let fanout = NewJob { id: ids.fanout, job, due: now, owner: None };
            let listed = PageOffer { baseline: first.is_some(), ..PageOffer::from(&offer) };
            let mut decision = replied(decision, &offer, Recording::Created)
                .write(Write::Create(offer.into()))
                .write(Write::Put(listed.into()))
                .job(fanout);
            if let Some(open) = first {
                let (write, end) = begin_baseline(open, now);
                decision.writes.push(write);
                decision.jobs.extend(end);
            }
            decision
        }
        Sighting::PriceChanged(offer) => {
            let fanout =
                NewJob { id: ids.fanout, job: fanout(&offer, false), due: now, owner: None };
            replied(decision, &offer, Recording::PriceChanged)
                .write(Write::Replace(offer.into()))
                .job(fanout)
        }
        Sighting::Unchanged => decision,
    }
}

fn replied(
    mut decision: Decision<Recorded>,
    offer: &Offer,
    recording: Recording,
) -> Decision<Recorded> {
    decision.reply.revision = offer.revision;
    decision.reply.recording = recording;
    decision
}

/// The first page of the fan-out of this revision.
fn fanout(offer: &Offer, baseline: bool) -> Job {
    Job::OfferFanout {
        offer_id: offer.offer_id.clone(),
        page_id: offer.page_id.clone(),
        revision: offer.revision,
        after: None,
        baseline,
    }
}

impl NewSighting {
    /// Checks a posted offer, any JSON, and reports all of its faulty fields at once,
    /// unknown ones among them.
    pub fn check(posted: Value) -> Result<Self, Vec<FieldError>> {
        let Value::Object(mut fields) = posted else {
            return Err(vec![FieldError::new("", "must be an object")]);
        };
        let mut faults = Vec::new();
        let page_url = check_url(&mut fields, "page_url", &mut faults);
        let url = check_url(&mut fields, "url", &mut faults);
        let listing = Listing::check(ListingInput {
            title: fields.remove("title"),
            price: fields.remove("price"),
            currency: fields.remove("currency"),
            image_url: fields.remove("image_url"),
            description: fields.remove("description"),
            attributes: fields.remove("attributes"),
        });
        let listing = listing.map_err(|more| faults.extend(more)).ok();
        let job_id = check_job(&mut fields, &mut faults);
        faults.extend(fields.keys().map(|name| FieldError::new(name, "is not known")));
        match (page_url, url, listing) {
            (Some(page_url), Some(url), Some(listing)) if faults.is_empty() => {
                Ok(Self { page_url, url, listing, job_id })
            }
            _ => Err(faults),
        }
    }
}

fn check_job(fields: &mut Map<String, Value>, faults: &mut Vec<FieldError>) -> Option<JobId> {
    let id = match fields.remove("job_id") {
        None | Some(Value::Null) => return None,
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    if id.is_none() {
        faults.push(FieldError::new("job_id", "must be the job_id of a scraping job"));
    }
    id
}

fn check_url(
    fields: &mut Map<String, Value>,
    name: &str,
    faults: &mut Vec<FieldError>,
) -> Option<CanonicalUrl> {
    let checked = match fields.remove(name) {
        Some(Value::String(text)) => CanonicalUrl::parse(&text).map_err(|error| error.to_string()),
        None | Some(Value::Null) => Err("is required".to_owned()),
        Some(_) => Err("must be a string".to_owned()),
    };
    checked.map_err(|message| faults.push(FieldError::new(name, message))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn ids() -> RecordingIds {
        RecordingIds { decision: DecisionId(Uuid::from_u128(1)), fanout: JobId(Uuid::from_u128(2)) }
    }

    fn sighting(price: &str) -> NewSighting {
        let posted = json!({
            "page_url": "https://shop.example/list", "url": "https://shop.example/1",
            "title": "A lamp", "price": price, "currency": "EUR",
        });
        NewSighting::check(posted).expect("a correct offer")
    }

    fn recorded(price: &str) -> Offer {
        match decide_sighting(None, sighting(price), NOW) {
            Sighting::New(offer) => offer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_offer_is_created_together_with_its_fan_out_due_now() {
        let decision = decide_recording((None, None), sighting("10"), ids(), NOW);
        assert!(matches!(&decision.writes[..], [Write::Create(_), Write::Put(_)]));
        assert_eq!(decision.jobs.len(), 1);
        assert_eq!((decision.jobs[0].id, decision.jobs[0].due), (ids().fanout, NOW));
        let first =
            matches!(decision.jobs[0].job, Job::OfferFanout { revision: 1, after: None, .. });
        assert!(first, "{:?}", decision.jobs[0].job);
        assert_eq!(decision.reply.recording, Recording::Created);
    }

    #[test]
    fn an_offer_of_a_first_scrape_is_listed_as_such() {
        let open = PageScrapes {
            page_id: PageId::of(&CanonicalUrl::parse("https://shop.example/list").expect("a URL")),
            ends_by: None,
            baseline: None,
            succeeded_at: None,
            failing_since: None,
            failure: None,
            since: NOW,
            version: 0,
        };
        for first in [None, Some(&open)] {
            let decision = decide_recording((None, first), sighting("10"), ids(), NOW);
            let Write::Put(Record::PageOffer(listed)) = &decision.writes[1] else {
                panic!("{:?}", decision.writes);
            };
            assert_eq!(listed.baseline, first.is_some());
        }
    }

    #[test]
    fn a_changed_price_replaces_what_was_read_and_has_a_fan_out_of_its_own() {
        let decision = decide_recording((Some(&recorded("10")), None), sighting("9"), ids(), NOW);
        assert!(matches!(&decision.writes[..], [Write::Replace(_)]));
        assert_eq!(decision.jobs.len(), 1);
        let second =
            matches!(decision.jobs[0].job, Job::OfferFanout { revision: 2, after: None, .. });
        assert!(second, "{:?}", decision.jobs[0].job);
        assert_eq!(decision.reply.recording, Recording::PriceChanged);
        assert_eq!(decision.reply.revision, 2);
    }

    #[test]
    fn a_known_offer_writes_nothing() {
        let decision =
            decide_recording((Some(&recorded("10")), None), sighting("10.00"), ids(), NOW);
        assert!(decision.writes.is_empty() && decision.jobs.is_empty());
        assert_eq!(decision.reply.recording, Recording::Unchanged);
    }

    #[test]
    fn all_faulty_fields_are_named_at_once_and_unknown_ones_among_them() {
        let posted = json!({"page_url": 7, "url": "ftp://x", "price": -1, "colour": "red"});
        let faults = NewSighting::check(posted).expect_err("faulty");
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["page_url", "url", "title", "price", "colour"]);
        assert!(NewSighting::check(json!([])).is_err());
    }

    proptest! {
        #[test]
        fn any_text_in_any_field_is_accepted_or_named(page in ".{0,40}", title in ".{0,40}") {
            let posted = json!({"page_url": page, "url": "https://a.example/", "title": title});
            if let Err(faults) = NewSighting::check(posted) {
                prop_assert!(!faults.is_empty());
            }
        }
    }
}
