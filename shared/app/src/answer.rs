//! Answers kept for an `Idempotency-Key`, in the transaction of the command they answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::account::SecretHash;
use domain::engine::Write;
use domain::engine::decision::SavedAnswer;
use domain::time::Timestamp;

/// A key is remembered this long.
pub const KEPT: Duration = Duration::from_hours(24);

/// Status and body of a reply.
pub type Render<R> = Arc<dyn Fn(&R) -> (u16, String) + Send + Sync>;

/// What a use case needs to keep its answer.
pub struct Keep<R> {
    /// Hash of who asked and their key.
    pub key: SecretHash,
    /// Hash of the request.
    pub request: SecretHash,
    /// The answer to a reply. What is shown once must not be in it.
    pub render: Render<R>,
}

impl<R> Keep<R> {
    /// The write that keeps the answer to `reply`; it fails when the key was used before.
    pub fn write(&self, reply: &R, now: Timestamp) -> Write {
        let (status, body) = (self.render)(reply);
        Write::Create(
            SavedAnswer {
                key: self.key.clone(),
                request: self.request.clone(),
                status,
                body,
                expires_at: now + KEPT,
            }
            .into(),
        )
    }
}

/// The writes of a key that may not be there, for [`crate::App::decide_along`].
pub fn writes<R>(keep: Option<&Keep<R>>, reply: &R, now: Timestamp) -> Vec<Write> {
    keep.map(|keep| keep.write(reply, now)).into_iter().collect()
}

impl<R> fmt::Debug for Keep<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").finish_non_exhaustive()
    }
}
