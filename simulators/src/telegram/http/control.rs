//! The control API, `/simulator/api`: what people do, as JSON.

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::telegram::{BotAccount, FaultPlan, Impossible, NewChat, Telegram};

/// How long a page is kept waiting for news.
const NEWS_MS: u64 = 25_000;
/// A picture has at most so many bytes, and a little more to be told so.
const MAX_PICTURE: usize = 11 << 20;

pub(super) fn router(telegram: Telegram) -> Router {
    let api = Router::new()
        .route("/bots", get(bots).post(make_bot))
        .route("/bots/{bot}/revoke", post(revoke))
        .route("/chats", get(chats).post(add_chat))
        .route("/chats/{id}", get(conversation))
        .route("/chats/{id}/messages", post(say))
        .route("/chats/{id}/photos", post(show).layer(DefaultBodyLimit::max(MAX_PICTURE)))
        .route("/files/{id}", get(file))
        .route("/files/forget", post(forget_files))
        .route("/chats/{id}/start", post(start))
        .route("/chats/{id}/press", post(press))
        .route("/chats/{id}/block", post(block))
        .route("/chats/{id}/unblock", post(unblock))
        .route("/chats/{id}/deactivate", post(deactivate))
        .route("/chats/{id}/migrate", post(migrate))
        .route("/chats/{id}/members", post(members))
        .route("/chats/{id}/promote", post(promote))
        .route("/chats/{id}/join", post(join))
        .route("/chats/{id}/leave", post(leave))
        .route("/chats/{id}/remove", post(remove))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/log", get(log))
        .route("/stats", get(stats))
        .route("/changes", get(changes))
        .route("/reset", post(reset))
        .with_state(telegram);
    Router::new().nest("/simulator/api", api)
}

/// A JSON body; what is none is a 400 with the reason.
struct Told<T>(T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Told<T> {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Response> {
        let told = Json::<T>::from_request(request, state).await;
        told.map(|Json(told)| Self(told)).map_err(|problem: JsonRejection| {
            (problem.status(), Json(json!({ "error": problem.body_text() }))).into_response()
        })
    }
}

impl IntoResponse for Impossible {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownBot | Self::UnknownChat | Self::UnknownMessage | Self::UnknownButton => {
                StatusCode::NOT_FOUND
            }
            Self::BadPayload
            | Self::BadText
            | Self::BadPicture
            | Self::BadId
            | Self::BadUsername
            | Self::WrongKind => StatusCode::BAD_REQUEST,
            Self::NotTogether | Self::Closed | Self::BadInvite | Self::Barred => {
                StatusCode::CONFLICT
            }
        };
        (status, Json(json!({ "code": self, "error": self.to_string() }))).into_response()
    }
}

type Reply = Result<Json<Value>, Impossible>;

fn ok() -> Json<Value> {
    Json(json!({ "ok": true }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithBot {
    bot: String,
}

async fn bots(State(telegram): State<Telegram>) -> Json<Value> {
    Json(telegram.bots_json())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBot {
    username: String,
}

fn with_token(account: &BotAccount) -> Json<Value> {
    let BotAccount { id, username, token, .. } = account;
    Json(json!({ "id": id, "username": username, "token": token }))
}

/// Answers the token, as `BotFather` does.
async fn make_bot(State(telegram): State<Telegram>, Told(new): Told<NewBot>) -> Reply {
    Ok(with_token(&telegram.make_bot(&new.username)?))
}

async fn revoke(State(telegram): State<Telegram>, Path(bot): Path<String>) -> Reply {
    Ok(with_token(&telegram.revoke_token(&bot)?))
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    limit: Option<usize>,
}

async fn chats(State(telegram): State<Telegram>, Query(listing): Query<Listing>) -> Json<Value> {
    Json(telegram.chats_json(listing.limit.unwrap_or(1_000)))
}

async fn add_chat(State(telegram): State<Telegram>, Told(new): Told<NewChat>) -> Reply {
    Ok(Json(json!(telegram.add_chat(&new)?)))
}

async fn conversation(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Query(with): Query<WithBot>,
) -> Reply {
    Ok(Json(telegram.conversation_json(&with.bot, id)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    bot: String,
    text: String,
    #[serde(default)]
    from: Option<i64>,
}

async fn say(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(words): Told<Words>,
) -> Reply {
    Ok(Json(json!(telegram.say(&words.bot, id, &words.text, words.from)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    bot: String,
    #[serde(default)]
    caption: String,
}

/// The body is the picture.
async fn show(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Query(shown): Query<Shown>,
    picture: Bytes,
) -> Reply {
    Ok(Json(json!(telegram.show(&shown.bot, id, picture, &shown.caption)?)))
}

async fn file(State(telegram): State<Telegram>, Path(id): Path<String>) -> Response {
    if let Some((bytes, kind)) = telegram.file(&id) {
        return ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    }
    let problem = json!({ "error": "there is no such file, or it is no longer kept" });
    (StatusCode::NOT_FOUND, Json(problem)).into_response()
}

async fn forget_files(State(telegram): State<Telegram>) -> Json<Value> {
    telegram.forget_files();
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    bot: String,
    #[serde(default)]
    payload: Option<String>,
}

async fn start(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(start): Told<Start>,
) -> Reply {
    let payload = start.payload.as_deref().filter(|payload| !payload.is_empty());
    Ok(Json(json!(telegram.start(&start.bot, id, payload)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    bot: String,
    message_id: i64,
    data: String,
}

async fn press(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(press): Told<Press>,
) -> Reply {
    let callback_query_id = telegram.press(&press.bot, id, press.message_id, &press.data)?;
    Ok(Json(json!({ "callback_query_id": callback_query_id })))
}

async fn block(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(with): Told<WithBot>,
) -> Reply {
    telegram.block(&with.bot, id).map(|()| ok())
}

async fn unblock(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(with): Told<WithBot>,
) -> Reply {
    telegram.unblock(&with.bot, id).map(|()| ok())
}

async fn deactivate(State(telegram): State<Telegram>, Path(id): Path<i64>) -> Reply {
    telegram.deactivate(id).map(|()| ok())
}

async fn migrate(State(telegram): State<Telegram>, Path(id): Path<i64>) -> Reply {
    Ok(Json(json!({ "migrate_to_chat_id": telegram.migrate(id)? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Membership {
    bot: String,
    person: i64,
    joins: bool,
}

async fn members(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(change): Told<Membership>,
) -> Reply {
    telegram.membership(&change.bot, id, change.person, change.joins).map(|()| ok())
}

#[derive(Deserialize)]
struct Promotion {
    bot: String,
    #[serde(default = "yes")]
    admin: bool,
}

async fn promote(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(promotion): Told<Promotion>,
) -> Reply {
    telegram.promote(&promotion.bot, id, promotion.admin).map(|()| ok())
}

#[derive(Deserialize)]
struct Invitation {
    link: String,
}

/// The person of the path opens a link.
async fn join(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(invitation): Told<Invitation>,
) -> Reply {
    Ok(Json(json!({ "chat_id": telegram.join(id, &invitation.link)? })))
}

#[derive(Deserialize)]
struct Going {
    person: i64,
    #[serde(default)]
    bans: bool,
}

async fn leave(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(going): Told<Going>,
) -> Reply {
    telegram.leave(id, going.person).map(|()| ok())
}

async fn remove(
    State(telegram): State<Telegram>,
    Path(id): Path<i64>,
    Told(going): Told<Going>,
) -> Reply {
    telegram.remove(id, going.person, going.bans).map(|()| ok())
}

async fn add_fault(State(telegram): State<Telegram>, Told(plan): Told<FaultPlan>) -> Json<Value> {
    telegram.inject(plan);
    ok()
}

async fn clear_faults(State(telegram): State<Telegram>) -> Json<Value> {
    telegram.clear_faults();
    ok()
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: Option<usize>,
}

async fn log(State(telegram): State<Telegram>, Query(page): Query<Page>) -> Json<Value> {
    let entries = telegram.entries(page.after, page.limit.unwrap_or(100));
    let next = entries.last().map_or(page.after, |entry| entry.seq);
    Json(json!({ "entries": entries, "next": next }))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default = "yes")]
    chats: bool,
}

fn yes() -> bool {
    true
}

/// With `?chats=false` without the list of chats, which may be long.
async fn stats(State(telegram): State<Telegram>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let mut stats = telegram.stats();
    if !wanted.chats {
        stats.chats.clear();
    }
    Json(json!(stats))
}

/// Answers once something has changed after revision `after`, or in a while.
async fn changes(State(telegram): State<Telegram>, Query(page): Query<Page>) -> Json<Value> {
    Json(json!({ "revision": telegram.changed_after(page.after, NEWS_MS).await }))
}

async fn reset(State(telegram): State<Telegram>) -> Response {
    match telegram.reset() {
        Ok(()) => ok().into_response(),
        Err(problem) => {
            let problem = json!({ "error": format!("the log cannot be emptied: {problem}") });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(problem)).into_response()
        }
    }
}
