//! Canonical URLs: the identity of pages and offers.
//!
//! Two addresses that a shop serves as one must become one string, or people
//! hear of an offer twice. What is removed is only what cannot change what is
//! served (RFC 3986, section 6) and what advertising adds to count clicks.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use url::Url;

/// The longest address accepted, in characters, before and after
/// canonicalisation.
pub const MAX_URL_CHARS: usize = 2048;

/// Query parameters that only say which advertisement, mail or share brought
/// the visitor. Compared without regard to case; [`TRACKING_PREFIXES`] has
/// the families.
const TRACKING_PARAMETERS: &[&[&str]] =
    &[GOOGLE, META, YANDEX, ADVERTISERS, MAIL, AFFILIATES, ALIBABA];
const GOOGLE: &[&str] = &[
    "_ga",
    "_gac",
    "_gl",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
];
const META: &[&str] =
    &["fbclid", "fb_action_ids", "fb_action_types", "fb_source", "igshid", "igsh"];
const YANDEX: &[&str] = &["yclid", "ysclid", "_openstat"];
const ADVERTISERS: &[&str] =
    &["msclkid", "ttclid", "twclid", "li_fat_id", "epik", "rdt_cid", "scclid", "tblci", "obclid"];
const MAIL: &[&str] = &[
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "vero_id",
    "vero_conv",
    "oly_anon_id",
    "oly_enc_id",
    "_ke",
    "_kx",
    "ml_subscriber",
    "ml_subscriber_hash",
];
const AFFILIATES: &[&str] = &["irclickid", "irgwc", "s_kwcid", "ef_id", "wickedid", "rb_clickid"];
/// The marketplaces of Alibaba: Lazada, Taobao and others.
const ALIBABA: &[&str] = &["spm", "scm", "algo_pvid"];

/// Families of tracking parameters, by how their names begin.
const TRACKING_PREFIXES: [&str; 6] = ["utm_", "mtm_", "matomo_", "piwik_", "hsa_", "algo_exp"];

/// Why an address is not accepted. The message is for the caller and does
/// not repeat the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Longer than [`MAX_URL_CHARS`].
    #[error("must be at most {MAX_URL_CHARS} characters long")]
    TooLong,
    /// Not an absolute URL.
    #[error("must be an absolute URL such as https://example.com/page")]
    Malformed,
    /// A scheme other than `http` and `https`.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// A user name or a password stands before the host.
    #[error("must not contain a user name or password")]
    Credentials,
}

/// An `http` or `https` address in canonical form, at most [`MAX_URL_CHARS`]
/// characters of ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    /// Reads an address and brings it into canonical form:
    ///
    /// - scheme and host in lower case, the host in its ASCII form (IDNA);
    /// - no default port, no fragment, no `.` and `..` segments;
    /// - escapes (`%c3`) in upper case, otherwise as they came: a shop may
    ///   read them in an encoding other than UTF-8;
    /// - tracking parameters and empty ones dropped, the others sorted by
    ///   name; parameters of the same name keep their order.
    ///
    /// Reading a canonical address again changes nothing.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.chars().nth(MAX_URL_CHARS).is_some() {
            return Err(UrlError::TooLong);
        }
        let mut url = Url::parse(text).map_err(|_| UrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        url.set_fragment(None);
        let path = upper_case_escapes(url.path()).into_owned();
        url.set_path(&path);
        let query = url.query().and_then(canonical_query);
        url.set_query(query.as_deref());
        let canonical = String::from(url);
        // Escaping makes an address of foreign letters longer than it came.
        if canonical.len() > MAX_URL_CHARS {
            return Err(UrlError::TooLong);
        }
        Ok(Self(canonical))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address's identity: the first 128 bits of its SHA-256.
    pub fn digest(&self) -> UrlId {
        let hash = Sha256::digest(self.0.as_bytes());
        let mut head = [0; 16];
        head.copy_from_slice(&hash[..16]);
        UrlId(format!("{:032x}", u128::from_be_bytes(head)))
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CanonicalUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CanonicalUrl> for String {
    fn from(url: CanonicalUrl) -> Self {
        url.0
    }
}

/// The query without tracking, sorted; `None` when nothing is left.
fn canonical_query(query: &str) -> Option<String> {
    let mut pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_tracking(name_of(pair)))
        .map(upper_case_escapes)
        .collect();
    pairs.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// The name of a `name=value` pair, as written.
fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

/// Whether a parameter of this (still escaped) name only tracks.
fn is_tracking(name: &str) -> bool {
    let name = url::form_urlencoded::parse(name.as_bytes())
        .next()
        .map(|(name, _)| name.to_ascii_lowercase())
        .unwrap_or_default();
    TRACKING_PARAMETERS.iter().any(|family| family.contains(&name.as_str()))
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// `%c3%a4` as `%C3%A4`, which RFC 3986, section 6.2.2.1, calls equivalent.
fn upper_case_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut upper = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        upper.push_str(before);
        let digits = escape.bytes().skip(1).take(2).filter(u8::is_ascii_hexdigit).count();
        let end = if digits == 2 { 3 } else { 1 };
        upper.push_str(&escape[..end].to_ascii_uppercase());
        rest = &escape[end..];
    }
    upper.push_str(rest);
    Cow::Owned(upper)
}

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be 32 lower-case hexadecimal digits")]
pub struct UrlIdError;

/// The identity of a canonical URL: 128 bits as 32 lower-case hexadecimal
/// digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrlId(String);

impl UrlId {
    /// Reads an identity, such as one from a path of the API.
    pub fn parse(text: &str) -> Result<Self, UrlIdError> {
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 32 && text.bytes().all(digits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UrlIdError)
        }
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UrlId {
    type Error = UrlIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<UrlId> for String {
    fn from(id: UrlId) -> Self {
        id.0
    }
}

/// Makes a newtype of [`UrlId`] for one kind of thing that a URL identifies.
macro_rules! url_identity {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The identity of ", $what, ": the digest of its canonical URL.")]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(UrlId);

        impl $name {
            #[doc = concat!("The identity of ", $what, " with this address.")]
            pub fn of(url: &CanonicalUrl) -> Self {
                Self(url.digest())
            }

            /// Reads an identity, such as one from a path of the API.
            pub fn parse(text: &str) -> Result<Self, UrlIdError> {
                UrlId::parse(text).map(Self)
            }

            /// The 32 digits.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<UrlId> for $name {
            fn from(id: UrlId) -> Self {
                Self(id)
            }
        }
    };
}

url_identity!(PageId, "a page");
url_identity!(OfferId, "an offer");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        CanonicalUrl::parse(text).map_or_else(|e| format!("error: {e}"), String::from)
    }

    #[test]
    fn equivalent_addresses_become_one() {
        for (text, expected) in [
            ("HTTPS://Example.COM", "https://example.com/"),
            ("https://example.com:443/a", "https://example.com/a"),
            ("http://example.com:80/a", "http://example.com/a"),
            ("http://example.com:8080/a", "http://example.com:8080/a"),
            ("https://example.com/a#top", "https://example.com/a"),
            ("https://example.com/a/./b/../c", "https://example.com/a/c"),
            ("https://example.com/a?", "https://example.com/a"),
            ("https://example.com/a?&&", "https://example.com/a"),
            ("https://example.com/?b=2&a=1", "https://example.com/?a=1&b=2"),
            ("https://example.com/?b=2&a=2&a=1", "https://example.com/?a=2&a=1&b=2"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://example.com/ü?q=ä", "https://example.com/%C3%BC?q=%C3%A4"),
            ("https://example.com/%c3%bc?q=%d0%9f", "https://example.com/%C3%BC?q=%D0%9F"),
            ("  https://example.com/a b\n", "https://example.com/a%20b"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn tracking_is_dropped_and_nothing_else() {
        for (text, expected) in [
            ("https://e.com/?utm_source=x&id=1&UTM_Medium=y", "https://e.com/?id=1"),
            ("https://e.com/?gclid=1&fbclid=2&yclid=3&msclkid=4", "https://e.com/"),
            ("https://e.com/?mc_cid=1&mc_eid=2&igshid=3&spm=a.b&scm=1", "https://e.com/"),
            ("https://e.com/?%75tm_campaign=x&p=1", "https://e.com/?p=1"),
            ("https://e.com/?utm=1&spmx=2&ref=3", "https://e.com/?ref=3&spmx=2&utm=1"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        let long = format!("https://e.com/{}", "a".repeat(2048));
        let escaped = format!("https://e.com/{}", "ü".repeat(1000));
        for (text, expected) in [
            ("", UrlError::Malformed),
            ("example.com/a", UrlError::Malformed),
            ("https://", UrlError::Malformed),
            ("ftp://example.com/", UrlError::Scheme),
            ("javascript:alert(1)", UrlError::Scheme),
            ("https://user@example.com/", UrlError::Credentials),
            ("https://:secret@example.com/", UrlError::Credentials),
            (&long, UrlError::TooLong),
            (&escaped, UrlError::TooLong),
        ] {
            assert_eq!(CanonicalUrl::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_digest_is_128_bits_of_sha_256() -> Result<(), UrlError> {
        let url = CanonicalUrl::parse("https://example.com/")?;
        assert_eq!(url.digest().as_str(), "0f115db062b7c0dd030b16878c99dea5");
        assert_eq!(PageId::of(&url).as_str(), OfferId::of(&url).as_str());
        Ok(())
    }

    #[test]
    fn an_identity_is_a_string_of_32_digits_in_json() -> Result<(), serde_json::Error> {
        let json = "\"0f115db062b7c0dd030b16878c99dea5\"";
        let id: PageId = serde_json::from_str(json)?;
        assert_eq!(serde_json::to_string(&id)?, json);
        for wrong in ["\"\"", "\"0F115DB062B7C0DD030B16878C99DEA5\"", "\"../../etc\""] {
            assert!(serde_json::from_str::<PageId>(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn canonicalising_twice_is_canonicalising_once(
            tail in "[ -~äя%/?#&=.]{0,60}",
            host in "[a-zA-ZÄß0-9.-]{1,20}",
        ) {
            if let Ok(once) = CanonicalUrl::parse(&format!("https://{host}/{tail}")) {
                prop_assert_eq!(CanonicalUrl::parse(once.as_str()), Ok(once.clone()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in any::<String>()) {
            if let Ok(once) = CanonicalUrl::parse(&text) {
                prop_assert!(once.as_str().is_ascii());
                prop_assert_eq!(CanonicalUrl::parse(once.as_str()), Ok(once.clone()));
            }
        }

        #[test]
        fn the_order_of_distinct_parameters_does_not_matter(
            mut pairs in proptest::collection::btree_map("[a-z%_]{1,6}", "[a-z0-9%]{0,4}", 1..6)
                .prop_map(|map| map.into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>()),
            turn in 0_usize..6,
        ) {
            let straight = canonical(&format!("https://e.com/?{}", pairs.join("&")));
            let turn = turn % pairs.len();
            pairs.rotate_left(turn);
            pairs.reverse();
            prop_assert_eq!(canonical(&format!("https://e.com/?{}", pairs.join("&"))), straight);
        }
    }
}
