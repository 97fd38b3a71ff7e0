//! Photos that are gone, at Telegram and in the store: a bot's admins are told, once a day for each.

use std::time::Duration;

use domain::engine::{Decision, Job, NewJob, Timer};
use domain::ids::BotId;
use domain::message::{Content, DeskNotice, Notice};
use domain::scenario::{Photo, StepContent};
use table::{CommitError, TableError};

use crate::App;
use crate::engine::once;
use crate::engine::relay::{admin_chats, send};
use crate::engine::work::Send;
use crate::scenario::author::places_of;

/// So often a photo is told of.
const WINDOW: Duration = Duration::from_hours(24);

/// Has the admins told of a photo that is gone, unless they were today. Nothing waits for that: what cannot be
/// written down now is written when the photo is missed again.
pub(super) async fn tell(app: &App, bot: &BotId, object: &str) {
    let today = today(app);
    // The platform's bot has no admins, and a process need not ask the table each time.
    if *bot == BotId::default_bot() || app.photos.is_told_of(bot, object, today) {
        return;
    }
    match write_down(app, bot, object).await {
        // Where it has changed, another run was first.
        Ok(()) | Err(CommitError::Changed(_)) => app.photos.told_of(bot, object, today),
        Err(error) => {
            tracing::warn!(%bot, %error, "the admins could not be told of a photo that is gone");
        }
    }
}

fn today(app: &App) -> i64 {
    let day = i64::try_from(WINDOW.as_secs()).unwrap_or(i64::MAX);
    app.env.now().as_seconds().div_euclid(day)
}

async fn write_down(app: &App, bot: &BotId, object: &str) -> Result<(), CommitError> {
    let what = format!("photos/gone/{object}");
    let Some(window) = once::window(app, bot, &what, WINDOW).await? else { return Ok(()) };
    let now = app.env.now();
    let job = Job::PhotoGone { bot: bot.clone(), object: object.to_owned() };
    let job = NewJob { id: app.env.id(), job, due: now, owner: None };
    app.commit(Decision::new(app.env.id(), now, ()).write(window).job(job)).await
}

/// What each admin is told of a photo that is gone.
pub(super) async fn notices(app: &App, timer: &Timer) -> Result<Vec<Send>, TableError> {
    let Job::PhotoGone { bot, object } = &timer.job else { return Ok(Vec::new()) };
    let chats = admin_chats(app, bot).await?;
    if chats.is_empty() {
        return Ok(Vec::new());
    }
    let gone = Photo::Object(object.clone());
    let places = places_of(app, bot, |content: &StepContent| content.photos.contains(&gone)).await;
    let places = places.map_err(|error| TableError::Unavailable(error.to_string()))?;
    let content = |language| {
        let said = DeskNotice::PhotoGone { places: places.clone() };
        Content::from(Notice::Desk { said, language })
    };
    let sends = chats.into_iter().map(|(to, language)| send(timer, bot, to, content(language)));
    Ok(sends.collect())
}
