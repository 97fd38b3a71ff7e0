//! Buttons: pausing and resuming the watch of a target.

use std::collections::BTreeSet;

use domain::channel::ChatLink;
use domain::ids::{TargetId, UserId};
use domain::invite::GuestTarget;
use domain::message::{Action, Notice};
use domain::update::Effects;
use domain::watch::{Target, TargetStatus, decide_status};
use table::{TableError, keys};

use crate::{App, AppError};

/// What a button does that was pressed in a chat with these links.
///
/// Its data comes from outside: the target must belong to a user whose channel the chat is. One that is
/// gone and one of someone else are told apart by nothing.
pub(super) async fn press(
    app: &App,
    chat: &[ChatLink],
    action: Option<Action>,
) -> Result<Effects, AppError> {
    let (target_id, status) = match action {
        None => return Ok(Effects::say(Notice::ButtonOutdated)),
        Some(Action::PauseTarget(id)) => (id, TargetStatus::Disabled),
        Some(Action::ResumeTarget(id)) => (id, TargetStatus::Active),
    };
    let gone = || Ok(Effects::say(Notice::TargetGone));
    let Some(target) = target_of(app, chat, target_id).await? else { return gone() };
    let Ok(decision) = decide_status(app.env.id(), app.env.now(), &target, status) else {
        return gone();
    };
    let target_name = target.name;
    let notice = match status {
        TargetStatus::Disabled => Notice::TargetPaused { target_id, target_name },
        TargetStatus::Active => Notice::TargetResumed { target_id, target_name },
    };
    Ok(Effects { writes: decision.writes, notices: vec![notice] })
}

/// The target, if one of the chat's users has it or was invited to it.
async fn target_of(
    app: &App,
    chat: &[ChatLink],
    target_id: TargetId,
) -> Result<Option<Target>, TableError> {
    let users: BTreeSet<UserId> = chat.iter().map(|link| link.user_id).collect();
    let own: Vec<_> = users.iter().map(|&user_id| keys::target(user_id, target_id)).collect();
    let guest: Vec<_> =
        users.iter().map(|&user_id| keys::guest_target(user_id, target_id)).collect();
    let both: Vec<_> = own.iter().chain(&guest).cloned().collect();
    let mut found = app.table.get_all(&both).await?;
    for key in &own {
        if let Some(target) = found.take(key)? {
            return Ok(Some(target));
        }
    }
    for key in &guest {
        let Some(GuestTarget { user_id, owner_id, .. }) = found.take(key)? else { continue };
        let target = app.table.get::<Target>(&keys::target(owner_id, target_id)).await?;
        // Its owner may have taken them off since.
        let invited = |it: &Target| it.guests.iter().any(|guest| guest.user_id == user_id);
        if let Some(target) = target.filter(invited) {
            return Ok(Some(target));
        }
    }
    Ok(None)
}
