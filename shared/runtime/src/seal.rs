//! Sealing: what must be read again, and by nobody else, is stored encrypted.
//!
//! ```text
//! v1.<who wrapped the key>.<the wrapped data key>.<nonce, ciphertext, tag>      (base64url)
//! ```
//!
//! A [`MasterKey`] wraps data keys: KMS on AWS, a key of 32 bytes elsewhere. A data key seals by
//! AES-256-GCM. What the text is about, its item and its field, is associated data: an envelope that
//! was copied to another item does not open there.
//!
//! A process asks for a data key seldom and remembers those that it has opened: a read of what is
//! sealed costs no call in the normal case.

mod envelope;
mod local;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::seal::Sealed;
use domain::time::Timestamp;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use thiserror::Error;

use crate::Env;
use envelope::Envelope;

pub use local::LocalKey;

/// A data key seals for this long.
const KEY_LIFE: Duration = Duration::from_hours(1);
/// A data key seals so often at most: far fewer than random nonces of 96 bits stand.
const KEY_USES: u32 = 1 << 20;
/// So many opened data keys are remembered.
const REMEMBERED: usize = 256;

/// The 32 bytes of an AES-256 key.
pub type KeyBytes = SecretBox<[u8; 32]>;

/// Why something could not be sealed or opened. No variant holds any of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// There is no key.
    #[error("nothing to seal with: neither HOOPOE_KMS_KEY nor SEAL_KEY is set")]
    NoKey,
    /// The key is none.
    #[error("the seal key {0}")]
    BadKey(&'static str),
    /// The envelope's data key was wrapped by another kind of key.
    #[error("sealed with a key of kind {0:?}, and this process has none of that kind")]
    OtherKey(String),
    /// The envelope does not open: it was damaged, moved, or sealed with another key.
    #[error("the envelope does not open: {0}")]
    Closed(&'static str),
    /// Whoever wraps data keys does not answer.
    #[error("the key service does not answer: {0}")]
    Unavailable(String),
}

/// A data key, plain and wrapped.
#[derive(Debug)]
pub struct DataKey {
    /// The key itself.
    pub plain: KeyBytes,
    /// The key as the master key gives it back.
    pub wrapped: Vec<u8>,
}

/// Wraps data keys.
pub trait MasterKey: Send + Sync + fmt::Debug {
    /// Its kind, as envelopes name it: letters.
    fn kind(&self) -> &'static str;

    /// A new data key.
    fn make(&self) -> BoxFuture<'_, Result<DataKey, SealError>>;

    /// A data key that it wrapped.
    fn open<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<KeyBytes, SealError>>;
}

/// Seals and opens. Clones share their data keys.
#[derive(Clone)]
pub struct Sealer {
    master: Option<Arc<dyn MasterKey>>,
    env: Env,
    keys: Arc<Mutex<Keys>>,
}

#[derive(Default)]
struct Keys {
    /// What new envelopes are sealed with.
    current: Option<Current>,
    /// Data keys by what they are wrapped as.
    opened: HashMap<Vec<u8>, Arc<KeyBytes>>,
}

struct Current {
    key: Arc<KeyBytes>,
    wrapped: Vec<u8>,
    made: Timestamp,
    uses: u32,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("master", &self.master).finish_non_exhaustive()
    }
}

impl Sealer {
    /// Seals with data keys of this master key.
    pub fn new(master: Arc<dyn MasterKey>, env: Env) -> Self {
        Self { master: Some(master), env, keys: Arc::default() }
    }

    /// Seals and opens nothing: there is no key.
    pub fn off(env: Env) -> Self {
        Self { master: None, env, keys: Arc::default() }
    }

    /// Whether there is a key.
    pub const fn has_key(&self) -> bool {
        self.master.is_some()
    }

    /// Seals a text. `about` says what it is and where it is kept (`bot/<id>`): the same is needed to
    /// open it.
    pub async fn seal(&self, about: &str, text: &str) -> Result<Sealed, SealError> {
        let master = self.master.as_ref().ok_or(SealError::NoKey)?;
        let (key, wrapped) = self.current(master.as_ref()).await?;
        let mut nonce = [0; envelope::NONCE];
        self.env.entropy.fill(&mut nonce);
        let body = envelope::encrypt(&key, nonce, about, text.as_bytes())?;
        Ok(Envelope { kind: master.kind().to_owned(), wrapped, body }.write())
    }

    /// Opens what was sealed about the same.
    pub async fn open(&self, about: &str, sealed: &Sealed) -> Result<SecretString, SealError> {
        let master = self.master.as_ref().ok_or(SealError::NoKey)?;
        let Envelope { kind, wrapped, body } = Envelope::read(sealed)?;
        if kind != master.kind() {
            return Err(SealError::OtherKey(kind));
        }
        let key = self.opened(master.as_ref(), wrapped).await?;
        let text = envelope::decrypt(&key, about, body)?;
        let text = String::from_utf8(text).map_err(|_| SealError::Closed("it holds no text"))?;
        Ok(text.into())
    }

    async fn current(&self, master: &dyn MasterKey) -> Result<(Arc<KeyBytes>, Vec<u8>), SealError> {
        let now = self.env.now();
        if let Some(current) = &mut self.keys().current
            && now.since(current.made) < KEY_LIFE
            && current.uses < KEY_USES
        {
            current.uses += 1;
            return Ok((Arc::clone(&current.key), current.wrapped.clone()));
        }
        let DataKey { plain, wrapped } = master.make().await?;
        let key = Arc::new(plain);
        let mut keys = self.keys();
        keys.remember(wrapped.clone(), Arc::clone(&key));
        let (uses, made) = (1, now);
        keys.current =
            Some(Current { key: Arc::clone(&key), wrapped: wrapped.clone(), made, uses });
        Ok((key, wrapped))
    }

    async fn opened(
        &self,
        master: &dyn MasterKey,
        wrapped: Vec<u8>,
    ) -> Result<Arc<KeyBytes>, SealError> {
        if let Some(key) = self.keys().opened.get(&wrapped) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(master.open(&wrapped).await?);
        self.keys().remember(wrapped, Arc::clone(&key));
        Ok(key)
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn remember(&mut self, wrapped: Vec<u8>, key: Arc<KeyBytes>) {
        // Whoever meets so many keys reads at random: there is nothing to choose by.
        if self.opened.len() >= REMEMBERED {
            self.opened.clear();
        }
        self.opened.insert(wrapped, key);
    }
}

/// The key's 32 bytes.
pub(crate) fn exposed(key: &KeyBytes) -> &[u8; 32] {
    key.expose_secret()
}

#[cfg(test)]
mod tests;
