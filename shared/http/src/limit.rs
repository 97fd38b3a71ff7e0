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
        let (attempts, left) = app.table.count_attempt(&self.scope(who), self.window).await?;
        if attempts <= self.attempts as u64 {
            return Ok(());
        }
        Err(AppError::TooMany { retry_after: left.as_secs().max(1) })
    }

    /// Takes back an attempt of `who` that was counted and came to nothing.
    async fn give_back(self, app: &App, who: &str) -> Result<(), AppError> {
        Ok(app.table.give_back_attempt(&self.scope(who), self.window).await?)
    }

    fn scope(self, who: &str) -> String {
        format!("{}#{}", self.name, SecretHash::of(who).0)
    }
}

/// Counts one attempt in each of these limits. What one of them refuses is no attempt in those before it.
///
/// # Errors
/// [`AppError::TooMany`] when it is one too many in one of them.
pub async fn attempt_all(app: &App, limits: &[(Limit, &str)]) -> Result<(), AppError> {
    for (before, (limit, who)) in limits.iter().enumerate() {
        if let Err(refused) = limit.attempt(app, who).await {
            for (counted, who) in limits.iter().take(before) {
                counted.give_back(app, who).await?;
            }
            return Err(refused);
        }
    }
    Ok(())
}
