//! An alert as services post it, and what is wrong with it.

use std::time::Duration;

use app::AppError;
use app::alert::{
    AlertMessage, AlertText, DEFAULT_WINDOW, LONGEST_WINDOW, MAX_WORDS, Section, SendAlert,
};
use axum::http::StatusCode;
use domain::field_error::FieldError;
use domain::ids::CompanyId;
use domain::link::Category;
use domain::text::is_visible;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;
use web::Refusal;

/// The longest throttle key, in characters.
const MAX_KEY: usize = 200;

/// A part of an alert.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewAlertSection)]
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

/// An alert: either from a template, or in its own words.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewAlert)]
pub(crate) struct AlertBody {
    /// The company: the API key's own.
    #[schema(required, nullable = false)]
    company_id: Option<Uuid>,
    /// `alerts`, `reports` or `device_events`: links that opted into it are told.
    #[schema(required, nullable = false)]
    category: Option<String>,
    /// The key of one of the company's templates.
    template_key: Option<String>,
    /// What the template's variables stand for.
    #[schema(value_type = Option<Object>)]
    context: Option<Map<String, Value>>,
    /// In place of a template, a title and all else: plain words, at most 3,900 characters. Their first
    /// line is the title, if it has at most 200.
    #[schema(min_length = 1, max_length = 3_900)]
    text: Option<String>,
    /// In place of a template: what it says in a line, at most 200 characters.
    title: Option<String>,
    /// In place of a template: what it says in paragraphs.
    body: Option<String>,
    /// In place of a template: parts with a heading each, at most 20.
    #[schema(max_items = 20)]
    sections: Option<Vec<SectionBody>>,
    /// Of alerts with the same key only the first inside the window is sent.
    #[schema(min_length = 1, max_length = 200)]
    throttle_key: Option<String>,
    /// The window: 1 to 86,400 seconds; 300 when absent.
    #[schema(minimum = 1, maximum = 86_400)]
    throttle_seconds: Option<u64>,
    /// The slug or id of a bot: only links through it are told.
    bot: Option<String>,
}

impl AlertBody {
    /// All faulty fields at once, or what is asked.
    pub(super) fn check(self, own: CompanyId) -> Result<SendAlert, Refusal> {
        let mut errors = Vec::new();
        let mut fault = |field: &str, message: &str| errors.push(FieldError::new(field, message));
        match self.company_id.map(CompanyId) {
            None => fault("company_id", "is required"),
            Some(company_id) if company_id != own => return Err(foreign()),
            Some(_) => {}
        }
        let category = self.category.as_deref().map(Category::parse);
        match category {
            None => fault("category", "is required"),
            Some(None) => fault("category", "must be alerts, reports or device_events"),
            Some(Some(_)) => {}
        }
        let in_words = self.title.is_some() || self.body.is_some() || self.sections.is_some();
        if let Some(text) = &self.text {
            if !is_visible(text) {
                fault("text", "must say something");
            }
            if text.encode_utf16().count() > MAX_WORDS {
                fault("text", "must have at most 3900 characters");
            }
        }
        match (&self.template_key, &self.text) {
            (Some(_), text) if in_words || text.is_some() => {
                fault("template_key", "excludes text, title, body and sections");
            }
            (None, Some(_)) if in_words => fault("text", "excludes title, body and sections"),
            (None, None) if !in_words => fault("title", "is required without template_key"),
            (None, _) if self.context.is_some() => fault("context", "needs template_key"),
            _ => {}
        }
        let key = self.throttle_key.as_deref().map(|key| key.chars().count());
        if key.is_some_and(|length| !(1..=MAX_KEY).contains(&length)) {
            fault("throttle_key", "must have 1 to 200 characters");
        }
        let window = self.throttle_seconds.map_or(DEFAULT_WINDOW, Duration::from_secs);
        if window.is_zero() || window > LONGEST_WINDOW {
            fault("throttle_seconds", "must be from 1 to 86400");
        }
        if self.throttle_seconds.is_some() && key.is_none() {
            fault("throttle_seconds", "needs throttle_key");
        }
        match category.flatten() {
            Some(category) if errors.is_empty() => Ok(self.command(own, category, window)),
            _ => Err(AppError::Invalid(errors).into()),
        }
    }

    fn command(self, company_id: CompanyId, category: Category, window: Duration) -> SendAlert {
        let section = |SectionBody { title, body }| Section { title, body };
        let text = match (self.template_key, self.text) {
            (Some(key), _) => {
                AlertText::Template { key, context: self.context.unwrap_or_default() }
            }
            (None, Some(text)) => AlertText::Words(AlertMessage::plain(category, &text)),
            (None, None) => AlertText::Words(AlertMessage {
                title: self.title.unwrap_or_default(),
                body: self.body.unwrap_or_default(),
                sections: self.sections.unwrap_or_default().into_iter().map(section).collect(),
            }),
        };
        let throttle = self.throttle_key.map(|key| (key, window));
        SendAlert { company_id, category, text, bot: self.bot, throttle, keep: None }
    }
}

pub(super) fn foreign() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "FOREIGN_COMPANY",
        "company_id must be the company that the API key belongs to",
    )
}
