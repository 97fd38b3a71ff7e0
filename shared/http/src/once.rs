//! `Idempotency-Key`: the same key and body gets the same answer for 24 hours, another body 409.
//!
//! ```text
//! key known, same request   ▶ the kept answer, `Idempotency-Replayed: true`
//! key known, other request  ▶ 409
//! key new                   ▶ the use case, whose transaction also creates the kept answer
//!                             └─ somebody with the same key was faster ▶ as above
//! ```

use app::answer::Keep;
use app::{App, AppError};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::SecretHash;
use domain::engine::decision::SavedAnswer;
use table::keys;

use crate::refusal::Refusal;

/// The request's header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest key, in characters.
const MAX_KEY: usize = 255;
/// Says of an answer that an earlier request got it first.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request with an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Asked {
    key: String,
    /// Hash of method, path and body.
    request: SecretHash,
}

impl Asked {
    /// What the request is known by; `None` without the header.
    pub fn read(parts: &Parts, body: &[u8]) -> Result<Option<Self>, Refusal> {
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
        let key = key.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Refusal::field(
                "Idempotency-Key",
                format!("must have 1 to {MAX_KEY} visible ASCII characters"),
            ));
        }
        let body = String::from_utf8_lossy(body);
        let path = parts.uri.path().trim_end_matches('/');
        let request = SecretHash::of(&format!("{}\n{path}\n{body}", parts.method));
        Ok(Some(Self { key: key.to_owned(), request }))
    }

    /// The place of the answer: keys of different callers never meet.
    fn place(&self, who: &str) -> SecretHash {
        SecretHash::of(&format!("{who}\n{}", self.key))
    }
}

/// A status and a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, in JSON.
    pub body: String,
}

impl Answer {
    /// `value` in JSON.
    pub fn json(status: StatusCode, value: &impl serde::Serialize) -> Self {
        Self { status, body: serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/json");
        (self.status, [(header::CONTENT_TYPE, kind)], self.body).into_response()
    }
}

/// What there is to do for a request.
pub enum Turn<R> {
    /// The use case runs, and keeps its answer if there is a key.
    Act(Option<Keep<R>>),
    /// It ran before: its kept answer.
    Replay(Answer),
}

/// Whether the request was answered before. `who` is the caller: a user's or an API key's id.
pub async fn turn<R: 'static>(
    app: &App,
    who: &str,
    asked: Option<&Asked>,
    render: fn(&R) -> Answer,
) -> Result<Turn<R>, Refusal> {
    let Some(asked) = asked else { return Ok(Turn::Act(None)) };
    let key = asked.place(who);
    match app.table.get::<SavedAnswer>(&keys::saved_answer(&key)).await? {
        None => Ok(Turn::Act(Some(Keep {
            key,
            request: asked.request.clone(),
            render: std::sync::Arc::new(move |reply| {
                let Answer { status, body } = render(reply);
                (status.as_u16(), body)
            }),
        }))),
        Some(saved) if saved.request == asked.request => Ok(Turn::Replay(Answer {
            status: StatusCode::from_u16(saved.status).unwrap_or(StatusCode::OK),
            body: saved.body,
        })),
        Some(_) => Err(Refusal::new(
            StatusCode::CONFLICT,
            "IDEMPOTENCY_KEY_REUSED",
            "this Idempotency-Key was used for another request",
        )),
    }
}

/// Runs `act` once for a key, however often the request comes.
///
/// `act` gets what its use case needs to keep the answer in its own transaction, and is asked
/// again at most once, when somebody with the same key was faster.
pub async fn once<R: 'static, F>(
    app: &App,
    who: &str,
    asked: Option<&Asked>,
    render: fn(&R) -> Answer,
    act: impl Fn(Option<Keep<R>>) -> F,
) -> Result<Response, Refusal>
where
    F: Future<Output = Result<R, AppError>>,
{
    let mut raced = false;
    loop {
        match turn(app, who, asked, render).await? {
            Turn::Replay(answer) => return Ok(replayed(answer)),
            Turn::Act(keep) => match act(keep).await {
                Ok(reply) => return Ok(render(&reply).into_response()),
                Err(AppError::Repeated) if !raced => raced = true,
                Err(error) => return Err(error.into()),
            },
        }
    }
}

/// A kept answer, marked as such.
pub fn replayed(answer: Answer) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
