//! The messages that an author's content becomes for one contact.

use domain::broadcast::Broadcast;
use domain::button::{Button, ButtonSet, Buttons, Does, Row, Rows};
use domain::contact::{Contact, Language};
use domain::ids::BotId;
use domain::markup::to_telegram;
use domain::scenario::{BotScenarios, Part, Scenario, StepContent, parts};
use domain::template::{Fill, Globals, Template, Tz, UTC, UserValues, Values, date};
use table::{TableError, keys};

use crate::App;

/// What the button below each broadcast says to the bot.
pub(crate) const UNSUBSCRIBE: &str = "unsubscribe";

/// A content with all that its messages are made of but the contact.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    text: Template,
    content: StepContent,
    rows: Rows,
    variables: Globals,
    zone: Tz,
    scenario: Option<Scenario>,
    is_broadcast: bool,
}

impl Source {
    /// A content of a scenario.
    pub(crate) async fn of_scenario(
        app: &App,
        scenario: Scenario,
        content: StepContent,
    ) -> Result<Self, TableError> {
        let bot = scenario.bot_id.clone();
        let source = Self::read(app, &bot, content).await?;
        Ok(Self { scenario: Some(scenario), ..source })
    }

    /// A broadcast's content: it is of no scenario, and whoever wants no more of them says so by a button.
    pub(crate) async fn of_broadcast(app: &App, broadcast: &Broadcast) -> Result<Self, TableError> {
        let source = Self::read(app, &broadcast.bot_id, broadcast.content.clone()).await?;
        Ok(Self { is_broadcast: true, ..source })
    }

    async fn read(app: &App, bot: &BotId, content: StepContent) -> Result<Self, TableError> {
        let settings = keys::bot_scenarios(bot);
        let set = match &content.buttons {
            Some(Buttons::Set { button_set_ref }) => Some(keys::button_set(bot, button_set_ref)),
            _ => None,
        };
        let wanted: Vec<_> = std::iter::once(settings.clone()).chain(set.clone()).collect();
        let mut found = app.table.get_all(&wanted).await?;
        let settings = found.take::<BotScenarios>(&settings)?;
        let rows = match (&content.buttons, set) {
            (Some(Buttons::Inline(rows)), _) => rows.clone(),
            (_, Some(set)) => {
                found.take::<ButtonSet>(&set)?.map(|set| set.rows).unwrap_or_default()
            }
            _ => Rows::default(),
        };
        let zone = settings.as_ref().map_or(UTC, BotScenarios::zone);
        let variables = settings.map(|it| it.variables).unwrap_or_default();
        let text = Template::parse_lenient(&content.text);
        Ok(Self { text, content, rows, variables, zone, scenario: None, is_broadcast: false })
    }

    /// The scenario that it is of.
    pub(crate) const fn scenario(&self) -> Option<&Scenario> {
        self.scenario.as_ref()
    }

    /// Whether its text or one of its buttons has this variable of the contact's.
    pub(crate) fn has_user(&self, name: &str) -> bool {
        self.text.has_user(name) || self.rows.has_user(name)
    }

    /// Its messages for a contact, who pays at `link`, and nowhere else: the link in the contact's run came with
    /// them from another bot. What is missing leaves nothing behind: a message is worth more than one of its
    /// values.
    pub(crate) fn render(&self, contact: &Contact, link: Option<String>) -> Vec<Part> {
        let mut values = Values::default().with_bot(&self.variables);
        if let Some(scenario) = &self.scenario {
            values = values.with_scenario(scenario);
        }
        let mut user = user_values(contact, self.scenario.as_ref(), self.zone);
        user.payment_link = link;
        let values = values.with_user(&user);
        let fill = Fill::Values(&values);
        let text = to_telegram(&self.text, &fill);
        let mut rows = self.rows.clone();
        if self.is_broadcast {
            rows.rows.push(unsubscribe(contact.language));
        }
        parts(&self.content.photos, text, rows.render(&fill))
    }
}

impl Source {
    /// Its messages with the names of variables in the place of their values.
    pub(crate) fn demo(&self) -> Vec<Part> {
        let text = to_telegram(&self.text, &Fill::Demo);
        parts(&self.content.photos, text, self.rows.render(&Fill::Demo))
    }
}

/// The row that an author cannot leave out.
fn unsubscribe(language: Language) -> Row {
    let text = match language {
        Language::En => "Unsubscribe",
        Language::Ru => "Отписаться",
    };
    let does = Does::Callback { callback_data: UNSUBSCRIBE.to_owned() };
    Row { buttons: vec![Button { text: text.to_owned(), does }] }
}

/// A contact's values, those of its run of a scenario among them. Days are those of the bot's zone.
pub(super) fn user_values(contact: &Contact, scenario: Option<&Scenario>, zone: Tz) -> UserValues {
    let run = scenario.map(|it| contact.run(&it.slug)).unwrap_or_default();
    let day = |at| date(at, zone);
    UserValues {
        user_name: contact.user_name.clone(),
        payment_link: run.payment_link,
        invite_link: run.invite_link,
        reg_date: Some(day(contact.registered_at)),
        payment_date: run.payment_date.map(day),
        joined_date: run.access.joined_at.map(day),
    }
}
