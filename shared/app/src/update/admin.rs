//! Admins at work in the chat: commands about scenarios and broadcasts, and the wizard.

use channels::telegram::Kind;
use domain::account::{Role, User};
use domain::broadcast::Broadcast;
use domain::engine::job::Words;
use domain::engine::{Job, NewJob, Write};
use domain::ids::{BotId, CompanyId, UserId};
use domain::message::{DeskNotice, DeskRefusal, ListedScenario, Notice, SEND_BROADCAST};
use domain::scenario::{ContentRules, Scenario, ScenarioCode};
use domain::update::Effects;
use domain::wizard::{
    ChatWizard, Input, Language, Outcome, ToldFault, Wizard, WizardKind, WizardNotice, WizardSay,
};
use table::{TableError, keys};

use super::chat::Chat;
use super::deed::Deed;
use super::handle::Handling;
use crate::bot::BOT;
use crate::scenario::author::{self, ChangeSettings, TOO_MANY_SCENARIOS, TOO_MANY_STEPS, Whose};
use crate::scenario::broadcasts::{BROADCAST, INVALID_BROADCAST_STATE};
use crate::scenario::{self, broadcasts};
use crate::{App, AppError};

/// What a deed of an admin's does. Whoever is none, and an admin without a wizard who just talks, is answered
/// as everyone is.
pub(super) async fn decide(
    handling: Handling<'_>,
    deed: &Deed,
) -> Result<(Effects, scenario::Effects), AppError> {
    let usual = || {
        let said = match deed {
            Deed::Admin { .. } => vec![Notice::UnknownCommand],
            Deed::Words => vec![Notice::NotUnderstood],
            Deed::Desk { .. } => vec![Notice::ButtonOutdated],
            _ => Vec::new(),
        };
        (Effects { writes: Vec::new(), notices: said }, scenario::Effects::default())
    };
    let Some(company_id) = handling.bot.company_id.filter(|_| handling.chat_id > 0) else {
        return Ok(usual());
    };
    let Handling { app, bot, chat_id, .. } = handling;
    let wizard = app.table.get::<ChatWizard>(&keys::chat_wizard(&bot.id, chat_id)).await?;
    let is_command = matches!(deed, Deed::Admin { .. } | Deed::Desk { .. });
    if (wizard.is_none() && !is_command) || !is_admin(handling, company_id).await? {
        return Ok(usual());
    }
    let language = match (&wizard, language(handling)) {
        (_, Some(said)) => said,
        (Some(wizard), None) => wizard.language,
        (None, None) => Language::default(),
    };
    let desk = Desk { handling, company_id, language };
    match deed {
        Deed::Admin { command, argument } if command != "cancel" => {
            desk.command(command, argument.as_deref(), wizard).await
        }
        Deed::Desk { data, .. } if data.starts_with(SEND_BROADCAST) => {
            desk.send(data.trim_start_matches(SEND_BROADCAST)).await
        }
        _ => desk.input(deed, wizard).await,
    }
}

/// Whether the chat is linked to an admin of the company: as a channel of theirs, or as the company's link
/// to them.
pub(super) async fn is_admin(
    handling: Handling<'_>,
    company_id: CompanyId,
) -> Result<bool, TableError> {
    let Handling { app, bot, chat_id, .. } = handling;
    is_admins_chat(app, (&bot.id, chat_id), company_id).await
}

/// The same of any chat.
pub(crate) async fn is_admins_chat(
    app: &App,
    (bot, chat_id): (&BotId, i64),
    company_id: CompanyId,
) -> Result<bool, TableError> {
    let chat = Chat::read(app, bot, chat_id).await?;
    let of_company = chat.companies.iter().filter(|it| it.company_id == company_id);
    let users: Vec<UserId> = chat
        .links
        .iter()
        // A number that an admin has mistyped is another person's.
        .filter(|it| !it.claimed)
        .map(|it| it.user_id)
        .chain(of_company.filter_map(|it| it.user_id))
        .collect();
    let wanted: Vec<_> = users.iter().map(|id| keys::user(*id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    for key in &wanted {
        let user = found.take::<User>(key)?;
        if user.is_some_and(|it| it.role == Role::Admin && it.company_id == company_id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The language of whoever writes, where Telegram tells it.
pub(super) fn language(handling: Handling<'_>) -> Option<Language> {
    let Kind::Message { from: Some(from), .. } = &handling.update.kind else { return None };
    from.language_code.as_deref().map(|code| Language::of_code(Some(code)))
}

/// What an admin is told of what is not done.
fn refused(error: AppError) -> DeskNotice {
    let why = match &error {
        AppError::Scenario { code: ScenarioCode::InvalidScenarioState, .. } => {
            // Of the commands only the one that deletes has it.
            Some(DeskRefusal::DefaultScenario)
        }
        AppError::Scenario { code, .. } => Some(DeskRefusal::Scenario(*code)),
        AppError::Conflict { code: INVALID_BROADCAST_STATE, .. } => {
            Some(DeskRefusal::BroadcastStatus)
        }
        AppError::Conflict { code: TOO_MANY_SCENARIOS, .. } => Some(DeskRefusal::TooManyScenarios),
        AppError::Conflict { code: TOO_MANY_STEPS, .. } => Some(DeskRefusal::TooManySteps),
        AppError::NotFound(BOT) => Some(DeskRefusal::NoBot),
        AppError::NotFound(BROADCAST) => Some(DeskRefusal::NoBroadcast),
        AppError::Taken { .. } => Some(DeskRefusal::Taken),
        _ => None,
    };
    match error {
        AppError::Invalid(faults) => {
            let told = faults.iter().map(|it| format!("{}: {}", it.field, it.message));
            let reason = told.collect::<Vec<_>>().join("\n");
            let faults = faults.into_iter().map(ToldFault::from).collect();
            DeskNotice::Refused { reason, why: Some(DeskRefusal::Faulty(faults)) }
        }
        error => DeskNotice::Refused { reason: error.to_string(), why },
    }
}

type Done = Result<(Effects, scenario::Effects), AppError>;

/// The scenario that is to be demonstrated, and how many of its messages are passed over: `course 51` begins with
/// the 51st.
fn demonstrated(argument: &str) -> (&str, u32) {
    let from = argument.rsplit_once(char::is_whitespace);
    let from = from.and_then(|(name, from)| Some((name.trim(), from.parse::<u32>().ok()?)));
    from.map_or((argument, 0), |(name, from)| (name, from.saturating_sub(1)))
}

/// An admin's desk: the chat, the bot, and the language.
#[derive(Clone, Copy)]
struct Desk<'a> {
    handling: Handling<'a>,
    company_id: CompanyId,
    language: Language,
}

impl Desk<'_> {
    fn whose(&self) -> Whose<'_> {
        Whose { company_id: self.company_id, bot: self.handling.bot.id.as_str() }
    }

    fn say(&self, said: DeskNotice) -> (Effects, scenario::Effects) {
        let notice = Notice::Desk { said, language: self.language };
        (Effects::say(notice), scenario::Effects::default())
    }

    /// What is refused for good is told; what may pass is tried again.
    fn or_refused(&self, done: Done) -> Done {
        let transient =
            |error: &AppError| matches!(error, AppError::Unavailable(_) | AppError::Repeated);
        match done {
            Err(error) if !transient(&error) => Ok(self.say(refused(error))),
            done => done,
        }
    }

    async fn command(
        &self,
        command: &str,
        argument: Option<&str>,
        wizard: Option<ChatWizard>,
    ) -> Done {
        let now = self.handling.app.env.now();
        let token = u32::try_from(now.as_seconds() & 0xffff).unwrap_or_default();
        match (command, argument) {
            ("scenarios", _) => self.list().await,
            ("create_scenario", _) => {
                Ok(self.go(Wizard::begin(WizardKind::CreateScenario, token, now), wizard))
            }
            ("create_broadcast", _) => {
                Ok(self.go(Wizard::begin(WizardKind::CreateBroadcast, token, now), wizard))
            }
            (_, None) => Ok(self.say(DeskNotice::Which { command: command.to_owned() })),
            ("edit_scenario", Some(name)) => self.or_refused(self.edit(name, token, wizard).await),
            (command, Some(name)) => self.or_refused(self.about(command, name).await),
        }
    }

    /// A wizard for a scenario that is there.
    async fn edit(&self, name: &str, token: u32, wizard: Option<ChatWizard>) -> Done {
        let app = self.handling.app;
        let scenario = author::find_scenario(app, self.whose(), name).await?.scenario;
        let steps = author::listed_steps(app, &scenario).await?;
        Ok(self.go(Wizard::edit(&scenario, steps, token, app.env.now()), wizard))
    }

    /// A command about one scenario or broadcast.
    async fn about(&self, command: &str, name: &str) -> Done {
        let (app, whose, bot) = (self.handling.app, self.whose(), &self.handling.bot.id);
        if command == "send_broadcast" {
            let broadcast = broadcasts::find_broadcast(app, bot, name).await?;
            let audience = broadcasts::audience(app, &broadcast).await?;
            let Broadcast { slug, name, targeting, .. } = broadcast;
            let broadcasts::Audience { contacts, seconds } = audience;
            let ready = DeskNotice::BroadcastReady { slug, name, targeting, contacts, seconds };
            return Ok(self.say(ready));
        }
        let (name, skip) = if command == "demo_scenario" { demonstrated(name) } else { (name, 0) };
        let found = author::find_scenario(app, whose, name).await?.scenario;
        let Scenario { slug, name, .. } = found;
        match command {
            "set_default_scenario" => {
                let default_scenario = Some(slug.as_str().to_owned());
                let change = ChangeSettings { default_scenario, ..ChangeSettings::default() };
                author::change_settings(app, whose, change).await?;
                Ok(self.say(DeskNotice::DefaultSet { name }))
            }
            "delete_scenario" => {
                author::delete_scenario(app, whose, slug.as_str()).await?;
                Ok(self.say(DeskNotice::Deleted { name }))
            }
            _ => {
                let chat_id = self.handling.chat_id;
                let job = Job::ScenarioWords {
                    bot: bot.clone(),
                    chat_id,
                    scenario: slug,
                    words: Words::Demo { skip, language: self.language },
                };
                let job = NewJob { id: app.env.id(), job, due: app.env.now(), owner: None };
                let effects = scenario::Effects { jobs: vec![job], ..scenario::Effects::default() };
                Ok((Effects::default(), effects))
            }
        }
    }

    async fn list(&self) -> Done {
        let page = author::list_scenarios(self.handling.app, self.whose(), 100, None).await?;
        let listed = page.items.into_iter().map(|it| ListedScenario {
            is_default: it.is_default,
            is_active: it.scenario.is_active,
            steps: it.scenario.outline.steps().count(),
            slug: it.scenario.slug,
            name: it.scenario.name,
        });
        Ok(self.say(DeskNotice::Scenarios { scenarios: listed.collect() }))
    }

    /// The broadcast begins in the transaction that says so: an update that is handled again finds neither.
    async fn send(&self, name: &str) -> Done {
        let (app, bot) = (self.handling.app, &self.handling.bot.id);
        let decided = broadcasts::decide_send(app, bot, name).await;
        let done = decided.map(|decision| {
            let name = decision.reply.name;
            let (effects, mut of_contact) = self.say(DeskNotice::BroadcastStarted { name });
            of_contact.writes.extend(decision.writes);
            of_contact.jobs.extend(decision.jobs);
            (effects, of_contact)
        });
        self.or_refused(done)
    }

    /// What is said to a wizard, whatever it is.
    async fn input(&self, deed: &Deed, wizard: Option<ChatWizard>) -> Done {
        let Some(before) = wizard else {
            let notice = match deed {
                Deed::Desk { .. } => WizardNotice::Outdated,
                _ => WizardNotice::Cancelled,
            };
            let say = WizardSay { notice, buttons: Vec::new() };
            return Ok(self.say(DeskNotice::Wizard { say }));
        };
        let input = match deed {
            Deed::Admin { .. } => Input::Cancel,
            Deed::Desk { data, .. } => Input::Press(data.clone()),
            Deed::Photo(id) => {
                let caption = match &self.handling.update.kind {
                    Kind::Message { caption, .. } => caption.clone(),
                    _ => None,
                };
                Input::Photo { id: id.clone(), caption }
            }
            Deed::Words => match &self.handling.update.kind {
                Kind::Message { text: Some(text), formatted, .. } => {
                    Input::Text(formatted.as_ref().unwrap_or(text).clone())
                }
                _ => Input::Other,
            },
            _ => Input::Other,
        };
        let app = self.handling.app;
        let bot = &self.handling.bot.id;
        let input = self.with_step(&before.wizard, input).await?;
        let (names, sets) = author::names_and_sets(app, bot).await?;
        let rules = ContentRules { names: &names, button_sets: &sets };
        let mut outcome = before.wizard.clone().handle(input, rules, app.env.now());
        let commands = std::mem::take(&mut outcome.commands);
        if commands.is_empty() {
            return Ok(self.go(outcome, Some(before)));
        }
        match author::save_wizard(app, bot, commands).await {
            Ok((writes, jobs)) => {
                let (effects, mut of_contact) = self.go(outcome, Some(before));
                of_contact.writes.extend(writes);
                of_contact.jobs.extend(jobs);
                Ok((effects, of_contact))
            }
            // The wizard stays as it was: nothing that was typed is lost.
            Err(error) => self.or_refused(Err(error)),
        }
    }

    /// The input, with the message that it chooses.
    async fn with_step(&self, wizard: &Wizard, input: Input) -> Result<Input, AppError> {
        let (WizardKind::EditScenario { slug: of }, Some(step)) =
            (&wizard.kind, wizard.chooses(&input))
        else {
            return Ok(input);
        };
        let Handling { app, bot, .. } = self.handling;
        let found = author::step_now(app, &bot.id, of, step).await?;
        Ok(Input::Chosen { step: step.clone(), found })
    }

    /// The wizard as it is then, and what it says.
    fn go(&self, outcome: Outcome, before: Option<ChatWizard>) -> (Effects, scenario::Effects) {
        let Handling { bot, chat_id, .. } = self.handling;
        let kept = outcome.wizard.map(|wizard| ChatWizard {
            bot_id: bot.id.clone(),
            chat_id,
            language: self.language,
            wizard,
            version: before.as_ref().map_or(0, |it| it.version),
        });
        let write = match (kept, before) {
            (Some(kept), None) => Some(Write::Create(kept.into())),
            (Some(kept), Some(_)) => Some(Write::Replace(kept.into())),
            (None, Some(before)) => Some(Write::Remove(before.into())),
            (None, None) => None,
        };
        let language = self.language;
        let said = outcome.says.into_iter();
        let notices = said.map(|say| Notice::Desk { said: DeskNotice::Wizard { say }, language });
        let effects = Effects { writes: Vec::new(), notices: notices.collect() };
        let of_contact = scenario::Effects {
            writes: write.into_iter().collect(),
            ..scenario::Effects::default()
        };
        (effects, of_contact)
    }
}

#[cfg(test)]
mod tests {
    use domain::fault::ContentFault;
    use domain::field_error::FieldError;

    use super::*;

    #[test]
    fn what_is_not_done_is_told_in_the_words_of_the_api_and_as_data() {
        let conflict = |code| AppError::Conflict { code, message: "in English".to_owned() };
        for (error, why) in [
            (
                AppError::from(ScenarioCode::ScenarioNotFound),
                Some(DeskRefusal::Scenario(ScenarioCode::ScenarioNotFound)),
            ),
            (
                AppError::from(ScenarioCode::InvalidScenarioState),
                Some(DeskRefusal::DefaultScenario),
            ),
            (conflict("INVALID_BROADCAST_STATE"), Some(DeskRefusal::BroadcastStatus)),
            (conflict("TOO_MANY_SCENARIOS"), Some(DeskRefusal::TooManyScenarios)),
            (conflict("TOO_MANY_STEPS"), Some(DeskRefusal::TooManySteps)),
            (conflict("ANOTHER"), None),
            (AppError::NotFound("bot"), Some(DeskRefusal::NoBot)),
            (AppError::NotFound("broadcast"), Some(DeskRefusal::NoBroadcast)),
            (AppError::Taken { fields: vec!["slug"] }, Some(DeskRefusal::Taken)),
            (AppError::Forbidden, None),
        ] {
            let reason = error.to_string();
            assert_eq!(refused(error), DeskNotice::Refused { reason, why });
        }
        let fault = FieldError::of("text", ContentFault::Nothing);
        let notice = refused(AppError::Invalid(vec![fault]));
        assert_eq!(notice.text(Language::En), "That did not work: text: must say something");
        assert_eq!(notice.text(Language::Ru), "Не получилось: текст: здесь ничего не видно");
    }
}
