//! `POST /api/telegram/bots/{bot}/photos`

use std::time::Duration;

use app::App;
use app::scenario::author::{KeptPhoto, store_photo};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::photo::{MAX_UPLOAD_BYTES, PhotoFormat};
use serde::Serialize;
use utoipa::ToSchema;
use web::limit::Limit;
use web::{Refusal, body};

use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems, TooMany};
use crate::routes::bots::BotName;
use crate::routes::scenarios::whose;
use crate::session::Admin;

/// One company stores so many photos in a day.
const PER_COMPANY: Limit =
    Limit { name: "photos", attempts: 500, window: Duration::from_hours(24) };

/// A photo as messages name it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredPhotoName)]
pub(crate) struct NameView {
    /// Its key.
    object: String,
}

/// A stored photo.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredPhoto)]
pub(crate) struct PhotoView {
    /// What stands among the `photos` of a message to send it.
    photo: NameView,
    /// What it is.
    media_type: &'static str,
    /// In pixels.
    width: u32,
    /// In pixels.
    height: u32,
}

impl From<KeptPhoto> for PhotoView {
    fn from(KeptPhoto { object, measured, .. }: KeptPhoto) -> Self {
        Self {
            photo: NameView { object },
            media_type: measured.format.media_type(),
            width: measured.width,
            height: measured.height,
        }
    }
}

/// Store a photo
///
/// A JPEG, PNG or WebP of at most 4 MiB, width and height at most 10,000 pixels together, at most 20 times as
/// long as wide. The same file is stored once.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/photos", operation_id = "store_photo", tag = "scenarios",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    request_body(description = "The file", content(
        ("image/jpeg"), ("image/png"), ("image/webp"),
    )),
    responses(
        (status = 200, description = "The photo, which was stored before", body = PhotoView),
        (status = 201, description = "The photo", body = PhotoView),
        BodyProblems, NotFound, TooMany, SessionProblems,
    ))]
pub(crate) async fn upload(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    request: Request,
) -> Result<(StatusCode, Json<PhotoView>), Refusal> {
    let (parts, bytes) = request.into_parts();
    let said = format_of(&parts.headers)?;
    let bytes = body::read(bytes, MAX_UPLOAD_BYTES).await?;
    if PhotoFormat::of(&bytes).is_some_and(|it| it != said) {
        return Err(Refusal::field(
            "body",
            "is another kind of picture than its content-type says",
        ));
    }
    PER_COMPANY.count(&app, &who.company_id().to_string()).await?;
    let kept = store_photo(&app, whose(&who, &bot), &bytes).await?;
    let status = if kept.was_there { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(kept.into())))
}

/// What the body is said to be.
fn format_of(headers: &HeaderMap) -> Result<PhotoFormat, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let formats = [PhotoFormat::Jpeg, PhotoFormat::Png, PhotoFormat::Webp];
    let said = formats.into_iter().find(|it| it.media_type().eq_ignore_ascii_case(essence));
    said.ok_or_else(|| {
        Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "the body must be image/jpeg, image/png or image/webp",
        )
    })
}
