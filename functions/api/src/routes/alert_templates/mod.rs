//! Templates of alerts.

mod get;
mod list;
mod preview;
mod remove;
mod save;

use std::str::FromStr;
use web::{Routes, routes};

use app::alert::{AlertTemplate, Section, TemplateInput, variables};
use domain::slug::{Slug, SlugError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::path::PathId;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get, save::save, remove::remove))
        .routes(routes!(preview::preview))
}

/// A template's key in a path.
pub(crate) struct TemplateKey(Slug);

impl FromStr for TemplateKey {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Slug::parse(text).map(Self)
    }
}

impl PathId for TemplateKey {
    const PARAMETER: &'static str = "key";
    const WHAT: &'static str = "template";
}

/// A part of an alert.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertSection)]
pub(crate) struct SectionBody {
    /// Its heading.
    #[serde(default)]
    #[schema(required = false)]
    title: String,
    /// Its text.
    #[serde(default)]
    #[schema(required = false)]
    body: String,
}

impl From<Section> for SectionBody {
    fn from(Section { title, body }: Section) -> Self {
        Self { title, body }
    }
}

impl From<SectionBody> for Section {
    fn from(SectionBody { title, body }: SectionBody) -> Self {
        Self { title, body }
    }
}

/// A template of alerts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertTemplate)]
pub(crate) struct TemplateView {
    /// What it is called by.
    key: String,
    /// The title's template.
    title: String,
    /// The body's template.
    body: String,
    /// The sections' templates.
    sections: Vec<SectionBody>,
    /// The variables that a context must have.
    variables: Vec<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    changed_at: String,
}

impl From<&AlertTemplate> for TemplateView {
    fn from(template: &AlertTemplate) -> Self {
        Self {
            key: template.key.to_string(),
            title: template.title.clone(),
            body: template.body.clone(),
            sections: template.sections.iter().cloned().map(SectionBody::from).collect(),
            variables: variables(&TemplateInput::from(template)).into_iter().collect(),
            created_at: template.created_at.rfc3339(),
            changed_at: template.changed_at.rfc3339(),
        }
    }
}
