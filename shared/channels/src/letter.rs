//! Contents as letters, for channels that show more than a chat does.

use domain::alert::{AlertMessage, Section};
use domain::contact::Language;
use domain::message::{Block, Content, DigestMessage, Letter, Notice, OfferMessage};

use crate::words::offer as words;

/// A content as a letter. `site` is where its reader changes what they receive.
pub fn of(content: &Content, site: &str) -> Letter {
    match content {
        Content::Offer(offer) => offer_letter(offer, site),
        Content::Digest(digest) => digest_letter(digest, site),
        Content::Alert(alert) => alert_letter(alert),
        Content::Notice(notice) => notice_letter(notice),
        Content::Text { text } => text_letter(text),
        Content::Part(part) => text_letter(part.plain()),
        Content::Relay(relay) => text_letter(&relay.instead),
    }
}

fn offer_letter(offer: &OfferMessage, site: &str) -> Letter {
    let title = words::title(offer);
    let (price, image) = (words::price(offer), offer.listing.image_url.clone());
    let subject = match &price {
        Some(price) => format!("{title} – {price}"),
        None => title.clone(),
    };
    let mut blocks = vec![Block::Heading(title.clone())];
    blocks.extend(price.map(Block::Strong));
    blocks.extend(image.map(|url| Block::Image { url, alt: title }));
    blocks.extend(words::description(offer).map(Block::Text));
    let attributes = words::attributes(offer);
    if !attributes.is_empty() {
        blocks.push(Block::Text(attributes.join("\n")));
    }
    let url = offer.url.as_str().to_owned();
    blocks.push(Block::Button { label: "Open the offer".to_owned(), url });
    let target = words::target_name(offer);
    blocks.push(Block::Small(format!(
        "You receive this because you watch “{target}”. Pause the watch or change your channels at {site}."
    )));
    in_english(subject, blocks)
}

/// A content as a letter that fits. Of several offers as many are told as fit, and the others are counted;
/// anything else is as it is.
pub fn fitting(content: &Content, site: &str, fits: impl Fn(&Letter) -> bool) -> Letter {
    let whole = of(content, site);
    let Content::Digest(digest) = content else { return whole };
    let mut letters = (1..digest.offers.len()).rev();
    if fits(&whole) {
        return whole;
    }
    letters
        .find_map(|count| Some(digest_letter(&digest.first(count), site)).filter(&fits))
        .unwrap_or(whole)
}

fn digest_letter(digest: &DigestMessage, site: &str) -> Letter {
    let heading = digest.heading();
    let is_mixed = digest.targets().len() > 1;
    let mut blocks = vec![Block::Heading(heading.clone())];
    for offer in &digest.offers {
        blocks.push(Block::Strong(words::title(offer)));
        blocks.extend(words::price(offer).map(Block::Text));
        blocks.extend(is_mixed.then(|| Block::Text(words::target_name(offer))));
        let url = offer.url.as_str().to_owned();
        blocks.push(Block::Button { label: "Open the offer".to_owned(), url });
    }
    if digest.more > 0 {
        blocks.push(Block::Text(format!("and {} more", digest.more)));
    }
    blocks.push(Block::Small(format!(
        "You receive this because you watch these pages. Change your watches or your channels at {site}."
    )));
    in_english(heading, blocks)
}

fn alert_letter(alert: &AlertMessage) -> Letter {
    let text = |text: &str| (!text.is_empty()).then(|| Block::Text(text.to_owned()));
    let mut blocks = vec![Block::Heading(alert.title.clone())];
    blocks.extend(text(&alert.body));
    for Section { title, body } in &alert.sections {
        blocks.extend((!title.is_empty()).then(|| Block::Strong(title.clone())));
        blocks.extend(text(body));
    }
    in_english(alert.title.clone(), blocks)
}

/// A text's first line is what it is about.
fn text_letter(text: &str) -> Letter {
    let subject = text.lines().next().unwrap_or_default().to_owned();
    in_english(subject, vec![Block::Text(text.to_owned())])
}

/// A notice's first line is what it is about.
fn notice_letter(notice: &Notice) -> Letter {
    let text = notice.text();
    let subject = match notice {
        Notice::TestMessage => "Test message".to_owned(),
        _ => text.lines().next().unwrap_or_default().to_owned(),
    };
    in_english(subject, vec![Block::Text(text)])
}

/// The words of what a channel is told are English; what people wrote among them is as it is.
fn in_english(subject: String, blocks: Vec<Block>) -> Letter {
    Letter { subject, blocks, language: Language::En }
}

/// The letter as plain text; `mark` is a line at its head.
pub fn plain(letter: &Letter, mark: Option<&str>) -> String {
    let blocks = letter.blocks.iter().filter_map(|block| match block {
        Block::Heading(text) | Block::Text(text) | Block::Strong(text) | Block::Small(text) => {
            Some(text.clone())
        }
        Block::Image { .. } => None,
        Block::Button { label, url } => Some(format!("{label}:\n{url}")),
    });
    let parts: Vec<String> = mark.map(str::to_owned).into_iter().chain(blocks).collect();
    parts.join("\n\n")
}
