//! What is checked when a scenario or one of its messages is saved: all faults at once.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{MAX_PHOTOS, Photo, Product, Scenario, StepContent};
use crate::button::{Buttons, Rows};
use crate::fault::ContentFault;
use crate::field_error::FieldError;
use crate::markup::{MAX_TEXT, to_telegram};
use crate::slug::Slug;
use crate::template::{Fill, Names, Template, Values};
use crate::text::is_visible;

/// The longest name of a scenario, a product or a broadcast, in characters.
pub const MAX_NAME: usize = 200;
/// The longest text for whoever has paid, in characters as it is written.
pub const MAX_PAID_CONTENT: usize = 2_000;
/// The highest price, in roubles.
pub const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// The longest `file_id` or key of a photo, in bytes.
const MAX_PHOTO: usize = 512;
/// The longest content, in bytes of JSON: a scenario with its outline and two of them fits an item.
pub const MAX_CONTENT: usize = 48 * 1024;
/// What the button of a consent says to the bot to start the scenario.
pub const ACCEPT: &str = "accept";
/// What another button of it says to the bot for no, or for no more.
pub const DECLINE: &str = "decline";

/// What a message is checked against.
#[derive(Clone, Copy, Debug)]
pub struct ContentRules<'a> {
    /// The variables that there are.
    pub names: &'a Names,
    /// The bot's sets of buttons.
    pub button_sets: &'a BTreeMap<Slug, Rows>,
}

/// What is wrong with a name, if something is.
pub fn check_name(name: &str) -> Result<(), ContentFault> {
    if !is_visible(name) {
        return Err(ContentFault::Nothing);
    }
    if name.chars().count() > MAX_NAME {
        return Err(ContentFault::TooLong { max: MAX_NAME });
    }
    Ok(())
}

/// What is wrong with a price, if something is.
pub fn check_price(price: Decimal) -> Result<(), String> {
    if price <= Decimal::ZERO || price > MAX_PRICE {
        return Err(format!("must be more than 0 and at most {MAX_PRICE}"));
    }
    if price.normalize().scale() > 2 {
        return Err("must have at most two digits after the point".to_owned());
    }
    Ok(())
}

/// The id of a group that a text is: `-100` and digits.
pub fn check_group_id(text: &str) -> Result<i64, String> {
    let faulty = || "must be the id of a supergroup: -100 and digits".to_owned();
    let digits = text.trim().strip_prefix("-100").ok_or_else(faulty)?;
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err(faulty());
    }
    text.trim().parse().map_err(|_| faulty())
}

/// What is wrong with the text for whoever has paid: it is sent as a message of its own.
pub fn check_paid_content(text: &str, names: &Names) -> Result<(), Vec<ContentFault>> {
    if text.chars().count() > MAX_PAID_CONTENT {
        return Err(vec![ContentFault::TooLong { max: MAX_PAID_CONTENT }]);
    }
    let faults = faults_of_text(text, names);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// What is wrong with a text in itself: its template, its length.
fn faults_of_text(text: &str, names: &Names) -> Vec<ContentFault> {
    let template = match Template::parse(text, names) {
        Ok(template) => template,
        Err(faults) => return faults.0.into_iter().map(ContentFault::Template).collect(),
    };
    let units = to_telegram(&template, &Fill::Longest).units;
    if units <= MAX_TEXT {
        return Vec::new();
    }
    vec![ContentFault::TextTooLong { max: MAX_TEXT, units }]
}

/// Whether a text says something even if each of its variables has no value.
fn says_something(text: &str) -> bool {
    let values = Values::default();
    let rendered = to_telegram(&Template::parse_lenient(text), &Fill::Values(&values));
    is_visible(&rendered.plain)
}

/// All that is wrong with what a message says, under the names of its fields.
pub fn check_content(
    field: &str,
    content: &StepContent,
    rules: ContentRules<'_>,
) -> Vec<FieldError> {
    let at =
        |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    let faults = faults_of_text(&content.text, rules.names);
    let sound = faults.is_empty();
    let mut errors: Vec<_> = faults.into_iter().map(|it| FieldError::of(at("text"), it)).collect();
    // An album bears no buttons: then the text must. A broadcast always has one.
    let needs_text = match content.photos.len() {
        0 => true,
        1 => false,
        _ => content.buttons.is_some() || rules.names.are_outside_scenarios(),
    };
    if sound && needs_text && !says_something(&content.text) {
        errors.push(FieldError::of(at("text"), ContentFault::NothingWithoutValues));
    }
    if content.photos.len() > MAX_PHOTOS {
        errors.push(FieldError::of(at("photos"), ContentFault::TooMany { max: MAX_PHOTOS }));
    }
    for (n, photo) in content.photos.iter().enumerate() {
        let (Photo::FileId(id) | Photo::Object(id)) = photo;
        if !(1..=MAX_PHOTO).contains(&id.len()) {
            let fault = ContentFault::EmptyOrTooLong { max: MAX_PHOTO };
            errors.push(FieldError::of(at(&format!("photos[{n}]")), fault));
        }
    }
    match &content.buttons {
        Some(Buttons::Inline(rows)) => errors.extend(rows.check(&at("buttons"), rules.names)),
        Some(Buttons::Set { button_set_ref })
            if !rules.button_sets.contains_key(button_set_ref) =>
        {
            let fault = ContentFault::NoSuchSet { set: button_set_ref.clone() };
            errors.push(FieldError::of(at("buttons.button_set_ref"), fault));
        }
        Some(Buttons::Set { button_set_ref }) => {
            let fault = fault_outside_scenarios(button_set_ref, rules);
            errors.extend(fault.map(|it| FieldError::of(at("buttons.button_set_ref"), it)));
        }
        None => {}
    }
    if serde_json::to_vec(content).map_or(0, |json| json.len()) > MAX_CONTENT {
        let at = if field.is_empty() { "buttons" } else { field };
        errors.push(FieldError::of(at, ContentFault::TooManyBytesInAll { max: MAX_CONTENT }));
    }
    errors
}

/// What keeps a set of buttons that scenarios share out of a text that belongs to none.
fn fault_outside_scenarios(set: &Slug, rules: ContentRules<'_>) -> Option<ContentFault> {
    let rows = rules.button_sets.get(set).filter(|_| rules.names.are_outside_scenarios())?;
    let fault = rows.check("", rules.names).into_iter().find_map(|it| it.fault)?;
    Some(ContentFault::SetOfScenarios { fault })
}

/// All that is wrong with a scenario, its steps aside.
pub fn check_scenario(scenario: &Scenario, rules: ContentRules<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(fault) = check_name(&scenario.name) {
        errors.push(FieldError::of("name", fault));
    }
    if let Some(product) = &scenario.product {
        errors.extend(check_product(product, rules.names));
    }
    if let Some(id) = scenario.private_group_id
        && let Err(message) = check_group_id(&id.to_string())
    {
        errors.push(FieldError::new("private_group_id", message));
    }
    if let Some(consent) = &scenario.consent {
        errors.extend(check_content("consent", consent, rules));
        if !accepts(consent, rules) {
            let message = format!("must have a button whose callback_data is {ACCEPT}");
            errors.push(FieldError::new("consent.buttons", message));
        }
    }
    if let Some(summary) = &scenario.summary {
        errors.extend(check_content("summary", summary, rules));
    }
    errors
}

fn check_product(product: &Product, names: &Names) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(fault) = check_name(&product.name) {
        errors.push(FieldError::of("product.name", fault));
    }
    if let Err(message) = check_price(product.price) {
        errors.push(FieldError::new("product.price", message));
    }
    if let Err(faults) = check_paid_content(&product.paid_content, names) {
        errors.extend(faults.into_iter().map(|it| FieldError::of("product.paid_content", it)));
    }
    errors
}

/// Whether a consent has a button that starts the scenario.
pub(crate) fn accepts(consent: &StepContent, rules: ContentRules<'_>) -> bool {
    let rows = match &consent.buttons {
        Some(Buttons::Set { button_set_ref }) => rules.button_sets.get(button_set_ref),
        Some(Buttons::Inline(rows)) => Some(rows),
        None => None,
    };
    rows.is_some_and(|rows| rows.says(ACCEPT))
}

#[cfg(test)]
mod tests;
