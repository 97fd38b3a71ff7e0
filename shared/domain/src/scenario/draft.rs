//! Scenarios and messages as a request names them. What is wrong with them is told all at once: what is
//! wrong with their form here, and what is wrong with what they say where they are checked.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{
    MAX_DELAY, OnPayment, OnRefund, Photo, Product, Scenario, Spot, StepContent, check_group_id,
};
use crate::button::ButtonsDraft;
use crate::field_error::FieldError;
use crate::slug::Slug;

/// What a message is to say. What is absent stays as it is; `Some(None)` takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ContentDraft {
    /// A template in Markdown.
    pub text: Option<String>,
    /// All of its photos.
    pub photos: Option<Vec<PhotoDraft>>,
    /// Its buttons.
    #[serde(default, deserialize_with = "given")]
    pub buttons: Option<Option<ButtonsDraft>>,
}

/// A photo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct PhotoDraft {
    /// What Telegram calls it.
    pub file_id: Option<String>,
    /// Its key in the object store.
    pub object: Option<String>,
}

/// How long after the message before it a step is due: the sum of the three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TimingDraft {
    /// Hours.
    #[serde(default)]
    pub hours: u32,
    /// Minutes.
    #[serde(default)]
    pub minutes: u32,
    /// Seconds.
    #[serde(default)]
    pub seconds: u32,
}

/// Where a step is put: behind all others where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SpotDraft {
    /// Before this step.
    pub before: Option<String>,
    /// After this step.
    pub after: Option<String>,
}

/// What a scenario is to sell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ProductDraft {
    /// What the payment page calls it.
    pub name: Option<String>,
    /// What it costs, in roubles: a number, or a text such as `99.90`.
    pub price: Option<Value>,
    /// What is said to whoever has paid.
    #[serde(default)]
    pub paid_content: String,
}

/// What a scenario is to be. What is absent stays as it is; `Some(None)` takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScenarioDraft {
    /// What people call it.
    pub name: Option<String>,
    /// Whether it may be started.
    pub is_active: Option<bool>,
    /// What it sells.
    pub product: Option<Option<ProductDraft>>,
    /// The group that whoever has paid is invited to: a number, or a text.
    pub private_group_id: Option<Option<Value>>,
    /// What a payment does to a contact who is under way.
    pub on_payment: Option<OnPayment>,
    /// What a refund does.
    pub on_refund: Option<OnRefund>,
    /// What is asked before the first message.
    pub consent: Option<Option<ContentDraft>>,
    /// What whoever has completed it gets.
    pub summary: Option<Option<ContentDraft>>,
}

/// Reads a field that may be `null`, which is something else than one that is absent.
///
/// # Errors
/// The input's own.
pub fn given<'de, D, T>(input: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(input).map(Some)
}

/// A number or a text as it is written; anything else is neither.
fn text(value: Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        _ => String::new(),
    }
}

/// Adds what is wrong with fields of which nothing wrong is known yet.
pub fn add_faults(errors: &mut Vec<FieldError>, more: Vec<FieldError>) {
    let known: Vec<String> = errors.iter().map(|it| it.field.clone()).collect();
    errors.extend(more.into_iter().filter(|it| !known.contains(&it.field)));
}

impl ContentDraft {
    /// The content that this makes of the one `before`. What is wrong with its form is added to `errors`.
    ///
    /// A photo of the object store is one of those that `before` has: its key says nothing of whose it is.
    pub fn read(
        self,
        field: &str,
        before: &StepContent,
        errors: &mut Vec<FieldError>,
    ) -> StepContent {
        let at = |name: &str| {
            if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
        };
        let mut content = before.clone();
        if let Some(text) = self.text {
            content.text = text;
        }
        if let Some(photos) = self.photos {
            content.photos.clear();
            for (n, photo) in photos.into_iter().enumerate() {
                match photo.read(&before.photos) {
                    Ok(photo) => content.photos.push(photo),
                    Err(message) => {
                        errors.push(FieldError::new(at(&format!("photos[{n}]")), message));
                    }
                }
            }
        }
        if let Some(buttons) = self.buttons {
            content.buttons = buttons.and_then(|it| it.read(&at("buttons"), errors));
        }
        content
    }

    /// The content that this is by itself, in the place of `before`.
    pub fn read_whole(
        self,
        field: &str,
        before: Option<&StepContent>,
        errors: &mut Vec<FieldError>,
    ) -> StepContent {
        let photos = before.map(|it| it.photos.clone()).unwrap_or_default();
        let whole = Self { photos: Some(self.photos.unwrap_or_default()), ..self };
        whole.read(field, &StepContent { photos, ..StepContent::default() }, errors)
    }
}

impl PhotoDraft {
    fn read(self, before: &[Photo]) -> Result<Photo, &'static str> {
        match (self.file_id, self.object) {
            (Some(id), None) => Ok(Photo::FileId(id)),
            (None, Some(key)) => {
                let photo = Photo::Object(key);
                let kept = before.contains(&photo);
                kept.then_some(photo).ok_or("is no stored photo of this bot")
            }
            _ => Err("must have a file_id or an object"),
        }
    }
}

impl TimingDraft {
    /// The delay in seconds.
    pub fn read(self, field: &str, errors: &mut Vec<FieldError>) -> u32 {
        let seconds = u64::from(self.hours) * 3_600 + u64::from(self.minutes) * 60;
        let seconds = u32::try_from(seconds + u64::from(self.seconds)).unwrap_or(u32::MAX);
        if seconds > MAX_DELAY {
            errors.push(FieldError::new(field, "must be at most 366 days in all"));
        }
        seconds
    }

    /// The timing of a delay, with as many hours and minutes as fit.
    pub const fn of(seconds: u32) -> Self {
        Self { hours: seconds / 3_600, minutes: seconds / 60 % 60, seconds: seconds % 60 }
    }
}

impl SpotDraft {
    /// The place that this is.
    pub fn read(self, errors: &mut Vec<FieldError>) -> Spot {
        let mut slug = |field: &str, text: &str| match Slug::parse(text) {
            Ok(slug) => Some(slug),
            Err(error) => {
                errors.push(FieldError::new(field, error.to_string()));
                None
            }
        };
        match (self.before.as_deref(), self.after.as_deref()) {
            (Some(before), None) => slug("before", before).map_or(Spot::End, Spot::Before),
            (None, Some(after)) => slug("after", after).map_or(Spot::End, Spot::After),
            (None, None) => Spot::End,
            (Some(_), Some(_)) => {
                errors.push(FieldError::new("after", "must not stand beside before"));
                Spot::End
            }
        }
    }
}

impl ProductDraft {
    fn read(self, field: &str, errors: &mut Vec<FieldError>) -> Product {
        let mut fault = |name: &str, message: &str| {
            errors.push(FieldError::new(format!("{field}.{name}"), message));
        };
        if self.name.is_none() {
            fault("name", "is required");
        }
        let price = match self.price.map(|it| text(it).trim().parse::<Decimal>()) {
            Some(Ok(price)) => price.normalize(),
            Some(Err(_)) => {
                fault("price", "must be a number such as 1500 or 99.90");
                Decimal::ONE
            }
            None => {
                fault("price", "is required");
                Decimal::ONE
            }
        };
        Product { name: self.name.unwrap_or_default(), price, paid_content: self.paid_content }
    }
}

impl ScenarioDraft {
    /// Makes the scenario what this says. What is wrong with its form is added to `errors`.
    pub fn apply(self, scenario: &mut Scenario, errors: &mut Vec<FieldError>) {
        if let Some(name) = self.name {
            scenario.name = name;
        }
        scenario.is_active = self.is_active.unwrap_or(scenario.is_active);
        scenario.on_payment = self.on_payment.unwrap_or(scenario.on_payment);
        scenario.on_refund = self.on_refund.unwrap_or(scenario.on_refund);
        if let Some(product) = self.product {
            scenario.product = product.map(|it| it.read("product", errors));
        }
        if let Some(group) = self.private_group_id {
            scenario.private_group_id = match group.map(|it| check_group_id(&text(it))) {
                Some(Ok(id)) => Some(id),
                Some(Err(message)) => {
                    errors.push(FieldError::new("private_group_id", message));
                    None
                }
                None => None,
            };
        }
        if let Some(consent) = self.consent {
            let before = scenario.consent.take();
            scenario.consent = consent.map(|it| it.read_whole("consent", before.as_ref(), errors));
        }
        if let Some(summary) = self.summary {
            let before = scenario.summary.take();
            scenario.summary = summary.map(|it| it.read_whole("summary", before.as_ref(), errors));
        }
    }
}

#[cfg(test)]
mod tests;
