//! Several offers as one message.

use domain::message::DigestMessage;

use super::address::is_public;
use super::styled::Styled;
use crate::words::{clip, offer as offer_words};

/// What is shown of a title, in UTF-16 units.
const MAX_TITLE: usize = 150;
/// What is shown of an address that cannot be a link.
const MAX_URL: usize = 200;

/// Writes the words of the message: a line for each offer.
pub(super) fn write(digest: &DigestMessage, words: &mut Styled) {
    words.bold(&clip(&digest.heading(), MAX_TITLE));
    for offer in &digest.offers {
        words.text("\n\n• ");
        let whole = offer_words::title(offer);
        let (title, url) = (clip(&whole, MAX_TITLE), offer.url.as_str());
        if is_public(url) {
            words.link(&title, url);
        } else {
            words.text(&title);
        }
        if let Some(price) = offer_words::price(offer) {
            words.text("\n");
            words.text(&price);
        }
        if !is_public(url) {
            words.text("\n");
            words.text(&clip(url, MAX_URL));
        }
    }
    if digest.more > 0 {
        words.text(&format!("\n\nand {} more", digest.more));
    }
}
