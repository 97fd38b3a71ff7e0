//! What admins do with the scenarios of their company's bots: they write them, order their messages, and see
//! how they would look.
//!
//! Only a company's own bots have scenarios that can be written: the platform's bot speaks for all companies,
//! so no company's admin decides what it says.
//!
//! Each edit also writes the bot's [`domain::scenario::BotScenarios`], so of two edits of one bot
//! at the same moment one is made after the other and sees what the first has done: a set of buttons is not
//! deleted while a message that has it is saved.

mod broadcast_deliveries;
mod broadcasts;
mod button_sets;
mod change_scenario;
mod change_step;
mod create_scenario;
mod delete_scenario;
mod desk;
mod photos;
mod preview;
mod read;
mod save_wizard;
mod send_broadcast;
mod settings;
mod steps;
mod uses;

pub use broadcast_deliveries::{BroadcastDelivery, list_broadcast_deliveries};
pub(crate) use broadcasts::faults_of_broadcast;
pub use broadcasts::{
    CopyBroadcast, CreateBroadcast, change_broadcast, companys_broadcast, copy_broadcast,
    create_broadcast, delete_broadcast, list_broadcasts,
};
pub use button_sets::{delete_button_set, find_button_set, list_button_sets, save_button_set};
pub use change_scenario::change_scenario;
pub use change_step::{ChangeStep, change_step, delete_step, move_step};
pub(crate) use create_scenario::TOO_MANY_SCENARIOS;
pub use create_scenario::{CreateScenario, create_scenario};
pub use delete_scenario::delete_scenario;
pub(crate) use desk::{own_bot, scenario as scenario_named};
pub use photos::{KeptPhoto, find_photo, store_photo};
pub use preview::{Preview, PreviewedPart, preview};
pub use read::{BotScenario, find_scenario, list_scenarios};
pub(crate) use save_wizard::{listed_steps, names_and_sets, save_wizard, step_now};
pub use send_broadcast::{broadcast_audience, dry_run, move_companys_broadcast};
pub use settings::{ChangeSettings, change_settings, find_settings};
pub(crate) use steps::TOO_MANY_STEPS;
pub use steps::{AddStep, PlacedStep, add_step, find_step, list_steps};
pub(crate) use uses::places as places_of;

use domain::ids::CompanyId;

/// A bot as an admin names it.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The admin's company.
    pub company_id: CompanyId,
    /// The bot's slug or id.
    pub bot: &'a str,
}
