//! The webhook, called as Courier calls it.

use app::App;
use app::mail::Mailer;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::channel::{Channel, ChannelStatus, new_email};
use domain::engine::Job;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::ids::{ChannelId, UserId};
use domain::mail::{MailStatus, Receipt};
use fixture::Fixture;
use runtime::metrics::Metric;
use serde_json::Value;
use table::keys;
use tower::ServiceExt;

/// The secret that the files in `events/` are signed with, which is that of `events/local.env`.
const SECRET: &str = "hoopoe-dev-webhooks";
/// The mail that the files are about.
const MAIL: &str = "1-5e2b2615-05efbb3acab9172f88dd3f6f";

const DELIVERED: &str = include_str!("../../../events/courier-webhook/delivered.json");
const OPENED: &str = include_str!("../../../events/courier-webhook/opened-base64.json");
const BOUNCED: &str = include_str!("../../../events/courier-webhook/bounced.json");
const UNKNOWN_MAIL: &str = include_str!("../../../events/courier-webhook/unknown-mail.json");
const OTHER_KIND: &str = include_str!("../../../events/courier-webhook/other-kind.json");
const WRONG: &str = include_str!("../../../events/courier-webhook/wrong-signature.json");
const STALE: &str = include_str!("../../../events/courier-webhook/stale.json");
const UNSIGNED: &str = include_str!("../../../events/courier-webhook/unsigned.json");

fn ada() -> UserId {
    "00000000-0000-0000-0000-000000000007".parse().expect("an id")
}

fn address() -> ChannelId {
    "00000000-0000-0000-0000-000000000008".parse().expect("an id")
}

/// An app that knows Courier, and a mail that Courier took for a confirmed address.
fn world() -> (Fixture, App) {
    let fixture = Fixture::new();
    let mailer = Mailer { api: None, webhook_secret: Some(SECRET.to_owned().into()) };
    let app = App { mailer, ..fixture.app.clone() };
    let now = fixture.app.env.now();
    let channel = new_email(address(), ada(), "ada@example.com", now);
    let channel = Channel { status: ChannelStatus::Active, ..channel };
    let to = Recipient::Channel { channel_id: address() };
    let receipt = Receipt {
        reference: MAIL.to_owned(),
        delivery: DeliveryKey { to, thing: "offer".to_owned(), revision: 1, part: 0 },
        channel: Some((ada(), address())),
        status: MailStatus::Enqueued,
        at: now,
        version: 0,
    };
    fixture.put([channel.into(), receipt.into()]);
    (fixture, app)
}

/// Sends an event of the gateway; answers the status and the body.
fn send(fixture: &Fixture, app: &App, event: &str) -> (StatusCode, Value) {
    let request = lambda_http::request::from_str(event).expect("an event");
    let router = courier_webhook::router(app.clone());
    fixture.run(async {
        let Ok(response) = router.oneshot(request).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    })
}

/// How far the mail has come, and where its address stands.
fn stand(fixture: &Fixture) -> (MailStatus, ChannelStatus) {
    let receipt: Receipt = fixture.get(&keys::receipt(MAIL)).expect("a receipt");
    let channel: Channel = fixture.get(&keys::channel(ada(), address())).expect("a channel");
    (receipt.status, channel.status)
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    let (fixture, app) = world();
    for (event, status, code) in [
        (DELIVERED, StatusCode::OK, Value::Null),
        (OPENED, StatusCode::OK, Value::Null),
        (BOUNCED, StatusCode::OK, Value::Null),
        (UNKNOWN_MAIL, StatusCode::OK, Value::Null),
        (OTHER_KIND, StatusCode::OK, Value::Null),
        (WRONG, StatusCode::FORBIDDEN, "WRONG_SIGNATURE".into()),
        (STALE, StatusCode::FORBIDDEN, "WRONG_SIGNATURE".into()),
        (UNSIGNED, StatusCode::FORBIDDEN, "WRONG_SIGNATURE".into()),
    ] {
        let (answered, body) = send(&fixture, &app, event);
        assert_eq!((answered, &body["code"]), (status, &code), "{event}");
    }
}

#[test]
fn a_mail_comes_further_and_never_back_and_its_bounce_blocks_the_address() {
    let (fixture, app) = world();
    for (event, mail, channel) in [
        (DELIVERED, MailStatus::Delivered, ChannelStatus::Active),
        (OPENED, MailStatus::Opened, ChannelStatus::Active),
        (DELIVERED, MailStatus::Opened, ChannelStatus::Active),
        (BOUNCED, MailStatus::Undeliverable, ChannelStatus::Blocked),
        (BOUNCED, MailStatus::Undeliverable, ChannelStatus::Blocked),
    ] {
        assert_eq!(send(&fixture, &app, event).0, StatusCode::OK);
        assert_eq!(stand(&fixture), (mail, channel), "{event}");
    }
    assert!(fixture.timers().is_empty(), "nothing is left to do");
}

#[test]
fn what_courier_did_not_sign_and_what_is_no_news_of_a_mail_changes_nothing() {
    let (mut fixture, app) = world();
    let lines = fixture.keep_metrics(courier_webhook::FUNCTION.name);
    let app = App { metrics: fixture.app.metrics.clone(), ..app };
    for event in [WRONG, STALE, UNSIGNED, OTHER_KIND] {
        send(&fixture, &app, event);
    }
    assert_eq!(stand(&fixture), (MailStatus::Enqueued, ChannelStatus::Active));
    assert!(fixture.timers().is_empty());
    assert_eq!(lines.values(Metric::WebhookFailures), [1; 2], "a stranger's are no failures");
}

#[test]
fn news_of_a_mail_that_is_not_known_yet_are_kept_for_later() {
    let (fixture, app) = world();
    assert_eq!(send(&fixture, &app, UNKNOWN_MAIL).0, StatusCode::OK);
    let kept = |job: &Job| matches!(job, Job::MailNews { news } if news.reference != MAIL);
    assert_eq!(fixture.timers().iter().filter(|timer| kept(&timer.job)).count(), 1);
}

#[test]
fn a_path_with_a_slash_is_the_same_and_without_a_secret_there_is_no_webhook() {
    let (fixture, app) = world();
    let slash = DELIVERED.replace("/api/webhooks/courier", "/api/webhooks/courier/");
    assert_eq!(send(&fixture, &app, &slash).0, StatusCode::OK);
    assert_eq!(stand(&fixture).0, MailStatus::Delivered);
    assert_eq!(send(&fixture, &fixture.app, BOUNCED).0, StatusCode::NOT_FOUND);
    let get = Request::builder().uri("/api/webhooks/courier").body(Body::empty());
    let router = courier_webhook::router(app);
    let Ok(response) = fixture.run(router.oneshot(get.expect("a request")));
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}
