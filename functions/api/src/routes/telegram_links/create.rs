//! `POST /api/telegram-links`

use std::time::Duration;

use app::link::{CreateLink, OptIns, TelegramLink, create_link, find_link, link_owner, renew_link};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::ids::{LinkId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::limit::Limit;
use web::once::{Answer, REPLAYED, Turn, turn};
use web::{Keyed, Refusal};

use super::{LinkableLink, Preferences};
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::session::LoggedIn;

/// So many links may someone make in a while: each is a token that stays for a week.
const LINKS: Limit = Limit { name: "link", attempts: 60, window: Duration::from_mins(10) };

/// A chat to be linked.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewCompanyLink)]
pub(crate) struct CreateRequest {
    /// The bot's slug or id; the company's default bot when absent, or else the platform's.
    bot: Option<String>,
    /// Whose chat it will be: a user of the company. Your own when absent; for someone else's you must
    /// be an admin.
    user_id: Option<Uuid>,
    /// Whether it is told alerts. True when absent.
    opted_in_alerts: Option<bool>,
    /// Whether it is told reports. False when absent.
    opted_in_reports: Option<bool>,
    /// Whether it is told what devices do. False when absent.
    opted_in_device_events: Option<bool>,
}

/// What is kept of the answer: a token is shown once and kept as a hash alone, so a repeated request gets
/// another one for the same link.
#[derive(Serialize, Deserialize)]
struct Kept {
    link_id: LinkId,
}

fn kept(link: &TelegramLink) -> Answer {
    Answer::json(StatusCode::CREATED, &Kept { link_id: link.id })
}

/// Link a chat
///
/// Answers a token for `/link <token>` and a link that opens the bot with it; either works once, for 15
/// minutes. A chat is one link of a company: linking it again changes the one that it is.
#[utoipa::path(post, path = "/api/telegram-links", operation_id = "create_company_link", tag = "telegram-links",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The link, which waits for its chat", body = LinkableLink),
        BodyProblems, NotFound, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: LoggedIn,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.0.user.company_id;
    let keep = match turn::<TelegramLink>(&app, &who.name(), asked.as_ref(), kept).await? {
        Turn::Act(keep) => keep,
        Turn::Replay(answer) => {
            let Kept { link_id } = serde_json::from_str(&answer.body)
                .map_err(|error| AppError::Unavailable(format!("a kept answer: {error}")))?;
            let link = find_link(&app, company_id, link_id).await?;
            let again = match link.chat_id {
                None => renew_link(&app, company_id, link_id).await?.into(),
                Some(_) => LinkableLink::bound(&link),
            };
            let replayed = [(REPLAYED, HeaderValue::from_static("true"))];
            return Ok((StatusCode::CREATED, replayed, Json(again)).into_response());
        }
    };
    LINKS.attempt(&app, &who.name()).await?;
    let user_id = link_owner(&app, &who.0.user, body.user_id.map(UserId)).await?;
    let CreateRequest { bot, opted_in_alerts, opted_in_reports, opted_in_device_events, .. } = body;
    let wanted = Preferences { opted_in_alerts, opted_in_reports, opted_in_device_events };
    let command = CreateLink {
        company_id,
        created_by: who.0.user.id,
        user_id: Some(user_id),
        bot,
        opt_ins: wanted.over(OptIns::default()),
        keep,
    };
    let made = create_link(&app, command).await?;
    Ok((StatusCode::CREATED, Json(LinkableLink::from(made))).into_response())
}
