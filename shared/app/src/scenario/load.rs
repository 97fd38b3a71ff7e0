//! What a scenario's jobs owe.

use domain::contact::Contact;
use domain::engine::Timer;
use domain::engine::job::Words;
use domain::ids::BotId;
use domain::scenario::{Due, Part, Scenario, Step, StepContent, decide_due};
use domain::slug::Slug;
use table::{TableError, keys};

use super::Plan;
use super::render::Source;
use crate::App;

/// The messages of a job, in their order, and what they are called among deliveries.
pub(crate) struct Owed {
    pub(crate) parts: Vec<Part>,
    pub(crate) thing: String,
    pub(crate) revision: u32,
    pub(crate) plan: Option<Plan>,
}

impl Owed {
    const fn nothing(plan: Option<Plan>) -> Self {
        Self { parts: Vec::new(), thing: String::new(), revision: 0, plan }
    }
}

/// The step that a contact's timer is for: decided again over the scenario as it is now.
pub(crate) async fn step(
    app: &App,
    timer: &Timer,
    (bot, chat_id, slug): (&BotId, i64, &Slug),
) -> Result<Owed, TableError> {
    let (contact, scenario) = read(app, bot, chat_id, slug).await?;
    let Some(contact) = contact else { return Ok(Owed::nothing(Some(Plan::Gone))) };
    let counts = contact.next.as_ref().is_some_and(|next| next.job == timer.key.id);
    let Some(scenario) = scenario.filter(|_| counts && contact.is_in(slug)) else {
        return Ok(Owed::nothing(Some(Plan::Gone)));
    };
    // A run reads a little before the time, and waits for it.
    let at = app.env.now().max(timer.due);
    let (place, step) = match decide_due(&scenario.outline, &contact.run(slug), at) {
        Due::Send { place, step } => (place, step),
        Due::WaitUntil(due) => return Ok(Owed::nothing(Some(Plan::Wait(due)))),
        Due::Complete(_) => return Ok(Owed::nothing(Some(Plan::Complete))),
        Due::Nothing => return Ok(Owed::nothing(Some(Plan::Gone))),
    };
    let content = content_of(app, bot, slug, &step).await?;
    let first = scenario.outline.received_at(place).unwrap_or(place);
    let parts = Source::of_scenario(app, scenario, content).await?.render(&contact);
    Ok(Owed {
        parts,
        thing: format!("step.{slug}.{first}"),
        revision: contact.epoch,
        plan: Some(Plan::Sent(place)),
    })
}

/// Words that a contact has asked for; none when they are gone.
pub(crate) async fn words(
    app: &App,
    timer: &Timer,
    (bot, chat_id, slug): (&BotId, i64, &Slug),
    words: &Words,
) -> Result<Owed, TableError> {
    let (contact, scenario) = read(app, bot, chat_id, slug).await?;
    let Some(scenario) = scenario else { return Ok(Owed::nothing(None)) };
    if *words == Words::Demo {
        let parts = demo(app, scenario).await?;
        return Ok(Owed { parts, thing: timer.key.id.to_string(), revision: 0, plan: None });
    }
    let content = match words {
        Words::Consent => scenario.consent.clone(),
        Words::Summary => scenario.summary.clone(),
        Words::Step { step } if scenario.outline.has(step) => {
            Some(content_of(app, bot, slug, step).await?)
        }
        Words::Demo | Words::Step { .. } => None,
    };
    let Some((content, contact)) = content.zip(contact) else { return Ok(Owed::nothing(None)) };
    let parts = Source::of_scenario(app, scenario, content).await?.render(&contact);
    Ok(Owed { parts, thing: timer.key.id.to_string(), revision: 0, plan: None })
}

/// A demonstration has at most this many steps: more than anyone looks at in a chat.
const DEMO_STEPS: usize = 50;

/// All of a scenario in its order, with the names of variables in the place of their values.
async fn demo(app: &App, scenario: Scenario) -> Result<Vec<Part>, TableError> {
    let (bot, slug) = (scenario.bot_id.clone(), scenario.slug.clone());
    let steps: Vec<Slug> =
        scenario.outline.steps().take(DEMO_STEPS).map(|(step, _)| step.clone()).collect();
    let mut contents: Vec<StepContent> = scenario.consent.iter().cloned().collect();
    for step in steps {
        contents.push(content_of(app, &bot, &slug, &step).await?);
    }
    contents.extend(scenario.summary.clone());
    let mut parts = Vec::new();
    for content in contents {
        let source = Source::of_scenario(app, scenario.clone(), content).await?;
        parts.extend(source.demo());
    }
    Ok(parts)
}

/// A contact, and a scenario of its bot.
pub(super) async fn read(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    slug: &Slug,
) -> Result<(Option<Contact>, Option<Scenario>), TableError> {
    let (contact, scenario) = (keys::contact(bot, chat_id), keys::scenario(bot, slug));
    let mut found = app.table.get_all(&[contact.clone(), scenario.clone()]).await?;
    Ok((found.take(&contact)?, found.take(&scenario)?))
}

/// A step that stands in the outline has its content: they are written together, and an edit between two
/// reads is seen by the next try.
async fn content_of(
    app: &App,
    bot: &BotId,
    scenario: &Slug,
    step: &Slug,
) -> Result<StepContent, TableError> {
    let found = app.table.get::<Step>(&keys::step(bot, scenario, step)).await?;
    let gone = || TableError::Unavailable("a step was edited meanwhile".to_owned());
    found.map(|step| step.content).ok_or_else(gone)
}
