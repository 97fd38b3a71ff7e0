//! An offer as a message.

use domain::message::{Action, OfferMessage};
use domain::text;

use super::LinkPreview;
use super::address::is_public;
use super::keyboard::Keyboard;
use super::price::price_line;
use super::styled::{Styled, clip};
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

/// Writes the words of the message.
pub(super) fn write(offer: &OfferMessage, words: &mut Styled) {
    let listing = &offer.listing;
    let title = title(&listing.title);
    words.bold(&clip(&title, MAX_TITLE));
    if let Some(price) = listing.price {
        words.text("\n");
        words.text(&price_line(price, listing.currency.as_deref(), offer.previous_price));
    }
    if let Some(description) =
        listing.description.as_deref().and_then(|text| description(text, &title))
    {
        words.text("\n\n");
        words.text(&description);
    }
    let attributes = attributes(offer);
    if !attributes.is_empty() {
        words.text("\n\n");
        words.text(&attributes.join("\n"));
    }
    words.text("\n\n");
    let url = offer.url.as_str();
    if is_public(url) {
        words.link("Open the offer", url);
    } else {
        words.text(url);
    }
    words.text("\nWatch: ");
    words.text(&clip(&target_name(&offer.target_name), MAX_TARGET_NAME));
}

/// The picture; without one, the offer's own page.
pub(super) fn preview(offer: &OfferMessage) -> LinkPreview {
    let image = offer.listing.image_url.as_deref();
    [image, Some(offer.url.as_str())]
        .into_iter()
        .flatten()
        .find(|address| is_public(address))
        .map_or(LinkPreview::NONE, LinkPreview::of)
}

/// A button that opens the offer and one that pauses the watch.
pub(super) fn keyboard(offer: &OfferMessage) -> Keyboard {
    let keyboard = Keyboard::of(Action::PauseTarget(offer.target_id));
    let url = offer.url.as_str();
    if is_public(url) { keyboard.opening(url) } else { keyboard }
}

/// The title as one visible line.
fn title(raw: &str) -> String {
    [plain::one_line(raw), text::one_line(raw)]
        .into_iter()
        .find(|title| text::is_visible(title))
        .unwrap_or_else(|| "New offer".to_owned())
}

fn target_name(raw: &str) -> String {
    let name = text::one_line(raw);
    if text::is_visible(&name) { name } else { "unnamed".to_owned() }
}

/// The beginning of the description, unless it only repeats the title.
fn description(raw: &str, title: &str) -> Option<String> {
    let text = plain::paragraphs(raw);
    let says_more = text::is_visible(&text) && text != title;
    says_more.then(|| clip(&text, MAX_DESCRIPTION).into_owned())
}

/// The lines of the attributes that say something.
fn attributes(offer: &OfferMessage) -> Vec<String> {
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
