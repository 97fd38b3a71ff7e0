//! Bodies: JSON, read strictly, with an error for everything that a caller would want to know.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use domain::field_error::FieldError;
use runtime::problem::Problem;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::once::Asked;
use crate::refusal::Refusal;

/// The longest body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// A JSON object as `T`.
///
/// 413 over [`MAX_BODY`], 415 for another kind of body, 400 with line and column for what is not
/// JSON, 422 with the path of each field that `T` does not know and of the first of a wrong
/// type. An empty body is read as `{}`.
#[derive(Clone, Copy, Debug)]
pub struct StrictJson<T>(pub T);

/// A JSON object as `T`, with the request's `Idempotency-Key` if it has one.
#[derive(Clone, Debug)]
pub struct Keyed<T> {
    /// The body, as by [`StrictJson`].
    pub body: T,
    /// What to know the request by when it comes again.
    pub asked: Option<Asked>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for StrictJson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        must_be_json(&parts.headers, &bytes)?;
        Ok(Self(parse(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        must_be_json(&parts.headers, &bytes)?;
        let asked = Asked::read(&parts, &bytes)?;
        Ok(Self { body: parse(&bytes)?, asked })
    }
}

/// A body may leave its type out, and none needs none. Types that a page of another site can send without asking
/// first (forms, plain text) are refused.
fn must_be_json(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).filter(|_| !body.is_empty());
    let Some(kind) = kind else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "the body must be application/json",
    ))
}

/// Reads a body of at most [`MAX_BODY`] bytes.
pub async fn read(body: Body) -> Result<Bytes, Refusal> {
    crate::body::read(body, MAX_BODY).await
}

/// Reads bytes as an object of JSON.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(bytes.get(..error.valid_up_to()).unwrap_or_default());
        malformed("the body is not UTF-8", line, column)
    })?;
    let text = if text.trim_ascii().is_empty() { "{}" } else { text };
    // What is not JSON is told first, wherever in the body it stands.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| not_json(&error))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Refusal::field("body", "must be an object"));
    }
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let mut note = |path: serde_ignored::Path<'_>| {
        unknown.push(FieldError::new(path_of(&path), "is not known"));
    };
    let value = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note));
    let value = match value.and_then(|value| json.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) if error.classify() == Category::Data => {
            Err(wrong_field(&track.path().to_string(), &error))
        }
        Err(error) => return Err(not_json(&error)),
    };
    match value {
        Ok(value) if unknown.is_empty() => Ok(value),
        Ok(_) => Err(Problem::validation(unknown).into()),
        Err(wrong) => {
            unknown.push(wrong);
            Err(Problem::validation(unknown).into())
        }
    }
}

/// A path as [`serde_path_to_error`] writes it.
fn path_of(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", path_of(parent)),
        Path::Map { parent, key } => match path_of(parent) {
            parent if parent.is_empty() => key.clone(),
            parent => format!("{parent}.{key}"),
        },
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => path_of(parent),
    }
}

/// The line and column (in characters) after `text`, both from 1.
fn position(text: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(text);
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() + 1, last.chars().count() + 1)
}

fn not_json(error: &serde_json::Error) -> Refusal {
    let what = match error.classify() {
        Category::Eof => "the body ends too early",
        _ => "the body is not JSON",
    };
    malformed(what, error.line(), error.column())
}

fn malformed(what: &str, line: usize, column: usize) -> Refusal {
    let detail = format!("{what} at line {line} column {column}");
    Refusal::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", detail)
}

/// What is wrong with a field, without its value.
fn wrong_field(path: &str, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let quoted = |rest: &str| rest.trim_matches('`').to_owned();
    let inside = |name: String| if path == "." { name } else { format!("{path}.{name}") };
    let here = if path == "." { "body" } else { path };
    if let Some(name) = text.strip_prefix("missing field ") {
        return FieldError::new(inside(quoted(name)), "is required");
    }
    if let Some(name) = text.strip_prefix("duplicate field ") {
        return FieldError::new(quoted(name), "is given twice");
    }
    let message = match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("must be {expected}"),
        None => "is not valid".to_owned(),
    };
    FieldError::new(here, message)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        count: u32,
    }

    fn refused(body: &[u8]) -> Problem {
        parse::<Order>(body).map_err(|refusal| refusal.0).expect_err("it is faulty")
    }

    fn fields(problem: &Problem) -> Vec<(&str, &str)> {
        problem.errors.iter().map(|e| (e.field.as_str(), e.message.as_str())).collect()
    }

    #[test]
    fn what_is_not_json_is_refused_with_line_and_column() {
        for (body, place) in [
            (&b"{\n  \"name\": }"[..], "line 2 column 11"),
            (b"{\"name\": \"a\"", "line 1 column 12"),
            (b"garbage", "line 1 column 1"),
            (b"{\"name\": \"a\"} x", "line 1 column 15"),
            (b"{\"name\":\n\"\xff\"}", "line 2 column 2"),
            (b"{\"name\":\"\\ud800\"}", "line 1"),
            (b"{\"name\":5, nope", "line 1 column 12"),
        ] {
            let problem = refused(body);
            assert_eq!((problem.status, problem.code.as_str()), (400, "MALFORMED_JSON"));
            assert!(problem.detail.clone().unwrap_or_default().contains(place), "{problem:?}");
        }
    }

    #[test]
    fn unknown_fields_are_all_named() {
        let problem = refused(br#"{"name":"a","nmae":1,"lines":[{"count":1,"cuont":2}]}"#);
        assert_eq!(
            (problem.status, fields(&problem)),
            (422, vec![("nmae", "is not known"), ("lines[0].cuont", "is not known")])
        );
    }

    #[test]
    fn a_wrong_type_names_the_path_and_not_the_value() {
        let problem = refused(br#"{"name":"a","lines":[{"count":"secret"}]}"#);
        assert_eq!(
            (problem.status, fields(&problem)),
            (422, vec![("lines[0].count", "must be u32")])
        );
        assert_eq!(fields(&refused(b"{}")), [("name", "is required")]);
        assert_eq!(fields(&refused(b"")), [("name", "is required")]);
        assert_eq!(fields(&refused(br#"{"name":"a","name":"b"}"#)), [("name", "is given twice")]);
        for body in [&b"[]"[..], b"\"x\"", b"5", b"null"] {
            assert_eq!(fields(&refused(body)), [("body", "must be an object")]);
        }
    }

    #[test]
    fn what_fits_is_read() {
        assert_eq!(
            parse::<Order>(br#" {"name":"a","lines":[{"count":2}]} "#),
            Ok(Order { name: "a".to_owned(), lines: vec![Line { count: 2 }] })
        );
    }
}
