//! `GET` and `PATCH /api/telegram/bots/{bot}/scenario-settings`

use std::collections::BTreeMap;

use app::App;
use app::scenario::author::{ChangeSettings, change_settings, find_settings};
use axum::Json;
use axum::extract::State;
use domain::scenario::BotScenarios;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::whose;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// What a bot's scenarios share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioSettings)]
pub(crate) struct SettingsView {
    /// The bot's own variables: `{{ bot.name }}` in a text.
    variables: BTreeMap<String, String>,
    /// The scenario that a bare `/start` means; `null` for a bot without scenarios.
    default_scenario: Option<String>,
    /// Whether what contacts write is forwarded to the chats of the bot's admins.
    forward_replies: bool,
    /// The zone whose days stand in texts, by its IANA name.
    timezone: String,
}

impl From<BotScenarios> for SettingsView {
    fn from(settings: BotScenarios) -> Self {
        Self {
            timezone: settings.zone().name().to_owned(),
            variables: settings.variables,
            default_scenario: settings.default_scenario.map(|it| it.to_string()),
            forward_replies: settings.forward_replies,
        }
    }
}

/// What is to be different. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScenarioSettingsChange)]
pub(crate) struct ChangeRequest {
    /// Variables by name, at most 100, each with its value of at most 200 characters; `null` takes one away.
    #[serde(default)]
    #[schema(required = false)]
    variables: BTreeMap<String, Option<String>>,
    /// The scenario that a bare `/start` means.
    default_scenario: Option<String>,
    /// Whether what contacts write is forwarded to the chats of the bot's admins: yes, until it is changed.
    forward_replies: Option<bool>,
    /// The zone whose days stand in texts, by its IANA name such as `Europe/Moscow`: `UTC`, until it is changed.
    timezone: Option<String>,
}

/// Get what a bot's scenarios share
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/scenario-settings", operation_id = "get_scenario_settings", tag = "scenarios",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "What they share", body = SettingsView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<SettingsView>, Refusal> {
    Ok(Json(find_settings(&app, whose(&who, &bot)).await?.into()))
}

/// Change what a bot's scenarios share
///
/// Whatever is sent after that has the new values. 409 for a variable that is to go and that a saved text has:
/// the detail says which.
#[utoipa::path(patch, path = "/api/telegram/bots/{bot}/scenario-settings", operation_id = "change_scenario_settings", tag = "scenarios",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "What they share now", body = SettingsView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<SettingsView>, Refusal> {
    let ChangeRequest { variables, default_scenario, forward_replies, timezone } = body;
    let change = ChangeSettings { variables, default_scenario, forward_replies, timezone };
    Ok(Json(change_settings(&app, whose(&who, &bot), change).await?.into()))
}
