//! Rate limits: counters of attempts in the table, so that they hold across all functions.

use std::time::Duration;

use app::{App, AppError};
use domain::account::SecretHash;
pub use table::Counted;

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
        self.counted(app, who).await.map(drop)
    }

    /// Counts one attempt of `who`, which may be given back with [`give_back`].
    ///
    /// # Errors
    /// [`AppError::TooMany`] when it is one too many.
    pub async fn counted(self, app: &App, who: &str) -> Result<Counted, AppError> {
        let scope = format!("{}#{}", self.name, SecretHash::of(who).0);
        let counted = app.table.count_attempt(&scope, self.window).await?;
        if counted.attempts <= self.attempts as u64 {
            return Ok(counted);
        }
        Err(AppError::TooMany { retry_after: counted.left.as_secs().max(1) })
    }
}

/// Counts one attempt in each of these limits. What one of them refuses is no attempt in those before it.
///
/// # Errors
/// [`AppError::TooMany`] when it is one too many in one of them.
pub async fn attempt_all(app: &App, limits: &[(Limit, &str)]) -> Result<Vec<Counted>, AppError> {
    let mut counted = Vec::with_capacity(limits.len());
    for (limit, who) in limits {
        match limit.counted(app, who).await {
            Ok(attempt) => counted.push(attempt),
            Err(refused) => {
                give_back(app, &counted).await?;
                return Err(refused);
            }
        }
    }
    Ok(counted)
}

/// Takes back attempts that came to nothing, in the windows that they were counted in.
pub async fn give_back(app: &App, counted: &[Counted]) -> Result<(), AppError> {
    for attempt in counted {
        app.table.give_back_attempt(attempt).await?;
    }
    Ok(())
}
