//! A link's wishes change, or it goes.

use domain::engine::{Decision, NewJob, Write};
use domain::ids::{CompanyId, LinkId, UserId};
use domain::link::{OptIns, TelegramLink, decide_leave, decide_unbind};
use table::TableError;

use super::find_link;
use crate::{App, AppError, menu};

/// Changes what a link wants to be told.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn change_link(
    app: &App,
    company_id: CompanyId,
    id: LinkId,
    change: impl Fn(OptIns) -> OptIns,
) -> Result<TelegramLink, AppError> {
    app.decide(|| async {
        let link = find_link(app, company_id, id).await?;
        let changed = TelegramLink { opt_ins: change(link.opt_ins), ..link.clone() };
        let write = (changed != link).then(|| Write::Replace(changed.clone().into()));
        let mut decision = Decision::new(app.env.id(), app.env.now(), changed);
        decision.writes.extend(write);
        Ok::<_, AppError>(decision)
    })
    .await
}

/// Parts a link from somebody who belongs to the company no more.
///
/// # Errors
/// [`AppError::NotFound`].
pub(crate) async fn leave_link(
    app: &App,
    link: &TelegramLink,
    user_id: UserId,
) -> Result<(), AppError> {
    app.decide(|| async {
        let (id, now) = (app.env.id(), app.env.now());
        let link = find_link(app, link.company_id, link.id).await?;
        let decision = decide_leave(id, now, &link, user_id);
        let mut decision = decision.unwrap_or_else(|| Decision::new(id, now, ()));
        if link.user_id == Some(user_id) {
            decision.jobs.extend(menu_of(app, &link).await?);
        }
        Ok::<_, AppError>(decision)
    })
    .await
}

/// Removes a link: its chat is told nothing more.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_link(app: &App, company_id: CompanyId, id: LinkId) -> Result<(), AppError> {
    app.decide(|| async {
        let link = find_link(app, company_id, id).await?;
        let mut decision = decide_unbind(app.env.id(), app.env.now(), &link);
        decision.jobs.extend(menu_of(app, &link).await?);
        Ok::<_, AppError>(decision)
    })
    .await
}

/// The job for the menu of a link's chat, if it may be an admin's.
async fn menu_of(app: &App, link: &TelegramLink) -> Result<Option<NewJob>, TableError> {
    match (link.chat_id, link.user_id) {
        (Some(chat_id), Some(user_id)) => menu::of_chat(app, (&link.bot, chat_id), user_id).await,
        _ => Ok(None),
    }
}
