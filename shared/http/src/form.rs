//! Bodies that a page's own form sends.

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use url::form_urlencoded;

use crate::json::read;
use crate::refusal::Refusal;

/// The fields of a form: `application/x-www-form-urlencoded`.
///
/// 413 over [`crate::json::MAX_BODY`], 415 for another kind of body.
#[derive(Clone, Debug)]
pub struct Form(Bytes);

impl Form {
    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(&self.0);
        fields.find(|(field, _)| field == name).map(|(_, value)| value.into_owned())
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        Ok(Self(read(body).await?))
    }
}
