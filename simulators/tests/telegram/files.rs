use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::FutureExt;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulators::telegram::{Answer, router};
use tower::ServiceExt;

use crate::setup::{ANNA, BOT, Setup, TOKEN, setup};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nfirst";
const JPEG: &[u8] = b"\xff\xd8\xffsecond";

/// A call with files, each under its name.
fn upload(setup: &Setup, method: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
    let mut form = Vec::new();
    let chat = ANNA.to_string();
    let fields = fields.iter().copied().chain([("chat_id", chat.as_str())]);
    for (name, value) in fields {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        form.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    for (name, bytes) in files {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n"
        );
        form.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    form.extend(b"--x--\r\n");
    setup.telegram.call(TOKEN, method, Some("multipart/form-data; boundary=x"), &form)
}

/// The name of the largest size.
fn file_id(message: &Value) -> String {
    let sizes = message["photo"].as_array().expect("sizes");
    sizes.last().and_then(|it| it["file_id"].as_str()).expect("a name").to_owned()
}

fn get(setup: &Setup, uri: &str) -> (StatusCode, String, Vec<u8>) {
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let exchange = async {
        let response = router(setup.telegram.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let kind = parts.headers["content-type"].to_str().unwrap().to_owned();
        (parts.status, kind, body.collect().await.unwrap().to_bytes().to_vec())
    };
    exchange.now_or_never().expect("nothing waits")
}

#[test]
fn an_uploaded_photo_has_a_name_by_which_it_is_sent_again_and_can_be_looked_at() {
    let setup = setup();
    let sent = upload(&setup, "sendPhoto", &[("caption", "c")], &[("photo", PNG)]);
    assert_eq!(sent.status, 200, "{}", sent.body);
    let name = file_id(&sent.body["result"]);
    let again = setup.ok("sendPhoto", &json!({ "chat_id": ANNA, "photo": name }));
    assert_eq!(file_id(&again), name, "it keeps its name");
    let (status, kind, bytes) = get(&setup, &format!("/simulator/api/files/{name}"));
    assert_eq!((status, kind.as_str(), &bytes[..]), (StatusCode::OK, "image/png", PNG));
    assert_eq!(get(&setup, "/simulator/api/files/nothing").0, StatusCode::NOT_FOUND);
    assert_eq!(setup.telegram.stats().totals.uploads, 1);
}

#[test]
fn an_album_takes_files_and_names_together() {
    let setup = setup();
    let sent = upload(&setup, "sendPhoto", &[], &[("photo", PNG)]);
    let name = file_id(&sent.body["result"]);
    let media = json!([
        { "type": "photo", "media": name },
        { "type": "photo", "media": "attach://second" },
        { "type": "photo", "media": "attach://second" },
    ]);
    let album =
        upload(&setup, "sendMediaGroup", &[("media", &media.to_string())], &[("second", JPEG)]);
    assert_eq!(album.status, 200, "{}", album.body);
    let names: Vec<_> = album.body["result"].as_array().unwrap().iter().map(file_id).collect();
    assert_eq!((&names[0], &names[1]), (&name, &names[2]));
    assert_ne!(names[0], names[1]);
    assert_eq!(setup.telegram.stats().totals.uploads, 2);
    let nowhere =
        json!([{ "type": "photo", "media": "attach://a" }, { "type": "photo", "media": name }]);
    let refused = upload(&setup, "sendMediaGroup", &[("media", &nowhere.to_string())], &[]);
    assert_eq!(refused.status, 400, "{}", refused.body);
}

#[test]
fn a_name_is_good_for_the_bot_that_knows_it_and_until_it_is_forgotten() {
    let setup = setup();
    let sent = upload(&setup, "sendPhoto", &[], &[("photo", PNG)]);
    let photo = json!({ "chat_id": ANNA, "photo": file_id(&sent.body["result"]) });
    let other = setup.telegram.make_bot("other_bot").unwrap();
    setup.telegram.acquaint("other_bot", ANNA).unwrap();
    let body = photo.to_string();
    let answer =
        setup.telegram.call(&other.token, "sendPhoto", Some("application/json"), body.as_bytes());
    let wrong = "Bad Request: wrong file identifier/HTTP URL specified";
    assert_eq!((answer.status, answer.description()), (400, wrong));
    setup.ok("sendPhoto", &photo);
    setup.telegram.forget_files();
    assert_eq!(setup.refused("sendPhoto", &photo), format!("400 {wrong}"));
    let again = upload(&setup, "sendPhoto", &[], &[("photo", PNG)]);
    assert_eq!(file_id(&again.body["result"]), photo["photo"].as_str().unwrap());
    setup.ok("sendPhoto", &photo);
}

#[test]
fn a_person_shows_the_bot_a_picture_which_it_may_send_again() {
    let setup = setup();
    setup.telegram.show(BOT, ANNA, PNG, "look").unwrap();
    let updates = setup.updates();
    let message = &updates.last().unwrap()["message"];
    assert_eq!((&message["caption"], message.get("text")), (&json!("look"), None));
    setup.ok("sendPhoto", &json!({ "chat_id": ANNA, "photo": file_id(message) }));
    assert!(setup.telegram.show(BOT, ANNA, &b"no picture"[..], "").is_err());
    let uri = format!("/simulator/api/chats/{ANNA}/photos?bot={BOT}&caption=hi");
    let request = Request::post(uri).body(Body::from(JPEG)).unwrap();
    let response = router(setup.telegram.clone()).oneshot(request).now_or_never().unwrap();
    assert_eq!(response.unwrap().status(), StatusCode::OK);
    assert_eq!(setup.updates().last().unwrap()["message"]["caption"], "hi");
}
