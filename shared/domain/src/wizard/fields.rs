//! What is taken for each field.

use rust_decimal::Decimal;

use super::{Draft, Refusal, WizardStep, read_buttons, read_delay};
use crate::field_error::FieldError;
use crate::scenario::{
    ContentRules, MAX_NAME, MAX_PAID_CONTENT, MAX_PRICE, StepContent, check_content,
    check_group_id, check_paid_content,
};
use crate::text::{is_visible, one_line};

impl Draft {
    /// Takes a text for a field, or says all that is wrong with it.
    pub(super) fn set(
        &mut self,
        field: WizardStep,
        text: &str,
        rules: ContentRules<'_>,
    ) -> Result<(), Vec<Refusal>> {
        let text = text.trim();
        if !is_visible(text) {
            return Err(vec![Refusal::Empty]);
        }
        match field {
            WizardStep::ScenarioName | WizardStep::BroadcastName => self.name = name(text)?,
            WizardStep::ProductName => self.product_name = Some(name(text)?),
            WizardStep::ProductPrice => self.product_price = Some(price(text)?),
            WizardStep::PaidContent => self.paid_content = paid_content(text, rules)?,
            WizardStep::PrivateGroupId => {
                let id = check_group_id(text).map_err(|_| vec![Refusal::NotAGroup])?;
                self.private_group_id = Some(id);
            }
            WizardStep::MessageTiming => self.delay = read_delay(text).map_err(|it| vec![it])?,
            WizardStep::SummaryButtons
            | WizardStep::MessageButtons
            | WizardStep::BroadcastButtons => {
                let buttons = Some(read_buttons(text)?);
                // The words of the message are checked with it, not here.
                let content = StepContent { text: "-".to_owned(), photos: Vec::new(), buttons };
                check(&content, rules)?;
                self.content.buttons = content.buttons;
            }
            WizardStep::SummaryMessage | WizardStep::MessageText | WizardStep::BroadcastText => {
                let text = text.to_owned();
                let content = StepContent { text, ..StepContent::default() };
                check(&content, rules)?;
                self.content.text = content.text;
            }
            // Not answered by texts.
            _ => return Err(vec![Refusal::PressExpected]),
        }
        Ok(())
    }

    /// Leaves a field empty.
    pub(super) fn clear(&mut self, field: WizardStep) {
        match field {
            WizardStep::ProductName => {
                self.product_name = None;
                self.product_price = None;
                self.private_group_id = None;
                self.paid_content.clear();
            }
            WizardStep::PaidContent => self.paid_content.clear(),
            WizardStep::PrivateGroupId => self.private_group_id = None,
            WizardStep::SummaryButtons
            | WizardStep::MessageButtons
            | WizardStep::BroadcastButtons => self.content.buttons = None,
            _ => {}
        }
    }
}

fn name(text: &str) -> Result<String, Vec<Refusal>> {
    let name = one_line(text);
    if name.chars().count() > MAX_NAME {
        return Err(vec![Refusal::TooLong { max: MAX_NAME }]);
    }
    Ok(name)
}

/// A whole number of roubles; blanks between its digits are taken.
fn price(text: &str) -> Result<Decimal, Vec<Refusal>> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let whole = digits.bytes().all(|it| it.is_ascii_digit());
    let price = digits.parse::<u64>().ok().filter(|_| whole).map(Decimal::from);
    let price = price.filter(|it| *it > Decimal::ZERO && *it <= MAX_PRICE);
    price.ok_or_else(|| vec![Refusal::NotAPrice { max: MAX_PRICE }])
}

fn paid_content(text: &str, rules: ContentRules<'_>) -> Result<String, Vec<Refusal>> {
    if text.chars().count() > MAX_PAID_CONTENT {
        return Err(vec![Refusal::TooLong { max: MAX_PAID_CONTENT }]);
    }
    check_paid_content(text, rules.names).map_err(|faults| {
        let faults = faults.into_iter().map(|it| FieldError::of("paid_content", it));
        faults.map(Refusal::from).collect::<Vec<_>>()
    })?;
    Ok(text.to_owned())
}

fn check(content: &StepContent, rules: ContentRules<'_>) -> Result<(), Vec<Refusal>> {
    let errors = check_content("", content, rules);
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.into_iter().map(Refusal::from).collect())
}
