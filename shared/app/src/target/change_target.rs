//! Another name, other pages, other rules.

use domain::ids::{TargetId, UserId};
use domain::watch::{RulesWish, Target, TargetWish, decide_change};

use super::{account, find_target};
use crate::{App, AppError};

/// What a user wants to be different. What is absent stays.
#[derive(Clone, Debug)]
pub struct ChangeTarget {
    /// Whose it is.
    pub user_id: UserId,
    /// Which.
    pub target_id: TargetId,
    /// What it is called.
    pub name: Option<String>,
    /// All of its pages' URLs.
    pub page_urls: Option<Vec<String>>,
    /// What of their news is told, and when.
    pub rules: RulesWish,
}

/// Changes a target, and its watchers with it.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::NotFound`], [`AppError::Quota`].
pub async fn change_target(app: &App, command: ChangeTarget) -> Result<Target, AppError> {
    let ChangeTarget { user_id, target_id, name, page_urls, rules } = command;
    let (name, pages) = (name.as_deref(), page_urls.as_deref());
    let wish = TargetWish::check_all(name, pages, rules, false).map_err(AppError::Invalid)?;
    app.decide(|| async {
        let (user, amounts) = account(app, user_id).await?;
        let target = find_target(app, user_id, target_id).await?;
        let change = (&target, wish.clone());
        Ok(decide_change(app.env.id(), app.env.now(), &user, amounts, change)?)
    })
    .await
}
