//! Made-up offers with the oddities of real ones, the same for the same seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

const NOUNS: [&str; 8] =
    ["Bike", "Laptop", "ноутбук", "笔记本电脑", "Kühlschrank", "هاتف", "Gömlek", "Camera 📷"];
/// What titles have in them: markup, entities, quotes, direction marks, nothing visible.
const ODDITIES: [&str; 12] = [
    "<b>SALE</b>",
    "&amp; more",
    "*bold* _not_ [link](http://x)",
    "\u{202e}evil\u{202c}",
    "👩‍👩‍👧‍👦 family",
    "\"quoted\" & 'single'",
    "</a><script>alert(1)</script>",
    "50% off!!!",
    "\u{200b}\u{200d}zero width",
    "tab\tand\nnewline",
    "{{template}}",
    "🇩🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿",
];
const PARAGRAPHS: [&str; 6] = [
    "<p>Carbon frame, <i>size 56</i>.</p><ul><li>one</li><li>two &lt; three</li></ul>",
    "Line one\r\nLine two\r\n\r\n\tLine four. ",
    "Très bon état, vendu avec sa boîte – jamais réparé. ",
    "新品未開封。送料込み。即日発送。",
    "<div style='x'>Unclosed <b>bold <a href=\"javascript:alert(1)\">link</div>",
    "A plain sentence that says little but says it at some length, as sellers do. ",
];
const PRICES: [&str; 8] =
    ["0", "0.01", "16499000", "1.2e3", "1E+2", "89.90", "123456789012.34", "7.5e-1"];
const CURRENCIES: [&str; 5] = ["EUR", "USD", "IDR", "JPY", "KWD"];

/// The page of this number.
pub fn page(number: usize) -> String {
    format!("https://shop.example/category-{number}")
}

/// So many offers spread over so many pages. Every tenth stands on a second page as well, as a
/// sighting of its own right after the first.
pub fn offers(seed: u64, count: usize, pages: usize) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut offers = Vec::new();
    for number in 0..count {
        let offer = offer(&mut random, seed, number, number % pages);
        if number % 10 == 9 && pages > 1 {
            let mut again = offer.clone();
            again["page_url"] = page((number + 1) % pages).into();
            offers.push(offer);
            offers.push(again);
        } else {
            offers.push(offer);
        }
    }
    offers
}

fn offer(random: &mut StdRng, seed: u64, number: usize, on: usize) -> Value {
    let mut offer = json!({
        "page_url": page(on),
        "url": url(random, seed, number),
        "title": title(random, number),
    });
    if random.random_bool(0.9) {
        offer["price"] = pick(random, &PRICES).into();
        offer["currency"] = pick(random, &CURRENCIES).into();
    }
    if random.random_bool(0.4) {
        offer["image_url"] = format!("https://shop.example/pictures/{number}.webp").into();
    }
    if random.random_bool(0.8) {
        offer["description"] = description(random).into();
    }
    if random.random_bool(0.5) {
        let odd = pick(random, &ODDITIES);
        offer["attributes"] = json!({ "brand": "Example", "note": odd, "rating": "4.6" });
    }
    offer
}

/// Each address names the offer's number, so that a message tells which offer it is about.
fn url(random: &mut StdRng, seed: u64, number: usize) -> String {
    let tracking = if random.random_bool(0.3) { "&utm_source=mail&fbclid=abc" } else { "" };
    let host =
        if random.random_bool(0.2) { "HTTPS://Shop.Example:443" } else { "https://shop.example" };
    format!("{host}/item?b=2&a={seed}-{number}{tracking}#top")
}

/// Each title begins with the offer's number.
fn title(random: &mut StdRng, number: usize) -> String {
    let (noun, odd) = (pick(random, &NOUNS), pick(random, &ODDITIES));
    let more = if random.random_bool(0.1) { " and so on".repeat(20) } else { String::new() };
    format!("{} {noun} {odd}{more}", label(number))
}

/// What the title of the offer of this number begins with.
pub fn label(number: usize) -> String {
    format!("No.{number:04}.")
}

/// Two in five are over a kilobyte.
fn description(random: &mut StdRng) -> String {
    let long = random.random_bool(0.4);
    let mut text = String::new();
    while text.len() < if long { 1_500 } else { 80 } {
        text.push_str(pick(random, &PARAGRAPHS));
    }
    text
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from.choose(random).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_offers_with_every_oddity() {
        let made = offers(7, 100, 6);
        assert_eq!(made, offers(7, 100, 6));
        assert_ne!(made, offers(8, 100, 6));
        assert_eq!(made.len(), 110);
        let text = made.iter().map(Value::to_string).collect::<String>();
        assert!(text.contains("e3") && text.contains("<script>") && text.contains('👩'));
        let long = |offer: &&Value| offer.to_string().len() > 1_024;
        assert!(made.iter().filter(long).count() > 20);
    }
}
