use std::pin::pin;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures::FutureExt;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulators::telegram::{Fault, Request as Call, router};
use tower::ServiceExt;

use crate::setup::{ANNA, BOT, Setup, TOKEN, setup};

/// One request straight into the router. Nothing in it waits, so one poll does.
fn ask(
    setup: &Setup,
    request: Request<Body>,
) -> (StatusCode, Option<String>, Result<Vec<u8>, axum::Error>) {
    let exchange = async {
        let response = router(setup.telegram.clone()).oneshot(request).await.unwrap();
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.map(|body| body.to_bytes().to_vec());
        (status, retry_after, body)
    };
    exchange.now_or_never().expect("the router waits for something")
}

fn json_of(setup: &Setup, method: &str, uri: &str, body: Option<&Value>) -> (StatusCode, Value) {
    let request =
        Request::builder().method(method).uri(uri).header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let (status, _, body) = ask(setup, request.body(body).unwrap());
    (status, serde_json::from_slice(&body.unwrap()).unwrap())
}

#[test]
fn the_bot_api_takes_get_and_post_forms_and_query_strings() {
    let setup = setup();
    let uri = format!("/bot{TOKEN}/sendMessage?chat_id={ANNA}&text=hello%20there");
    let (status, body) = json_of(&setup, "GET", &uri, None);
    assert_eq!((status, &body["result"]["text"]), (StatusCode::OK, &json!("hello there")));
    let uri = format!("/bot{TOKEN}/sendmessage");
    let form = Request::post(uri).header("content-type", "application/x-www-form-urlencoded");
    let (status, _, body) =
        ask(&setup, form.body(format!("chat_id={ANNA}&text=a+b").into()).unwrap());
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8(body.unwrap()).unwrap().contains("\"a b\""));
}

#[test]
fn refusals_have_telegrams_shape_and_status() {
    let setup = setup();
    let (status, body) = json_of(&setup, "POST", &format!("/bot{TOKEN}/nothing"), None);
    assert_eq!(
        (status, body),
        (
            StatusCode::NOT_FOUND,
            json!({ "ok": false, "error_code": 404, "description": "Not Found" })
        )
    );
    let (status, body) = json_of(&setup, "GET", "/bot1:wrong/getMe", None);
    assert_eq!((status, &body["description"]), (StatusCode::UNAUTHORIZED, &json!("Unauthorized")));
    setup.telegram.inject(Fault::TooManyRequests { retry_after: 3 });
    let uri = format!("/bot{TOKEN}/sendMessage?chat_id={ANNA}&text=a");
    let (status, retry_after, _) = ask(&setup, Request::get(uri).body(Body::empty()).unwrap());
    assert_eq!((status, retry_after.as_deref()), (StatusCode::TOO_MANY_REQUESTS, Some("3")));
}

#[test]
fn a_lost_connection_has_no_whole_body() {
    let setup = setup();
    setup.telegram.inject(Fault::LostAfter);
    let uri = format!("/bot{TOKEN}/sendMessage?chat_id={ANNA}&text=a");
    let (_, _, body) = ask(&setup, Request::get(uri).body(Body::empty()).unwrap());
    assert!(body.is_err());
    assert_eq!(setup.telegram.messages(BOT, ANNA).unwrap().len(), 1);
}

#[test]
fn a_slow_answer_comes_once_its_time_has_passed_and_the_message_is_there_before() {
    let setup = setup();
    setup.telegram.inject(Fault::Slow { ms: 5_000 });
    let body = format!("chat_id={ANNA}&text=a");
    let request =
        Call { token: TOKEN, method: "sendMessage", query: Some(&body), ..Call::default() };
    let mut answer = pin!(setup.telegram.respond(&request));
    assert!(answer.as_mut().now_or_never().is_none());
    assert_eq!(setup.telegram.messages(BOT, ANNA).unwrap().len(), 1);
    setup.clock.advance_ms(4_999);
    assert!(answer.as_mut().now_or_never().is_none());
    setup.clock.advance_ms(1);
    assert_eq!(answer.as_mut().now_or_never().map(|answer| answer.status), Some(200));
}

#[test]
fn the_control_api_plays_the_people() {
    let setup = setup();
    let post = |path: &str, body: Value| {
        json_of(&setup, "POST", &format!("/simulator/api{path}"), Some(&body))
    };
    let get = |path: &str| json_of(&setup, "GET", &format!("/simulator/api{path}"), None).1;
    let (_, bob) = post("/chats", json!({ "kind": "private", "first_name": "Bob" }));
    let id = bob["id"].as_i64().unwrap();
    post(&format!("/chats/{id}/start"), json!({ "bot": BOT, "payload": "abc" }));
    post(&format!("/chats/{id}/messages"), json!({ "bot": BOT, "text": "hi" }));
    let keyboard = json!({ "inline_keyboard": [[{ "text": "a", "callback_data": "x" }]] });
    let sent = setup
        .ok("sendMessage", &json!({ "chat_id": id, "text": "hello", "reply_markup": keyboard }));
    let press = json!({ "bot": BOT, "message_id": sent["message_id"], "data": "x" });
    let (_, pressed) = post(&format!("/chats/{id}/press"), press);
    setup.ok(
        "answerCallbackQuery",
        &json!({ "callback_query_id": pressed["callback_query_id"], "text": "ok" }),
    );
    let conversation = get(&format!("/chats/{id}?bot={BOT}"));
    let texts: Vec<_> =
        conversation["messages"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["/start abc", "hi", "hello"]);
    assert_eq!(conversation["notice"]["text"], "ok");
    assert_eq!(conversation["messages"][2]["outgoing"], true);
    post(&format!("/chats/{id}/block"), json!({ "bot": BOT }));
    assert_eq!(get(&format!("/chats/{id}?bot={BOT}"))["standing"], "blocked");
    post(&format!("/chats/{id}/unblock"), json!({ "bot": BOT }));
    post("/faults", json!({ "fault": { "kind": "error_before" } }));
    assert_eq!(setup.send(id, "a").status, 500);
    assert_eq!(get("/stats")["totals"], Value::Null);
    assert_eq!(get("/stats")["faults"]["error_before"], 1);
    let log = get("/log?after=0&limit=1");
    assert_eq!((log["entries"].as_array().unwrap().len(), &log["next"]), (1, &json!(1)));
    let chats = get("/chats");
    assert_eq!(chats.as_array().unwrap().len(), 2);
    post("/reset", json!({}));
    assert_eq!(get("/chats"), json!([]));
}

#[test]
fn what_people_cannot_do_has_a_code_and_a_reason() {
    let setup = setup();
    let post = |path: &str, body: Value| {
        json_of(&setup, "POST", &format!("/simulator/api{path}"), Some(&body))
    };
    let (status, body) = post("/chats/99/messages", json!({ "bot": BOT, "text": "hi" }));
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_chat")));
    let (status, body) =
        post(&format!("/chats/{ANNA}/messages"), json!({ "bot": "nobody", "text": "hi" }));
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_bot")));
    let (status, body) = post("/chats", json!({ "kind": "private", "colour": "red" }));
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body["error"].as_str().unwrap().contains("colour"));
}

#[test]
fn the_page_is_one_document_and_deep_links_lead_to_it() {
    let setup = setup();
    for uri in ["/simulator", "/simulator/t.me/hoopoe_bot?start=abc"] {
        let (status, _, body) = ask(&setup, Request::get(uri).body(Body::empty()).unwrap());
        assert_eq!(status, StatusCode::OK);
        let page = String::from_utf8(body.unwrap()).unwrap();
        assert!(page.starts_with("<!doctype html>"));
        assert!(!page.contains("/*style*/") && !page.contains("src=\"http"));
    }
}

#[test]
fn a_picture_may_be_attached_to_the_form_under_any_name() {
    let setup = setup();
    let part = |name: &str, more: &str, content: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
    };
    let form = [
        part("chat_id", "", &ANNA.to_string()),
        part("photo", "", "attach://cat"),
        part("cat", "; filename=\"cat.jpg\"", "picture"),
        "--x--\r\n".to_owned(),
    ];
    let request = Request::post(format!("/bot{TOKEN}/sendPhoto"))
        .header("content-type", "multipart/form-data; boundary=x");
    let (status, _, _) = ask(&setup, request.body(form.concat().into()).unwrap());
    assert_eq!(status, StatusCode::OK);
}

#[test]
fn everything_works_below_a_prefix_too() {
    let setup = setup();
    let nested = axum::Router::new().nest("/telegram", router(setup.telegram.clone()));
    for uri in [
        &format!("/telegram/bot{TOKEN}/getMe"),
        "/telegram/simulator",
        "/telegram/simulator/api/chats",
    ] {
        let request = Request::get(uri).body(Body::empty()).unwrap();
        let response = nested.clone().oneshot(request).now_or_never().unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{uri}");
    }
}
