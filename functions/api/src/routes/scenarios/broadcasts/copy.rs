//! `POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/copy`

use app::App;
use app::scenario::author::{CopyBroadcast, copy_broadcast};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use web::once::once;
use web::{Keyed, Refusal};

use super::create::answer;
use super::view::BroadcastView;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::routes::bots::BotName;
use crate::routes::scenarios::BroadcastName;
use crate::session::Admin;

/// A copy to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = BroadcastCopy)]
pub(crate) struct CopyRequest {
    /// What the copy is called, 1 to 48 of `a-z`, `0-9`, `_` and `-`; the broadcast's slug with a number when
    /// absent.
    #[schema(min_length = 1, max_length = 48)]
    slug: Option<String>,
}

/// Copy a broadcast
///
/// Makes a draft that says the same to the same, whatever became of the broadcast: the way to send it again.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/copy", operation_id = "copy_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path), IdempotencyKey),
    request_body = CopyRequest,
    responses(
        (status = 201, description = "The copy", body = BroadcastView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn copy(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
    Keyed { body, asked }: Keyed<CopyRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.company_id();
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let (bot, broadcast, slug) = (bot.clone(), broadcast.clone(), body.slug.clone());
        copy_broadcast(&app, CopyBroadcast { company_id, bot, broadcast, slug, keep })
    })
    .await
}
