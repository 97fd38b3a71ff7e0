//! Services: `Authorization: Bearer <API key>`.

use app::App;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::account::{ApiKey, Scope, SecretHash};
use table::keys;

use crate::refusal::Refusal;

/// The caller's API key. A handler asks it for the scope that it needs: [`Authorized::require`].
#[derive(Clone, Debug)]
pub struct Authorized(pub ApiKey);

impl Authorized {
    /// 403 unless the key may be used for this.
    pub fn require(&self, scope: Scope) -> Result<&ApiKey, Refusal> {
        if self.0.allows(scope) {
            return Ok(&self.0);
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "SCOPE_MISSING",
            format!("this API key lacks the scope {}", scope.as_str()),
        ))
    }
}

impl FromRequestParts<App> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let key = header.and_then(|value| value.to_str().ok()).and_then(bearer);
        let key = key.ok_or_else(|| Refusal::unauthenticated("an API key is needed"))?;
        let place = keys::api_key(&SecretHash::of(key));
        // Half the price; a key made a moment ago may need the other half.
        let found = match app.table.glance::<ApiKey>(&place).await? {
            None => app.table.get::<ApiKey>(&place).await?,
            found => found,
        };
        found.map(Self).ok_or_else(|| Refusal::unauthenticated("the API key is not known"))
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_with_a_key_is_read() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for value in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(bearer(value), None, "{value}");
        }
    }
}
