//! Another confirmation mail.

use domain::channel::{Channel, decide_resend};
use domain::ids::{ChannelId, UserId};

use super::find_channel;
use crate::{App, AppError, mail};

/// Mails the confirmation of a pending e-mail channel again; a blocked one waits for it, too, and
/// receives again once it is confirmed. Mails from before no longer confirm.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when the channel is confirmed, or where no mail can
/// be sent.
pub async fn resend_confirmation(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<Channel, AppError> {
    mail::must_be_possible(app)?;
    let decide = || async {
        let channel = find_channel(app, user_id, channel_id).await?;
        if channel.email().is_none() {
            return Err(AppError::NotFound("e-mail channel"));
        }
        let ids = (app.env.id(), app.env.id());
        decide_resend(ids, app.env.now(), &channel).ok_or_else(|| AppError::Conflict {
            code: "CHANNEL_NOT_PENDING",
            message: "the channel is confirmed already".to_owned(),
        })
    };
    app.decide(decide).await
}
