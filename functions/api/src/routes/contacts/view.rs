//! How contacts are written.

use std::collections::BTreeMap;

use app::scenario::owner::{FoundContact, SeenContact, SeenRun};
use domain::contact::Language;
use domain::payment::{Order, OrderSource, OrderStatus};
use domain::scenario::ScenarioStatus;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The names of [`ScenarioStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = ScenarioStatus)]
pub(crate) enum StatusName {
    /// Nothing was sent yet.
    NotStarted,
    /// Messages come.
    Active,
    /// There are no more messages.
    Completed,
    /// Messages have ended before the last one.
    Stopped,
}

/// The names of [`Language`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = ContactLanguage)]
enum LanguageName {
    /// English.
    En,
    /// Russian.
    Ru,
}

/// Where a contact is with a scenario.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactScenario)]
pub(crate) struct RunView {
    /// Where.
    #[schema(value_type = StatusName)]
    status: ScenarioStatus,
    /// The step that was taken last, also one that is deleted since; `null` before the first.
    step: Option<String>,
    /// How many messages were received, those that are deleted since included.
    received: usize,
    /// When the next step is due; `null` while none is to come.
    #[schema(format = DateTime)]
    next_due: Option<String>,
    /// When it was started first.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When the last message was sent.
    #[schema(format = DateTime)]
    last_sent_at: Option<String>,
    /// When it was completed.
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// When it was paid for, or given.
    #[schema(format = DateTime)]
    payment_date: Option<String>,
    /// Whether the contact is in its group.
    joined_group: bool,
    /// When they came in.
    #[schema(format = DateTime)]
    joined_at: Option<String>,
}

/// A contact of a bot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactView {
    /// The chat.
    chat_id: i64,
    /// The username, or else the name.
    user_name: Option<String>,
    /// The language that the bot speaks.
    #[schema(value_type = LanguageName)]
    language: Language,
    /// When the contact first wrote.
    #[schema(format = DateTime)]
    registered_at: String,
    /// The scenario that is under way.
    active_scenario: Option<String>,
    /// Where the contact is with each scenario that they have begun or paid for, by its slug.
    scenarios: BTreeMap<String, RunView>,
    /// Why the contact cannot be written to, if that is so.
    blocked: Option<String>,
    /// Whether the contact wants no broadcasts.
    unsubscribed: bool,
}

impl From<&SeenContact> for ContactView {
    fn from(seen: &SeenContact) -> Self {
        let contact = &seen.contact;
        let run = |it: &SeenRun| (it.scenario.to_string(), RunView::of(seen, it));
        Self {
            chat_id: contact.chat_id,
            user_name: contact.user_name.clone(),
            language: contact.language,
            registered_at: contact.registered_at.rfc3339(),
            active_scenario: contact.active.as_ref().map(ToString::to_string),
            scenarios: seen.runs.iter().map(run).collect(),
            blocked: contact.blocked.clone(),
            unsubscribed: contact.unsubscribed,
        }
    }
}

impl RunView {
    fn of(seen: &SeenContact, SeenRun { scenario, state, step }: &SeenRun) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        Self {
            status: state.status,
            step: step.as_ref().map(ToString::to_string),
            received: state.received.len(),
            next_due: time(next_due(seen, scenario)),
            started_at: time(state.started_at),
            last_sent_at: time(state.last_sent_at),
            completed_at: time(state.completed_at),
            payment_date: time(state.payment_date),
            joined_group: state.access.joined_group,
            joined_at: time(state.access.joined_at),
        }
    }
}

/// When the next step of a contact's run is due.
pub(super) fn next_due(seen: &SeenContact, scenario: &domain::slug::Slug) -> Option<Timestamp> {
    let next = seen.contact.next.as_ref().filter(|_| seen.contact.is_in(scenario));
    next.map(|it| it.due)
}

/// The names of [`OrderStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = OrderStatus)]
enum OrderStatusName {
    /// It was not paid yet.
    Open,
    /// It is paid.
    Paid,
    /// What was paid went back.
    Refunded,
}

/// An order of a contact's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactOrder)]
pub(crate) struct OrderView {
    /// Its number, as Prodamus shows it.
    number: String,
    /// The scenario whose product it is.
    scenario: String,
    /// What the product was called.
    product: String,
    /// What it cost.
    price: String,
    /// In which currency, in lower case.
    currency: String,
    /// Where it stands.
    #[schema(value_type = OrderStatusName)]
    status: OrderStatus,
    /// What was paid and did not go back.
    revenue: String,
    /// The admin who gave it; `null` for one that was to be paid.
    #[schema(format = Uuid)]
    granted_by: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was paid, while it is.
    #[schema(format = DateTime)]
    paid_at: Option<String>,
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        let granted_by = match order.source {
            OrderSource::Grant { by } => Some(by.to_string()),
            OrderSource::Form | OrderSource::Test { .. } => None,
        };
        Self {
            number: order.number.to_string(),
            scenario: order.scenario.to_string(),
            product: order.product.clone(),
            price: order.price.normalize().to_string(),
            currency: order.currency.clone(),
            status: order.status,
            revenue: order.revenue().normalize().to_string(),
            granted_by,
            created_at: order.created_at.rfc3339(),
            paid_at: order.paid_at.map(Timestamp::rfc3339),
        }
    }
}

/// A contact, with their orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactDetails)]
pub(crate) struct DetailsView {
    #[serde(flatten)]
    contact: ContactView,
    /// Their orders, the oldest first; the last 50 of each scenario.
    orders: Vec<OrderView>,
}

impl From<&FoundContact> for DetailsView {
    fn from(found: &FoundContact) -> Self {
        let orders = found.orders.iter().map(OrderView::from).collect();
        Self { contact: ContactView::from(&found.seen), orders }
    }
}
