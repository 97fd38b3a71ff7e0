//! Ids in paths. What is no id is no id of ours: 404, like an unknown one.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::ids::{
    ApiKeyId, ChannelId, InvitationId, InviteId, LinkId, SessionId, TargetId, UserId,
};
use web::Refusal;

/// A kind of id that stands in paths.
pub(crate) trait PathId: FromStr {
    /// The path's parameter.
    const PARAMETER: &'static str;
    /// What there is not.
    const WHAT: &'static str;
}

impl PathId for TargetId {
    const PARAMETER: &'static str = "target_id";
    const WHAT: &'static str = "target";
}

impl PathId for ChannelId {
    const PARAMETER: &'static str = "channel_id";
    const WHAT: &'static str = "channel";
}

impl PathId for SessionId {
    const PARAMETER: &'static str = "session_id";
    const WHAT: &'static str = "session";
}

impl PathId for LinkId {
    const PARAMETER: &'static str = "link_id";
    const WHAT: &'static str = "link";
}

impl PathId for ApiKeyId {
    const PARAMETER: &'static str = "key_id";
    const WHAT: &'static str = "API key";
}

impl PathId for InvitationId {
    const PARAMETER: &'static str = "invitation_id";
    const WHAT: &'static str = "invitation";
}

impl PathId for InviteId {
    const PARAMETER: &'static str = "invite_id";
    const WHAT: &'static str = "invite";
}

impl PathId for UserId {
    const PARAMETER: &'static str = "user_id";
    const WHAT: &'static str = "member";
}

/// The id in the path.
pub(crate) struct InPath<T>(pub(crate) T);

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for InPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| Refusal::not_found(T::WHAT))?;
        let text = parameters.iter().find(|(name, _)| *name == T::PARAMETER);
        let id = text.and_then(|(_, text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Refusal::not_found(T::WHAT))
    }
}
