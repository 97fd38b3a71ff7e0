//! `POST /api/telegram/invites`

use app::invite::{CreateInvite, ShownInvite, create_invite, renew_invite};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::ids::InviteId;
use domain::invite::OnboardingInvite;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::once::{Answer, REPLAYED, Turn, turn};
use web::{Keyed, Refusal};

use super::InviteView;
use crate::limits::Limited;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::session::Admin;

/// What an invite is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewInvite)]
pub(crate) struct CreateRequest {
    /// What the target is called, at most 100 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 100)]
    target_name: Option<String>,
    /// At most 20 `http` or `https` addresses; the person can add others in the chat.
    #[schema(max_items = 20)]
    page_urls: Option<Vec<String>>,
    /// The slug or id of the bot that it is opened with; your company's default when absent, or else the
    /// platform's.
    bot: Option<String>,
}

/// An invite with its link, which is shown once.
#[derive(Serialize, ToSchema)]
#[schema(as = ShownInvite)]
pub(crate) struct ShownView {
    #[serde(flatten)]
    invite: InviteView,
    /// The token, to be sent to the bot as `/start invite_<token>`. Works once, for seven days.
    token: String,
    /// Opens the bot with the token.
    url: String,
}

/// What is kept of the answer: the token is shown once, so a repeated request gets another one.
#[derive(Serialize, Deserialize)]
struct Kept {
    invite_id: InviteId,
}

/// Invite a person through Telegram
///
/// For admins. Whoever opens the link hears of a target of yours that is made then, on their own chat, and
/// needs no account. It counts towards your plan: 403 with `QUOTA_EXCEEDED`. A repeated request (same
/// `Idempotency-Key`) gets a new link for the same invite; the one before is void.
#[utoipa::path(post, path = "/api/telegram/invites", operation_id = "create_invite", tag = "invites",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The invite", body = ShownView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    admin: Admin,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let (name, mut raced) = (admin.name(), false);
    loop {
        let keep = match turn::<OnboardingInvite>(&app, &name, asked.as_ref(), kept).await? {
            Turn::Act(keep) => keep,
            Turn::Replay(answer) => return replay(&app, &admin, &answer).await,
        };
        Limited::Invites.count(&app, &admin.company_id().to_string()).await?;
        let CreateRequest { target_name, page_urls, bot } = body.clone();
        let command =
            CreateInvite { admin: admin.0.user.clone(), target_name, page_urls, bot, keep };
        match create_invite(&app, command).await {
            Ok(made) => return Ok(shown(&app, &made, HeaderMap::new())),
            // The same request, sent twice at once: the other one has made the invite.
            Err(AppError::Repeated) if !raced => raced = true,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn replay(app: &App, admin: &Admin, answer: &Answer) -> Result<Response, Refusal> {
    let Kept { invite_id } = serde_json::from_str(&answer.body)
        .map_err(|error| AppError::Unavailable(format!("a kept answer: {error}")))?;
    let renewed = renew_invite(app, admin.company_id(), invite_id).await?;
    let replayed = HeaderMap::from_iter([(REPLAYED, HeaderValue::from_static("true"))]);
    Ok(shown(app, &renewed, replayed))
}

fn shown(app: &App, made: &ShownInvite, headers: HeaderMap) -> Response {
    let ShownInvite { invite, token, url } = made;
    let invite = InviteView::new(invite, app.env.now());
    let view = ShownView { invite, token: token.clone(), url: url.clone() };
    (StatusCode::CREATED, headers, Json(view)).into_response()
}

fn kept(invite: &OnboardingInvite) -> Answer {
    Answer::json(StatusCode::CREATED, &Kept { invite_id: invite.id })
}
