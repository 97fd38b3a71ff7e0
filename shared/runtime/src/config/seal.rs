//! What seals what must be read again: bots' tokens, signing secrets.

use secrecy::SecretString;

use super::Source;

/// The key that wraps data keys ([`crate::seal`]).
///
/// `HOOPOE_KMS_KEY` (a key's id, ARN or alias), or else `SEAL_KEY` (32 bytes as base64url, 43
/// characters; field `seal_key` of the secret). `hoopoe dev` makes a key of its own in its state
/// directory.
#[derive(Clone, Debug)]
pub enum SealWith {
    /// A key that KMS holds.
    Kms(String),
    /// A key of our own.
    Key(SecretString),
    /// Nothing: what must be sealed is refused.
    Nothing,
}

impl SealWith {
    /// Reads it.
    pub fn read(source: &impl Source) -> Self {
        match (source.get("HOOPOE_KMS_KEY"), source.get("SEAL_KEY")) {
            (Some(key), _) => Self::Kms(key),
            (None, Some(key)) => Self::Key(key.into()),
            (None, None) => Self::Nothing,
        }
    }
}
