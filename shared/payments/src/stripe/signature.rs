//! `Stripe-Signature: t=…,v1=…[,v1=…]` (FACTS: Stripe).

use std::fmt::Write;
use std::time::Duration;

use domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// How far the time of a signature may lie from now, either way.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Why a body is not taken for Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The header is missing or cannot be read.
    #[error("the header Stripe-Signature cannot be read")]
    Malformed,
    /// None of its signatures is one of this body under this secret.
    #[error("the signature is not one of this body")]
    Wrong,
    /// It was signed too long ago, or by a clock that is wrong.
    #[error("the signature's time is too far from now")]
    Stale,
}

/// Checks that `body` was signed by who knows `secret`, not longer ago than [`TOLERANCE`].
pub fn verify(
    header: &str,
    body: &[u8],
    secret: &str,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let mut time = None;
    let mut shown = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", text)) => time = text.parse::<i64>().ok(),
            Some(("v1", text)) => shown.push(text),
            // Other schemes are not for us.
            _ => {}
        }
    }
    let time = time.filter(|_| !shown.is_empty()).ok_or(SignatureError::Malformed)?;
    let right = hex(time, body, secret);
    // Each is compared in full and in constant time, whichever is right.
    let any =
        shown.iter().fold(Choice::from(0), |any, it| any | it.as_bytes().ct_eq(right.as_bytes()));
    if !bool::from(any) {
        return Err(SignatureError::Wrong);
    }
    let tolerance = i64::try_from(TOLERANCE.as_secs()).unwrap_or(i64::MAX);
    if now.as_seconds().saturating_sub(time).saturating_abs() > tolerance {
        return Err(SignatureError::Stale);
    }
    Ok(())
}

/// The header for a body that is sent at `time`, as Stripe would make it.
pub fn sign(body: &[u8], secret: &str, time: Timestamp) -> String {
    let seconds = time.as_seconds();
    format!("t={seconds},v1={}", hex(seconds, body, secret))
}

/// Hex HMAC-SHA256 over `"{t}.{raw body}"`; the key is the whole `whsec_…`.
fn hex(seconds: i64, body: &[u8], secret: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_test";
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    const SIGNED: &str = "4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_documented_vector_is_made_and_taken() {
        let header = format!("t=1700000000,v1={SIGNED}");
        assert_eq!(sign(BODY, SECRET, at(1_700_000_000)), header);
        assert_eq!(verify(&header, BODY, SECRET, at(1_700_000_000)), Ok(()));
    }

    #[test]
    fn any_of_several_signatures_is_enough_and_other_schemes_are_passed_over() {
        let header = format!("t=1700000000,v1={},v0=x,v1={SIGNED}", "0".repeat(64));
        assert_eq!(verify(&header, BODY, SECRET, at(1_700_000_000)), Ok(()));
        let other = format!("t=1700000000,v0={SIGNED}");
        assert_eq!(verify(&other, BODY, SECRET, at(0)), Err(SignatureError::Malformed));
    }

    #[test]
    fn five_minutes_either_way_are_taken_and_a_second_more_is_not() {
        let header = format!("t=1700000000,v1={SIGNED}");
        for (now, taken) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let verified = verify(&header, BODY, SECRET, at(1_700_000_000 + now));
            assert_eq!(verified == Ok(()), taken, "{now}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for header in ["", "t=", "v1=x", "t=x,v1=y", "t=1700000000", "nonsense", "t=1,,="] {
            assert_eq!(
                verify(header, BODY, SECRET, at(1_700_000_000)),
                Err(SignatureError::Malformed),
                "{header}"
            );
        }
        let upper = format!("t=1700000000,v1={}", SIGNED.to_uppercase());
        assert_eq!(verify(&upper, BODY, SECRET, at(1_700_000_000)), Err(SignatureError::Wrong));
    }

    proptest! {
        #[test]
        fn a_signature_is_of_its_body_its_secret_and_its_time(
            body in prop::collection::vec(any::<u8>(), 0..200), secret in "[ -~]{1,80}",
            seconds in 0_i64..4_000_000_000, flip in any::<prop::sample::Index>(),
        ) {
            let header = sign(&body, &secret, at(seconds));
            prop_assert_eq!(verify(&header, &body, &secret, at(seconds)), Ok(()));
            let mut longer = body.clone();
            longer.push(b'x');
            prop_assert_eq!(verify(&header, &longer, &secret, at(seconds)), Err(SignatureError::Wrong));
            let other = format!("{secret}x");
            prop_assert_eq!(verify(&header, &body, &other, at(seconds)), Err(SignatureError::Wrong));
            let moved = header.replacen(&format!("t={seconds}"), &format!("t={}", seconds + 1), 1);
            prop_assert_eq!(verify(&moved, &body, &secret, at(seconds)), Err(SignatureError::Wrong));
            if !body.is_empty() {
                let mut bent = body.clone();
                bent[flip.index(body.len())] ^= 1;
                prop_assert_eq!(verify(&header, &bent, &secret, at(seconds)), Err(SignatureError::Wrong));
            }
        }

        #[test]
        fn no_header_makes_it_panic(header in any::<String>()) {
            let _ = verify(&header, BODY, SECRET, at(1_700_000_000));
        }
    }
}
