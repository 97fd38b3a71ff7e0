//! `PATCH /api/telegram/bots/{bot}`

use app::App;
use app::bot::{ChangeBot, ChatChange, change_bot};
use app::payment::{FormInput, NewForm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::{BotName, BotView};
use crate::limits::Limited;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems, TooMany};
use crate::session::Admin;

/// What is to be different. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = BotChange)]
pub(crate) struct ChangeRequest {
    /// The chat that it writes to when none is named; `null` takes it away.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "given")]
    default_chat_id: ChatChange,
    /// Whether the company speaks through it where no bot is named.
    default: Option<bool>,
    /// Another token of the same bot, after `@BotFather` revoked the one before.
    token: Option<String>,
    /// The form at Prodamus that its contacts pay through; `null` takes it away. It is never shown.
    #[schema(value_type = Option<FormRequest>)]
    #[serde(default, deserialize_with = "form_given")]
    prodamus: FormInput,
}

/// A form at Prodamus.
#[derive(Deserialize, ToSchema)]
#[schema(as = PaymentForm)]
pub(crate) struct FormRequest {
    /// Where it is: `https://name.payform.ru`.
    form_url: String,
    /// Its secret key, from the form's settings.
    secret: String,
}

fn form_given<'de, D: Deserializer<'de>>(input: D) -> Result<FormInput, D::Error> {
    let form = Option::<FormRequest>::deserialize(input)?;
    let new = |it: FormRequest| NewForm { url: it.form_url, secret: it.secret.into() };
    Ok(form.map_or(FormInput::Remove, |form| FormInput::Set(new(form))))
}

/// `null` is something else than nothing.
fn given<'de, D: Deserializer<'de>>(input: D) -> Result<ChatChange, D::Error> {
    Option::deserialize(input).map(|chat| chat.map_or(ChatChange::Remove, ChatChange::Set))
}

/// Change a bot
///
/// With a new token, a bot that Telegram had refused sends again, and what waited for it goes out.
#[utoipa::path(patch, path = "/api/telegram/bots/{bot}", operation_id = "change_bot", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The bot as it is now", body = BotView),
        BodyProblems, NotFound, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<BotView>, Refusal> {
    let ChangeRequest { default_chat_id, default, token, prodamus: form } = body;
    if token.is_some() {
        Limited::BotTokens.count(&app, &who.company_id().to_string()).await?;
    }
    let change = ChangeBot { default_chat: default_chat_id, is_default: default, token, form };
    let changed = change_bot(&app, who.company_id(), &bot, change).await?;
    Ok(Json(BotView::from(&changed)))
}
