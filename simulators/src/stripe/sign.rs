//! Signatures, written from Stripe's documentation alone.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `t=…,v1=…` for a body that leaves at `seconds`.
pub(super) fn header(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut signed = seconds.to_string().into_bytes();
    signed.push(b'.');
    signed.extend_from_slice(body);
    let mut text = format!("t={seconds},v1=");
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(&signed);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}
