//! A new target.

use domain::ids::{TargetId, UserId};
use domain::watch::{NewTarget, Rules, RulesWish, Target, TargetWish, decide_create};

use super::account;
use crate::answer::{self, Keep};
use crate::{App, AppError};

/// What a user wants to watch.
#[derive(Debug)]
pub struct CreateTarget {
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: Option<String>,
    /// Its pages' URLs.
    pub page_urls: Option<Vec<String>>,
    /// What of their news is told, and when.
    pub rules: RulesWish,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Target>>,
}

/// Makes a target, active at once.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Quota`], also when several race for
/// the last place; [`AppError::Repeated`] for a key that was used.
pub async fn create_target(app: &App, command: CreateTarget) -> Result<Target, AppError> {
    let (name, pages) = (command.name.as_deref(), command.page_urls.as_deref());
    let wish =
        TargetWish::check_all(name, pages, command.rules, true).map_err(AppError::Invalid)?;
    let new = NewTarget {
        name: wish.name.unwrap_or_default(),
        pages: wish.pages.unwrap_or_default(),
        rules: wish.rules.over(&Rules::default()),
    };
    let (id, now): (TargetId, _) = (app.env.id(), app.env.now());
    let along = |target: &Target| answer::writes(command.keep.as_ref(), target, now);
    app.decide_along(along, || async {
        let (user, amounts) = account(app, command.user_id).await?;
        let ids = (app.env.id(), id);
        Ok(decide_create(ids, app.env.now(), &user, amounts, new.clone())?)
    })
    .await
}
