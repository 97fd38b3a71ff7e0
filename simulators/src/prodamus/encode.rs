//! The three encodings in which words are posted.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::php::Array;

/// An encoding of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// `multipart/form-data`: what Prodamus uses unless it is told otherwise.
    #[default]
    Multipart,
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `application/json`.
    Json,
}

/// What stands between the parts; no field holds it.
const BOUNDARY: &str = "------------------------5f3ac1d09e2b7714";

impl Encoding {
    /// `Content-Type` and body of these fields.
    pub(super) fn encode(self, pairs: &[(String, String)]) -> (String, Vec<u8>) {
        match self {
            Self::Multipart => {
                let mut body = String::new();
                for (name, value) in pairs {
                    let name = name.replace('"', "\\\"");
                    let _ = write!(
                        body,
                        "--{BOUNDARY}\r\nContent-Disposition: form-data; \
                         name=\"{name}\"\r\n\r\n{value}\r\n"
                    );
                }
                let _ = write!(body, "--{BOUNDARY}--\r\n");
                (format!("multipart/form-data; boundary={BOUNDARY}"), body.into_bytes())
            }
            Self::Urlencoded => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                let body = form.extend_pairs(pairs).finish();
                ("application/x-www-form-urlencoded".to_owned(), body.into_bytes())
            }
            Self::Json => {
                let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                ("application/json".to_owned(), Array::of(pairs).json().into_bytes())
            }
        }
    }
}
