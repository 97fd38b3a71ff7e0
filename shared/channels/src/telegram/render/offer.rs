//! An offer as a message.

use domain::message::{Action, OfferMessage};

use super::LinkPreview;
use super::address::is_public;
use super::keyboard::Keyboard;
use super::styled::Styled;
use crate::words::offer as offer_words;

/// Writes the words of the message.
pub(super) fn write(offer: &OfferMessage, words: &mut Styled) {
    words.bold(&offer_words::title(offer));
    if let Some(price) = offer_words::price(offer) {
        words.text("\n");
        words.text(&price);
    }
    if let Some(description) = offer_words::description(offer) {
        words.text("\n\n");
        words.text(&description);
    }
    let attributes = offer_words::attributes(offer);
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
    words.text(&offer_words::target_name(offer));
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
