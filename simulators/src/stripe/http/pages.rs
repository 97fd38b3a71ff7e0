//! The pages: one on which one pays, one on which one cancels, and one that shows what happened.
//! Each is a document with its style inside and works without a script.

use std::fmt::Write;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::stripe::state::{Status, Subscription};
use crate::stripe::{Impossible, Stripe};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a2e;background:#fff}button{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}form{display:inline}.bad{color:#a00000}@media(prefers-color-scheme:dark){body{color:#eee;background:#15151f}a{color:#9cf}.bad{color:#ff9c9c}}";

pub(super) fn router(stripe: Stripe) -> Router {
    Router::new()
        .route("/simulator/stripe", get(overview))
        .route("/simulator/stripe/checkout/{id}", get(checkout))
        .route("/simulator/stripe/checkout/{id}/pay", post(pay))
        .route("/simulator/stripe/checkout/{id}/fail", post(fail))
        .route("/simulator/stripe/portal/{id}", get(portal))
        .route("/simulator/stripe/portal/{id}/{subscription}/{deed}", post(manage))
        .route("/simulator/stripe/subscriptions/{subscription}/{deed}", post(happen))
        .with_state(stripe)
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
    format!("<form method=\"post\" action=\"{action}\"><button>{label}</button></form>")
}

fn name(status: Status) -> String {
    serde_json::to_value(status)
        .ok()
        .and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}

async fn checkout(State(stripe): State<Stripe>, Path(id): Path<String>) -> Response {
    pay_page(&stripe, &id, "")
}

fn pay_page(stripe: &Stripe, id: &str, note: &str) -> Response {
    let now = stripe.now();
    let session = stripe.look(|state| state.sessions.get(id).cloned());
    let Some(session) = session else { return Impossible::NoOpenCheckout.into_response() };
    let status = session.status(now);
    if status != "open" {
        let back = escaped(&session.success_url);
        return page(
            "Checkout",
            &format!("<p>This page is {status}. <a href=\"{back}\">Back</a></p>"),
        );
    }
    let at = format!("/simulator/stripe/checkout/{}", session.id);
    let body = format!(
        "<p>Subscribe to <code>{}</code>. No money changes hands: this is a simulator.</p>{note}\
         {}{}<p><a href=\"{}\">Back without paying</a></p>",
        escaped(&session.price),
        button(&format!("{at}/pay"), "Pay"),
        button(&format!("{at}/fail"), "Pay with a card that is declined"),
        escaped(&session.cancel_url),
    );
    page("Checkout", &body)
}

async fn pay(State(stripe): State<Stripe>, Path(id): Path<String>) -> Response {
    match stripe.pay(&id) {
        Ok((url, _)) => Redirect::to(&url).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn fail(State(stripe): State<Stripe>, Path(id): Path<String>) -> Response {
    match stripe.fail(&id) {
        Ok(()) => {
            pay_page(&stripe, &id, "<p class=\"bad\" role=\"alert\">The card was declined.</p>")
        }
        Err(error) => error.into_response(),
    }
}

async fn portal(State(stripe): State<Stripe>, Path(id): Path<String>) -> Response {
    let found = stripe.look(|state| {
        let portal = state.portals.get(&id)?.clone();
        let of = state.subscriptions.values().filter(|it| it.customer == portal.customer);
        Some((of.cloned().collect::<Vec<Subscription>>(), portal))
    });
    let Some((subscriptions, portal)) = found else {
        return Impossible::NoPortal.into_response();
    };
    let mut body = String::new();
    for it in &subscriptions {
        let at = format!("/simulator/stripe/portal/{id}/{}", it.id);
        let _ = write!(body, "<h2><code>{}</code></h2><p>{}", it.id, name(it.status));
        if it.status == Status::Canceled {
            body.push_str("</p>");
            continue;
        }
        if it.cancel_at_period_end {
            let _ = write!(
                body,
                ", ends with its period</p>{}",
                button(&format!("{at}/resume"), "Go on")
            );
        } else {
            let at_end = format!("{at}/cancel_at_period_end");
            let _ = write!(body, "</p>{}", button(&at_end, "Cancel at the end of the period"));
        }
        body.push_str(&button(&format!("{at}/cancel"), "Cancel now"));
    }
    if subscriptions.is_empty() {
        body.push_str("<p>There are no subscriptions.</p>");
    }
    let _ = write!(body, "<p><a href=\"{}\">Back</a></p>", escaped(&portal.return_url));
    page("Your subscription", &body)
}

async fn manage(
    State(stripe): State<Stripe>,
    Path((id, subscription, deed)): Path<(String, String, String)>,
) -> Response {
    let own = stripe.look(|state| {
        let portal = state.portals.get(&id)?;
        state
            .subscriptions
            .get(&subscription)
            .filter(|it| it.customer == portal.customer)
            .map(|_| ())
    });
    if own.is_none() {
        return Impossible::NoPortal.into_response();
    }
    let done = match deed.as_str() {
        "cancel" => stripe.cancel(&subscription, Some(true)),
        "cancel_at_period_end" => stripe.cancel(&subscription, Some(false)),
        "resume" => stripe.cancel(&subscription, None),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match done {
        Ok(()) => Redirect::to(&format!("/simulator/stripe/portal/{id}")).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn happen(
    State(stripe): State<Stripe>,
    Path((subscription, deed)): Path<(String, String)>,
) -> Response {
    let done = match deed.as_str() {
        "paid" => stripe.renew(&subscription, true),
        "unpaid" => stripe.renew(&subscription, false),
        "refund" => stripe.refund(&subscription),
        "cancel" => stripe.cancel(&subscription, Some(true)),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match done {
        Ok(()) => Redirect::to("/simulator/stripe").into_response(),
        Err(error) => error.into_response(),
    }
}

async fn overview(State(stripe): State<Stripe>) -> Response {
    let (subscriptions, events) = stripe.look(|state| {
        (state.subscriptions.values().cloned().collect::<Vec<_>>(), state.events.clone())
    });
    let mut body = String::from(
        "<h2>Subscriptions</h2><table><tr><th>Id<th>Customer<th>Status<th>What happens next</tr>",
    );
    for it in &subscriptions {
        let at = format!("/simulator/stripe/subscriptions/{}", it.id);
        let deeds = [
            ("paid", "Paid again"),
            ("unpaid", "Payment fails"),
            ("refund", "Refund"),
            ("cancel", "Cancel"),
        ];
        let deeds: String =
            deeds.iter().map(|(deed, label)| button(&format!("{at}/{deed}"), label)).collect();
        let _ = write!(
            body,
            "<tr><td>{}<td>{}<td>{}<td>{deeds}</tr>",
            it.id,
            it.customer,
            name(it.status)
        );
    }
    body.push_str(
        "</table><h2>Events, the latest first</h2><table><tr><th>Id<th>Kind<th>Answers</tr>",
    );
    for event in events.iter().rev().take(100) {
        let answers: Vec<String> = event
            .attempts
            .iter()
            .map(|it| it.status.map_or_else(|| "none".to_owned(), |status| status.to_string()))
            .collect();
        let _ = write!(
            body,
            "<tr><td>{}<td>{}<td>{}</tr>",
            event.id,
            escaped(&event.kind),
            answers.join(", ")
        );
    }
    body.push_str("</table>");
    page("Stripe, simulated", &body)
}
