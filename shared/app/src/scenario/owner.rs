//! What a bot's owner sees of its contacts, and does for them: for the admins of its company.

mod contacts;
mod funnel;
mod orders;
mod payments;
mod runs;
mod start;

pub(super) use contacts::Place;
pub use contacts::{
    ContactPage, ContactsWanted, FoundContact, SeenContact, SeenRun, find_contact, list_contacts,
};
pub use funnel::{FunnelPage, funnel};
pub use orders::{SeenWord, find_order, list_payments};
pub use payments::{GrantScenario, grant_scenario, refund_scenario};
pub use runs::{reset_contact, stop_contact};
pub use start::start_contact;

use domain::contact::Contact;
use domain::ids::BotId;
use domain::scenario::ScenarioCode;
use domain::slug::Slug;
use table::keys;

use super::author::scenario_named;
use crate::{App, AppError};

/// A contact of a bot's.
///
/// # Errors
/// [`ScenarioCode::UserNotFound`].
async fn contact_of(app: &App, bot: &BotId, chat_id: i64) -> Result<Contact, AppError> {
    let found = app.table.get(&keys::contact(bot, chat_id)).await?;
    found.ok_or_else(|| ScenarioCode::UserNotFound.into())
}

/// A scenario that a request names: one of the bot's, or one that is deleted and that the contact was in.
///
/// # Errors
/// [`ScenarioCode::ScenarioNotFound`].
async fn known_scenario(app: &App, contact: &Contact, name: &str) -> Result<Slug, AppError> {
    let slug = Slug::parse(name).map_err(|_| ScenarioCode::ScenarioNotFound)?;
    if contact.runs.contains_key(&slug) {
        return Ok(slug);
    }
    Ok(scenario_named(app, &contact.bot_id, name).await?.slug)
}
