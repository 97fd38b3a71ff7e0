//! Photos that an admin stores, for messages of a bot.

use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::photo::{
    MAX_UPLOAD_BYTES, Measured, PhotoFormat, StoredPhoto, is_key, key_of, measure,
};
use domain::scenario::{ContentDraft, MAX_PHOTOS, Photo, Scenario, ScenarioDraft, StepContent};
use runtime::objects::ObjectError;
use table::keys;

use super::Whose;
use super::desk::own_bot;
use crate::photo::name_in_store;
use crate::{App, AppError};

/// A photo that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPhoto {
    /// Its key.
    pub object: String,
    /// What it is.
    pub measured: Measured,
    /// Whether the bot had it before.
    pub was_there: bool,
}

/// Stores a photo for a bot. The same file is stored once.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] for what Telegram does not take as a photo;
/// [`AppError::Unavailable`] when the store does not answer.
pub async fn store_photo(app: &App, whose: Whose<'_>, bytes: &[u8]) -> Result<KeptPhoto, AppError> {
    let bot = own_bot(app, whose).await?;
    let invalid = |message: String| AppError::Invalid(vec![FieldError::new("body", message)]);
    if bytes.len() > MAX_UPLOAD_BYTES {
        return Err(invalid(format!("must have at most {MAX_UPLOAD_BYTES} bytes")));
    }
    let measured = measure(bytes).map_err(|error| invalid(error.to_string()))?;
    let object = key_of(bytes, measured.format.ending());
    let key = keys::stored_photo(&bot, &object);
    let was_there = app.table.get::<StoredPhoto>(&key).await?.is_some();
    // What is there may have been lost: the file is put all the same.
    app.photos
        .store()
        .put(&name_in_store(&bot, &object), bytes)
        .await
        .map_err(|error| unavailable(&error))?;
    if !was_there {
        let now = app.env.now();
        let photo =
            StoredPhoto { bot_id: bot, object: object.clone(), file_id: None, changed_at: now };
        // Of two that store it at once either may come last: nothing is lost but a name.
        let decision = Decision::new(app.env.id(), now, ()).write(Write::Put(photo.into()));
        app.commit(decision).await?;
    }
    Ok(KeptPhoto { object, measured, was_there })
}

/// A photo's file, and what it is.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and for a photo that it does not have, or whose file is gone.
pub async fn find_photo(
    app: &App,
    whose: Whose<'_>,
    object: &str,
) -> Result<(Vec<u8>, &'static str), AppError> {
    let bot = own_bot(app, whose).await?;
    let not_found = || AppError::NotFound("photo");
    if !is_key(object) {
        return Err(not_found());
    }
    let key = keys::stored_photo(&bot, object);
    app.table.get::<StoredPhoto>(&key).await?.ok_or_else(not_found)?;
    let found = app.photos.get(&bot, object).await.map_err(|error| unavailable(&error))?;
    let bytes = found.ok_or_else(not_found)?;
    // Whatever an import has brought in: a browser shows none of it as a page.
    let kind = PhotoFormat::of(&bytes).map(PhotoFormat::media_type);
    Ok((bytes, kind.unwrap_or("application/octet-stream")))
}

fn unavailable(error: &ObjectError) -> AppError {
    AppError::Unavailable(error.to_string())
}

/// A content that a draft is read over: it also has the stored photos that the draft names, as far as the
/// bot has them.
pub(super) async fn with_photos(
    app: &App,
    bot: &BotId,
    draft: &ContentDraft,
    before: &StepContent,
) -> Result<StepContent, AppError> {
    let mut content = before.clone();
    content.photos.extend(stored(app, bot, draft).await?);
    Ok(content)
}

/// The same for the messages of a scenario itself.
pub(super) async fn offer_photos(
    app: &App,
    draft: &ScenarioDraft,
    scenario: &mut Scenario,
) -> Result<(), AppError> {
    let bot = scenario.bot_id.clone();
    for (draft, content) in
        [(&draft.consent, &mut scenario.consent), (&draft.summary, &mut scenario.summary)]
    {
        let Some(Some(draft)) = draft else { continue };
        let photos = stored(app, &bot, draft).await?;
        if !photos.is_empty() {
            content.get_or_insert_default().photos.extend(photos);
        }
    }
    Ok(())
}

/// The stored photos that a draft names and the bot has.
async fn stored(app: &App, bot: &BotId, draft: &ContentDraft) -> Result<Vec<Photo>, AppError> {
    let named = draft.photos.iter().flatten().take(MAX_PHOTOS).filter_map(|it| it.object.as_ref());
    let wanted: Vec<_> =
        named.filter(|it| is_key(it)).map(|it| keys::stored_photo(bot, it)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = app.table.get_all(&wanted).await?;
    let mut photos = Vec::new();
    for key in &wanted {
        photos.extend(found.take::<StoredPhoto>(key)?.map(|it| Photo::Object(it.object)));
    }
    Ok(photos)
}
