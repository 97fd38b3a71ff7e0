//! What people do: `/start`, consent, `/stop`, blocking the bot and taking it back.

use domain::contact::{Begun, Contact, Language, Said, decide_begin, decide_stop_run, unblock};
use domain::engine::job::{AccessChange, Words};
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::BotId;
use domain::message::{Notice, ScenarioNotice};
use domain::payment::ContactOrder;
use domain::scenario::{BotScenarios, Scenario, find_scenario};
use domain::slug::Slug;
use domain::text::first_chars;
use rust_decimal::Decimal;
use table::{TableError, keys};

use crate::App;

/// Who wrote.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer {
    /// What they are called.
    pub(crate) user_name: Option<String>,
    /// Their language, as Telegram has it.
    pub(crate) language: Option<String>,
}

/// A chat and its bot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    /// The bot.
    pub(crate) bot: &'a BotId,
    /// The chat.
    pub(crate) chat_id: i64,
}

/// What follows for a contact, and what is said beside its scenario's own words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    /// The state.
    pub(crate) writes: Vec<Write>,
    /// The jobs.
    pub(crate) jobs: Vec<NewJob>,
    /// What is said, in order.
    pub(crate) notices: Vec<Notice>,
}

impl Effects {
    /// Adds them to a decision.
    pub(crate) fn added_to<R>(self, mut decision: Decision<R>) -> Decision<R> {
        decision.writes.extend(self.writes);
        decision.jobs.extend(self.jobs);
        decision
    }
}

/// What a bot's scenarios share; `None` for a bot without scenarios.
pub(crate) async fn settings(app: &App, bot: &BotId) -> Result<Option<BotScenarios>, TableError> {
    app.table.get(&keys::bot_scenarios(bot)).await
}

/// `/start` with what was asked for, or the press of a consent's button (`agreed`). `None` where the bot has
/// no scenario to turn to.
pub(crate) async fn begin(
    app: &App,
    At { bot, chat_id }: At<'_>,
    settings: &BotScenarios,
    (asked, agreed): (Option<&str>, bool),
    writer: &Writer,
) -> Result<Option<Effects>, TableError> {
    let named = asked.and_then(|asked| Slug::parse(asked).ok()).map(|it| keys::scenario(bot, &it));
    let default = settings.default_scenario.as_ref().map(|it| keys::scenario(bot, it));
    let contact = keys::contact(bot, chat_id);
    let wanted: Vec<_> =
        [Some(contact.clone()), named.clone(), default.clone()].into_iter().flatten().collect();
    let found = app.table.get_all(&wanted).await?;
    let scenario = |key: Option<_>| match key {
        Some(key) => found.peek::<Scenario>(&key),
        None => Ok(None),
    };
    let (named, default) = (scenario(named)?, scenario(default)?);
    let Ok(start) = find_scenario(asked, named.as_ref(), default.as_ref()) else {
        return Ok(None);
    };
    let now = app.env.now();
    let known = found.peek::<Contact>(&contact)?;
    let new = known.is_none();
    let mut contact = known.unwrap_or_else(|| Contact::new(bot.clone(), chat_id, now));
    let before = contact.clone();
    contact.user_name = writer.user_name.as_deref().map(named_so).or(contact.user_name);
    if writer.language.is_some() {
        contact.language = Language::of_code(writer.language.as_deref());
    }
    let begun = decide_begin(&contact, start.scenario, agreed, now, app.env.id());
    let mut effects = effects(app, begun, start.scenario, (new, &before), false).await?;
    if start.unknown {
        effects.notices.insert(
            0,
            Notice::Scenario { said: ScenarioNotice::Unknown, language: contact.language },
        );
    }
    Ok(Some(effects))
}

/// The consent that was asked for is given. A second press, or one of a question that something else has
/// answered since, does nothing: it must not start what was not asked for.
pub(crate) async fn agree(
    app: &App,
    at: At<'_>,
    settings: &BotScenarios,
    writer: &Writer,
) -> Result<Option<Effects>, TableError> {
    let contact = app.table.get::<Contact>(&keys::contact(at.bot, at.chat_id)).await?;
    let Some(asked) = contact.and_then(|it| it.asked) else { return Ok(Some(Effects::default())) };
    begin(app, at, settings, (Some(asked.as_str()), true), writer).await
}

/// The run that is under way stops.
pub(crate) async fn stop(app: &App, At { bot, chat_id }: At<'_>) -> Result<Effects, TableError> {
    let contact = app.table.get::<Contact>(&keys::contact(bot, chat_id)).await?;
    let Some(contact) = contact else { return Ok(Effects::default()) };
    let stopped = decide_stop_run(&contact, app.env.now());
    Ok(stopped.map_or_else(Effects::default, |begun| written(app, begun, (false, &contact))))
}

/// The person wants broadcasts, or none.
pub(crate) async fn want_broadcasts(
    app: &App,
    At { bot, chat_id }: At<'_>,
    wanted: bool,
) -> Result<Effects, TableError> {
    let contact = app.table.get::<Contact>(&keys::contact(bot, chat_id)).await?;
    let Some(contact) = contact else { return Ok(Effects::default()) };
    let said = if wanted { ScenarioNotice::Subscribed } else { ScenarioNotice::Unsubscribed };
    let notices = vec![Notice::Scenario { said, language: contact.language }];
    let changed = Contact { unsubscribed: !wanted, ..contact.clone() };
    let write = (contact != changed).then(|| Write::Replace(changed.into()));
    Ok(Effects { writes: write.into_iter().collect(), notices, ..Effects::default() })
}

/// Nothing can be sent to the chat any more: a run under way keeps its place.
pub(crate) async fn block(
    app: &App,
    At { bot, chat_id }: At<'_>,
    reason: &str,
) -> Result<Effects, TableError> {
    let contact = app.table.get::<Contact>(&keys::contact(bot, chat_id)).await?;
    let blocked = contact.and_then(|contact| domain::contact::block(&contact, reason));
    Ok(blocked.map_or_else(Effects::default, |(contact, cancel)| Effects {
        writes: cancel.into_iter().chain([Write::Replace(contact.into())]).collect(),
        ..Effects::default()
    }))
}

/// The chat can be written to again: a run under way goes on where it was.
pub(crate) async fn returned(
    app: &App,
    At { bot, chat_id }: At<'_>,
) -> Result<Effects, TableError> {
    let contact = app.table.get::<Contact>(&keys::contact(bot, chat_id)).await?;
    let Some(contact) = contact else { return Ok(Effects::default()) };
    let scenario = match &contact.active {
        Some(active) => app.table.get::<Scenario>(&keys::scenario(bot, active)).await?,
        None => None,
    };
    let returned = unblock(&contact, scenario.as_ref(), app.env.now(), app.env.id());
    Ok(returned.map_or_else(Effects::default, |begun| written(app, begun, (false, &contact))))
}

fn named_so(name: &str) -> String {
    first_chars(name, domain::contact::MAX_USER_NAME).to_owned()
}

/// Whoever has paid for a group and has no link, because the bot had no rights there, gets one when they begin.
fn missing_invite(app: &App, begun: &Begun, scenario: &Scenario, by_hand: bool) -> Option<NewJob> {
    let contact = &begun.contact;
    let run = contact.run(&scenario.slug);
    let group = scenario.private_group_id.filter(|group| run.lacks_invite(*group))?;
    let job = Job::GroupAccess {
        bot: contact.bot_id.clone(),
        chat_id: contact.chat_id,
        scenario: scenario.slug.clone(),
        group,
        change: AccessChange::Renew { asked: true, by_hand },
    };
    Some(NewJob { id: app.env.id(), job, due: app.env.now(), owner: None })
}

/// Whoever takes a run up again and has never had a link to pay at, because the form made none in time, gets the
/// last message once more with it. A next message that comes at once brings its own.
async fn missing_link(
    app: &App,
    begun: &Begun,
    before: &Contact,
    scenario: &Scenario,
) -> Result<Option<NewJob>, TableError> {
    let (run, now) = (before.run(&scenario.slug), app.env.now());
    let sells = scenario.product.as_ref().is_some_and(|it| it.price > Decimal::ZERO);
    let waits = begun.job.as_ref().is_some_and(|next| next.due > now);
    let may = sells && run.payment_date.is_none() && begun.said.is_none() && waits;
    let last = scenario.outline.last_received(&run).filter(|_| may);
    let Some(step) = last.cloned() else { return Ok(None) };
    let (bot, chat_id) = (before.bot_id.clone(), before.chat_id);
    let order = keys::contact_order(&bot, chat_id, &scenario.slug);
    if app.table.get::<ContactOrder>(&order).await?.is_some() {
        return Ok(None);
    }
    let words = Words::StepWithLink { step };
    let job = Job::ScenarioWords { bot, chat_id, scenario: scenario.slug.clone(), words };
    Ok(Some(NewJob { id: app.env.id(), job, due: now, owner: None }))
}

/// What is written and sent for a contact who begins: one who is `new`, or as they were read. Links that they
/// should have and have not come too; where it is `by_hand`, the admins hear why one does not.
pub(super) async fn effects(
    app: &App,
    begun: Begun,
    scenario: &Scenario,
    from: (bool, &Contact),
    by_hand: bool,
) -> Result<Effects, TableError> {
    let invite = missing_invite(app, &begun, scenario, by_hand);
    let link = missing_link(app, &begun, from.1, scenario).await?;
    let mut effects = begun_so(app, begun, &scenario.slug, from);
    effects.jobs.extend(invite.into_iter().chain(link));
    Ok(effects)
}

fn begun_so(app: &App, begun: Begun, scenario: &Slug, from: (bool, &Contact)) -> Effects {
    let words = match &begun.said {
        Some(Said::Summary) => Some(Words::Summary),
        Some(Said::Consent) => Some(Words::Consent),
        Some(Said::Step(step)) => Some(Words::Step { step: step.clone() }),
        Some(Said::Refused(_)) | None => None,
    };
    let refused = matches!(begun.said, Some(Said::Refused(_)));
    let (bot, chat_id) = (begun.contact.bot_id.clone(), begun.contact.chat_id);
    let language = begun.contact.language;
    let words = words.map(|words| NewJob {
        id: app.env.id(),
        job: Job::ScenarioWords { bot, chat_id, scenario: scenario.clone(), words },
        due: app.env.now(),
        owner: None,
    });
    let mut effects = written(app, begun, from);
    effects.jobs.extend(words);
    effects.notices.extend(
        refused.then_some(Notice::Scenario { said: ScenarioNotice::Unavailable, language }),
    );
    effects
}

/// The contact as it is then, where it differs from what was read, with its timers and what it is owed.
fn written(app: &App, begun: Begun, (new, before): (bool, &Contact)) -> Effects {
    let Begun { contact, job, cancel, owed, .. } = begun;
    let (bot, chat_id) = (contact.bot_id.clone(), contact.chat_id);
    let owed = owed.into_iter().map(|(scenario, words)| NewJob {
        id: app.env.id(),
        job: Job::ScenarioWords { bot: bot.clone(), chat_id, scenario, words },
        due: app.env.now(),
        owner: None,
    });
    let jobs = job.into_iter().chain(owed).collect();
    let contact = match (new, contact == *before) {
        (true, _) => Some(Write::Create(contact.into())),
        (false, true) => None,
        (false, false) => Some(Write::Replace(contact.into())),
    };
    let writes = cancel.into_iter().chain(contact).collect();
    Effects { writes, jobs, notices: Vec::new() }
}
