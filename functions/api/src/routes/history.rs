//! What was found and what became of it, as the API has it.

use app::target::{FoundOffer, OfferDeliveries, OfferDelivery};
use domain::engine::delivery::DeliveryStatus;
use domain::offer::Offer;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An offer on one of a target's pages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetOffer)]
pub(crate) struct FoundOfferView {
    /// The offer's id.
    offer_id: String,
    /// The page it was seen on.
    page_url: String,
    /// Its own address.
    url: String,
    /// One line.
    title: String,
    /// A decimal number.
    price: Option<String>,
    /// The price before the last change.
    previous_price: Option<String>,
    /// Three upper-case letters.
    currency: Option<String>,
    /// The picture's address.
    image_url: Option<String>,
    /// 1 when new, one more with each changed price.
    revision: u32,
    /// When it was seen on the page first.
    #[schema(format = DateTime)]
    seen_at: String,
    /// When this revision was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
}

impl From<FoundOffer> for FoundOfferView {
    fn from(found: FoundOffer) -> Self {
        let FoundOffer { offer, seen_at } = found;
        let Offer { listing, .. } = offer;
        Self {
            offer_id: offer.offer_id.to_string(),
            page_url: offer.page_url.to_string(),
            url: offer.url.to_string(),
            title: listing.title,
            price: listing.price.map(|price| price.to_string()),
            previous_price: offer.previous_price.map(|price| price.to_string()),
            currency: listing.currency,
            image_url: listing.image_url,
            revision: offer.revision,
            seen_at: seen_at.rfc3339(),
            recorded_at: offer.recorded_at.rfc3339(),
        }
    }
}

/// The names of [`DeliveryStatus`].
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryStatus)]
enum StatusName {
    /// It is being sent.
    Claimed,
    /// It will be sent, or sent again.
    Waiting,
    /// The channel took it.
    Sent,
    /// The channel refused it for good.
    Failed,
    /// It was not to be sent.
    Skipped,
    /// Nobody can tell whether it was sent, and it is not sent again.
    Unknown,
}

impl From<DeliveryStatus> for StatusName {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Claimed => Self::Claimed,
            DeliveryStatus::Waiting => Self::Waiting,
            DeliveryStatus::Sent => Self::Sent,
            DeliveryStatus::Failed => Self::Failed,
            DeliveryStatus::Skipped => Self::Skipped,
            DeliveryStatus::Unknown => Self::Unknown,
        }
    }
}

/// What became of one revision of an offer for one channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferDelivery)]
pub(crate) struct DeliveryView {
    /// The channel.
    channel_id: Uuid,
    /// The target that it was for: a channel hears of an offer once, for whichever target is first.
    target_id: Option<Uuid>,
    /// Which revision of the offer.
    revision: u32,
    /// What became of it.
    status: StatusName,
    /// Why it did not go, or waits.
    reason: Option<String>,
    /// When that was; of what waits for a digest, when the digest is due.
    #[schema(format = DateTime)]
    at: String,
}

impl From<OfferDelivery> for DeliveryView {
    fn from(it: OfferDelivery) -> Self {
        Self {
            channel_id: it.channel_id.0,
            target_id: it.target_id.map(|id| id.0),
            revision: it.revision,
            status: it.status.into(),
            reason: it.reason,
            at: it.at.rfc3339(),
        }
    }
}

/// An offer, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferDeliveries)]
pub(crate) struct OfferDeliveriesView {
    /// The offer.
    offer: FoundOfferView,
    /// A message for each channel and revision, or why there was none. Of the ten latest revisions.
    deliveries: Vec<DeliveryView>,
}

impl From<OfferDeliveries> for OfferDeliveriesView {
    fn from(it: OfferDeliveries) -> Self {
        Self {
            offer: it.found.into(),
            deliveries: it.deliveries.into_iter().map(DeliveryView::from).collect(),
        }
    }
}
