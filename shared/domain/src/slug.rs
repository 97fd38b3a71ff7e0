//! Slugs: what people name things by in addresses, such as `daily-digest`.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest slug, in characters.
pub const MAX_SLUG: usize = 48;
/// What payloads of deep links begin with: no slug may be taken for one.
pub const RESERVED: [&str; 3] = ["confirm_", "invite_", "link_"];

/// A text that is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SlugError {
    /// Empty, too long, or of other characters.
    #[error("must have 1 to 48 of the characters a-z, 0-9, '_' and '-'")]
    Form,
    /// Begins like the payload of a link.
    #[error("must not begin with confirm_, invite_ or link_")]
    Reserved,
}

/// 1 to [`MAX_SLUG`] of `[a-z0-9_-]`, unique in its owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The slug that `text` is, as it stands.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        if text.is_empty() || text.len() > MAX_SLUG || !text.bytes().all(allowed) {
            return Err(SlugError::Form);
        }
        if RESERVED.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// A slug made of a name: letters transliterated, everything else a hyphen. `fallback` (which
    /// must be one itself) is for a name of which nothing is left.
    pub fn of_name(name: &str, fallback: &'static str) -> Self {
        let mut slug = String::with_capacity(MAX_SLUG);
        for c in name.chars().flat_map(char::to_lowercase) {
            let part = latin(c);
            if slug.len() + part.len() > MAX_SLUG {
                break;
            }
            let doubled = part == "-" && (slug.is_empty() || slug.ends_with('-'));
            if !doubled {
                slug.push_str(&part);
            }
        }
        let slug = slug.trim_end_matches('-');
        Self::parse(slug).unwrap_or_else(|error| match error {
            SlugError::Form => Self(fallback.to_owned()),
            SlugError::Reserved => {
                Self(slug.replacen('_', "-", 1).trim_end_matches('-').to_owned())
            }
        })
    }

    /// The same with a number behind it, cut so that it fits.
    #[must_use]
    pub fn numbered(&self, number: usize) -> Self {
        let tail = format!("-{number}");
        let room = MAX_SLUG.saturating_sub(tail.len()).min(self.0.len());
        Self(format!("{}{tail}", &self.0[..room]))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands for a lower-case letter in a slug: nothing for a sign that only changes the letter
/// before it, a hyphen for what separates.
fn latin(c: char) -> String {
    if c.is_ascii_alphanumeric() || c == '_' {
        return c.to_string();
    }
    let known = LETTERS.iter().find(|(letters, _)| letters.contains(c));
    known.map_or("-", |(_, latin)| latin).to_owned()
}

/// Letters and what they become: Cyrillic as passports write it, Latin ones without their marks.
const LETTERS: [(&str, &str); 47] = [
    ("ъьʼ'’\u{300}\u{301}\u{308}", ""),
    ("а", "a"),
    ("б", "b"),
    ("в", "v"),
    ("гґ", "g"),
    ("д", "d"),
    ("еёэє", "e"),
    ("ж", "zh"),
    ("з", "z"),
    ("ий", "i"),
    ("ії", "i"),
    ("к", "k"),
    ("л", "l"),
    ("м", "m"),
    ("н", "n"),
    ("о", "o"),
    ("п", "p"),
    ("р", "r"),
    ("с", "s"),
    ("т", "t"),
    ("уў", "u"),
    ("ф", "f"),
    ("х", "kh"),
    ("ц", "ts"),
    ("ч", "ch"),
    ("ш", "sh"),
    ("щ", "shch"),
    ("ы", "y"),
    ("ю", "yu"),
    ("я", "ya"),
    ("àáâãåāăą", "a"),
    ("äæ", "ae"),
    ("çćč", "c"),
    ("ďđð", "d"),
    ("èéêëēėęě", "e"),
    ("ğģ", "g"),
    ("ìíîïīįı", "i"),
    ("łļľ", "l"),
    ("ñńňņ", "n"),
    ("òóôõøōő", "o"),
    ("öœ", "oe"),
    ("śšşș", "s"),
    ("ß", "ss"),
    ("ùúûūůű", "u"),
    ("ü", "ue"),
    ("ýÿ", "y"),
    ("źżž", "z"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slug_has_its_characters_and_no_reserved_beginning() {
        for slug in ["default", "1", "msg_1", "bc-1", "link"] {
            assert_eq!(Slug::parse(slug).map(|it| it.to_string()), Ok(slug.to_owned()));
        }
        for text in ["", "Ada", "a b", "ä", "a/b", &"a".repeat(49)] {
            assert_eq!(Slug::parse(text), Err(SlugError::Form), "{text}");
        }
        for text in ["confirm_", "invite_x", "link_1"] {
            assert_eq!(Slug::parse(text), Err(SlugError::Reserved), "{text}");
        }
    }

    #[test]
    fn names_become_slugs_that_read_like_them() {
        for (name, slug) in [
            ("Daily digest", "daily-digest"),
            ("  Утренняя сводка! ", "utrennyaya-svodka"),
            ("Щёлково/объём", "shchelkovo-obem"),
            ("Größe & Maß", "groesse-mass"),
            ("link_me", "link-me"),
            ("日本", "task"),
            ("", "task"),
        ] {
            let made = Slug::of_name(name, "task");
            assert_eq!(made.as_str(), slug, "{name}");
        }
    }

    #[test]
    fn a_number_fits_behind_the_longest_slug() {
        let long = Slug::of_name(&"a".repeat(99), "task");
        assert_eq!(long.as_str().len(), MAX_SLUG);
        let numbered = long.numbered(12);
        assert!(numbered.as_str().ends_with("a-12") && numbered.as_str().len() == MAX_SLUG);
        assert_eq!(Slug::of_name("x", "task").numbered(2).as_str(), "x-2");
    }

    proptest! {
        #[test]
        fn whatever_the_name_its_slug_is_one(name in any::<String>()) {
            let slug = Slug::of_name(&name, "task");
            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
            prop_assert_eq!(Slug::parse(slug.numbered(7).as_str()), Ok(slug.numbered(7)));
        }
    }
}
