//! When contacts get their next messages.

use std::collections::BTreeMap;

use super::Reader;
use super::json::Node;
use crate::time::Timestamp;

/// Both places of the file of the bot of one scenario.
const BACKUPS: [&str; 2] = ["schedule_backup.json", "migration_backup/schedule_backup.json"];

/// A message that was to be sent.
#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    /// Of which scenario; the default one where it is not said.
    pub(super) scenario: Option<String>,
    /// Which of its messages, from 0.
    pub(super) index: Option<usize>,
    /// When.
    pub(super) at: Timestamp,
}

pub(super) type Schedules = BTreeMap<i64, Scheduled>;

impl Reader<'_> {
    /// A chat's number.
    pub(super) fn chat(&mut self, name: &str, node: &Node<'_>) -> Option<i64> {
        let chat = name.parse().ok();
        if chat.is_none() {
            node.error(&mut self.report, "must be named by the number of a chat");
        }
        chat
    }

    /// Those of the bot of one scenario.
    pub(super) fn old_schedules(&mut self) -> Schedules {
        let mut schedules = Schedules::new();
        let Some(file) = BACKUPS.into_iter().find(|it| self.files.contains_key(*it)) else {
            return schedules;
        };
        let Some(value) = self.json(file) else { return schedules };
        for (name, node) in Node::root(file, &value).fields(&mut self.report) {
            let Some(chat) = self.chat(name, &node) else { continue };
            if let Some(at) = node.instant(&mut self.report) {
                schedules.insert(chat, Scheduled { scenario: None, index: None, at });
            }
        }
        schedules
    }

    /// Those of `schedules/`: a list, or a file for each contact; and for whom they have none, those of the
    /// bot before.
    pub(super) fn schedules(&mut self) -> Schedules {
        let mut schedules = self.old_schedules();
        let is_one = |it: &&String| {
            let json = it.strip_suffix(".json");
            json.is_some_and(|it| it.starts_with("schedules/") || it == "schedules")
        };
        let files: Vec<String> = self.files.keys().filter(is_one).cloned().collect();
        for file in &files {
            let Some(value) = self.json(file) else { continue };
            let root = Node::root(file, &value);
            let root = root.get("schedules").unwrap_or(root);
            if root.value.is_array() {
                for item in root.items(&mut self.report) {
                    self.scheduled(&item, None, &mut schedules);
                }
            } else {
                let name = file.rsplit('/').next().and_then(|it| it.strip_suffix(".json"));
                self.scheduled(&root, name, &mut schedules);
            }
        }
        schedules
    }

    fn scheduled(&mut self, node: &Node<'_>, file: Option<&str>, schedules: &mut Schedules) {
        const KNOWN: [&str; 4] = ["chat_id", "scenario_id", "message_index", "scheduled_at"];
        node.only(&KNOWN, &mut self.report);
        let chat = match node.get("chat_id") {
            Some(it) => it.value.as_i64().or_else(|| it.value.as_str()?.parse().ok()),
            None => file.and_then(|it| it.parse().ok()),
        };
        let Some(chat) = chat else {
            return node.error(&mut self.report, "must have a chat_id");
        };
        // An empty object is a contact for whom nothing is scheduled.
        let Some(at) = node.time("scheduled_at", &mut self.report) else { return };
        let scenario = node.text("scenario_id", &mut self.report).map(str::to_owned);
        let index = node.number("message_index", &mut self.report);
        let index = index.and_then(|it| usize::try_from(it).ok());
        schedules.insert(chat, Scheduled { scenario, index, at });
    }
}
