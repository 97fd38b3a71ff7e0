//! Buttons that messages share.

use domain::button::{ButtonSet, RowDraft, Rows, SETS_PER_BOT, read_rows};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::scenario::{ACCEPT, MAX_CONTENT, Scenario, StepContent, TextPlace, add_faults};
use domain::slug::Slug;
use table::{Page, keys};

use super::Whose;
use super::desk::{Desk, own_bot, sound};
use super::uses::{must_be_unused, places};
use crate::listing::list;
use crate::{App, AppError};

/// What fields of buttons are checked under, and lose again.
const FIELD: &str = "set";

/// One page of a bot's sets of buttons, by slug.
///
/// # Errors
/// [`AppError::NotFound`] for the bot.
pub async fn list_button_sets(
    app: &App,
    whose: Whose<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<ButtonSet>, AppError> {
    let bot = own_bot(app, whose).await?;
    list(app, &keys::bot(&bot).pk, keys::BUTTON_SETS, limit, after).await
}

/// A bot's set of buttons.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the set.
pub async fn find_button_set(
    app: &App,
    whose: Whose<'_>,
    slug: &Slug,
) -> Result<ButtonSet, AppError> {
    let bot = own_bot(app, whose).await?;
    find(app, &bot, slug).await
}

async fn find(app: &App, bot: &BotId, slug: &Slug) -> Result<ButtonSet, AppError> {
    let found = app.table.get(&keys::button_set(bot, slug)).await?;
    found.ok_or(AppError::NotFound("button set"))
}

/// Makes a set, or puts other buttons in it: all messages that are sent after that have them. Answers it,
/// and whether it is new.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] with all faults; [`AppError::Conflict`] for a
/// set that a consent has and that has no button of acceptance any more, and when the bot has as many sets
/// as it may have.
pub async fn save_button_set(
    app: &App,
    whose: Whose<'_>,
    slug: Slug,
    rows: Vec<RowDraft>,
) -> Result<(ButtonSet, bool), AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let rows = checked(rows.clone(), &desk)?;
        let before: Option<ButtonSet> = app.table.get(&keys::button_set(&bot, &slug)).await?;
        match &before {
            None => must_have_room(app, &bot).await?,
            Some(before) if before.rows.says(ACCEPT) && !rows.says(ACCEPT) => {
                must_ask_nobody(app, &bot, &slug).await?;
            }
            Some(_) => {}
        }
        let now = app.env.now();
        let set = ButtonSet {
            bot_id: bot.clone(),
            slug: slug.clone(),
            rows,
            created_at: before.as_ref().map_or(now, |it| it.created_at),
            version: before.as_ref().map_or(0, |it| it.version),
        };
        let is_new = before.is_none();
        let write = if is_new { Write::Create } else { Write::Replace };
        let decision = Decision::new(app.env.id(), now, (set.clone(), is_new));
        Ok::<_, AppError>(decision.write(write(set.into())).write(desk.turn()))
    })
    .await
}

fn checked(rows: Vec<RowDraft>, desk: &Desk) -> Result<Rows, AppError> {
    let mut errors = Vec::new();
    let rows = read_rows(rows, FIELD, &mut errors);
    add_faults(&mut errors, rows.check(FIELD, &desk.names()));
    let prefix = format!("{FIELD}.");
    for error in &mut errors {
        if let Some(field) = error.field.strip_prefix(&prefix) {
            error.field = field.to_owned();
        }
    }
    if rows.rows.is_empty() {
        errors.push(FieldError::new("rows", "must be at least 1"));
    }
    if serde_json::to_vec(&rows).map_or(0, |json| json.len()) > MAX_CONTENT {
        errors.push(FieldError::new("rows", format!("must have at most {MAX_CONTENT} bytes")));
    }
    sound(errors)?;
    Ok(rows)
}

async fn must_have_room(app: &App, bot: &BotId) -> Result<(), AppError> {
    let all: Vec<ButtonSet> = app.table.query_all(&keys::bot(bot).pk, keys::BUTTON_SETS).await?;
    if all.len() < SETS_PER_BOT {
        return Ok(());
    }
    let message = format!("a bot has at most {SETS_PER_BOT} button sets");
    Err(AppError::Conflict { code: "TOO_MANY_BUTTON_SETS", message })
}

/// A consent needs a button that accepts.
async fn must_ask_nobody(app: &App, bot: &BotId, slug: &Slug) -> Result<(), AppError> {
    let scenarios: Vec<Scenario> = app.table.query_all(&keys::bot(bot).pk, keys::SCENARIOS).await?;
    let asks = |it: &&Scenario| {
        it.consent.as_ref().and_then(StepContent::button_set).is_some_and(|set| set == slug)
    };
    let consents = scenarios.iter().filter(asks);
    let place = |it: &Scenario| {
        let (scenario, part) = (it.slug.clone(), "consent".to_owned());
        TextPlace::Part { scenario, part }
    };
    let places: Vec<_> = consents.map(place).collect();
    let what = format!("the button whose callback_data is {ACCEPT}");
    must_be_unused("BUTTON_SET_IN_USE", &what, &places)
}

/// Deletes a set that no message has.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the set; [`AppError::Conflict`] with the places that have it.
pub async fn delete_button_set(app: &App, whose: Whose<'_>, slug: &Slug) -> Result<(), AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let set = find(app, &bot, slug).await?;
        let places = places(app, &bot, |content| content.button_set() == Some(slug)).await?;
        must_be_unused("BUTTON_SET_IN_USE", &format!("button set {slug}"), &places)?;
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        Ok::<_, AppError>(decision.write(Write::Remove(set.into())).write(desk.turn()))
    })
    .await
}
