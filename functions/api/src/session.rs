//! Sessions of browsers: the cookie, who it belongs to, and where unsafe requests may come from.

use std::sync::{Arc, OnceLock};

use app::account::{Authenticated, authenticate};
use app::{App, AppError};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::account::{Role, SESSION_LIFE};
use domain::ids::CompanyId;
use url::Url;
use web::Refusal;

/// The cookie's name.
pub(crate) const COOKIE: &str = "hoopoe_session";
/// The name of the security scheme in the description.
pub(crate) const SCHEME: &str = "session";

/// Whoever is logged in, on a request that may be made with their cookie.
pub(crate) struct LoggedIn(pub(crate) Authenticated);

impl LoggedIn {
    /// Whose requests these are: the scope of idempotency keys and limits.
    pub(crate) fn name(&self) -> String {
        self.0.user.id.to_string()
    }
}

impl FromRequestParts<App> for LoggedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        must_be_same_site(parts, app)?;
        let cookie = session_cookie(&parts.headers).ok_or(AppError::Unauthenticated)?;
        let who = authenticate(app, cookie).await?;
        if who.slid
            && let Some(renewal) = parts.extensions.get::<Renewal>()
        {
            let _ = renewal.0.set(set_cookie(app, cookie));
        }
        Ok(Self(who))
    }
}

/// An admin of their company, on a request that may be made with their cookie. Keys are not enough: one
/// that has leaked must not make others.
pub(crate) struct Admin(pub(crate) Authenticated);

impl Admin {
    /// Whose requests these are: the scope of idempotency keys and limits.
    pub(crate) fn name(&self) -> String {
        self.0.user.id.to_string()
    }

    /// The company that they are an admin of.
    pub(crate) const fn company_id(&self) -> CompanyId {
        self.0.user.company_id
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let LoggedIn(who) = LoggedIn::from_request_parts(parts, app).await?;
        match who.user.role {
            Role::Admin => Ok(Self(who)),
            Role::Member => Err(Refusal::admin_needed()),
        }
    }
}

/// A request that may be made from a browser without a session: not from another site.
pub(crate) struct SameSite;

impl FromRequestParts<App> for SameSite {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        must_be_same_site(parts, app).map(|()| Self)
    }
}

/// The session cookie's value.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let pairs = cookies.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|it| it.1)
}

/// `Set-Cookie` that begins or prolongs a session.
pub(crate) fn set_cookie(app: &App, value: &str) -> HeaderValue {
    cookie(app, value, SESSION_LIFE.as_secs())
}

/// `Set-Cookie` that ends a session.
pub(crate) fn clear_cookie(app: &App) -> HeaderValue {
    cookie(app, "", 0)
}

/// A site without TLS is somebody's own machine, where a `Secure` cookie would not come back.
fn cookie(app: &App, value: &str, max_age: u64) -> HeaderValue {
    let secure = if app.site.url.starts_with("http://") { "" } else { "; Secure" };
    let text =
        format!("{COOKIE}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    // Values are URL-safe Base64 of ours, or empty.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Unsafe requests of a browser must come from one of the site's own origins: a page of another site
/// can send requests with the person's cookie, but cannot choose what the browser says of it.
///
/// `Origin` decides, then `Sec-Fetch-Site`, then `Referer`. A request with none of the three is not
/// a browser's (all of them send `Origin` with unsafe requests since 2020), holds no one's cookie by
/// accident, and passes.
fn must_be_same_site(parts: &Parts, app: &App) -> Result<(), Refusal> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let header = |name| parts.headers.get(name).map(|it: &HeaderValue| it.to_str().unwrap_or(""));
    let own = |origin: &str| app.site.origins.iter().any(|own| own.eq_ignore_ascii_case(origin));
    let same = if let Some(origin) = header("origin") {
        own(origin)
    } else if let Some(site) = header("sec-fetch-site") {
        matches!(site, "same-origin" | "none")
    } else if let Some(referer) = header("referer") {
        Url::parse(referer).is_ok_and(|url| own(&url.origin().ascii_serialization()))
    } else {
        true
    };
    if same {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "FOREIGN_ORIGIN",
        "requests that change something must come from the site itself",
    ))
}

/// Where the cookie of a session whose expiry has moved on is left for the answer.
#[derive(Clone, Default)]
struct Renewal(Arc<OnceLock<HeaderValue>>);

/// Sends the cookie again when its session's expiry has moved on.
pub(crate) async fn renew_cookie(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    // An answer that sets the cookie itself, as a logout does, knows better.
    if let Some(cookie) = renewal.0.get() {
        response.headers_mut().entry(header::SET_COOKIE).or_insert(cookie.clone());
    }
    response
}
