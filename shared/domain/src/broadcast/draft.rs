//! Broadcasts as a request names them, and what is checked when one is saved: all faults at once.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::{Broadcast, Condition, Targeting};
use crate::field_error::FieldError;
use crate::scenario::{ContentDraft, ContentRules, check_content, check_name};
use crate::slug::Slug;
use crate::time::Timestamp;

/// What a broadcast is to be. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BroadcastDraft {
    /// What people call it.
    pub name: Option<String>,
    /// What it says.
    pub content: ContentDraft,
    /// Whom it goes to, whole.
    pub targeting: Option<TargetingDraft>,
}

/// Whom a broadcast is to go to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TargetingDraft {
    /// All of them must hold: `"has_paid"`, `{"in_scenario": "premium"}` and so on.
    #[serde(default)]
    pub conditions: Vec<Value>,
}

impl BroadcastDraft {
    /// Makes the broadcast what this says. What is wrong with its form is added to `errors`.
    pub fn apply(self, broadcast: &mut Broadcast, errors: &mut Vec<FieldError>) {
        if let Some(name) = self.name {
            broadcast.name = name;
        }
        broadcast.content = self.content.read("", &broadcast.content, errors);
        if let Some(targeting) = self.targeting {
            broadcast.targeting = targeting.read("targeting", errors);
        }
    }
}

impl TargetingDraft {
    /// The conditions that these are. In the place of one that is none, whose fault is in `errors`, stands
    /// one that contradicts no other: those behind it keep their numbers.
    fn read(self, field: &str, errors: &mut Vec<FieldError>) -> Targeting {
        let mut conditions = Vec::with_capacity(self.conditions.len());
        for (n, value) in self.conditions.into_iter().enumerate() {
            conditions.push(condition(&value).unwrap_or_else(|message| {
                errors.push(FieldError::new(format!("{field}.conditions[{n}]"), message));
                Condition::JoinedGroup
            }));
        }
        Targeting { conditions }
    }
}

/// The condition that a value is: the name of one, or an object of its name and what it is about.
fn condition(value: &Value) -> Result<Condition, String> {
    const NAMES: &str = "must be no_active_scenario, has_not_paid, has_paid, joined_group, or one of \
                         in_scenario, registered_before and registered_after with its value";
    let unknown = || NAMES.to_owned();
    match value {
        Value::String(name) => match name.as_str() {
            "no_active_scenario" => Ok(Condition::NoActiveScenario),
            "has_not_paid" => Ok(Condition::HasNotPaid),
            "has_paid" => Ok(Condition::HasPaid),
            "joined_group" => Ok(Condition::JoinedGroup),
            _ => Err(unknown()),
        },
        Value::Object(one) if one.len() == 1 => {
            let (name, value) = one.iter().next().ok_or_else(unknown)?;
            match name.as_str() {
                "in_scenario" => {
                    let slug = value.as_str().map(Slug::parse).and_then(Result::ok);
                    let slug = slug.ok_or("in_scenario must be the slug of a scenario")?;
                    Ok(Condition::InScenario(slug))
                }
                "registered_before" => Ok(Condition::RegisteredBefore(instant(name, value)?)),
                "registered_after" => Ok(Condition::RegisteredAfter(instant(name, value)?)),
                _ => Err(unknown()),
            }
        }
        _ => Err(unknown()),
    }
}

fn instant(name: &str, value: &Value) -> Result<Timestamp, String> {
    let time = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let time = time.map(|it| Timestamp::from_millis(it.timestamp_millis()));
    time.ok_or_else(|| format!("{name} must be a time such as 2026-11-21T09:00:00Z"))
}

/// All that is wrong with a broadcast. It belongs to no scenario, so variables of one are faults.
pub fn check_broadcast(
    broadcast: &Broadcast,
    rules: ContentRules<'_>,
    has_scenario: impl Fn(&Slug) -> bool,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Err(fault) = check_name(&broadcast.name) {
        errors.push(FieldError::of("name", fault));
    }
    let names = rules.names.clone().outside_scenarios();
    let rules = ContentRules { names: &names, ..rules };
    errors.extend(check_content("", &broadcast.content, rules));
    errors.extend(broadcast.targeting.check("targeting", has_scenario));
    errors
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::button::{Button, Does, Row, Rows};
    use crate::ids::BotId;
    use crate::scenario::add_faults;
    use crate::template::Names;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).expect("a slug")
    }

    fn draft(body: &Value) -> BroadcastDraft {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let content = serde_json::from_value(body.clone()).expect("a content");
        let targeting = serde_json::from_value(body["targeting"].clone()).ok();
        BroadcastDraft { name: text("name"), content, targeting }
    }

    /// What the draft makes of an empty broadcast, and the fields of all faults.
    fn read(body: &Value) -> (Broadcast, Vec<String>) {
        let now = Timestamp::default();
        let mut made = Broadcast::new(BotId::default_bot(), slug("news"), String::new(), now);
        let mut errors = Vec::new();
        draft(body).apply(&mut made, &mut errors);
        let does = Does::Url { url: "{{ user.invite_link }}".to_owned() };
        let button = Button { text: "Pay".to_owned(), does };
        let pay = Rows { rows: vec![Row { buttons: vec![button] }] };
        let sets = BTreeMap::from([(slug("pay"), pay), (slug("plain"), Rows::default())]);
        let names = Names::default();
        let rules = ContentRules { names: &names, button_sets: &sets };
        let faults = check_broadcast(&made, rules, |it| it.as_str() == "premium");
        add_faults(&mut errors, faults);
        (made, errors.into_iter().map(|it| it.field).collect())
    }

    #[test]
    fn a_broadcast_is_made_of_what_a_request_says() {
        let (made, faults) = read(&json!({
            "name": "News", "text": "Hello, {{ user.user_name }}", "photos": [{ "file_id": "f" }],
            "buttons": { "button_set_ref": "plain" },
            "targeting": { "conditions": [
                "has_not_paid", { "in_scenario": "premium" },
                { "registered_after": "2026-11-21T10:00:00+01:00" },
            ] },
        }));
        assert_eq!(faults, [""; 0]);
        let nine = DateTime::parse_from_rfc3339("2026-11-21T09:00:00Z").expect("a time");
        let nine = Timestamp::from_millis(nine.timestamp_millis());
        let conditions = [
            Condition::HasNotPaid,
            Condition::InScenario(slug("premium")),
            Condition::RegisteredAfter(nine),
        ];
        assert_eq!(made.targeting.conditions, conditions);
        let (mut again, mut errors) = (made.clone(), Vec::new());
        BroadcastDraft::default().apply(&mut again, &mut errors);
        assert_eq!((again, errors), (made, vec![]), "what is absent stays");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let (_, faults) = read(&json!({
            "name": " ", "text": "{{ scenario.name }} {{ nobody", "photos": [{}],
            "buttons": { "button_set_ref": "pay" },
            "targeting": { "conditions": [
                "everyone", { "in_scenario": 7 }, { "registered_before": "yesterday" }, {}, null,
                { "has_paid": true }, { "in_scenario": "gone" },
            ] },
        }));
        let conditions = (0..6).map(|n| format!("targeting.conditions[{n}]"));
        let expected: Vec<_> = ["photos[0]".to_owned()]
            .into_iter()
            .chain(conditions)
            .chain(["name", "text", "text", "buttons.button_set_ref"].map(str::to_owned))
            .chain(["targeting.conditions[6]".to_owned()])
            .collect();
        assert_eq!(faults, expected);
    }

    #[test]
    fn an_album_needs_words_for_the_button_that_ends_broadcasts() {
        let photos = json!([{ "file_id": "a" }, { "file_id": "b" }]);
        let (_, faults) = read(&json!({ "name": "News", "photos": photos }));
        assert_eq!(faults, ["text"]);
        let (_, faults) = read(&json!({ "name": "News", "photos": [{ "file_id": "a" }] }));
        assert_eq!(faults, [""; 0], "a single photo bears it");
        let conditions = json!({ "conditions": [{ "in_scenario": "gone" }, "no_active_scenario"] });
        let (_, faults) = read(&json!({ "name": "News", "text": "x", "targeting": conditions }));
        assert_eq!(faults, ["targeting.conditions[0]", "targeting.conditions[1]"]);
    }
}
