//! The header `Sign`, and the field `signature` of what is asked for.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::canonical::canonical;
use super::fields::Fields;

/// What follows the key when a form is in demo mode.
const DEMO: &str = "demo";

/// Why data is not taken for Prodamus's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("the header Sign is missing")]
    Missing,
    /// It is not one of this data under this key.
    #[error("the signature is not one of this body")]
    Wrong,
}

/// Whose key it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The form's own: money was moved.
    Live,
    /// The key of a form in demo mode: no money was moved.
    Demo,
}

/// Checks that the data was signed by who knows `key`. A signature may stand in blanks and in capital
/// letters. A field `signature` is not part of what is signed.
pub fn check(fields: &Fields, sign: &str, key: &SecretString) -> Result<Mode, SignatureError> {
    let shown = sign.trim().to_ascii_lowercase();
    if shown.is_empty() {
        return Err(SignatureError::Missing);
    }
    // Without a key anyone could sign.
    if key.expose_secret().is_empty() {
        return Err(SignatureError::Wrong);
    }
    let text = canonical(fields);
    let is = |key: &str| bool::from(hex(&text, key).as_bytes().ct_eq(shown.as_bytes()));
    // Both are compared, whichever is right.
    let live = is(key.expose_secret());
    let demo = is(&format!("{}{DEMO}", key.expose_secret()));
    match (live, demo) {
        (true, _) => Ok(Mode::Live),
        (false, true) => Ok(Mode::Demo),
        (false, false) => Err(SignatureError::Wrong),
    }
}

/// The signature of data.
pub fn sign(fields: &Fields, key: &SecretString) -> String {
    hex(&canonical(fields), key.expose_secret())
}

fn hex(text: &str, key: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
