//! An e-mail address becomes a pending channel and is asked to confirm it.

use domain::account::check_email;
use domain::channel::{Channel, decide_add_email, new_email};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{ChannelId, UserId};

use super::{Connected, all_of, checked_name, holder, room_beside};
use crate::answer::{self, Keep};
use crate::{App, AppError, mail};

/// The request's field with the address.
const FIELD: &str = "details.address";

/// An address that a user wants to be reached at.
#[derive(Debug)]
pub struct AddEmail {
    /// Whose channel it becomes.
    pub user_id: UserId,
    /// What it is called; the address when absent.
    pub name: Option<String>,
    /// The address.
    pub address: String,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Connected>>,
}

/// Makes a pending channel and the job that mails its confirmation. An address that is one of the
/// user's channels already, regardless of case, is used again, and nothing is mailed: also when two
/// add it at once.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::Quota`], [`AppError::Repeated`]; [`AppError::Conflict`] where
/// no mail can be sent.
pub async fn add_email(app: &App, command: AddEmail) -> Result<Connected, AppError> {
    let AddEmail { user_id, name, address, keep } = command;
    let invalid = |message| AppError::Invalid(vec![FieldError::new(FIELD, message)]);
    let address = check_email(&address).map_err(invalid)?;
    let name = name.as_deref().map(checked_name).transpose()?;
    mail::must_be_possible(app)?;
    let (id, now): (ChannelId, _) = (app.env.id(), app.env.now());
    let along = |reply: &Connected| answer::writes(keep.as_ref(), reply, now);
    let decide = || async {
        let user = holder(app, user_id).await?;
        let channels = all_of(app, user_id).await?;
        let known = channels.iter().find(|channel| channel.is_email(&address));
        if let Some(known) = known {
            return Ok(Decision::new(app.env.id(), app.env.now(), Connected::Known(known.clone())));
        }
        room_beside(&channels)?;
        let channel = new_email(id, user_id, &address, app.env.now());
        let channel = Channel { name: name.clone().unwrap_or(channel.name), ..channel };
        let made = decide_add_email((app.env.id(), app.env.id()), app.env.now(), channel);
        Ok(made.write(Write::Replace(user.into())).map(Connected::New))
    };
    app.decide_along(along, decide).await
}
