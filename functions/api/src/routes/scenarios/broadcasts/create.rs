//! `POST /api/telegram/bots/{bot}/broadcasts`

use app::App;
use app::scenario::author::{CreateBroadcast, create_broadcast};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::broadcast::{Broadcast, BroadcastDraft, TargetingDraft};
use domain::button::ButtonsDraft;
use domain::scenario::{ContentDraft, PhotoDraft};
use serde::Deserialize;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::view::{BroadcastView, TargetingBody};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::routes::bots::BotName;
use crate::routes::scenarios::content::{ButtonsBody, PhotoBody};
use crate::session::Admin;

/// A broadcast to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewBroadcast)]
pub(crate) struct CreateRequest {
    /// What people call it: at most 200 characters.
    #[schema(required, nullable = false)]
    name: Option<String>,
    /// What it is called in addresses, 1 to 48 of `a-z`, `0-9`, `_` and `-`; made of its name when absent. It
    /// never changes.
    #[schema(min_length = 1, max_length = 48)]
    slug: Option<String>,
    /// A template in Markdown, with variables of the bot and of the contact; may be empty where there is one
    /// photo.
    text: Option<String>,
    /// At most 10.
    #[schema(value_type = Option<Vec<PhotoBody>>)]
    photos: Option<Vec<PhotoDraft>>,
    /// Its buttons.
    #[schema(value_type = Option<ButtonsBody>)]
    buttons: Option<ButtonsDraft>,
    /// Whom it goes to: everyone when absent.
    #[schema(value_type = Option<TargetingBody>)]
    targeting: Option<TargetingDraft>,
}

/// Make a broadcast
///
/// A draft: nothing is sent. 409 for the slug of another one.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts", operation_id = "create_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), IdempotencyKey),
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The broadcast", body = BroadcastView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.company_id();
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let CreateRequest { name, slug, text, photos, buttons, targeting } = body.clone();
        let content = ContentDraft { text, photos, buttons: buttons.map(Some) };
        let draft = BroadcastDraft { name, content, targeting };
        create_broadcast(&app, CreateBroadcast { company_id, bot: bot.clone(), slug, draft, keep })
    })
    .await
}

pub(super) fn answer(made: &Broadcast) -> Answer {
    Answer::json(StatusCode::CREATED, &BroadcastView::from(made))
}
