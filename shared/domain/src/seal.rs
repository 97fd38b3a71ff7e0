//! What is kept sealed: only who has the key can read it, and only at the place it was sealed for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A sealed text: an envelope as `runtime::seal` makes it. What it holds, nothing here can tell.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// The envelope of this text; whether it is one shows when it is opened.
    pub fn new(envelope: impl Into<String>) -> Self {
        Self(envelope.into())
    }

    /// The envelope's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}
