//! The `data/` layout, written.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::content::as_kept;
use super::multiple::{BROADCASTS, BUTTONS, GLOBALS, REGISTRY};
use super::queue::left_of;
use super::{Files, Migration};
use crate::broadcast::{Broadcast, BroadcastStatus};
use crate::button::{ButtonSet, Buttons, Rows};
use crate::contact::Contact;
use crate::scenario::{
    Outline, Photo, Received, Scenario, ScenarioState, ScenarioStatus, Step, StepContent,
};
use crate::slug::Slug;
use crate::time::Timestamp;

/// Writes the files of the new layout, with their paths below `data/`. What the layout has no field for
/// stands in fields of our own beside it.
pub fn write(migration: &Migration) -> Files {
    let mut writer = Writer { migration, files: Files::new() };
    writer.scenarios();
    writer.broadcasts();
    let sets = migration.button_sets.values();
    let sets: Map<_, _> = sets.map(|it| (it.slug.to_string(), set_of(it))).collect();
    writer.json(BUTTONS, &json!({ "button_sets": sets }));
    writer.globals();
    writer.contacts();
    writer.files
}

struct Writer<'a> {
    migration: &'a Migration,
    files: Files,
}

impl Writer<'_> {
    fn json(&mut self, path: &str, value: &Value) {
        // A value of texts and numbers is always written.
        let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.push('\n');
        self.files.insert(path.to_owned(), text.into_bytes());
    }

    fn globals(&mut self) {
        let migration = self.migration;
        let mut globals = json!({ "variables": migration.variables });
        if let Some(zone) = &migration.timezone {
            globals["timezone"] = json!(zone);
        }
        if let Some(forward) = migration.forward_replies {
            globals["forward_replies"] = json!(forward);
        }
        self.json(GLOBALS, &globals);
    }

    fn scenarios(&mut self) {
        let migration = self.migration;
        let registered = migration.scenarios.values().map(|(it, _)| {
            json!({
                "id": it.slug,
                "name": it.name,
                "created_at": it.created_at.rfc3339(),
                "is_active": it.is_active,
            })
        });
        let registry = json!({
            "scenarios": registered.collect::<Vec<_>>(),
            "default_scenario_id": migration.default_scenario,
        });
        self.json(REGISTRY, &registry);
        for (scenario, steps) in migration.scenarios.values() {
            self.scenario(scenario, steps);
        }
    }

    fn scenario(&mut self, scenario: &Scenario, steps: &[Step]) {
        let dir = format!("scenarios/{}/", scenario.slug);
        let config = self.config(scenario, &dir);
        self.json(&format!("{dir}config.json"), &config);
        let mut messages = Map::new();
        let mut list = Vec::new();
        for (slug, delay) in scenario.outline.steps() {
            let Some(step) = steps.iter().find(|it| it.slug == *slug) else { continue };
            let mut entry = self.content(&dir, slug.as_str(), &step.content);
            entry.insert("timing".to_owned(), timing(delay));
            entry.insert("created_at".to_owned(), json!(step.created_at.rfc3339()));
            messages.insert(slug.to_string(), entry.into());
            list.push(slug);
        }
        let all = json!({ "messages_list": list, "messages": messages });
        self.json(&format!("{dir}messages.json"), &all);
        if let Some(summary) = &scenario.summary {
            let name = beside(scenario, "summary");
            let summary = self.content(&dir, &name, summary);
            self.json(&format!("{dir}summary.json"), &summary.into());
        }
    }

    fn config(&mut self, scenario: &Scenario, dir: &str) -> Value {
        let mut prodamus = Map::new();
        if let Some(product) = &scenario.product {
            prodamus.insert("product_name".to_owned(), json!(product.name));
            prodamus.insert("product_price".to_owned(), json!(product.price.to_string()));
            prodamus.insert("paid_content".to_owned(), json!(product.paid_content));
        }
        if let Some(id) = scenario.private_group_id {
            prodamus.insert("private_group_id".to_owned(), json!(id.to_string()));
        }
        let mut config = json!({
            "id": scenario.slug,
            "name": scenario.name,
            "created_at": scenario.created_at.rfc3339(),
            "prodamus": prodamus,
            "on_payment": scenario.on_payment,
            "on_refund": scenario.on_refund,
        });
        if let Some(consent) = &scenario.consent {
            let name = beside(scenario, "consent");
            config["consent"] = self.content(dir, &name, consent).into();
        }
        config
    }

    /// What a message says: its text and its pictures in files of their own.
    fn content(&mut self, dir: &str, name: &str, content: &StepContent) -> Map<String, Value> {
        let text = as_kept(&content.text).into_bytes();
        self.files.insert(format!("{dir}messages/{name}.md"), text);
        let mut photos = Vec::new();
        for (n, photo) in content.photos.iter().enumerate() {
            photos.push(match photo {
                Photo::FileId(id) => json!({ "file_id": id }),
                Photo::Object(key) => {
                    let ending = key.rsplit('.').next().unwrap_or("bin");
                    let file = format!("{name}_{}.{ending}", n + 1);
                    if let Some(bytes) = self.migration.photos.get(key) {
                        self.files.insert(format!("{dir}photos/{file}"), bytes.clone());
                    }
                    json!(file)
                }
            });
        }
        let mut entry = Map::new();
        entry.insert("template_file".to_owned(), json!(format!("{name}.md")));
        if !photos.is_empty() {
            entry.insert("photos".to_owned(), photos.into());
        }
        let buttons = match &content.buttons {
            Some(Buttons::Set { button_set_ref }) => {
                Some(json!({ "button_set_ref": button_set_ref }))
            }
            Some(Buttons::Inline(rows)) => Some(rows_of(rows)).filter(|it| it["rows"] != json!([])),
            None => None,
        };
        entry.extend(buttons.map(|it| ("inline_keyboard".to_owned(), it)));
        entry
    }

    fn broadcasts(&mut self) {
        let broadcasts = self.migration.broadcasts.values();
        let all: Vec<_> = broadcasts.map(|it| self.broadcast(it)).collect();
        self.json(BROADCASTS, &json!({ "broadcasts": all }));
    }

    fn broadcast(&mut self, it: &Broadcast) -> Value {
        let mut entry = self.content("broadcasts/", it.slug.as_str(), &it.content);
        entry.insert("id".to_owned(), json!(it.slug));
        entry.insert("name".to_owned(), json!(it.name));
        entry.insert("targeting".to_owned(), json!(it.targeting));
        entry.insert("created_at".to_owned(), json!(it.created_at.rfc3339()));
        match it.status {
            BroadcastStatus::Draft => {}
            // Read back, nothing would send it on.
            BroadcastStatus::Sending => {
                entry.insert("status".to_owned(), json!(BroadcastStatus::Paused));
            }
            status => {
                entry.insert("status".to_owned(), json!(status));
            }
        }
        if let Some(sending) = &it.sending {
            let sending = crate::broadcast::Sending { job: None, ..sending.clone() };
            entry.insert("sending".to_owned(), json!(sending));
        }
        entry.into()
    }

    fn contacts(&mut self) {
        let migration = self.migration;
        let mut users = Map::new();
        for contact in migration.contacts.values() {
            let mut runs = Map::new();
            let mut active = None;
            for (slug, run) in &contact.runs {
                let Some((scenario, _)) = migration.scenarios.get(slug) else { continue };
                let Some(written) = Run::of(contact, slug, run, &scenario.outline) else {
                    continue;
                };
                if written.status == ScenarioStatus::Active {
                    active = Some(slug);
                    self.schedule(contact, slug, written.index, run.due(&scenario.outline));
                }
                runs.insert(slug.to_string(), written.json(run));
            }
            users.insert(contact.chat_id.to_string(), user(contact, &runs, active));
        }
        self.json("users.json", &users.into());
    }

    fn schedule(&mut self, contact: &Contact, slug: &Slug, index: usize, due: Option<Timestamp>) {
        let Some(due) = due else { return };
        let schedule = json!({
            "chat_id": contact.chat_id,
            "scenario_id": slug,
            "message_index": index,
            "scheduled_at": due.rfc3339(),
        });
        self.json(&format!("schedules/{}.json", contact.chat_id), &schedule);
    }
}

/// A name that no message has.
fn beside(scenario: &Scenario, name: &str) -> String {
    let taken = scenario.outline.steps().any(|(step, _)| step.as_str() == name);
    // No slug has a point in it.
    if taken { format!("{name}.text") } else { name.to_owned() }
}

fn timing(delay: u32) -> Value {
    let (hours, minutes, seconds) = (delay / 3_600, delay / 60 % 60, delay % 60);
    let mut timing = json!({ "hours": hours, "minutes": minutes });
    if seconds > 0 {
        timing["seconds"] = json!(seconds);
    }
    timing
}

fn rows_of(rows: &Rows) -> Value {
    let rows: Vec<_> = rows.rows.iter().filter(|it| !it.buttons.is_empty()).collect();
    json!({ "rows": rows })
}

fn set_of(set: &ButtonSet) -> Value {
    let mut written = rows_of(&set.rows);
    written["created_at"] = json!(set.created_at.rfc3339());
    written
}

fn user(contact: &Contact, runs: &Map<String, Value>, active: Option<&Slug>) -> Value {
    let mut user = json!({
        "user_name": contact.user_name.as_deref().unwrap_or_default(),
        "reg_time": contact.registered_at.rfc3339(),
        "scenarios": runs,
        "active_scenario_id": active.map_or("", Slug::as_str),
        "language": contact.language,
    });
    if let Some(reason) = &contact.blocked {
        user["blocked"] = json!(reason);
    }
    if contact.unsubscribed {
        user["unsubscribed"] = json!(true);
    }
    if let Some(asked) = &contact.asked {
        user["asked"] = json!(asked);
    }
    user
}

/// A run as a file has it.
struct Run {
    status: ScenarioStatus,
    index: usize,
    /// The messages that are left, where they are not just those from the index on.
    left: Option<Vec<Slug>>,
}

impl Run {
    fn of(contact: &Contact, slug: &Slug, run: &ScenarioState, outline: &Outline) -> Option<Self> {
        if run.status == ScenarioStatus::NotStarted {
            // A file has no place for these.
            let bare = ScenarioState {
                counts_from: None,
                refunded_payment: None,
                refunded_before: BTreeSet::new(),
                unsent: None,
                group: None,
                earlier_groups: BTreeSet::new(),
                position: None,
                received: Received::default(),
                ..run.clone()
            };
            let says = bare != ScenarioState::default();
            return says.then_some(Self { status: run.status, index: 0, left: None });
        }
        let left = left_of(outline, run);
        let steps: Vec<_> = outline.steps().map(|(step, _)| step).collect();
        let index = steps.iter().position(|it| left.contains(it)).unwrap_or(steps.len());
        let status = match run.status {
            ScenarioStatus::Active if left.is_empty() => ScenarioStatus::Completed,
            ScenarioStatus::Active if !contact.is_in(slug) => ScenarioStatus::Stopped,
            status => status,
        };
        let plain = left.iter().eq(steps[index..].iter().copied());
        Some(Self { status, index, left: (!plain).then_some(left) })
    }

    fn json(&self, run: &ScenarioState) -> Value {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        let mut json = json!({
            "status": self.status,
            "current_message_index": self.index,
            "last_sent_at": time(run.last_sent_at),
            "completed_at": time(run.completed_at),
            "payment_date": time(run.payment_date),
            "payment_link": run.payment_link.as_deref().unwrap_or_default(),
            "invite_link": run.invite_link.as_deref().unwrap_or_default(),
            "joined_group": run.access.joined_group,
            "joined_at": time(run.access.joined_at),
        });
        if let Some(left) = &self.left {
            json["messages_left"] = json!(left);
        }
        if let Some(waited) = run.waited {
            json["waited_ms"] = json!(waited);
        }
        if let Some(at) = time(run.started_at) {
            json["started_at"] = json!(at);
        }
        if run.access.removed {
            json["removed_from_group"] = json!(true);
        }
        json
    }
}
