//! A contact begins a scenario by an admin's hand.

use domain::contact::{Contact, decide_start_by_hand};
use domain::engine::Decision;
use domain::ids::BotId;
use domain::scenario::ScenarioCode;

use super::contacts::seen_one;
use super::{SeenContact, contact_of};
use crate::scenario::author::{Whose, own_bot, scenario_named};
use crate::scenario::begin::effects;
use crate::{App, AppError};

/// Starts a scenario for a contact, or takes it up where it was, as if they had said `/start`: another one that
/// is under way stops, and a consent is asked for first. A link to pay at or into the group that they should have
/// and have not comes with it.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`ScenarioCode::UserNotFound`], [`ScenarioCode::ScenarioNotFound`];
/// [`ScenarioCode::ScenarioAlreadyActive`]; [`ScenarioCode::InvalidScenarioState`] for a scenario that cannot be
/// started or is completed, and for a contact who cannot be written to; [`ScenarioCode::ScheduleFailed`] where
/// the table takes nothing: nothing has begun then.
pub async fn start_contact(
    app: &App,
    whose: Whose<'_>,
    (chat_id, scenario): (i64, &str),
) -> Result<SeenContact, AppError> {
    let bot = own_bot(app, whose).await?;
    let started = app.decide(|| decide(app, &bot, (chat_id, scenario))).await;
    let contact = started.map_err(|error| match error {
        AppError::Unavailable(reason) => {
            tracing::warn!(%bot, reason, "a contact was not started");
            ScenarioCode::ScheduleFailed.into()
        }
        other => other,
    })?;
    seen_one(app, contact).await
}

async fn decide(
    app: &App,
    bot: &BotId,
    (chat_id, scenario): (i64, &str),
) -> Result<Decision<Contact>, AppError> {
    let contact = contact_of(app, bot, chat_id).await?;
    let scenario = scenario_named(app, bot, scenario).await?;
    let (id, now) = (app.env.id(), app.env.now());
    let begun = decide_start_by_hand(&contact, &scenario, now, app.env.id())?;
    let decision = Decision::new(id, now, begun.contact.clone());
    Ok(effects(app, begun, &scenario, (false, &contact), true).await?.added_to(decision))
}
