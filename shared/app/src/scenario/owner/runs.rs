//! What is done to a contact's runs by hand: an end, a new beginning.

use domain::contact::{Begun, Contact, decide_reset, decide_stop_run};
use domain::engine::{Decision, Write};
use domain::slug::Slug;

use super::contacts::seen_one;
use super::{SeenContact, contact_of, known_scenario};
use crate::scenario::author::{Whose, own_bot};
use crate::{App, AppError};

/// Stops the contact's run that is under way; with a scenario, only if it is of that. Whoever is in none stays
/// as they are.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::UserNotFound`],
/// [`domain::scenario::ScenarioCode::ScenarioNotFound`].
pub async fn stop_contact(
    app: &App,
    whose: Whose<'_>,
    chat_id: i64,
    scenario: Option<&str>,
) -> Result<SeenContact, AppError> {
    change(app, whose, (chat_id, scenario), |contact, scenario| {
        let meant = scenario.is_none_or(|it| contact.is_in(it));
        decide_stop_run(contact, app.env.now()).filter(|_| meant)
    })
    .await
}

/// Makes the contact's run of a scenario, or all runs, as if they had never begun. What was paid for is
/// remembered, and the steps come again after the next `/start`.
///
/// # Errors
/// As [`stop_contact`].
pub async fn reset_contact(
    app: &App,
    whose: Whose<'_>,
    chat_id: i64,
    scenario: Option<&str>,
) -> Result<SeenContact, AppError> {
    change(app, whose, (chat_id, scenario), decide_reset).await
}

async fn change(
    app: &App,
    whose: Whose<'_>,
    (chat_id, scenario): (i64, Option<&str>),
    decide: impl Fn(&Contact, Option<&Slug>) -> Option<Begun>,
) -> Result<SeenContact, AppError> {
    let bot = own_bot(app, whose).await?;
    let changed = app
        .decide(|| async {
            let contact = contact_of(app, &bot, chat_id).await?;
            let scenario = match scenario {
                Some(name) => Some(known_scenario(app, &contact, name).await?),
                None => None,
            };
            let (id, now) = (app.env.id(), app.env.now());
            let Some(begun) = decide(&contact, scenario.as_ref()) else {
                return Ok(Decision::new(id, now, contact));
            };
            let mut decision = Decision::new(id, now, begun.contact.clone());
            decision.writes.extend(begun.cancel);
            Ok::<_, AppError>(decision.write(Write::Replace(begun.contact.into())))
        })
        .await?;
    seen_one(app, changed).await
}
