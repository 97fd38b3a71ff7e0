//! Whether an offer is known, and on which pages.

use domain::field_error::FieldError;
use domain::offer::Offer;
use domain::url::{CanonicalUrl, OfferId, PageId};
use table::{Page, Range, keys};

use crate::{App, AppError};

/// Which offer, as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct FindOffer {
    /// The offer's address.
    pub url: String,
    /// Only on this page.
    pub page_url: Option<String>,
    /// At most this many sightings.
    pub limit: usize,
    /// Only after this sighting, as the answer before said.
    pub after: Option<String>,
}

/// The sightings of an offer, read strongly consistent: what was posted a moment ago is known.
/// An offer that was never seen is [`AppError::NotFound`].
pub async fn find_offer(app: &App, find: FindOffer) -> Result<Page<Offer>, AppError> {
    let mut faults = Vec::new();
    let mut read = |field: &str, text: &str| match CanonicalUrl::parse(text) {
        Ok(url) => Some(url),
        Err(error) => {
            faults.push(FieldError::new(field, error.to_string()));
            None
        }
    };
    let url = read("url", &find.url);
    let page_url = find.page_url.as_deref().map(|text| read("page_url", text));
    let (Some(url), Some(page_url)) = (url, page_url.map_or(Some(None), |page| page.map(Some)))
    else {
        return Err(AppError::Invalid(faults));
    };
    let offer_id = OfferId::of(&url);
    let found = if let Some(page_url) = page_url {
        let sighting = app.table.get(&keys::offer(&offer_id, &PageId::of(&page_url))).await?;
        Page { items: sighting.into_iter().collect(), next: None }
    } else {
        let pk = keys::offers(&offer_id);
        let after = find.after.as_deref();
        let range = Range { pk: &pk, prefix: "", after, limit: find.limit, backward: false };
        app.table.query(&range).await?
    };
    // A page after the first may be empty without the offer being new.
    if found.items.is_empty() && find.after.is_none() {
        return Err(AppError::NotFound("offer"));
    }
    Ok(found)
}
