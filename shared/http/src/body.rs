//! Bodies of bounded length.

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::refusal::Refusal;

/// The longest body of a webhook, in bytes; those of the services that call are far shorter.
pub const MAX_WEBHOOK: usize = 1 << 20;

/// The whole of a body, byte for byte.
///
/// # Errors
/// 413 over `longest` bytes, 400 when it ended too soon.
pub async fn read(body: Body, longest: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, longest).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BODY_TOO_LARGE",
            format!("a body has at most {longest} bytes"),
        )),
        Err(_) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "BODY_INCOMPLETE",
            "the body ended before it was complete",
        )),
    }
}
