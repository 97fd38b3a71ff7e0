//! Telegram refuses a bot's token: that stops the bot, unless it has another token by then.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use app::bot::{ChangeBot, change_bot};
use app::channel::{ConnectChannel, connect_channel};
use app::engine::{Incoming, run_batch};
use app::{App, AppError};
use bytes::Bytes;
use channels::telegram::TelegramApi;
use domain::account::SecretHash;
use domain::bot::{Bot, BotSecrets, BotStatus};
use domain::engine::decision::BotState;
use domain::engine::{Decision, Job, NewJob, Timer};
use domain::ids::{BotId, CompanyId};
use domain::message::Notice;
use domain::seal::Sealed;
use domain::slug::Slug;
use domain::time::Timestamp;
use fixture::Fixture;
use futures::future::BoxFuture;
use http::{Request, Response};
use runtime::http::{Transport, TransportError};
use runtime::seal::{LocalKey, Sealer};
use serde_json::json;
use table::keys;

const OLD: &str = "7000000002:AAold";
const NEW: &str = "7000000002:AAnew";

fn bot() -> BotId {
    BotId("00000000-0000-0000-0000-000000000007".to_owned())
}

fn company() -> CompanyId {
    "00000000-0000-0000-0000-000000000001".parse().expect("an id")
}

/// A company's bot that nobody pays through.
pub(crate) fn companys_bot(secrets: Sealed, now: Timestamp) -> Bot {
    Bot {
        id: bot(),
        company_id: company(),
        slug: Slug::parse("alerts").expect("a slug"),
        telegram_id: 7_000_000_002,
        username: "AlertsBot".to_owned(),
        secrets,
        webhook_secret: SecretHash::of("s"),
        form: None,
        earlier_forms: Vec::new(),
        form_revision: 0,
        status: BotStatus::Active,
        default_chat: None,
        created_at: now,
        version: 0,
    }
}

/// Telegram, which refuses the old token. If the bot `is_renewed`, it gets its new one while the refusal is
/// on its way.
#[derive(Debug)]
struct Refusing {
    app: OnceLock<App>,
    is_renewed: bool,
}

impl Transport for Refusing {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            let (status, answer) = if path.ends_with("/getMe") {
                let me = json!({ "id": 7_000_000_002_i64, "username": "AlertsBot" });
                (200, json!({ "ok": true, "result": me }))
            } else if path.contains(OLD) {
                if let Some(app) = self.app.get().filter(|_| self.is_renewed) {
                    let token = Some(NEW.to_owned());
                    let change = ChangeBot { token, ..ChangeBot::default() };
                    let (id, of) = (bot(), company());
                    let renewed = Box::pin(change_bot(app, of, id.as_str(), change)).await;
                    renewed.expect("it is renewed");
                }
                let description = "Unauthorized";
                (401, json!({ "ok": false, "error_code": 401, "description": description }))
            } else {
                let message = json!({ "message_id": 77, "date": 1, "chat": { "id": 42 } });
                (200, json!({ "ok": true, "result": message }))
            };
            let response = Response::builder().status(status).body(answer.to_string().into());
            response.map_err(|error| TransportError::Unknown(error.to_string()))
        })
    }
}

/// An app with a bot whose token is the old one.
fn world(is_renewed: bool) -> (Fixture, App) {
    let fixture = Fixture::new();
    let env = fixture.app.env.clone();
    let key = LocalKey::parse(&env.secret(), env.clone()).expect("a key");
    let refusing = Arc::new(Refusing { app: OnceLock::new(), is_renewed });
    let transport: Arc<dyn Transport> = Arc::<Refusing>::clone(&refusing);
    let telegram = TelegramApi::new(transport, "http://telegram.invalid");
    let app = App { telegram, ..fixture.app.clone() };
    let app = app.sealing(Sealer::new(Arc::new(key), env.clone()));
    refusing.app.set(app.clone()).expect("nobody has set it");
    let secrets = BotSecrets { token: OLD.to_owned(), webhook_secret: "s".to_owned() };
    let secrets = serde_json::to_string(&secrets).expect("JSON");
    let secrets = fixture.run(app.sealer.seal(&Bot::about(&bot()), &secrets)).expect("sealed");
    fixture.put([companys_bot(secrets, env.now()).into()]);
    (fixture, app)
}

fn is_stopped(fixture: &Fixture) -> bool {
    let state = fixture.get::<BotState>(&keys::bot_state(&bot()));
    state.is_some_and(|state| state.stopped.is_some())
}

/// Runs what is due now.
fn run(fixture: &Fixture, app: &App) {
    let hint = |timer: &Timer| Incoming { timer: timer.key, receives: 1 };
    let hints: Vec<Incoming> = fixture.timers().iter().map(hint).collect();
    let deadline = app.env.now() + Duration::from_secs(28);
    fixture.run(run_batch(app, &hints, deadline));
    fixture.clock.pass(Duration::from_secs(5));
}

#[test]
fn a_message_that_is_refused_late_does_not_stop_a_bot_with_a_new_token_and_goes_by_that() {
    for is_renewed in [false, true] {
        let (fixture, app) = world(is_renewed);
        let notices = vec![Notice::Help];
        let job = Job::Messages { bot: bot(), chat_id: 42, notices, callback: None };
        let job = NewJob { id: app.env.id(), job, due: app.env.now(), owner: None };
        let decision = Decision::new(app.env.id(), app.env.now(), ()).job(job);
        fixture.run(app.commit(decision)).expect("committed");
        run(&fixture, &app);
        assert_eq!(is_stopped(&fixture), !is_renewed);
        if is_renewed {
            run(&fixture, &app);
            assert!(fixture.timers().is_empty(), "{:?}", fixture.timers());
        }
    }
}

#[test]
fn a_test_message_that_is_refused_late_does_not_stop_a_bot_with_a_new_token() {
    for is_renewed in [false, true] {
        let (fixture, app) = world(is_renewed);
        let command = ConnectChannel {
            user_id: app.env.id(),
            company_id: company(),
            bot: Some(bot().0),
            name: None,
            chat_id: 42,
            keep: None,
        };
        let refused = fixture.run(connect_channel(&app, command));
        assert!(
            matches!(&refused, Err(AppError::Conflict { code: "BOT_TOKEN_REFUSED", .. })),
            "{refused:?}"
        );
        assert_eq!(is_stopped(&fixture), !is_renewed);
    }
}
