use std::collections::BTreeMap;

use domain::ids::TargetId;
use domain::message::{DigestMessage, Notice, OfferMessage};
use domain::offer::Listing;
use domain::url::CanonicalUrl;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

type Failure = Box<dyn std::error::Error>;

fn offer(listing: &Value, url: &str, previous_price: Option<i64>) -> Result<Content, Failure> {
    let input = serde_json::from_value(listing.clone())?;
    let listing = Listing::check(input).map_err(|faults| format!("{faults:?}"))?;
    Ok(Content::from(OfferMessage {
        listing,
        url: CanonicalUrl::parse(url)?,
        previous_price: previous_price.map(Decimal::from),
        target_id: TargetId(Uuid::from_u128(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc)),
        target_name: "Laptops & <more>".into(),
    }))
}

fn laptop() -> Result<Content, Failure> {
    let listing = json!({
        "title": "Laptop HP 15s 4GB &amp; 8GB <b>RAM</b> 512GB SSD",
        "price": "6099000",
        "currency": "IDR",
        "image_url": "https://img.example.com/a.png?x=1&y=2",
        "description": "<p>Display: 14\" &lt;matte&gt;</p>Ports:<br>1 USB-C<br/>2 USB-A. 5 < 6 👨‍👩‍👧",
        "attributes": {"brand": "HP", "seller": "HP", "rating": "0", "reviews": 12, "sku": "X1"},
    });
    offer(&listing, "https://shop.example.com/p?b=2&a=1", Some(6_776_667))
}

#[test]
fn an_offer_shows_price_change_picture_and_buttons() -> Result<(), Failure> {
    insta::assert_json_snapshot!(render(&laptop()?, false));
    Ok(())
}

#[test]
fn a_possible_repeat_is_marked_and_bare_text_has_no_form() -> Result<(), Failure> {
    insta::assert_json_snapshot!(render_bare(&laptop()?, true));
    Ok(())
}

#[test]
fn a_title_alone_makes_a_message_and_a_private_address_no_button() -> Result<(), Failure> {
    let content = offer(&json!({"title": "Shoes"}), "http://localhost:8080/shoes", None)?;
    insta::assert_json_snapshot!(render(&content, false));
    Ok(())
}

/// Several offers of two watches.
fn digest(count: usize, url: &str) -> Result<DigestMessage, Failure> {
    let mut offers = Vec::new();
    for n in 0..count {
        let Content::Offer(mut offer) = laptop()? else { return Err("an offer".into()) };
        offer.url = CanonicalUrl::parse(&format!("{url}{n}"))?;
        if n % 2 == 1 {
            offer.target_id = TargetId(Uuid::from_u128(7));
            "Bikes".clone_into(&mut offer.target_name);
        }
        offers.push(*offer);
    }
    Ok(DigestMessage { offers, more: 2 })
}

#[test]
fn several_offers_of_two_watches_say_which_each_is_of_and_both_can_be_paused() -> Result<(), Failure>
{
    let digest = digest(3, "https://shop.example.com/p?n=")?;
    insta::assert_json_snapshot!(render(&Content::from(digest), false));
    Ok(())
}

#[test]
fn several_offers_of_one_watch_have_one_button() -> Result<(), Failure> {
    let digest = digest(3, "https://shop.example.com/p?n=")?.first(1);
    let body = serde_json::to_value(render(&Content::from(digest), false))?;
    let rows = body["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
    assert_eq!(rows.len(), 1, "{body}");
    assert_eq!(rows[0][0]["text"], "Pause this watch");
    assert!(body["text"].as_str().is_some_and(|text| text.contains("and 4 more")), "{body}");
    Ok(())
}

#[test]
fn offers_that_do_not_fit_are_counted() -> Result<(), Failure> {
    let long = format!("http://localhost/{}", "a".repeat(500));
    let mut digest = digest(10, &long)?;
    for offer in &mut digest.offers {
        offer.listing.title = "long ".repeat(60);
    }
    let body = serde_json::to_value(render(&Content::from(digest), false))?;
    check(&body)?;
    let text = body["text"].as_str().unwrap_or_default();
    let told = text.matches('•').count();
    assert!(told < 10, "{told}");
    assert!(text.ends_with(&format!("and {} more", 12 - told)), "{text}");
    Ok(())
}

#[test]
fn a_paused_watch_can_be_resumed_by_a_button() {
    let notice = Notice::TargetPaused {
        target_id: TargetId(Uuid::nil()),
        target_name: "Shoes & <b>".into(),
    };
    insta::assert_json_snapshot!(render(&notice.into(), false));
}

#[test]
fn a_connected_chat_is_told_what_arrives_there() {
    let notice = Notice::ChannelConnected { target_name: Some("Laptops".into()) };
    insta::assert_json_snapshot!(render(&notice.into(), true));
}

#[test]
fn a_long_description_is_cut_at_a_word() -> Result<(), Failure> {
    let listing = json!({"title": "A", "description": "word ".repeat(1000)});
    let text = render(&offer(&listing, "https://e.com/", None)?, false).text;
    assert!(text.contains("word word…\n"), "{text}");
    assert!(text.encode_utf16().count() < 700);
    Ok(())
}

#[test]
fn a_title_of_markup_alone_is_shown_as_it_came() -> Result<(), Failure> {
    let text = render(&offer(&json!({"title": "<b></b>"}), "https://e.com/", None)?, false).text;
    assert!(text.starts_with("<b>&lt;b&gt;&lt;/b&gt;</b>\n"), "{text}");
    Ok(())
}

/// What Telegram would refuse, checked without the code under test.
fn check(message: &Value) -> Result<(), String> {
    let text = message["text"].as_str().ok_or("no text")?;
    let shown = if message["parse_mode"] == "HTML" { parse_html(text)? } else { text.to_owned() };
    let length = shown.encode_utf16().count();
    if shown.trim().is_empty() || length > 4096 {
        return Err(format!("{length} units of text"));
    }
    if let Some(url) = message["link_preview_options"]["url"].as_str() {
        check_url(url)?;
    }
    let rows = message["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        if button["text"].as_str().is_none_or(str::is_empty) {
            return Err("a button without text".into());
        }
        match (button["url"].as_str(), button["callback_data"].as_str()) {
            (Some(url), None) => check_url(url)?,
            (None, Some(data)) if (1..=64).contains(&data.len()) => {}
            other => return Err(format!("a button that does {other:?}")),
        }
    }
    Ok(())
}

fn check_url(url: &str) -> Result<(), String> {
    let parsed = url::Url::parse(url).map_err(|error| error.to_string())?;
    let host = parsed.host_str().unwrap_or_default();
    let web = matches!(parsed.scheme(), "http" | "https") && url.is_ascii() && !url.contains(' ');
    if web && host.contains('.') { Ok(()) } else { Err(format!("Wrong HTTP URL {url}")) }
}

/// Reads Telegram's HTML strictly: known tags, balanced, every `<`, `>` and
/// `&` accounted for. Gives the text without markup.
fn parse_html(html: &str) -> Result<String, String> {
    let mut shown = String::new();
    let mut open = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('<') {
            let end = rest.find('>').ok_or("unclosed start tag")?;
            let inside = &rest[1..end];
            if let Some(name) = inside.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(format!("unexpected end tag {name}"));
                }
            } else {
                open.push(tag_name(inside)?);
            }
            rest = &rest[end + 1..];
        } else {
            let known = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let (entity, c) = known
                .into_iter()
                .find(|(entity, _)| rest.starts_with(entity))
                .ok_or_else(|| format!("unescaped {rest:.5}"))?;
            shown.push(c);
            rest = &rest[entity.len()..];
        }
    }
    shown.push_str(rest);
    if open.is_empty() { Ok(shown) } else { Err(format!("{open:?} left open")) }
}

fn tag_name(inside: &str) -> Result<&str, String> {
    if matches!(inside, "b" | "i") {
        return Ok(inside);
    }
    let url = inside
        .strip_prefix("a href=\"")
        .and_then(|url| url.strip_suffix('"'))
        .ok_or_else(|| format!("unsupported start tag {inside}"))?;
    check_url(&url.replace("&amp;", "&")).map(|()| "a")
}

/// Text that is hard on a renderer: markup, entities, emoji, marks, controls.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[<>&\"';#/a-z ]{0,20}".prop_map(String::from),
        Just("<b>".to_owned()),
        Just("</a>".to_owned()),
        Just("&lt;script&gt;".to_owned()),
        Just("&#0;&#xD800;&#60;".to_owned()),
        Just("👨‍👩‍👧🇩🇪✌🏽".repeat(40)),
        Just("e\u{301}\u{302}".repeat(30)),
        Just("\u{200B}\u{202E}\u{0}\n\n\n".to_owned()),
        Just("word ".repeat(300)),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn any_listing() -> impl Strategy<Value = Listing> {
    let price = proptest::option::of(
        (any::<u64>(), 0_u32..28)
            .prop_map(|(n, scale)| Decimal::from_i128_with_scale(n.into(), scale)),
    );
    let image = prop_oneof![
        Just(None),
        nasty().prop_map(Some),
        "https?://[a-z0-9.:@-]{0,20}/[ -~]{0,30}".prop_map(Some),
    ];
    let name = prop_oneof![
        Just("brand".to_owned()),
        Just("seller".to_owned()),
        Just("Rating".to_owned()),
        nasty()
    ];
    let attributes = proptest::collection::btree_map(name, nasty(), 0..6);
    (
        nasty(),
        price,
        proptest::option::of("[A-Z]{3}"),
        image,
        proptest::option::of(nasty()),
        attributes,
    )
        .prop_map(
            |(title, price, currency, image_url, description, attributes): (
                _,
                _,
                _,
                _,
                _,
                BTreeMap<_, _>,
            )| Listing { title, price, currency, image_url, description, attributes },
        )
}

proptest! {
    #[test]
    fn no_listing_makes_a_message_that_telegram_refuses(
        listing in any_listing(),
        host in prop_oneof![Just("e.com".to_owned()), Just("localhost".to_owned()), "[a-z0-9._-]{1,12}".prop_map(String::from)],
        path in "[ -~äя🦄]{0,200}",
        previous in proptest::option::of(any::<u32>()),
        target_name in nasty(),
        repeat in any::<bool>(),
    ) {
        let url = CanonicalUrl::parse(&format!("https://{host}/{path}"));
        prop_assume!(url.is_ok());
        let Ok(url) = url else { return Ok(()) };
        let content = Content::from(OfferMessage {
            listing,
            url,
            previous_price: previous.map(Decimal::from),
            target_id: TargetId(Uuid::max()),
            target_name,
        });
        for message in [render(&content, repeat), render_bare(&content, repeat)] {
            let body = serde_json::to_value(&message).unwrap_or_default();
            prop_assert_eq!(check(&body), Ok(()), "{}", body);
        }
    }

    #[test]
    fn no_name_makes_a_notice_that_telegram_refuses(name in nasty(), offers in any::<u32>()) {
        let notice = Notice::Watching { target_id: TargetId(Uuid::max()), target_name: name, offers };
        let body = serde_json::to_value(render(&notice.into(), true)).unwrap_or_default();
        prop_assert_eq!(check(&body), Ok(()), "{}", body);
    }
}

#[test]
fn the_longest_possible_offer_keeps_its_link_and_its_watch() -> Result<(), Failure> {
    let listing = json!({
        "title": "Ж".repeat(500), "price": "9".repeat(28), "currency": "IDR", "description": "🦄 ".repeat(5000),
        "attributes": {"brand": "a".repeat(500), "seller": "b".repeat(500), "rating": "c".repeat(500),
            "size": "d".repeat(500), "location": "e".repeat(500), "shipping": "f".repeat(500)},
    });
    for (url, ends) in [
        (format!("http://localhost/{}", "a".repeat(2031)), "\nWatch: Laptops & <more>"),
        (format!("https://shop.example/{}", "a".repeat(2027)), "\nWatch: Laptops & <more>"),
    ] {
        let content = offer(&listing, &url, Some(1))?;
        let bare = render_bare(&content, true);
        assert!(bare.text.contains(&url) && bare.text.ends_with(ends));
        check(&serde_json::to_value(&bare)?)?;
        check(&serde_json::to_value(render(&content, true))?)?;
    }
    Ok(())
}

#[test]
fn a_companys_own_text_arrives_as_it_was_written() {
    let text = "Sales <up>\n\n  & away";
    let content = Content::Text { text: text.to_owned() };
    let rendered = render(&content, false);
    assert_eq!(rendered.text, "Sales &lt;up&gt;\n\n  &amp; away");
    assert_eq!(rendered.link_preview_options, LinkPreview::NONE);
    assert_eq!(render_bare(&content, false).text, text);
    let long = Content::Text { text: "x".repeat(MAX_TEXT) };
    assert!(render(&long, true).text.contains(REPEAT_MARK), "the mark has its place");
}
