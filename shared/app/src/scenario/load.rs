//! What a scenario's jobs owe.

use domain::contact::{Contact, Language, SentStep};
use domain::engine::job::Words;
use domain::engine::{Job, Timer};
use domain::ids::BotId;
use domain::message::{Content, DeskNotice, Notice, ScenarioNotice};
use domain::scenario::{Due, Part, Scenario, Step, StepContent, decide_due};
use domain::slug::Slug;
use domain::text::is_visible;
use table::{TableError, keys};

use super::render::Source;
use super::{Plan, pay_links};
use crate::App;

/// The messages of a job, in their order, and what they are called among deliveries.
pub(crate) struct Owed {
    /// Each with its number.
    pub(crate) says: Vec<Numbered>,
    pub(crate) thing: String,
    pub(crate) revision: u32,
    pub(crate) plan: Option<Plan>,
    /// The step that they are.
    pub(crate) step: Option<Slug>,
    /// Whether they wait for a link to pay at.
    pub(crate) lacks_link: bool,
}

/// A message and its number among the deliveries of its job.
type Numbered = (u16, Content);

/// The number of a link into a group behind what there is for whoever has paid: that has no photos, whose number it
/// would be.
const LINK_BEHIND: u16 = Part::PHOTOS;

/// Numbers from one content of a demonstration to the next: each has two.
const PER_CONTENT: u16 = 2;

fn numbered(part: Part) -> Numbered {
    (part.number(), part.into())
}

impl Owed {
    const fn nothing(plan: Option<Plan>) -> Self {
        Self {
            says: Vec::new(),
            thing: String::new(),
            revision: 0,
            plan,
            step: None,
            lacks_link: false,
        }
    }
}

/// What a job of a contact's scenario owes.
pub(crate) async fn owed(app: &App, timer: &Timer) -> Result<Owed, TableError> {
    match &timer.job {
        Job::ScenarioStep { bot, chat_id, scenario } => {
            step(app, timer, (bot, *chat_id, scenario)).await
        }
        Job::ScenarioWords { bot, chat_id, scenario, words: named } => {
            words(app, timer, (bot, *chat_id, scenario), named).await
        }
        _ => Ok(Owed::nothing(None)),
    }
}

/// The step that a contact's timer is for: decided again over the scenario as it is now.
async fn step(
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
    let run = contact.run(slug);
    let (place, step) = match decide_due(&scenario.outline, &run, at) {
        Due::Send { place, step } => (place, step),
        Due::WaitUntil(_) => return Ok(Owed::nothing(Some(Plan::Wait))),
        Due::Complete(_) => return Ok(Owed::nothing(Some(Plan::Complete))),
        Due::Nothing => return Ok(Owed::nothing(Some(Plan::Gone))),
    };
    let content = content_of(app, bot, slug, &step).await?;
    let first = scenario.outline.received_at(place).unwrap_or(place);
    let source = Source::of_scenario(app, scenario, content).await?;
    let sent = SentStep { place, started_at: run.started_at, job: timer.key.id };
    let (says, lacks_link) = said(app, timer, &source, &contact).await;
    Ok(Owed {
        says,
        lacks_link,
        thing: format!("step.{slug}.{first}"),
        revision: contact.epoch,
        plan: Some(Plan::Sent(sent)),
        step: Some(step),
    })
}

/// Words that a contact has asked for; none when they are gone.
async fn words(
    app: &App,
    timer: &Timer,
    (bot, chat_id, slug): (&BotId, i64, &Slug),
    words: &Words,
) -> Result<Owed, TableError> {
    let (contact, scenario) = read(app, bot, chat_id, slug).await?;
    let step = match words {
        Words::Step { step } | Words::StepWithLink { step } => Some(step.clone()),
        _ => None,
    };
    let thing = timer.key.id.to_string();
    let owed = |says| Owed { says, thing, revision: 0, plan: None, step, lacks_link: false };
    if let Words::Paid { product } = words {
        return Ok(owed(paid(app, timer, (contact, scenario, slug), product).await?));
    }
    let Some(scenario) = scenario else { return Ok(Owed::nothing(None)) };
    if let Words::Demo { skip, language } = words {
        return Ok(owed(demo(app, scenario, (*skip, *language)).await?));
    }
    if *words == Words::Invite {
        let link = contact.and_then(|it| invite(&it, slug));
        return Ok(owed(link.map(|it| (Part::TEXT, it)).into_iter().collect()));
    }
    let content = match words {
        Words::Consent => scenario.consent.clone(),
        Words::Summary => scenario.summary.clone(),
        Words::Step { step } | Words::StepWithLink { step } if scenario.outline.has(step) => {
            Some(content_of(app, bot, slug, step).await?)
        }
        Words::Demo { .. }
        | Words::Step { .. }
        | Words::StepWithLink { .. }
        | Words::Paid { .. }
        | Words::Invite => None,
    };
    let Some(contact) = contact else { return Ok(Owed::nothing(None)) };
    let Some(content) = content else {
        // `/start` is answered also where the author wrote no summary.
        let said = (*words == Words::Summary).then_some(ScenarioNotice::Completed);
        let language = contact.language;
        let notice = |said| (Part::TEXT, Content::from(Notice::Scenario { said, language }));
        return Ok(owed(said.map(notice).into_iter().collect()));
    };
    let source = Source::of_scenario(app, scenario, content).await?;
    if matches!(words, Words::StepWithLink { .. })
        && pay_links::of_contact(app, timer, &source, &contact).await == (None, false)
    {
        return Ok(Owed::nothing(None));
    }
    let (says, lacks_link) = said(app, timer, &source, &contact).await;
    Ok(Owed { lacks_link, ..owed(says) })
}

/// The messages of a content for a contact, and whether they wait for a link to pay at. It is made when the
/// first of them needs it.
async fn said(
    app: &App,
    timer: &Timer,
    source: &Source,
    contact: &Contact,
) -> (Vec<Numbered>, bool) {
    let (link, waits) = pay_links::of_contact(app, timer, source, contact).await;
    (source.render(contact, link).into_iter().map(numbered).collect(), waits)
}

/// What there is for whoever has paid, or thanks where there is nothing; then their link into the group,
/// unless they have met it in that.
async fn paid(
    app: &App,
    timer: &Timer,
    (contact, scenario, slug): (Option<Contact>, Option<Scenario>, &Slug),
    product: &str,
) -> Result<Vec<Numbered>, TableError> {
    let (mut says, mut names_link) = (Vec::new(), false);
    // The money went back meanwhile.
    if contact.as_ref().is_some_and(|it| it.run(slug).payment_date.is_none()) {
        return Ok(says);
    }
    if let (Some(contact), Some(scenario)) = (&contact, scenario)
        && let Some(content) = paid_content(&scenario)
    {
        let source = Source::of_scenario(app, scenario, content).await?;
        let speaks =
            |(_, it): &Numbered| matches!(it, Content::Part(part) if is_visible(part.plain()));
        // What was paid for waits for no link to pay at.
        says = said(app, timer, &source, contact).await.0;
        says.retain(speaks);
        names_link = !says.is_empty() && source.has_user("invite_link");
    }
    if says.is_empty() {
        let language = contact.as_ref().map(|it| it.language).unwrap_or_default();
        let thanks = Notice::PaymentReceived { product: product.to_owned(), language };
        says.push((Part::TEXT, thanks.into()));
    }
    let link = contact.filter(|_| !names_link).and_then(|it| invite(&it, slug));
    says.extend(link.map(|it| (LINK_BEHIND, it)));
    Ok(says)
}

/// What whoever has paid for a scenario is sent, if it says something.
fn paid_content(scenario: &Scenario) -> Option<StepContent> {
    let text = scenario.product.as_ref().map(|it| it.paid_content.clone());
    let text = text.filter(|it| is_visible(it))?;
    Some(StepContent { text, ..StepContent::default() })
}

/// A contact's link into the group that they are not in.
fn invite(contact: &Contact, scenario: &Slug) -> Option<Content> {
    let run = contact.run(scenario);
    let may = !run.access.joined_group && run.access.may_have_link(run.payment_date.is_some());
    let link = run.invite_link.filter(|_| may)?;
    Some(Notice::InviteLink { link, language: contact.language }.into())
}

/// A demonstration shows at most this many steps at once: more is a flood, and takes a minute to arrive.
const DEMO_STEPS: usize = 50;

/// A scenario in its order, with the names of variables in the place of their values: the steps behind those
/// that are passed over. The consent comes with the first ones; what there is for whoever has paid and the
/// summary come with the last ones. Where there are more, the end says how to see them.
async fn demo(
    app: &App,
    scenario: Scenario,
    (skip, language): (u32, Language),
) -> Result<Vec<Numbered>, TableError> {
    let (bot, slug) = (scenario.bot_id.clone(), scenario.slug.clone());
    let steps: Vec<Slug> = scenario.outline.steps().map(|(step, _)| step.clone()).collect();
    let of = steps.len();
    let skip = usize::try_from(skip).unwrap_or(of).min(of);
    let shown = of.min(skip + DEMO_STEPS);
    let mut contents = Vec::new();
    if skip == 0 {
        contents.extend(scenario.consent.clone());
    }
    for step in steps.iter().take(shown).skip(skip) {
        contents.push(content_of(app, &bot, &slug, step).await?);
    }
    if shown == of {
        contents.extend(paid_content(&scenario));
        contents.extend(scenario.summary.clone());
    }
    let (mut says, mut next) = (Vec::new(), 0);
    for content in contents {
        let source = Source::of_scenario(app, scenario.clone(), content).await?;
        let parts = source.demo().into_iter().map(numbered);
        says.extend(parts.map(|(number, part)| (next + number, part)));
        next += PER_CONTENT;
    }
    let desk = |said| (next, Content::from(Notice::Desk { said, language }));
    if shown < of {
        says.push(desk(DeskNotice::DemoGoesOn { slug, shown, of }));
    } else if says.is_empty() {
        says.push(desk(DeskNotice::DemoEmpty));
    }
    Ok(says)
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
