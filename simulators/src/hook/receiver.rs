//! A server of someone's own, which checks signatures by the Standard Webhooks specification once it
//! was told a secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Answer, Request};

/// A message of another time, by more than so many seconds, is refused.
const TOLERANCE: i64 = 300;

pub(super) fn gone() -> Answer {
    Answer::new(410, "gone")
}

pub(super) fn limited(ms: u64) -> Answer {
    Answer::new(429, "later").with("retry-after", ms.div_ceil(1_000).to_string())
}

pub(super) fn taken() -> Answer {
    Answer::new(204, "")
}

/// What is wrong with a message, when it must be signed with this secret.
pub(super) fn fault(request: &Request<'_>, secret: Option<&str>, now_ms: i64) -> Option<Answer> {
    let secret = secret?;
    let [Some(id), Some(at), Some(signatures)] = request.signed else {
        return Some(Answer::new(401, "not signed"));
    };
    let timely = at.parse::<i64>().is_ok_and(|at| (now_ms / 1_000 - at).abs() <= TOLERANCE);
    if !timely {
        return Some(Answer::new(401, "not of this time"));
    }
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok();
    let mac = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok());
    let Some(mut mac) = mac else { return Some(Answer::new(500, "the secret is none")) };
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(request.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let fits = signatures.split(' ').any(|signature| signature == expected);
    (!fits).then(|| Answer::new(401, "the signature does not fit"))
}
