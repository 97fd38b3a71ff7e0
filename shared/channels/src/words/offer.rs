//! The parts of an offer as people read them, whatever the channel.

use domain::message::OfferMessage;
use domain::text;

use super::clip;
use super::price::price_line;
use crate::plain;

// What of an offer is shown at most, in UTF-16 units. Together with a bare
// address of 2,048 they stay below Telegram's 4,096.
const MAX_TITLE: usize = 400;
const MAX_DESCRIPTION: usize = 500;
const MAX_ATTRIBUTE: usize = 80;
const MAX_ATTRIBUTES: usize = 6;
const MAX_TARGET_NAME: usize = 100;

/// The attributes worth a line, in this order, and what they are called.
const SHOWN: [(&str, &str); 12] = [
    ("brand", "Brand"),
    ("seller", "Seller"),
    ("rating", "Rating"),
    ("reviews", "Reviews"),
    ("condition", "Condition"),
    ("availability", "Availability"),
    ("size", "Size"),
    ("color", "Colour"),
    ("colour", "Colour"),
    ("location", "Location"),
    ("shipping", "Shipping"),
    ("discount", "Discount"),
];

/// Values by which shops say that they have none.
const NOTHING: [&str; 13] = [
    "-",
    "–",
    "n/a",
    "na",
    "nan",
    "nil",
    "no brand",
    "nobrand",
    "none",
    "null",
    "oem",
    "undefined",
    "unknown",
];

/// The title as one visible line.
pub(crate) fn title(offer: &OfferMessage) -> String {
    clip(&whole_title(offer), MAX_TITLE).into_owned()
}

fn whole_title(offer: &OfferMessage) -> String {
    let raw = &offer.listing.title;
    [plain::one_line(raw), text::one_line(raw)]
        .into_iter()
        .find(|title| text::is_visible(title))
        .unwrap_or_else(|| "New offer".to_owned())
}

/// The price and what became of it, if there is one.
pub(crate) fn price(offer: &OfferMessage) -> Option<String> {
    let listing = &offer.listing;
    let price = listing.price?;
    Some(price_line(price, listing.currency.as_deref(), offer.previous_price))
}

/// What its owner calls the target.
pub(crate) fn target_name(offer: &OfferMessage) -> String {
    name_of_target(&offer.target_name)
}

/// A target's name as one visible line.
pub(crate) fn name_of_target(name: &str) -> String {
    let name = text::one_line(name);
    let name = if text::is_visible(&name) { name } else { "unnamed".to_owned() };
    clip(&name, MAX_TARGET_NAME).into_owned()
}

/// The beginning of the description, unless it only repeats the title.
pub(crate) fn description(offer: &OfferMessage) -> Option<String> {
    let text = plain::paragraphs(offer.listing.description.as_deref()?);
    let says_more = text::is_visible(&text) && text != whole_title(offer);
    says_more.then(|| clip(&text, MAX_DESCRIPTION).into_owned())
}

/// The lines of the attributes that say something.
pub(crate) fn attributes(offer: &OfferMessage) -> Vec<String> {
    let value_of = |key: &str| {
        let mut given = offer.listing.attributes.iter();
        let (_, value) = given.find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        worth_showing(value)
    };
    let brand = value_of("brand");
    SHOWN
        .iter()
        .filter_map(|(key, label)| Some((*key, *label, value_of(key)?)))
        // A brand that sells its own things is named once.
        .filter(|(key, _, value)| *key != "seller" || brand.as_ref() != Some(value))
        .take(MAX_ATTRIBUTES)
        .map(|(_, label, value)| format!("{label}: {}", clip(&value, MAX_ATTRIBUTE)))
        .collect()
}

/// The value as one line, unless it is a way to say nothing.
fn worth_showing(raw: &str) -> Option<String> {
    let value = plain::one_line(raw);
    let says_nothing = !text::is_visible(&value)
        || value.parse::<f64>().is_ok_and(|number| number == 0.0)
        || NOTHING.contains(&value.to_lowercase().as_str());
    (!says_nothing).then_some(value)
}
