//! A master key of our own: 32 bytes from a file or a secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::{BoxFuture, ready};

use super::envelope::{self, NONCE};
use super::{DataKey, KeyBytes, MasterKey, SealError};
use crate::Env;

/// What a wrapped data key is about.
const ABOUT: &str = "data key";

/// A master key that the process itself holds.
#[derive(Debug)]
pub struct LocalKey {
    key: KeyBytes,
    env: Env,
}

impl LocalKey {
    /// The key of a text: 32 bytes as base64url without padding, 43 characters, as
    /// [`Env::secret`] makes them.
    pub fn parse(text: &str, env: Env) -> Result<Self, SealError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim());
        let bytes = bytes.map_err(|_| SealError::BadKey("is no base64url"))?;
        let key = <[u8; 32]>::try_from(bytes);
        let key = key.map_err(|_| SealError::BadKey("does not have 32 bytes"))?;
        Ok(Self { key: KeyBytes::new(Box::new(key)), env })
    }

    fn make_now(&self) -> Result<DataKey, SealError> {
        let (mut plain, mut nonce) = ([0; 32], [0; NONCE]);
        self.env.entropy.fill(&mut plain);
        self.env.entropy.fill(&mut nonce);
        let wrapped = envelope::encrypt(&self.key, nonce, ABOUT, &plain)?;
        Ok(DataKey { plain: KeyBytes::new(Box::new(plain)), wrapped })
    }

    fn open_now(&self, wrapped: &[u8]) -> Result<KeyBytes, SealError> {
        let plain = envelope::decrypt(&self.key, ABOUT, wrapped.to_vec())?;
        let plain = <[u8; 32]>::try_from(plain);
        plain
            .map(|plain| KeyBytes::new(Box::new(plain)))
            .map_err(|_| SealError::Closed("its data key does not have 32 bytes"))
    }
}

impl MasterKey for LocalKey {
    fn kind(&self) -> &'static str {
        "local"
    }

    fn make(&self) -> BoxFuture<'_, Result<DataKey, SealError>> {
        Box::pin(ready(self.make_now()))
    }

    fn open<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<KeyBytes, SealError>> {
        Box::pin(ready(self.open_now(wrapped)))
    }
}
