//! Buttons that messages of a bot share.

pub(super) mod get;
pub(super) mod list;
pub(super) mod remove;
pub(super) mod save;

use domain::button::ButtonSet;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::{RowBody, rows};

/// Buttons that messages share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ButtonSet)]
pub(super) struct SetView {
    /// What it is called.
    slug: String,
    /// The buttons.
    rows: Vec<RowBody>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&ButtonSet> for SetView {
    fn from(set: &ButtonSet) -> Self {
        Self {
            slug: set.slug.to_string(),
            rows: rows(&set.rows),
            created_at: set.created_at.rfc3339(),
        }
    }
}
