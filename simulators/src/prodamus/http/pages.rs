//! The pages: one on which one pays, and one that shows what happened. Each is a document with its
//! style inside and works without a script.

use std::fmt::Write;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::prodamus::deeds::{is_closed, money};
use crate::prodamus::state::{Link, Word};
use crate::prodamus::{Deed, Impossible, Payer, Prodamus};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a2e;background:#fff}button,input{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0}label{display:block}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}.inline{display:inline}.bad{color:#a00000}@media(prefers-color-scheme:dark){body{color:#eee;background:#15151f}a{color:#9cf}.bad{color:#ff9c9c}}";

pub(super) fn router(prodamus: Prodamus) -> Router {
    Router::new()
        .route("/simulator/prodamus", get(overview))
        .route("/simulator/prodamus/pay/{link}", get(pay_page).post(pay))
        .route("/simulator/prodamus/pay/{link}/{deed}", post(act))
        .route("/simulator/prodamus/payments/{payment}/refund", post(refund))
        .route("/simulator/prodamus/words/{word}/again", post(again))
        .with_state(prodamus)
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
         <main><h1>{title}</h1>{body}</main></html>"
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

fn button(action: &str, label: &str) -> String {
    format!(
        "<form class=\"inline\" method=\"post\" action=\"{action}\"><button>{label}</button></form>"
    )
}

async fn pay_page(State(prodamus): State<Prodamus>, Path(link): Path<String>) -> Response {
    show(&prodamus, &link, "")
}

fn show(prodamus: &Prodamus, link: &str, note: &str) -> Response {
    let found = prodamus.look(|state| state.links.get(link).cloned());
    let Some(link) = found else { return Impossible::NoLink.into_response() };
    let mut body = format!("{note}<table><tr><th>What<th>Price<th>How many</tr>");
    for item in &link.items {
        let (name, price) = (escaped(&item.name), money(item.cents));
        let _ = write!(body, "<tr><td>{name}<td>{price}<td>{}</tr>", item.quantity);
    }
    let _ = write!(body, "</table><p><strong>{} ₽</strong>", money(link.cents()));
    if link.demo {
        body.push_str(" The form is in demo mode.");
    }
    body.push_str(" No money changes hands: this is a simulator.</p>");
    let closed = is_closed(&link, prodamus.now_ms());
    body.push_str(&if closed {
        "<p>Nobody can pay here any more.</p>".to_owned()
    } else {
        pay_form(&link)
    });
    for (payment, back) in &link.payments {
        let at = format!("/simulator/prodamus/payments/{payment}/refund");
        let refund = if *back { "refunded".to_owned() } else { button(&at, "Refund") };
        let _ = write!(body, "<p>Payment {payment}: {refund}</p>");
    }
    if let Some(back) = way_back(&link, closed) {
        let _ = write!(body, "<p><a href=\"{}\">Back without paying</a></p>", escaped(back));
    }
    page("Pay", &body)
}

fn pay_form(link: &Link) -> String {
    let at = format!("/simulator/prodamus/pay/{}", link.id);
    format!(
        "<form method=\"post\" action=\"{at}\"><label>Telephone <input name=\"phone\" type=\"tel\" \
         value=\"+79990000000\"></label><label>E-mail <input name=\"email\" type=\"email\" \
         value=\"ada@example.com\"></label><button>Pay</button></form>{}{}",
        button(&format!("{at}/fail"), "Pay with a card that is declined"),
        button(&format!("{at}/cancel"), "Cancel"),
    )
}

/// Where whoever does not pay goes back to: not where nothing is left to pay, and not to Telegram itself,
/// where nobody knows the simulator's chats.
fn way_back(link: &Link, closed: bool) -> Option<&str> {
    let is_open = !closed && link.payments.is_empty();
    link.url_return.as_deref().filter(|url| is_open && !is_telegrams(url))
}

/// Whether an address is one of Telegram's own, where nobody knows the simulator's chats.
fn is_telegrams(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.host_str() == Some("t.me"))
}

async fn pay(State(prodamus): State<Prodamus>, Path(id): Path<String>, body: String) -> Response {
    let mut payer = Payer::default();
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        match name.as_ref() {
            "phone" => payer.phone = value.into_owned(),
            "email" => payer.email = value.into_owned(),
            _ => {}
        }
    }
    if let Err(error) = prodamus.act(&id, Deed::Pay, &payer) {
        return error.into_response();
    }
    let success = prodamus.look(|state| state.links.get(&id)?.url_success.clone());
    match success.filter(|url| !is_telegrams(url)) {
        Some(url) => Redirect::to(&url).into_response(),
        None => show(&prodamus, &id, "<p role=\"status\">Paid.</p>"),
    }
}

async fn act(
    State(prodamus): State<Prodamus>,
    Path((id, deed)): Path<(String, String)>,
) -> Response {
    let (deed, note) = match deed.as_str() {
        "fail" => (Deed::Fail, "The card was declined."),
        "cancel" => (Deed::Cancel, "The payment was cancelled."),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match prodamus.act(&id, deed, &Payer::default()) {
        Ok(_) => show(&prodamus, &id, &format!("<p class=\"bad\" role=\"alert\">{note}</p>")),
        Err(error) => error.into_response(),
    }
}

async fn refund(State(prodamus): State<Prodamus>, Path(payment): Path<u64>) -> Response {
    let of = |link: &Link| link.payments.contains_key(&payment).then(|| link.id.clone());
    let link = prodamus.look(|state| state.links.values().find_map(of));
    match (prodamus.refund(payment), link) {
        (Ok(()), Some(id)) => {
            Redirect::to(&format!("/simulator/prodamus/pay/{id}")).into_response()
        }
        (Ok(()), None) => Redirect::to("/simulator/prodamus").into_response(),
        (Err(error), _) => error.into_response(),
    }
}

async fn again(State(prodamus): State<Prodamus>, Path(word): Path<String>) -> Response {
    match prodamus.release(&[word]) {
        Ok(()) => Redirect::to("/simulator/prodamus").into_response(),
        Err(error) => error.into_response(),
    }
}

async fn overview(State(prodamus): State<Prodamus>) -> Response {
    let (links, words) = (prodamus.links(), prodamus.words());
    let mut body = format!(
        "<p>A form is at <code>{}</code>, with any name at its end; name it like the bot whose form \
         it is. The secret key of each is <code>{}</code>.</p><h2>Links, the latest first</h2><table>\
         <tr><th>Link<th>Form<th>Order<th>Sum<th>Payments</tr>",
        escaped(&prodamus.form_url("name")),
        escaped(prodamus.key()),
    );
    for link in links.iter().rev().take(100) {
        let payments: Vec<String> = link
            .payments
            .iter()
            .map(|(number, back)| format!("{number}{}", if *back { " (refunded)" } else { "" }))
            .collect();
        let _ = write!(
            body,
            "<tr><td><a href=\"/simulator/prodamus/pay/{0}\">{0}</a><td>{1}<td>{2}<td>{3}<td>{4}</tr>",
            link.id,
            escaped(&link.form),
            escaped(&link.order_num),
            money(link.cents()),
            payments.join(", "),
        );
    }
    body.push_str(
        "</table><h2>Words, the latest first</h2><table><tr><th>Payment<th>Status<th>Sum<th>To\
         <th>Answers<th></tr>",
    );
    for word in words.iter().rev().take(100) {
        body.push_str(&row(word));
    }
    body.push_str("</table>");
    page("Prodamus, simulated", &body)
}

fn row(word: &Word) -> String {
    let field = |name| escaped(word.field(name).unwrap_or_default());
    let answers: Vec<String> = word
        .attempts
        .iter()
        .map(|it| it.status.map_or_else(|| "none".to_owned(), |status| status.to_string()))
        .collect();
    format!(
        "<tr><td>{}<td>{}{}<td>{}<td>{}<td>{}<td>{}</tr>",
        field("order_id"),
        field("payment_status"),
        if word.demo { " (demo)" } else { "" },
        field("sum"),
        escaped(&word.url),
        answers.join(", "),
        button(&format!("/simulator/prodamus/words/{}/again", word.id), "Post again"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{is_telegrams, way_back};
    use crate::prodamus::state::Link;

    #[test]
    fn the_way_back_without_paying_ends_with_the_payment_and_never_leads_to_telegram_itself() {
        let link = |back: &str| Link {
            id: "1".to_owned(),
            form: "shop".to_owned(),
            order_num: "2".to_owned(),
            items: Vec::new(),
            extra: String::new(),
            url_success: None,
            url_return: Some(back.to_owned()),
            webhook: None,
            json: false,
            demo: false,
            expires: None,
            limit: None,
            payments: BTreeMap::new(),
        };
        let shop = link("https://shop.example/");
        assert_eq!(way_back(&shop, false), Some("https://shop.example/"));
        assert_eq!(way_back(&shop, true), None, "it is too late to pay");
        let paid = Link { payments: BTreeMap::from([(7, false)]), ..shop };
        assert_eq!(way_back(&paid, false), None);
        assert_eq!(way_back(&link("https://t.me/shop_bot"), false), None);
    }

    #[test]
    fn who_has_paid_is_not_led_to_telegram_itself() {
        assert!(is_telegrams("https://t.me/shop_bot"));
        assert!(!is_telegrams("https://shop.example/thanks?to=t.me"));
    }
}
