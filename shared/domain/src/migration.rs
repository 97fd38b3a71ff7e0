//! Scenarios and contacts from and to files: those of a bot of one scenario, and the `data/` layout of
//! many.
//!
//! ```text
//! files ──▶ read ──▶ Migration, Report ──▶ applied to a bot, unless the report has errors
//! files ◀── write ◀── Migration
//! ```
//!
//! The reader takes what it can and reports all the rest, each finding with its file and its place in it.
//! What would send people something else than the files say is an error, and refuses the whole import;
//! what has no place here is a warning.
//!
//! A file knows no places of an outline: a contact's run stands in it as the messages that are left. Read
//! back, it goes on with just these ([`run_with_left`]).

mod content;
mod export;
mod json;
mod link;
mod merge;
mod multiple;
mod payment_info;
mod people;
mod queue;
mod report;
mod schedules;
mod settings;
mod single;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::broadcast::Broadcast;
use crate::button::{ButtonSet, Rows};
use crate::contact::Contact;
use crate::ids::BotId;
use crate::scenario::{Scenario, Step};
use crate::slug::Slug;
use crate::template::{Globals, Names};
use crate::time::Timestamp;

pub use export::write;
pub use merge::{merge_contact, rebase_run};
pub use payment_info::PaymentInfo;
pub use queue::{left_of, run_with_left};
pub use report::{Finding, Report};
pub use settings::{FormSettings, ProductSettings};

/// Files by their paths below the directory, with `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What the files of a bot hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Migration {
    /// The scenario that a bare `/start` means.
    pub default_scenario: Option<Slug>,
    /// The bot's own variables.
    pub variables: Globals,
    /// The IANA name of the zone whose days are told to contacts, if files say one.
    pub timezone: Option<String>,
    /// Whether what contacts write goes to the chats of the bot's admins, if files say it.
    pub forward_replies: Option<bool>,
    /// The scenarios with their steps.
    pub scenarios: BTreeMap<Slug, (Scenario, Vec<Step>)>,
    /// The sets of buttons.
    pub button_sets: BTreeMap<Slug, ButtonSet>,
    /// The broadcasts.
    pub broadcasts: BTreeMap<Slug, Broadcast>,
    /// The contacts by their chats. None has a timer: when the next step of a run under way is due
    /// follows from the run.
    pub contacts: BTreeMap<i64, Contact>,
    /// What a payment service has said of contacts, by their chats. Files that we write have none of it.
    pub payment_infos: BTreeMap<i64, PaymentInfo>,
    /// The pictures by their keys in the object store.
    pub photos: BTreeMap<String, Vec<u8>>,
}

impl Migration {
    /// When a contact's next step is due, if a run is under way.
    pub fn due(&self, contact: &Contact) -> Option<Timestamp> {
        let slug = contact.active.as_ref()?;
        let (scenario, _) = self.scenarios.get(slug)?;
        contact.run(slug).due(&scenario.outline)
    }
}

/// What an import is told beside the files.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The bot that everything is for.
    pub bot: &'a BotId,
    /// The present: what a delay counts from where no file says it.
    pub now: Timestamp,
    /// What the bot of one scenario had in its environment.
    pub product: &'a ProductSettings,
}

/// Reads files of either layout. What the report calls an error is not in the migration.
pub fn read(files: &Files, setup: &Setup<'_>) -> (Migration, Report) {
    let seen = below_data(files);
    let mut reader = Reader {
        files: &seen,
        setup,
        report: Report::default(),
        names: Names::default(),
        button_sets: BTreeMap::new(),
        photos: BTreeMap::new(),
    };
    let mut migration = Migration::default();
    if seen.contains_key(multiple::REGISTRY) {
        multiple::read(&mut reader, &mut migration);
    } else if seen.contains_key(single::MESSAGES) {
        single::read(&mut reader, &mut migration);
    } else {
        let message = "neither this file nor messages.json is there";
        reader.report.error(multiple::REGISTRY, "", message);
    }
    migration.photos = std::mem::take(&mut reader.photos);
    reader.report.read.sort();
    reader.report.read.dedup();
    reader.report.unread = unread(files, &reader.report.read);
    (migration, reader.report)
}

/// The files as seen from `data/`; what stands beside it stays where it is.
fn below_data(files: &Files) -> Files {
    let mut seen = files.clone();
    for (path, bytes) in files {
        if let Some(below) = path.strip_prefix("data/") {
            seen.insert(below.to_owned(), bytes.clone());
        }
    }
    seen
}

/// The files, by their paths in the directory, that nothing was read from; what was `read` is sorted.
fn unread(files: &Files, read: &[String]) -> Vec<String> {
    let is_read = |path: &str| read.binary_search_by(|it| it.as_str().cmp(path)).is_ok();
    let is_used = |path: &str| match path.strip_prefix("data/") {
        Some(below) => is_read(below) || is_read(path),
        // What lies in `data/` comes before what has its name beside it.
        None => is_read(path) && !files.contains_key(&format!("data/{path}")),
    };
    files.keys().filter(|path| !is_used(path)).cloned().collect()
}

/// What reads, with what it has found so far.
struct Reader<'a> {
    files: &'a Files,
    setup: &'a Setup<'a>,
    report: Report,
    /// The variables that templates may have.
    names: Names,
    /// The sets of buttons by the names that the files give them.
    button_sets: BTreeMap<String, (Slug, Rows)>,
    photos: BTreeMap<String, Vec<u8>>,
}

impl<'a> Reader<'a> {
    /// A file's JSON; `None` where there is no such file, or where it is not readable, which is an
    /// error.
    fn json(&mut self, file: &str) -> Option<Value> {
        let bytes = self.files.get(file)?;
        self.report.read.push(file.to_owned());
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match serde_json::from_slice(bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                let at = format!("line {}, column {}", error.line(), error.column());
                self.report.error(file, &at, "is not JSON");
                None
            }
        }
    }

    /// The first of these files that there is.
    fn find(&mut self, candidates: &[String]) -> Option<&'a [u8]> {
        let files = self.files;
        let exact = candidates.iter().find_map(|path| files.get_key_value(path));
        let (path, bytes) = exact.or_else(|| {
            // A picture named `a.png` is `a.PNG` on the disk of many.
            let like = |path: &&String| candidates.iter().any(|it| it.eq_ignore_ascii_case(path));
            files.keys().find(like).and_then(|path| files.get_key_value(path))
        })?;
        self.report.read.push(path.clone());
        Some(bytes)
    }

    /// A slug for a name of the files: the name itself where it is one.
    fn slug(&mut self, (file, at): (&str, &str), name: &str, fallback: &'static str) -> Slug {
        Slug::parse(name).unwrap_or_else(|_| {
            let slug = Slug::of_name(name, fallback);
            self.report.warning(file, at, format!("is called {slug} here"));
            slug
        })
    }
}

#[cfg(test)]
mod tests;
