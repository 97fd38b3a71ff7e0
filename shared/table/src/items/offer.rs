//! Sightings of offers. Long listings are stored deflated, so that most stay within one write unit.

use std::io::{Read, Write};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::digest::{self, DigestEntry};
use domain::offer::{Listing, Offer, PageOffer};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::error::TableError;
use crate::items::{Attributes, Item, Mark, attributes, plain_item, record};
use crate::keys::{self, Key};

const REVISION: &str = "revision";
const LISTING: &str = "listing";
/// Deflating pays from about this many bytes of JSON.
const DEFLATE_FROM: usize = 400;
/// No listing is longer than this when inflated; more is a damaged item.
const LONGEST: u64 = 1 << 20;

plain_item!(DigestEntry, "digest_entry", |it| {
    keys::digest_entry(it.channel_id, it.due, (&it.offer_id, it.revision), it.target_id)
}, expires: Some(it.due + digest::KEPT));
plain_item!(PageOffer, "page_offer", |it| {
    keys::page_offer(&it.page_id, it.seen_at, &it.offer_id)
});

impl Item for Offer {
    const KIND: &'static str = "offer";

    fn key(&self) -> Key {
        keys::offer(&self.offer_id, &self.page_id)
    }

    fn stands(&self) -> Option<Mark> {
        Some((REVISION, u64::from(self.revision)))
    }

    // Whoever decides raises the revision: it is part of the delivery key.
    fn replaces(&self) -> Option<Mark> {
        Some((REVISION, u64::from(self.revision.saturating_sub(1))))
    }

    fn encode(&self) -> Result<Attributes, TableError> {
        let mut item = attributes(self)?;
        let json = serde_json::to_vec(&self.listing)
            .map_err(|error| TableError::Refused(error.to_string()))?;
        if json.len() >= DEFLATE_FROM {
            let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
            let deflated = deflate.write_all(&json).and_then(|()| deflate.finish());
            let deflated = deflated.map_err(|error| TableError::Refused(error.to_string()))?;
            item.insert(LISTING.to_owned(), AttributeValue::B(Blob::new(deflated)));
        }
        Ok(item)
    }

    fn decode(mut item: Attributes) -> Result<Self, TableError> {
        if let Some(AttributeValue::B(deflated)) = item.get(LISTING) {
            let corrupt = |reason: String| TableError::Corrupt { item: "offer".to_owned(), reason };
            let mut json = Vec::new();
            DeflateDecoder::new(deflated.as_ref())
                .take(LONGEST)
                .read_to_end(&mut json)
                .map_err(|error| corrupt(error.to_string()))?;
            let listing: Listing =
                serde_json::from_slice(&json).map_err(|error| corrupt(error.to_string()))?;
            item.insert(LISTING.to_owned(), AttributeValue::M(attributes(&listing)?));
        }
        record(item)
    }
}
