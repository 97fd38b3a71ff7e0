//! What every function needs to run: time, randomness, configuration, logs, outgoing
//! HTTP and problem documents.
//!
//! Architecture invariant: the ambient clock, random numbers and environment are read in this
//! crate only; everything above asks [`Env`].

pub mod clock;
pub mod config;
pub mod entropy;
pub mod http;
pub mod metrics;
pub mod objects;
pub mod problem;
pub mod seal;
pub mod telemetry;
pub mod unit;
#[cfg(feature = "virtual-time")]
pub mod virtual_time;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::uuid_v7;
use domain::time::Timestamp;
use uuid::Uuid;

pub use clock::Clock;
pub use entropy::Entropy;

/// Time and randomness, passed to whoever needs them.
#[derive(Clone, Debug)]
pub struct Env {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl Env {
    /// The machine's own clock and randomness.
    pub fn system() -> Self {
        Self { clock: Arc::new(clock::SystemClock), entropy: Arc::new(entropy::SystemEntropy) }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new `UUIDv7`.
    pub fn id<T: From<Uuid>>(&self) -> T {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        uuid_v7(self.now(), random).into()
    }

    /// A uniform number in `[0, 1)`.
    pub fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.entropy.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    /// A secret of 256 random bits, URL-safe, 43 characters.
    pub fn secret(&self) -> String {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
