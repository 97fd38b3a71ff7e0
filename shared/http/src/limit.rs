//! Rate limits: counters of attempts in the table, so that they hold across all functions.

use std::time::Duration;

use app::{App, AppError};
use domain::account::SecretHash;

use crate::refusal::Refusal;

/// At most so many attempts in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, as in `login-ip`.
    pub name: &'static str,
    /// How many attempts.
    pub attempts: u64,
    /// In which time.
    pub window: Duration,
}

impl Limit {
    /// Counts one attempt of `who`, of which only a hash is kept: 429 when it is one too many.
    pub async fn count(self, app: &App, who: &str) -> Result<(), Refusal> {
        let scope = format!("{}#{}", self.name, SecretHash::of(who).0);
        let (attempts, left) = app.table.count_attempt(&scope, self.window).await?;
        if attempts <= self.attempts {
            return Ok(());
        }
        Err(AppError::TooMany { retry_after: left.as_secs().max(1) }.into())
    }
}
