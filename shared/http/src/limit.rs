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
    pub attempts: usize,
    /// In which time.
    pub window: Duration,
}

impl Limit {
    /// Counts one attempt of `who`: 429 when it is one too many.
    pub async fn count(self, app: &App, who: &str) -> Result<(), Refusal> {
        Ok(self.attempt(app, who).await?)
    }

    /// Counts one attempt of `who`, of which only a hash is kept.
    ///
    /// # Errors
    /// [`AppError::TooMany`] when it is one too many.
    pub async fn attempt(self, app: &App, who: &str) -> Result<(), AppError> {
        let scope = format!("{}#{}", self.name, SecretHash::of(who).0);
        let (attempts, left) = app.table.count_attempt(&scope, self.window).await?;
        if attempts <= self.attempts as u64 {
            return Ok(());
        }
        Err(AppError::TooMany { retry_after: left.as_secs().max(1) })
    }
}
