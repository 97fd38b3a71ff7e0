//! Texts, pictures and buttons of messages.

use serde_json::Value;

use super::Reader;
use super::json::Node;
use crate::button::{Button, Buttons, Does, Row, Rows};
use crate::photo::{self, PhotoError, PhotoFormat};
use crate::scenario::{
    ContentRules, MAX_DELAY, MAX_PHOTOS, Outline, Photo, Spot, Step, StepContent, check_content,
};
use crate::slug::Slug;
use crate::template::with_scopes;

/// Where the files of messages are looked for: in the first of the directories that has them.
#[derive(Clone, Debug)]
pub(super) struct Dirs {
    pub(super) texts: Vec<String>,
    pub(super) photos: Vec<String>,
}

impl Dirs {
    fn all(dirs: &[String], name: &str) -> Vec<String> {
        dirs.iter().map(|dir| format!("{dir}{name}")).collect()
    }
}

/// What the bot before named the only picture of a message.
const PICTURES: [&str; 4] = ["PNG", "JPG", "JPEG", "WEBP"];

/// The entry of a message that has none.
static NOTHING: Value = Value::Null;

impl Reader<'_> {
    /// The messages of a `messages.json` in the order of its list, in their outline.
    pub(super) fn steps(
        &mut self,
        scenario: &Slug,
        root: &Node<'_>,
        dirs: &Dirs,
    ) -> (Outline, Vec<Step>) {
        let (mut outline, mut steps) = (Outline::default(), Vec::new());
        let Some(list) = root.get("messages_list") else {
            root.error(&mut self.report, "has no messages_list");
            return (outline, steps);
        };
        for item in list.items(&mut self.report) {
            let Some(name) = item.str(&mut self.report) else { continue };
            let entry = root.get("messages").and_then(|it| it.get(name));
            let entry = entry.unwrap_or_else(|| self.listed_alone(&item));
            let slug = self.slug(item.at(), name, "message");
            let delay = self.delay(&entry);
            let content = self.content(&entry, name, dirs);
            if let Err(error) = outline.insert(slug.clone(), delay, &Spot::End) {
                item.error(&mut self.report, error.to_string());
                continue;
            }
            steps.push(Step {
                bot_id: self.setup.bot.clone(),
                scenario: scenario.clone(),
                slug,
                content,
                created_at: entry.time("created_at", &mut self.report).unwrap_or(self.setup.now),
                version: 0,
            });
        }
        (outline, steps)
    }

    /// The entry of a message that the list names and nothing describes. Nothing in it is set, as in an empty
    /// one: its text is the file of its name, and it waits for nothing.
    fn listed_alone<'n>(&mut self, item: &Node<'n>) -> Node<'n> {
        let message =
            "has no entry in messages: its text is the file of its name, and it comes at once";
        item.warning(&mut self.report, message);
        Node { value: &NOTHING, ..item.clone() }
    }

    /// A message's delay in seconds: hours, minutes and seconds by name, or hours and minutes in a list.
    fn delay(&mut self, entry: &Node<'_>) -> u32 {
        let Some(timing) = entry.get("timing") else { return 0 };
        let numbers = match timing.value.as_array() {
            Some(list) => list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>(),
            None if timing.value.is_object() => {
                timing.only(&["days", "hours", "minutes", "seconds"], &mut self.report);
                let mut part = |name| timing.number(name, &mut self.report).unwrap_or_default();
                let days = part("days").saturating_mul(24);
                Some(vec![days.saturating_add(part("hours")), part("minutes"), part("seconds")])
            }
            None => None,
        };
        let Some([hours, minutes, rest @ ..]) = numbers.as_deref().filter(|it| it.len() <= 3)
        else {
            timing.error(
                &mut self.report,
                "must be {\"hours\": …, \"minutes\": …} or [hours, minutes]",
            );
            return 0;
        };
        let seconds = hours.saturating_mul(60).saturating_add(*minutes).saturating_mul(60);
        let seconds = seconds.saturating_add(rest.first().copied().unwrap_or_default());
        let seconds = u32::try_from(seconds).ok().filter(|it| *it <= MAX_DELAY);
        if seconds.is_none() {
            timing.error(&mut self.report, "must be at most 366 days");
        }
        seconds.unwrap_or_default()
    }

    /// What a message says. Its text is in the file that it names, or in the one of its own name.
    pub(super) fn content(&mut self, entry: &Node<'_>, name: &str, dirs: &Dirs) -> StepContent {
        const KNOWN: [&str; 7] = [
            "timing",
            "template_file",
            "photos",
            "inline_keyboard",
            "url_button",
            "created_at",
            "id",
        ];
        // A broadcast has these besides.
        const BROADCAST: [&str; 5] = ["name", "targeting", "created_at", "status", "sending"];
        entry.only(&[&KNOWN[..], &BROADCAST[..]].concat(), &mut self.report);
        let photos = self.photos(entry, name, dirs);
        let named = entry.text("template_file", &mut self.report);
        let file = named.map_or_else(|| format!("{name}.md"), str::to_owned);
        let candidates = Dirs::all(&dirs.texts, &file);
        let is_there = candidates.iter().any(|it| self.files.contains_key(it));
        // A picture may stand alone.
        let (text, sound) = if named.is_none() && !is_there && !photos.is_empty() {
            (String::new(), true)
        } else {
            self.text(entry, &candidates)
        };
        let content = StepContent { text, photos, buttons: self.buttons(entry) };
        if sound {
            self.check(entry, &content, &candidates);
        }
        content
    }

    fn check(&mut self, entry: &Node<'_>, content: &StepContent, candidates: &[String]) {
        let sets = self.button_sets.values().cloned().collect();
        let rules = ContentRules { names: &self.names, button_sets: &sets };
        for fault in check_content("", content, rules) {
            match fault.field.as_str() {
                "text" => {
                    let there = candidates.iter().find(|it| self.files.contains_key(*it));
                    let file = there.or(candidates.first()).map_or(entry.file, String::as_str);
                    self.report.error(file, "", fault.message);
                }
                field => {
                    let at = format!("{}.{field}", entry.path);
                    self.report.error(entry.file, &at, fault.message);
                }
            }
        }
    }

    /// A text with its variables in their scopes, and whether there is nothing wrong with it so far.
    fn text(&mut self, entry: &Node<'_>, candidates: &[String]) -> (String, bool) {
        let first = candidates.first().map_or("", String::as_str).to_owned();
        let Some(bytes) = self.find(candidates) else {
            self.missing(&first, entry);
            return (String::new(), false);
        };
        let file = candidates.iter().find(|it| self.files.contains_key(*it)).unwrap_or(&first);
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.report.error(file, "", "is not UTF-8");
            return (String::new(), false);
        };
        let (scoped, faults) = with_scopes(&as_kept(text), &self.names);
        for fault in &faults {
            let at = format!("line {}, column {}", fault.line, fault.column);
            self.report.error(file, &at, fault.flaw.to_string());
        }
        (scoped, faults.is_empty())
    }

    fn missing(&mut self, file: &str, entry: &Node<'_>) {
        let message = format!("is missing; {} names it at {}", entry.file, entry.path);
        self.report.error(file, "", message);
    }

    fn photos(&mut self, entry: &Node<'_>, name: &str, dirs: &Dirs) -> Vec<Photo> {
        let Some(list) = entry.get("photos") else {
            // One picture that bears the message's name, if it is there.
            let files = PICTURES
                .iter()
                .flat_map(|ending| Dirs::all(&dirs.photos, &format!("{name}.{ending}")));
            let bytes = self.find(&files.collect::<Vec<_>>());
            return bytes.map(|it| self.photo(it)).into_iter().collect();
        };
        let items = list.items(&mut self.report);
        if items.len() > MAX_PHOTOS {
            list.error(&mut self.report, format!("must be at most {MAX_PHOTOS}"));
        }
        let mut photos = Vec::new();
        for item in items.into_iter().take(MAX_PHOTOS) {
            if item.value.is_object() {
                let id = item.text("file_id", &mut self.report);
                photos.extend(id.map(|id| Photo::FileId(id.to_owned())));
                continue;
            }
            let Some(file) = item.str(&mut self.report) else { continue };
            let candidates = Dirs::all(&dirs.photos, file);
            match self.find(&candidates) {
                Some(bytes) => photos.push(self.photo(bytes)),
                None => self.missing(candidates.first().map_or(file, String::as_str), &item),
            }
        }
        photos
    }

    /// Keeps a picture under a key that its bytes make: the same picture is kept once.
    fn photo(&mut self, bytes: &[u8]) -> Photo {
        // What was found last.
        let file = self.report.read.last().cloned().unwrap_or_default();
        match photo::measure(bytes) {
            Ok(_) => {}
            Err(PhotoError::Format) => {
                let message = "is no JPEG, PNG or WebP: its message may go without it";
                self.report.warning(&file, "", message);
            }
            Err(error) => self.report.error(&file, "", error.to_string()),
        }
        let key = photo::key_of(bytes, PhotoFormat::of(bytes).map_or("bin", PhotoFormat::ending));
        self.photos.entry(key.clone()).or_insert_with(|| bytes.to_vec());
        Photo::Object(key)
    }

    /// A message's buttons: rows, a reference to a set, or the one address of older files.
    pub(super) fn buttons(&mut self, entry: &Node<'_>) -> Option<Buttons> {
        if let Some(keyboard) = entry.get("inline_keyboard") {
            let Some(name) = keyboard.text("button_set_ref", &mut self.report) else {
                let rows = self.rows(&keyboard);
                return (!rows.rows.is_empty()).then_some(Buttons::Inline(rows));
            };
            let known = self.button_sets.get(name).map(|(slug, _)| slug.clone());
            if known.is_none() {
                let at = format!("{}.button_set_ref", keyboard.path);
                let message = format!("there is no button set {name}");
                self.report.error(keyboard.file, &at, message);
            }
            return known.map(|button_set_ref| Buttons::Set { button_set_ref });
        }
        let old = entry.get("url_button")?;
        let pair: Option<Vec<&str>> =
            old.value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        match pair.as_deref() {
            Some([]) => None,
            Some([url, text]) => {
                let does = Does::Url { url: self.scoped(url) };
                let button = Button { text: self.scoped(text), does };
                Some(Buttons::Inline(Rows { rows: vec![Row { buttons: vec![button] }] }))
            }
            _ => {
                old.error(&mut self.report, "must be [url, text]");
                None
            }
        }
    }

    /// Rows of buttons; empty ones are left out.
    pub(super) fn rows(&mut self, keyboard: &Node<'_>) -> Rows {
        let Some(rows) = keyboard.get("rows") else { return Rows::default() };
        let mut read = Vec::new();
        for row in rows.items(&mut self.report) {
            let Some(list) = row.get("buttons") else { continue };
            let buttons = list.items(&mut self.report);
            let buttons: Vec<_> = buttons.iter().filter_map(|it| self.button(it)).collect();
            if !buttons.is_empty() {
                read.push(Row { buttons });
            }
        }
        Rows { rows: read }
    }

    fn button(&mut self, node: &Node<'_>) -> Option<Button> {
        node.only(&["type", "text", "url", "callback_data"], &mut self.report);
        let text = node.text("text", &mut self.report).unwrap_or_default();
        let url = node.text("url", &mut self.report);
        let data = node.text("callback_data", &mut self.report);
        let does = match (node.text("type", &mut self.report), url, data) {
            (Some("url") | None, Some(url), _) => Does::Url { url: self.scoped(url) },
            (Some("callback") | None, _, Some(data)) => {
                Does::Callback { callback_data: data.to_owned() }
            }
            _ => {
                let message = "must have type url with a url, or type callback with callback_data";
                node.error(&mut self.report, message);
                return None;
            }
        };
        Some(Button { text: self.scoped(text), does })
    }

    /// A template in JSON with its variables in their scopes; what none has is found by the checks of
    /// what it is in.
    pub(super) fn scoped(&self, text: &str) -> String {
        with_scopes(text, &self.names).0
    }
}

/// A text as it is kept: lines end in one way, and nothing follows the last of them.
pub(super) fn as_kept(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    text.trim_end_matches('\n').to_owned()
}
