//! Several offers as one message.

use domain::message::{Action, DigestMessage};

use super::address::is_public;
use super::keyboard::Keyboard;
use super::styled::Styled;
use crate::words::{clip, offer as offer_words};

/// What is shown of a title, in UTF-16 units.
const MAX_TITLE: usize = 150;
/// What is shown of an address that cannot be a link.
const MAX_URL: usize = 200;

/// What an offer takes at most, with what may follow the last, in UTF-16 units.
const MAX_OFFER: usize = 600;
/// Watches that have a button to pause them.
const MAX_BUTTONS: usize = 5;
/// What is shown of a watch's name on its button, in UTF-16 units.
const MAX_LABEL: usize = 40;

/// A button for each watch that the offers are of.
pub(super) fn keyboard(digest: &DigestMessage) -> Option<Keyboard> {
    let targets = digest.targets();
    let pause = |&(id, _): &_| Action::PauseTarget(id);
    if let [target] = &targets[..] {
        return Some(Keyboard::of(pause(target)));
    }
    let buttons = targets.iter().take(MAX_BUTTONS).map(|target| {
        let name = offer_words::name_of_target(target.1);
        (format!("Pause “{}”", clip(&name, MAX_LABEL)), pause(target))
    });
    Keyboard::column(buttons.collect())
}

/// Writes the words of the message: a line for each offer.
pub(super) fn write(digest: &DigestMessage, words: &mut Styled) {
    let is_mixed = digest.targets().len() > 1;
    words.bold(&clip(&digest.heading(), MAX_TITLE));
    let mut more = digest.more;
    for offer in &digest.offers {
        if words.room() < MAX_OFFER {
            more += 1;
            continue;
        }
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
        if is_mixed {
            words.text("\n");
            words.italic(&clip(&offer_words::target_name(offer), MAX_LABEL));
        }
        if !is_public(url) {
            words.text("\n");
            words.text(&clip(url, MAX_URL));
        }
    }
    if more > 0 {
        words.text(&format!("\n\nand {more} more"));
    }
}
