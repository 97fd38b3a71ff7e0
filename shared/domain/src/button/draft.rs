//! Buttons as a request names them, before it is known that they are buttons.

use serde::Deserialize;

use super::{Button, Buttons, Does, Row, Rows};
use crate::field_error::FieldError;
use crate::slug::Slug;

/// A message's buttons: the name of a set, or rows of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ButtonsDraft {
    /// What a set of the bot's is called.
    pub button_set_ref: Option<String>,
    /// Rows of the message's own.
    pub rows: Option<Vec<RowDraft>>,
}

/// Buttons beside one another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RowDraft {
    /// The buttons.
    #[serde(default)]
    pub buttons: Vec<ButtonDraft>,
}

/// A button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ButtonDraft {
    /// `url` or `callback`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its words.
    pub text: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// What it says to the bot.
    pub callback_data: Option<String>,
}

impl ButtonsDraft {
    /// The buttons that these are. What is wrong with their form is added to `errors`; `None` then where
    /// nothing can be made of them, and where there are none.
    pub fn read(self, field: &str, errors: &mut Vec<FieldError>) -> Option<Buttons> {
        match (self.button_set_ref, self.rows) {
            (Some(_), Some(_)) => {
                errors.push(FieldError::new(field, "must be a button_set_ref or rows, not both"));
                None
            }
            (Some(name), None) => match Slug::parse(&name) {
                Ok(button_set_ref) => Some(Buttons::Set { button_set_ref }),
                Err(error) => {
                    let field = format!("{field}.button_set_ref");
                    errors.push(FieldError::new(field, error.to_string()));
                    None
                }
            },
            (None, Some(rows)) if rows.is_empty() => None,
            (None, Some(rows)) => Some(Buttons::Inline(read_rows(rows, field, errors))),
            (None, None) => {
                errors.push(FieldError::new(field, "must have a button_set_ref or rows"));
                None
            }
        }
    }
}

/// The rows that these are; what is wrong with their form is added to `errors`.
pub fn read_rows(rows: Vec<RowDraft>, field: &str, errors: &mut Vec<FieldError>) -> Rows {
    let mut read = Vec::with_capacity(rows.len());
    for (n, row) in rows.into_iter().enumerate() {
        let mut buttons = Vec::with_capacity(row.buttons.len());
        for (m, button) in row.buttons.into_iter().enumerate() {
            let field = format!("{field}.rows[{n}].buttons[{m}]");
            buttons.push(button.read(&field, errors));
        }
        read.push(Row { buttons });
    }
    Rows { rows: read }
}

impl ButtonDraft {
    fn read(self, field: &str, errors: &mut Vec<FieldError>) -> Button {
        let mut fault = |name: &str, message: &str| {
            errors.push(FieldError::new(format!("{field}.{name}"), message));
        };
        if self.text.is_none() {
            fault("text", "is required");
        }
        let is_url = match self.kind.as_deref() {
            Some("url") => true,
            Some("callback") => false,
            other => {
                let message =
                    if other.is_some() { "must be url or callback" } else { "is required" };
                fault("type", message);
                self.callback_data.is_none()
            }
        };
        let (wanted, other) =
            if is_url { ("url", "callback_data") } else { ("callback_data", "url") };
        let (url, data) = (self.url, self.callback_data);
        let (here, there) = if is_url { (url, data) } else { (data, url) };
        if here.is_none() {
            fault(wanted, "is required");
        }
        if there.is_some() {
            fault(other, "is for buttons of the other type");
        }
        let here = here.unwrap_or_default();
        let does =
            if is_url { Does::Url { url: here } } else { Does::Callback { callback_data: here } };
        Button { text: self.text.unwrap_or_default(), does }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(draft: Value) -> (Option<Buttons>, Vec<String>) {
        let draft: ButtonsDraft = serde_json::from_value(draft).expect("a draft");
        let mut errors = Vec::new();
        let read = draft.read("buttons", &mut errors);
        (read, errors.into_iter().map(|it| it.field).collect())
    }

    #[test]
    fn what_the_domain_writes_is_read_back() {
        let rows = json!([{ "buttons": [
            { "type": "url", "text": "Pay", "url": "https://pay.example" },
            { "type": "callback", "text": "Yes", "callback_data": "accept" },
        ] }]);
        for draft in [json!({ "button_set_ref": "pay" }), json!({ "rows": rows })] {
            let (read, errors) = read(draft.clone());
            assert_eq!(errors, [""; 0], "{draft}");
            assert_eq!(serde_json::to_value(read).expect("JSON"), draft);
        }
        assert_eq!(read(json!({ "rows": [] })), (None, vec![]), "no rows are no buttons");
    }

    #[test]
    fn every_fault_of_the_form_is_named() {
        for (draft, expected) in [
            (json!({}), vec!["buttons"]),
            (json!({ "button_set_ref": "pay", "rows": [] }), vec!["buttons"]),
            (json!({ "button_set_ref": "No!" }), vec!["buttons.button_set_ref"]),
            (
                json!({ "rows": [{ "buttons": [{}, { "type": "gone", "text": "x", "url": "a.b" }] }] }),
                vec![
                    "buttons.rows[0].buttons[0].text",
                    "buttons.rows[0].buttons[0].type",
                    "buttons.rows[0].buttons[0].url",
                    "buttons.rows[0].buttons[1].type",
                ],
            ),
            (
                json!({ "rows": [{ "buttons": [{ "type": "callback", "text": "x", "url": "a.b" }] }] }),
                vec!["buttons.rows[0].buttons[0].callback_data", "buttons.rows[0].buttons[0].url"],
            ),
        ] {
            assert_eq!(read(draft.clone()).1, expected, "{draft}");
        }
    }
}
