//! What a wizard in a chat has gathered is saved, all in one transaction.

use domain::broadcast::Broadcast;
use domain::engine::{NewJob, Write};
use domain::ids::BotId;
use domain::scenario::{Scenario, Step};
use domain::slug::Slug;
use domain::wizard::WizardCommand;
use table::keys;

use super::broadcasts::{self, FALLBACK};
use super::create_scenario::{empty, free_slug};
use super::desk::{Desk, scenario};
use super::steps::refused;
use crate::scenario::retime_job;
use crate::{App, AppError};

/// The writes and jobs of a wizard's commands.
///
/// # Errors
/// As the commands over the API.
pub(crate) async fn save_wizard(
    app: &App,
    bot: &BotId,
    commands: Vec<WizardCommand>,
) -> Result<(Vec<Write>, Vec<NewJob>), AppError> {
    let (mut desk, now) = (Desk::of(app, bot).await?, app.env.now());
    let (mut writes, mut jobs) = (Vec::new(), Vec::new());
    // The scenario that the commands are about, and whether it is new.
    let mut about: Option<(Scenario, bool)> = None;
    for command in commands {
        match command {
            WizardCommand::CreateScenario { name, product, private_group_id } => {
                let slug = free_slug(app, &desk, None, &name).await?;
                let made = empty(bot, now);
                let scenario = Scenario { slug, name, product, private_group_id, ..made };
                desk.settings.default_scenario.get_or_insert_with(|| scenario.slug.clone());
                about = Some((scenario, true));
            }
            WizardCommand::UpdateScenario { slug, name, product, private_group_id } => {
                let before = scenario(app, bot, slug.as_str()).await?;
                let changed = Scenario { name, product, private_group_id, ..before };
                about = Some((changed, false));
            }
            WizardCommand::SetSummary { summary } => {
                if let Some((scenario, _)) = &mut about {
                    scenario.summary = summary;
                }
            }
            WizardCommand::AddStep(message) => {
                let Some((scenario, _)) = &mut about else { continue };
                let slug = scenario.outline.free_slug();
                let end = &domain::scenario::Spot::End;
                let added = scenario.outline.insert(slug.clone(), message.delay, end);
                added.map_err(|error| refused(&error))?;
                let step = Step {
                    bot_id: bot.clone(),
                    scenario: scenario.slug.clone(),
                    slug,
                    content: message.content,
                    created_at: now,
                    version: 0,
                };
                writes.push(Write::Create(step.into()));
            }
            WizardCommand::CreateBroadcast { name, content, targeting } => {
                let plain = Slug::of_name(&name, FALLBACK);
                let slug = broadcasts::free_slug(app, bot, None, &plain).await?;
                let draft = Broadcast::new(bot.clone(), slug, name, now);
                let broadcast = Broadcast { content, targeting, ..draft };
                writes.push(Write::Create(broadcast.into()));
            }
        }
    }
    match about {
        Some((scenario, true)) => writes.push(Write::Create(scenario.into())),
        Some((scenario, false)) => {
            jobs.push(retime_job(app, bot, &scenario.slug));
            writes.push(Write::Replace(scenario.into()));
        }
        None => {}
    }
    writes.push(desk.turn());
    Ok((writes, jobs))
}

/// The rules for a message as they are now.
pub(crate) async fn names_and_sets(
    app: &App,
    bot: &BotId,
) -> Result<
    (domain::template::Names, std::collections::BTreeMap<Slug, domain::button::Rows>),
    AppError,
> {
    let desk = Desk::of(app, bot).await?;
    let pk = keys::bot(bot).pk;
    let sets: Vec<domain::button::ButtonSet> = app.table.query_all(&pk, keys::BUTTON_SETS).await?;
    let sets = sets.into_iter().map(|set| (set.slug, set.rows)).collect();
    Ok((desk.names(), sets))
}
