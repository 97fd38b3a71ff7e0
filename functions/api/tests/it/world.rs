//! A router over an empty table, a Telegram that answers as it is told, and people who ask.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::App;
use app::mail::Mailer;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use channels::courier::CourierApi;
use channels::telegram::TelegramApi;
use domain::account::{Member, Role, User};
use fixture::wire::{Racing, Slow};
use fixture::{Fixture, Unreachable};
use futures::future::{BoxFuture, ready};
use http_body_util::BodyExt;
use runtime::http::{Transport, TransportError};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const SITE: &str = "https://hoopoe.example";

/// Everything a test stands on.
pub(crate) struct World {
    pub(crate) fixture: Fixture,
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) telegram: Arc<Telegram>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A field of the body as text.
    pub(crate) fn text(&self, field: &str) -> String {
        self.json[field].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn code(&self) -> (u16, String) {
        (self.status.as_u16(), self.text("code"))
    }

    /// The faulty fields, in their order.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str().map(str::to_owned)).collect()
    }

    /// The session cookie that it sets, as a browser sends it back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

/// A request, as it is put together.
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Body,
}

pub(crate) fn ask(method: &str, path: impl Into<String>) -> Ask {
    let method = method.parse().expect("a method");
    Ask { method, path: path.into(), headers: Vec::new(), body: Body::empty() }
}

impl Ask {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn by(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw(body.to_string()).header("content-type", "application/json")
    }

    pub(crate) fn raw(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(self.body).expect("a request")
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Fixture::new())
    }

    fn with(fixture: Fixture) -> Self {
        let telegram = Arc::new(Telegram::default());
        let transport: Arc<dyn Transport> = Arc::<Telegram>::clone(&telegram);
        let api = TelegramApi::new(transport, "http://telegram.invalid");
        let app = App { telegram: api, ..fixture.app.clone() };
        let router = api::router(app.clone());
        Self { fixture, app, router, telegram }
    }

    /// The same world, where whatever is joined really races.
    pub(crate) fn racing() -> Self {
        let world = Self::new();
        let app = world.fixture.over(Racing);
        world.seen_by(app)
    }

    /// The same world, where each call of the table takes this long.
    pub(crate) fn slow(takes: Duration) -> Self {
        let world = Self::new();
        let app = world.fixture.over(Slow::new(&world.fixture.clock, takes));
        world.seen_by(app)
    }

    fn seen_by(self, app: App) -> Self {
        let app = App { telegram: self.app.telegram.clone(), ..app };
        Self { router: api::router(app.clone()), app, ..self }
    }

    /// The same world with other limits.
    pub(crate) fn limited(change: impl FnOnce(&mut runtime::config::Site)) -> Self {
        let world = Self::new();
        let mut site = (*world.app.site).clone();
        change(&mut site);
        let app = App { site: Arc::new(site), ..world.app.clone() };
        Self { router: api::router(app.clone()), app, ..world }
    }

    /// The same world with a mail service, which nobody reaches.
    pub(crate) fn mailing(self) -> Self {
        let api = CourierApi::new(Arc::new(Unreachable), "http://courier.invalid", "key".into());
        let app = self.app.clone().mailing(Mailer { api: Some(api), webhook_secret: None });
        Self { router: api::router(app.clone()), app, ..self }
    }

    pub(crate) async fn answer(&self, ask: Ask) -> Answer {
        let answered = self.router.clone().oneshot(ask.request()).await;
        let response = match answered {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        if parts.status.is_client_error() || parts.status.is_server_error() {
            let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
            assert_eq!(kind, Some("application/problem+json"), "{text}");
            assert_eq!(json["status"], parts.status.as_u16());
        }
        Answer { status: parts.status, headers: parts.headers, text, json }
    }

    /// Asks and waits for the answer.
    pub(crate) fn send(&self, ask: Ask) -> Answer {
        self.fixture.run(self.answer(ask))
    }

    /// Signs somebody up and gives their cookie.
    pub(crate) fn person(&self, name: &str) -> String {
        let answer = self.send(sign_up(name));
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.cookie()
    }

    /// Signs somebody up who is a member of the company of whoever has the other cookie.
    pub(crate) fn colleague(&self, of: &str, name: &str) -> String {
        let company_id = self.user_of(of).company_id;
        let cookie = self.person(name);
        let user = self.user_of(&cookie);
        let user = User { company_id, role: Role::Member, ..user };
        let member = Member::of(&user, self.app.env.now());
        self.fixture.put([user.into(), member.into()]);
        cookie
    }

    /// The record of whoever has this cookie.
    pub(crate) fn user_of(&self, cookie: &str) -> User {
        let id = self.send(ask("GET", "/api/public/auth/me").by(cookie)).text("id");
        let key = table::keys::user(id.parse().expect("an id"));
        self.fixture.get(&key).expect("a user")
    }

    /// Makes a target with these pages and gives its id.
    pub(crate) fn target(&self, cookie: &str, pages: &[&str]) -> String {
        let body = json!({ "name": "Shoes", "page_urls": pages });
        let answer = self.send(ask("POST", "/api/public/targets").by(cookie).json(&body));
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.text("id")
    }

    /// Connects a chat by its number and gives the channel's id.
    pub(crate) fn channel(&self, cookie: &str, chat_id: i64) -> String {
        let body = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat_id } });
        let answer = self.send(ask("POST", "/api/notifications/channels").by(cookie).json(&body));
        assert!(answer.status.is_success(), "{}", answer.text);
        answer.text("id")
    }
}

pub(crate) fn sign_up(name: &str) -> Ask {
    ask("POST", "/api/public/auth/signup").json(&json!({
        "username": name,
        "email": format!("{name}@example.com"),
        "password": "correct horse",
    }))
}

pub(crate) fn log_in(name: &str, password: &str) -> Ask {
    let body = json!({ "username": name, "password": password });
    ask("POST", "/api/public/auth/login").json(&body)
}

/// A Telegram that takes every message, unless it is told otherwise, and remembers them.
#[derive(Debug, Default)]
pub(crate) struct Telegram {
    answers: Mutex<VecDeque<Result<(u16, Value), TransportError>>>,
    asked: Mutex<Vec<Value>>,
}

impl Telegram {
    /// The next request gets this answer.
    pub(crate) fn answer(&self, answer: Result<(u16, Value), TransportError>) {
        lock(&self.answers).push_back(answer);
    }

    /// The next request is refused.
    pub(crate) fn refuse(&self, code: u16, description: &str) {
        let body = json!({ "ok": false, "error_code": code, "description": description });
        self.answer(Ok((code, body)));
    }

    /// The chats that were written to.
    pub(crate) fn chats(&self) -> Vec<i64> {
        lock(&self.asked).iter().filter_map(|body| body["chat_id"].as_i64()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for Telegram {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<axum::http::Response<Bytes>, TransportError>> {
        lock(&self.asked).push(serde_json::from_slice(request.body()).unwrap_or_default());
        let sent = json!({ "ok": true, "result": { "message_id": 1 } });
        let answer = lock(&self.answers).pop_front().unwrap_or(Ok((200, sent)));
        Box::pin(ready(answer.map(|(status, body)| {
            let mut response = axum::http::Response::new(Bytes::from(body.to_string()));
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
            response
        })))
    }
}
