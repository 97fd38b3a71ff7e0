//! How scenarios and their steps are written.

use app::scenario::author::{BotScenario, PlacedStep};
use domain::scenario::{OnPayment, OnRefund, Product};
use serde::Serialize;
use utoipa::ToSchema;

use super::content::{ButtonsBody, ContentView, PhotoBody, TimingView};

/// The names of [`OnPayment`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = OnPayment)]
pub(crate) enum OnPaymentName {
    /// The messages go on.
    Continue,
    /// The scenario is completed.
    Complete,
}

/// The names of [`OnRefund`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = OnRefund)]
pub(crate) enum OnRefundName {
    /// What was paid for is taken away.
    Revoke,
    /// It stays.
    Keep,
}

/// What a scenario is to sell.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = NewProduct)]
pub(crate) struct ProductBody {
    /// What the payment page calls it: at most 200 characters.
    name: String,
    /// What it costs, in roubles: more than 0 and at most 1000000, as a number or a string such as `"99.90"`.
    price: String,
    /// What is said to whoever has paid: a template in Markdown of at most 2000 characters.
    #[schema(nullable = false, required = false)]
    paid_content: String,
}

/// What a scenario sells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// What the payment page calls it.
    name: String,
    /// What it costs, in roubles.
    price: String,
    /// What is said to whoever has paid.
    paid_content: String,
}

impl From<&Product> for ProductView {
    fn from(product: &Product) -> Self {
        Self {
            name: product.name.clone(),
            price: product.price.normalize().to_string(),
            paid_content: product.paid_content.clone(),
        }
    }
}

/// A scenario in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioLine)]
pub(crate) struct LineView {
    /// What it is called in `/start`.
    slug: String,
    /// What people call it.
    name: String,
    /// Whether it may be started.
    is_active: bool,
    /// Whether a bare `/start` means it.
    is_default: bool,
    /// How many steps it has.
    steps: usize,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&BotScenario> for LineView {
    fn from(BotScenario { scenario, is_default }: &BotScenario) -> Self {
        Self {
            slug: scenario.slug.to_string(),
            name: scenario.name.clone(),
            is_active: scenario.is_active,
            is_default: *is_default,
            steps: scenario.outline.steps().count(),
            created_at: scenario.created_at.rfc3339(),
        }
    }
}

/// A step in a scenario's order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioPlace)]
pub(crate) struct PlaceView {
    /// What it is called.
    slug: String,
    /// How long after the message before it it is due.
    timing: TimingView,
}

/// A scenario.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scenario)]
pub(crate) struct ScenarioView {
    /// What it is called in `/start`.
    slug: String,
    /// What people call it.
    name: String,
    /// Whether it may be started; who is under way goes on all the same.
    is_active: bool,
    /// Whether a bare `/start` means it.
    is_default: bool,
    /// What it sells, if it sells something.
    product: Option<ProductView>,
    /// The group that whoever has paid is invited to.
    private_group_id: Option<i64>,
    /// What a payment does to who is under way.
    #[schema(value_type = OnPaymentName)]
    on_payment: OnPayment,
    /// What a refund does.
    #[schema(value_type = OnRefundName)]
    on_refund: OnRefund,
    /// What is asked before the first message.
    consent: Option<ContentView>,
    /// What who has completed it gets on `/start`.
    summary: Option<ContentView>,
    /// Its steps in their order.
    steps: Vec<PlaceView>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&BotScenario> for ScenarioView {
    fn from(BotScenario { scenario, is_default }: &BotScenario) -> Self {
        let place = |(slug, delay): (&domain::slug::Slug, u32)| PlaceView {
            slug: slug.to_string(),
            timing: TimingView::of(delay),
        };
        Self {
            slug: scenario.slug.to_string(),
            name: scenario.name.clone(),
            is_active: scenario.is_active,
            is_default: *is_default,
            product: scenario.product.as_ref().map(ProductView::from),
            private_group_id: scenario.private_group_id,
            on_payment: scenario.on_payment,
            on_refund: scenario.on_refund,
            consent: scenario.consent.as_ref().map(ContentView::from),
            summary: scenario.summary.as_ref().map(ContentView::from),
            steps: scenario.outline.steps().map(place).collect(),
            created_at: scenario.created_at.rfc3339(),
        }
    }
}

/// A step of a scenario.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioStep)]
pub(crate) struct StepView {
    /// What it is called.
    slug: String,
    /// Its number in the order, from 1.
    number: usize,
    /// A template in Markdown.
    text: String,
    /// Its photos.
    photos: Vec<PhotoBody>,
    /// Its buttons.
    buttons: Option<ButtonsBody>,
    /// How long after the message before it it is due.
    timing: TimingView,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&PlacedStep> for StepView {
    fn from(PlacedStep { step, delay, number }: &PlacedStep) -> Self {
        let ContentView { text, photos, buttons } = ContentView::from(&step.content);
        Self {
            slug: step.slug.to_string(),
            number: *number,
            text,
            photos,
            buttons,
            timing: TimingView::of(*delay),
            created_at: step.created_at.rfc3339(),
        }
    }
}
