//! What a caller says of a target, checked.

use crate::field_error::FieldError;
use crate::text;
use crate::url::{CanonicalUrl, PageId};
use crate::watch::{Baseline, Digest, Filter, NotifyOn, PAGES_PER_TARGET, Rules, TargetPage};

/// The longest name of a target or channel, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// A name as one line: 1 to [`MAX_NAME_CHARS`] characters, at least one of them visible.
pub fn check_name(name: &str) -> Result<String, &'static str> {
    let name = text::one_line(name);
    if !text::is_visible(&name) {
        return Err("must not be empty");
    }
    if name.chars().nth(MAX_NAME_CHARS).is_some() {
        return Err("must be at most 100 characters long");
    }
    Ok(name)
}

/// What is said of a target's name and pages. All faulty fields are found at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetWish {
    /// Its name.
    pub name: Option<String>,
    /// Its pages, in canonical form and without repetition.
    pub pages: Option<Vec<TargetPage>>,
    /// Its rules.
    pub rules: RulesWish,
}

/// What is said of a target's rules. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesWish {
    /// Which offers.
    pub filter: Option<Filter>,
    /// Which news of them.
    pub notify_on: Option<NotifyOn>,
    /// At once or gathered.
    pub digest: Option<Digest>,
    /// What is said of what the first scrape of a page finds.
    pub baseline: Option<Baseline>,
}

impl RulesWish {
    /// Checks what was said of them.
    ///
    /// # Errors
    /// All faulty fields.
    pub fn check(self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let filter = self
            .filter
            .and_then(|filter| filter.check("filter").map_err(|faults| errors.extend(faults)).ok());
        if matches!(self.digest, Some(Digest::Daily { hour }) if hour > 23) {
            errors.push(FieldError::new("digest.hour", "must be 0 to 23"));
        }
        if errors.is_empty() { Ok(Self { filter, ..self }) } else { Err(errors) }
    }

    /// These rules with what was said of them.
    pub fn over(self, rules: &Rules) -> Rules {
        Rules {
            filter: self.filter.unwrap_or_else(|| rules.filter.clone()),
            notify_on: self.notify_on.unwrap_or(rules.notify_on),
            digest: self.digest.unwrap_or(rules.digest),
            baseline: self.baseline.unwrap_or(rules.baseline),
        }
    }
}

impl TargetWish {
    /// Checks name and page URLs as they came. With `whole`, both must be there.
    pub fn check(
        name: Option<&str>,
        page_urls: Option<&[String]>,
        whole: bool,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        if whole && name.is_none() {
            errors.push(FieldError::new("name", "is required"));
        }
        if whole && page_urls.is_none() {
            errors.push(FieldError::new("page_urls", "is required"));
        }
        let name = name.and_then(|name| match check_name(name) {
            Ok(name) => Some(name),
            Err(message) => {
                errors.push(FieldError::new("name", message));
                None
            }
        });
        let pages = page_urls.map(|urls| check_pages(urls, &mut errors));
        if errors.is_empty() {
            Ok(Self { name, pages, rules: RulesWish::default() })
        } else {
            Err(errors)
        }
    }
}

impl TargetWish {
    /// Checks all that may be said of a target, as it came. With `whole`, name and pages must be there.
    ///
    /// # Errors
    /// All faulty fields.
    pub fn check_all(
        name: Option<&str>,
        page_urls: Option<&[String]>,
        rules: RulesWish,
        whole: bool,
    ) -> Result<Self, Vec<FieldError>> {
        match (Self::check(name, page_urls, whole), rules.check()) {
            (Ok(wish), Ok(rules)) => Ok(Self { rules, ..wish }),
            (wish, rules) => {
                let faults = [wish.err(), rules.err()];
                Err(faults.into_iter().flatten().flatten().collect())
            }
        }
    }
}

fn check_pages(urls: &[String], errors: &mut Vec<FieldError>) -> Vec<TargetPage> {
    let mut pages: Vec<TargetPage> = Vec::with_capacity(urls.len().min(PAGES_PER_TARGET));
    if urls.is_empty() {
        errors.push(FieldError::new("page_urls", "must have at least one URL"));
    }
    for (index, url) in urls.iter().enumerate() {
        match CanonicalUrl::parse(url) {
            Ok(url) => {
                let id = PageId::of(&url);
                if pages.iter().all(|page| page.id != id) {
                    pages.push(TargetPage { id, url });
                }
            }
            Err(error) => {
                errors.push(FieldError::new(format!("page_urls[{index}]"), error.to_string()));
            }
        }
        if pages.len() > PAGES_PER_TARGET {
            let message = format!("must have at most {PAGES_PER_TARGET} URLs");
            errors.push(FieldError::new("page_urls", message));
            break;
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|&url| url.to_owned()).collect()
    }

    #[test]
    fn pages_are_canonical_and_not_repeated() {
        let wish = TargetWish::check(
            Some("  Red\n shoes "),
            Some(&urls(&["https://E.com/a?utm_source=x", "https://e.com/a#top", "http://e.com/b"])),
            true,
        );
        let wish = wish.expect("all is well");
        let pages: Vec<String> =
            wish.pages.unwrap_or_default().iter().map(|page| page.url.to_string()).collect();
        assert_eq!(wish.name.as_deref(), Some("Red shoes"));
        assert_eq!(pages, ["https://e.com/a", "http://e.com/b"]);
    }

    #[test]
    fn all_faults_are_found_at_once() {
        let faults = |name, pages: Option<&[String]>| -> Vec<String> {
            let errors = TargetWish::check(name, pages, true).expect_err("it is faulty");
            errors.into_iter().map(|error| error.field).collect()
        };
        assert_eq!(faults(None, None), ["name", "page_urls"]);
        assert_eq!(faults(Some("\u{200B}"), Some(&[])), ["name", "page_urls"]);
        let bad = urls(&["https://e.com", "ftp://e.com", "x"]);
        let long = "x".repeat(101);
        assert_eq!(faults(Some(&long), Some(&bad)), ["name", "page_urls[1]", "page_urls[2]"]);
        let many: Vec<String> = (0..41).map(|n| format!("https://e.com/{n}")).collect();
        assert_eq!(faults(Some("x"), Some(&many)), ["page_urls"]);
    }

    #[test]
    fn what_is_left_out_of_a_change_stays() {
        assert_eq!(TargetWish::check(None, None, false), Ok(TargetWish::default()));
    }
}
