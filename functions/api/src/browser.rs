//! What a browser says of itself and of its reader.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use domain::contact::Language;

/// What a browser says of itself and of its reader, as it came. Nothing is decided by it but words.
pub(crate) struct Browser {
    /// Its name, from `User-Agent`.
    pub(crate) device: Option<String>,
    /// The language that is asked for, from `Accept-Language`; English where none of ours is.
    pub(crate) language: Language,
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let said = |name: HeaderName| {
            let value = parts.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let language = said(header::ACCEPT_LANGUAGE).as_deref().map(wanted).unwrap_or_default();
        Ok(Self { device: said(header::USER_AGENT), language })
    }
}

/// The language of ours that is asked for most, of several the one that is named first.
fn wanted(accept_language: &str) -> Language {
    // Of equals `max_by` gives the last.
    let asked = accept_language.rsplit(',').filter_map(language);
    asked.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|it| it.0).unwrap_or_default()
}

/// A language of ours and its weight, from 0 to 1; `None` for another one, and for one that is not wanted.
fn language(range: &str) -> Option<(Language, f32)> {
    let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
    let primary = tag.split('-').next().unwrap_or_default().trim();
    let known = [Language::En, Language::Ru];
    let language = known.into_iter().find(|it| primary.eq_ignore_ascii_case(it.code()))?;
    let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
    (weight > 0.0 && weight <= 1.0).then_some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_a_browser_asks_for_most_is_its_readers() {
        for (said, language) in [
            ("ru", Language::Ru),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language::Ru),
            ("de-DE, de;q=0.9, RU;q=0.5, en;q=0.4", Language::Ru),
            ("en-GB,en;q=0.9,ru;q=0.8", Language::En),
            ("ru;q=0.3, en; q=0.7", Language::En),
            ("en, ru", Language::En),
            ("ru, en", Language::Ru),
            ("en;q=0, ru;q=0.1", Language::Ru),
            ("ru;q=0", Language::En),
            ("ru;q=NaN", Language::En),
            ("ru;q=2, en;q=0.1", Language::En),
            ("rum, rus, *", Language::En),
            ("", Language::En),
            (",;=;q=,-", Language::En),
        ] {
            assert_eq!(wanted(said), language, "{said}");
        }
    }
}
