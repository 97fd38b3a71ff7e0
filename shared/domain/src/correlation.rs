//! What joins the log lines of one cause: the id of a request, carried on the jobs that follow from
//! it to the messages that they send.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest id that is taken over, in bytes: it stands on timers, and must not make one larger
/// than a write unit.
pub const LONGEST: usize = 64;

/// The id of the request that something follows from. Letters, digits, `.`, `_`, `-` and `=` only,
/// so that no log line can be forged with it and no address fits in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// The id in this text of someone else's, if it is a plain and short one.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'=');
        let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_and_short_id_is_taken_over() {
        let is_taken = |text: &str| CorrelationId::parse(text).is_some();
        assert!(is_taken("a-1._B") && is_taken("KzgFiiT2IAMEMZw=") && is_taken(&"a".repeat(64)));
        assert!(!is_taken("") && !is_taken("a b") && !is_taken(&"a".repeat(65)));
        assert!(!is_taken("ada@example.com") && !is_taken("a\n{}"));
    }
}
