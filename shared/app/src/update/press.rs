//! Buttons: pausing and resuming the watch of a target.

use domain::channel::ChatLink;
use domain::message::{Action, Notice};
use domain::update::Effects;

use crate::{App, AppError};

/// Whose button press it is: the chat's.
pub(super) struct PressAs<'a> {
    pub(super) app: &'a App,
    pub(super) chat: Vec<ChatLink>,
}

/// What a button does. Its data comes from outside: the target must belong to a user whose channel
/// the chat is.
pub(super) async fn press(by: PressAs<'_>, action: Option<Action>) -> Result<Effects, AppError> {
    let Some(action) = action else { return Ok(Effects::say(Notice::ButtonOutdated)) };
    let _ = (by.app, by.chat, action);
    Ok(Effects::say(Notice::TargetGone))
}
