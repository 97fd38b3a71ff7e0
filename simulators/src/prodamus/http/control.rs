//! The control API, `/simulator/prodamus/api`: what people and time do, as JSON.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::prodamus::{Deed, Encoding, Impossible, Payer, Prodamus};

pub(super) fn router(prodamus: Prodamus) -> Router {
    let api = Router::new()
        .route("/links", get(links))
        .route("/links/{link}/{deed}", post(act))
        .route("/payments/{payment}/refund", post(refund))
        .route("/words", get(words).post(say))
        .route("/words/release", post(release))
        .route("/words/delivery", post(delivery))
        .route("/faults", post(fault))
        .with_state(prodamus);
    Router::new().nest("/simulator/prodamus/api", api)
}

impl IntoResponse for Impossible {
    fn into_response(self) -> Response {
        (StatusCode::NOT_FOUND, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

type Reply = Result<Json<Value>, Impossible>;

fn ok() -> Json<Value> {
    Json(json!({ "ok": true }))
}

async fn links(State(prodamus): State<Prodamus>) -> Json<Value> {
    Json(json!({ "links": prodamus.links() }))
}

async fn act(
    State(prodamus): State<Prodamus>,
    Path((link, deed)): Path<(String, Deed)>,
    payer: Option<Json<Payer>>,
) -> Reply {
    let payer = payer.map(|Json(payer)| payer).unwrap_or_default();
    let payment = prodamus.act(&link, deed, &payer)?;
    Ok(Json(json!({ "payment": payment })))
}

async fn refund(State(prodamus): State<Prodamus>, Path(payment): Path<u64>) -> Reply {
    prodamus.refund(payment).map(|()| ok())
}

async fn words(State(prodamus): State<Prodamus>) -> Json<Value> {
    Json(json!({ "words": prodamus.words() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saying {
    /// The form whose word it is.
    form: String,
    /// Its fields, by the names that a form has for them.
    fields: BTreeMap<String, String>,
    #[serde(default)]
    demo: bool,
}

async fn say(State(prodamus): State<Prodamus>, Json(said): Json<Saying>) -> Json<Value> {
    prodamus.say(&said.form, said.fields.into_iter().collect(), said.demo);
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    /// Words in the order in which they go; the same one may stand there twice.
    words: Vec<String>,
}

async fn release(State(prodamus): State<Prodamus>, Json(release): Json<Release>) -> Reply {
    prodamus.release(&release.words).map(|()| ok())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    /// Whether words are kept back.
    hold: Option<bool>,
    /// How often each is posted.
    copies: Option<u32>,
    /// How they are written.
    encoding: Option<Encoding>,
    /// Whether products are one text of JSON.
    #[serde(default)]
    products_as_text: bool,
}

async fn delivery(State(prodamus): State<Prodamus>, Json(delivery): Json<Delivery>) -> Json<Value> {
    if let Some(hold) = delivery.hold {
        prodamus.hold(hold);
    }
    if let Some(copies) = delivery.copies {
        prodamus.copies(copies);
    }
    if let Some(encoding) = delivery.encoding {
        prodamus.write_as(encoding, delivery.products_as_text);
    }
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    status: u16,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

async fn fault(State(prodamus): State<Prodamus>, Json(fault): Json<Fault>) -> Json<Value> {
    prodamus.inject(fault.status, fault.times);
    ok()
}
