//! Lists: `limit` and `cursor` in, `{"items": [...], "next_cursor": ...}` out.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::field_error::FieldError;
use runtime::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::refusal::Refusal;

/// The longest page.
pub const MAX_LIMIT: usize = 100;
const DEFAULT_LIMIT: usize = 50;
/// The longest cursor, in characters; what it stands for must fit a key.
const MAX_CURSOR: usize = 512;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// At most this many items.
    pub limit: usize,
    /// After this item, in the list's own words ([`Listed::new`] wrote them).
    pub after: Option<String>,
}

/// Which page of a list, as the document describes it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingQuery {
    /// At most this many items: 1 to 100, 50 when absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<PagingQuery>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|_| Refusal::field("query", "is not valid"))?;
        Self::read(query).map_err(|errors| Problem::validation(errors).into())
    }
}

impl Paging {
    fn read(query: PagingQuery) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let limit = query.limit.map_or(Some(DEFAULT_LIMIT), |limit| limit.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
        if limit.is_none() {
            errors.push(FieldError::new("limit", format!("must be from 1 to {MAX_LIMIT}")));
        }
        let after = query.cursor.map(|cursor| decode(&cursor));
        if after == Some(None) {
            errors.push(FieldError::new("cursor", "must be the next_cursor of an earlier answer"));
        }
        match limit {
            Some(limit) if errors.is_empty() => Ok(Self { limit, after: after.flatten() }),
            _ => Err(errors),
        }
    }
}

fn decode(cursor: &str) -> Option<String> {
    if cursor.is_empty() || cursor.len() > MAX_CURSOR {
        return None;
    }
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A page whose next one begins after `next`, in the list's own words.
    pub fn new(items: Vec<T>, next: Option<&str>) -> Self {
        Self { items, next_cursor: next.map(|next| URL_SAFE_NO_PAD.encode(next)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: Option<&str>, cursor: Option<&str>) -> Result<Paging, Vec<FieldError>> {
        Paging::read(PagingQuery {
            limit: limit.map(str::to_owned),
            cursor: cursor.map(str::to_owned),
        })
    }

    #[test]
    fn a_cursor_is_read_back() {
        let page = Listed::new(vec![1], Some("b#ü"));
        assert_eq!(
            query(Some("7"), page.next_cursor.as_deref()),
            Ok(Paging { limit: 7, after: Some("b#ü".to_owned()) })
        );
        assert_eq!(query(None, None), Ok(Paging { limit: 50, after: None }));
    }

    #[test]
    fn faulty_limits_and_cursors_are_named_together() {
        let long = "a".repeat(600);
        for limit in ["0", "101", "-1", "x", ""] {
            for cursor in ["", "%", "_w", long.as_str()] {
                let errors = query(Some(limit), Some(cursor)).expect_err("both are faulty");
                let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
                assert_eq!(fields, ["limit", "cursor"], "{limit} {cursor}");
            }
        }
    }
}
