//! Courier's signature of its webhooks: `courier-signature: t=<ts>,signature=<hex>`, an HMAC-SHA256
//! over `"{ts}.{raw body}"` (FACTS: Courier).

use std::time::Duration;

use domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

/// The header, in lower case.
pub const HEADER: &str = "courier-signature";
/// A signature of another time than now, by more than this, may be a recording.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Why a body is not Courier's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Forged {
    /// The header is missing or is none.
    #[error("there is no signature")]
    Missing,
    /// It was made at another time.
    #[error("the signature is too old, or of the future")]
    Untimely,
    /// It is of another body or made with another secret.
    #[error("the signature does not fit")]
    Wrong,
}

/// Checks a webhook's header against its raw body.
///
/// # Errors
/// [`Forged`] says why it is not Courier's.
pub fn verify(header: &str, body: &[u8], secret: &str, now: Timestamp) -> Result<(), Forged> {
    let field = |name: &str| {
        let fields = header.split(',').filter_map(|field| field.trim().split_once('='));
        fields.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let (Some(at), Some(signature)) = (field("t"), field("signature")) else {
        return Err(Forged::Missing);
    };
    let made = time(at).ok_or(Forged::Missing)?;
    let signature = hex(signature).ok_or(Forged::Missing)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| Forged::Wrong)?;
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body);
    // In constant time.
    mac.verify_slice(&signature).map_err(|_| Forged::Wrong)?;
    if now.since(made).max(made.since(now)) > TOLERANCE {
        return Err(Forged::Untimely);
    }
    Ok(())
}

/// Seconds, or milliseconds, since 1970: which of them is not said, and their lengths tell.
fn time(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    let millis = if text.len() >= 13 { number } else { number.checked_mul(1_000)? };
    Some(Timestamp::from_millis(millis))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_courier";
    const BODY: &[u8] = br#"{"type":"message:updated"}"#;
    /// Made with OpenSSL over `1700000000.{"type":"message:updated"}`.
    const SIGNED: &str =
        "t=1700000000,signature=87c15b56e9dc5e5e8741a35517dec95d2dde11e6821f3a1971bb34e50ff63c0e";

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    #[test]
    fn what_courier_signed_is_known_within_five_minutes() {
        assert_eq!(verify(SIGNED, BODY, SECRET, now()), Ok(()));
        assert_eq!(verify(SIGNED, BODY, SECRET, now() + TOLERANCE), Ok(()));
        let later = now() + TOLERANCE + Duration::from_millis(1);
        assert_eq!(verify(SIGNED, BODY, SECRET, later), Err(Forged::Untimely));
        let earlier = now() - TOLERANCE - Duration::from_millis(1);
        assert_eq!(verify(SIGNED, BODY, SECRET, earlier), Err(Forged::Untimely));
    }

    #[test]
    fn another_body_secret_or_time_does_not_fit() {
        assert_eq!(verify(SIGNED, b"{}", SECRET, now()), Err(Forged::Wrong));
        assert_eq!(verify(SIGNED, BODY, "other", now()), Err(Forged::Wrong));
        let moved = SIGNED.replace("t=1700000000", "t=1700000001");
        assert_eq!(verify(&moved, BODY, SECRET, now()), Err(Forged::Wrong));
    }

    #[test]
    fn garbage_is_no_signature() {
        for header in [
            "",
            "t=",
            "t=1",
            "signature=00",
            "t=1,signature=0",
            "t=x,signature=00",
            "t=1,signature=жж",
        ] {
            assert_eq!(verify(header, BODY, SECRET, now()), Err(Forged::Missing), "{header}");
        }
        assert_eq!(verify("t=1,signature=00", BODY, SECRET, now()), Err(Forged::Wrong));
    }
}
