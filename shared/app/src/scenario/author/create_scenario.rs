//! A new scenario.

use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId};
use domain::scenario::{SCENARIOS_PER_BOT, Scenario, ScenarioDraft, add_faults};
use domain::slug::Slug;
use domain::time::Timestamp;
use table::keys;

use super::desk::{Desk, own_bot, sound};
use super::photos::offer_photos;
use super::{BotScenario, Whose};
use crate::answer::{self, Keep};
use crate::{App, AppError};

/// The slug of a scenario whose name leaves nothing of one.
const FALLBACK: &str = "scenario";
/// The code of a bot that has, or has had, as many scenarios as it can have.
pub(crate) const TOO_MANY_SCENARIOS: &str = "TOO_MANY_SCENARIOS";

/// What an admin wants.
#[derive(Debug)]
pub struct CreateScenario {
    /// The admin's company.
    pub company_id: CompanyId,
    /// The bot's slug or id.
    pub bot: String,
    /// What it is called in `/start`; made of its name where it is absent.
    pub slug: Option<String>,
    /// What it is to be.
    pub draft: ScenarioDraft,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<BotScenario>>,
}

/// Makes a scenario without steps. The first one of a bot becomes its default.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] with all faults; [`AppError::Taken`] for the
/// slug, also when a scenario that is deleted was called so; [`AppError::Conflict`] when the bot has as many
/// as it may have; [`AppError::Repeated`].
pub async fn create_scenario(app: &App, command: CreateScenario) -> Result<BotScenario, AppError> {
    let CreateScenario { company_id, bot, slug, draft, keep } = command;
    let bot = own_bot(app, Whose { company_id, bot: &bot }).await?;
    let now = app.env.now();
    let along = |made: &BotScenario| answer::writes(keep.as_ref(), made, now);
    app.decide_along(along, || decide(app, &bot, slug.as_deref(), draft.clone())).await
}

async fn decide(
    app: &App,
    bot: &BotId,
    slug: Option<&str>,
    draft: ScenarioDraft,
) -> Result<Decision<BotScenario>, AppError> {
    let mut desk = Desk::of(app, bot).await?;
    let now = app.env.now();
    let (mut scenario, mut errors) = (empty(bot, now), Vec::new());
    if draft.name.is_none() {
        errors.push(FieldError::new("name", "is required"));
    }
    let asked = slug.map(Slug::parse);
    if let Some(Err(error)) = &asked {
        errors.push(FieldError::new("slug", error.to_string()));
    }
    offer_photos(app, &draft, &mut scenario).await?;
    draft.apply(&mut scenario, &mut errors);
    add_faults(&mut errors, desk.faults(app, &scenario).await?);
    sound(errors)?;
    scenario.slug = free_slug(app, &desk, asked.and_then(Result::ok), &scenario.name).await?;
    let settings = &mut desk.settings;
    settings.default_scenario.get_or_insert_with(|| scenario.slug.clone());
    let is_default = desk.is_default(&scenario.slug);
    let reply = BotScenario { scenario: scenario.clone(), is_default };
    let decision = Decision::new(app.env.id(), now, reply);
    Ok(decision.write(Write::Create(scenario.into())).write(desk.turn()))
}

pub(super) fn empty(bot: &BotId, now: Timestamp) -> Scenario {
    let slug = Slug::of_name("", FALLBACK);
    Scenario { name: String::new(), ..Scenario::new(bot.clone(), slug, now) }
}

/// The slug that was asked for, or one made of the name that no scenario has or had.
pub(super) async fn free_slug(
    app: &App,
    desk: &Desk,
    asked: Option<Slug>,
    name: &str,
) -> Result<Slug, AppError> {
    let pk = keys::bot(&desk.settings.bot_id).pk;
    let all: Vec<Scenario> = app.table.query_all(&pk, keys::SCENARIOS).await?;
    if all.len() >= SCENARIOS_PER_BOT {
        let message = format!("a bot has at most {SCENARIOS_PER_BOT} scenarios");
        return Err(AppError::Conflict { code: TOO_MANY_SCENARIOS, message });
    }
    let retired = &desk.settings.retired;
    let free = |slug: &Slug| !retired.contains(slug) && all.iter().all(|it| it.slug != *slug);
    let taken = || AppError::Taken { fields: vec!["slug"] };
    if let Some(slug) = asked {
        return if free(&slug) { Ok(slug) } else { Err(taken()) };
    }
    let plain = Slug::of_name(name, FALLBACK);
    let numbered = (2..=all.len() + retired.len() + 2).map(|number| plain.numbered(number));
    std::iter::once(plain.clone()).chain(numbered).find(free).ok_or_else(taken)
}
