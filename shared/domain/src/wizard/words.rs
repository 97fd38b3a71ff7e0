//! The words of wizards, in Russian and English.

mod en;
mod ru;
mod ru_faults;

use serde::{Deserialize, Serialize};

use super::{Press, Refusal, Review, ShownStep, StepMark, ToldFault, WizardNotice, WizardStep};
use crate::broadcast::{Condition, Targeting};
use crate::button::{Buttons, Does};
use crate::fault::ContentFault;
use crate::scenario::StepContent;
use crate::text::first_chars;

/// So much of a text is shown where it is confirmed, in characters: a message holds more than it.
const SHOWN: usize = 1_200;
/// So many buttons, and so much of each one's words and address.
const SHOWN_BUTTONS: usize = 8;
const SHOWN_WORDS: usize = 60;
/// The longest text in all, in UTF-16 units: it fits a message with a mark of repetition.
const MAX_UNITS: usize = 4_000;

/// The language that somebody is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// The language of a code such as `ru` or `en-GB`, as Telegram tells it of a person; English where
    /// there are no words in it.
    pub fn of_code(code: Option<&str>) -> Self {
        let language = code.and_then(|it| it.split(['-', '_']).next()).unwrap_or_default();
        if language.eq_ignore_ascii_case("ru") { Self::Ru } else { Self::En }
    }

    /// Its code in ISO 639.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

/// The words of one language.
struct Words {
    ask: fn(WizardStep) -> &'static str,
    field: fn(WizardStep) -> &'static str,
    press: fn(&Press) -> &'static str,
    condition: fn(&Condition) -> &'static str,
    refusal: fn(&Refusal) -> String,
    /// Where a fault is, by the path of its field.
    place: fn(&str) -> String,
    fault: fn(&ContentFault) -> String,
    fixed: fn(Fixed) -> &'static str,
    delay: fn(u32) -> String,
}

/// Words that stand by themselves.
#[derive(Clone, Copy)]
enum Fixed {
    Check,
    ChooseField,
    AskMore,
    SavedScenario,
    SavedChanges,
    SavedBroadcast,
    Cancelled,
    Expired,
    Outdated,
    CaptionTaken,
    CaptionLeft,
    PhotoLeft,
    Everyone,
    Nothing,
    Photos,
    Buttons,
    Messages,
    ChooseMessage,
    ChoosePlace,
    First,
    Added,
}

const fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
    }
}

impl ToldFault {
    /// Where it is, and what: in English as callers of the API have it. What nobody has written in the chat
    /// may have no words but those.
    pub fn text(&self, language: Language) -> String {
        let words = words(language);
        let Some(fault) = &self.fault else { return format!("{}: {}", self.field, self.message) };
        format!("{}: {}", (words.place)(&self.field), (words.fault)(fault))
    }
}

impl Targeting {
    /// Whom it means, in words.
    pub fn text(&self, language: Language) -> String {
        let words = words(language);
        if self.conditions.is_empty() {
            return (words.fixed)(Fixed::Everyone).to_owned();
        }
        let told = self.conditions.iter().map(|condition| {
            let asked = (words.condition)(condition);
            match condition {
                Condition::InScenario(scenario) => format!("{asked}: {scenario}"),
                Condition::RegisteredBefore(at) | Condition::RegisteredAfter(at) => {
                    let at = at.rfc3339();
                    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
                    let time = time.get(..5).unwrap_or(time);
                    format!("{asked}: {day} {time} UTC")
                }
                Condition::NoActiveScenario
                | Condition::HasNotPaid
                | Condition::HasPaid
                | Condition::JoinedGroup => asked.to_owned(),
            }
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

impl Press {
    /// The words on the button. What is chosen already has a mark.
    pub fn label(&self, language: Language, chosen: bool) -> String {
        let words = words(language);
        let label = match self {
            Self::Field(step) => (words.field)(*step),
            Self::Toggle(condition) => (words.condition)(condition),
            Self::Message(number) => return format!("✏️ {number}"),
            Self::Behind(0) => (words.fixed)(Fixed::First),
            Self::Behind(number) => return format!("⤵️ {number}"),
            other => (words.press)(other),
        };
        if chosen { format!("☑ {label}") } else { label.to_owned() }
    }
}

impl WizardNotice {
    /// Whether a button's condition is chosen.
    pub fn has_chosen(&self, press: &Press) -> bool {
        match (self, press) {
            (Self::Ask { conditions, .. }, Press::Toggle(it)) => conditions.contains(it),
            _ => false,
        }
    }

    /// The words, in plain text that fits a message.
    pub fn text(&self, language: Language) -> String {
        let mut units = 0;
        let text = self.whole_text(words(language));
        let fits = |c: &char| {
            units += c.len_utf16();
            units <= MAX_UNITS
        };
        text.chars().take_while(fits).collect()
    }

    fn whole_text(&self, words: &Words) -> String {
        let fixed = words.fixed;
        match self {
            Self::Ask { step, photos: 0, .. } => (words.ask)(*step).to_owned(),
            Self::Ask { step, photos, .. } if is_photos(*step) => {
                format!("{}\n\n{}: {photos}", (words.ask)(*step), fixed(Fixed::Photos))
            }
            Self::Ask { step, .. } => (words.ask)(*step).to_owned(),
            Self::Refused { reasons } => {
                reasons.iter().map(words.refusal).collect::<Vec<_>>().join("\n")
            }
            Self::Review(review) => {
                format!("{}\n\n{}", fixed(Fixed::Check), words.review(review))
            }
            Self::ChooseField { .. } => fixed(Fixed::ChooseField).to_owned(),
            Self::AskMore { messages } => {
                format!("{}\n\n{}: {messages}", fixed(Fixed::AskMore), fixed(Fixed::Messages))
            }
            Self::ChooseMessage { steps, added } => {
                let mut lines = vec![fixed(Fixed::ChooseMessage).to_owned(), String::new()];
                lines.extend(steps.iter().map(|it| words.listed(it)));
                if *added > 0 {
                    lines.push(format!("{}: {added}", fixed(Fixed::Added)));
                }
                lines.join("\n").trim_end().to_owned()
            }
            Self::ChoosePlace { steps } => {
                let mut lines = vec![fixed(Fixed::ChoosePlace).to_owned(), String::new()];
                lines.extend(steps.iter().map(|it| words.listed(it)));
                lines.join("\n")
            }
            Self::Saved { kind, name, messages } => {
                use super::WizardKind::{CreateBroadcast, CreateScenario, EditScenario};
                let (saved, counted) = match kind {
                    CreateScenario => (Fixed::SavedScenario, true),
                    EditScenario { .. } => (Fixed::SavedChanges, *messages > 0),
                    CreateBroadcast => (Fixed::SavedBroadcast, false),
                };
                let saved = format!("{}: {name}", fixed(saved));
                if counted {
                    return format!("{saved}\n{}: {messages}", fixed(Fixed::Messages));
                }
                saved
            }
            Self::Cancelled => fixed(Fixed::Cancelled).to_owned(),
            Self::Expired => fixed(Fixed::Expired).to_owned(),
            Self::Outdated => fixed(Fixed::Outdated).to_owned(),
            Self::CaptionTaken => fixed(Fixed::CaptionTaken).to_owned(),
            Self::CaptionLeft => fixed(Fixed::CaptionLeft).to_owned(),
            Self::PhotoLeft => fixed(Fixed::PhotoLeft).to_owned(),
        }
    }
}

const fn is_photos(step: WizardStep) -> bool {
    use WizardStep::{BroadcastPhotos, MessagePhotos, SummaryPhotos};
    matches!(step, SummaryPhotos | MessagePhotos | BroadcastPhotos)
}

impl Words {
    /// A line of the list of messages.
    fn listed(&self, ShownStep { number, step, mark }: &ShownStep) -> String {
        let mark = match mark {
            StepMark::Kept => "",
            StepMark::Changed => "✏️ ",
            StepMark::Moved => "↕️ ",
            StepMark::Deleted => "🗑 ",
        };
        format!("{mark}{number}. {} – {}: {}", step.slug, (self.delay)(step.delay), step.title)
    }

    fn review(&self, review: &Review) -> String {
        use WizardStep as S;
        let line = |step, value: &str| {
            let value = if value.is_empty() { (self.fixed)(Fixed::Nothing) } else { value };
            format!("{}: {}", (self.field)(step), shown(value, SHOWN))
        };
        match review {
            Review::General {
                name,
                product_name,
                product_price,
                paid_content,
                private_group_id,
            } => {
                let mut lines = vec![
                    line(S::ScenarioName, name),
                    line(S::ProductName, product_name.as_deref().unwrap_or_default()),
                ];
                if product_name.is_some() {
                    let price = product_price.map(|it| it.normalize().to_string());
                    let group = private_group_id.map(|it| it.to_string());
                    lines.push(line(S::ProductPrice, &price.unwrap_or_default()));
                    lines.push(line(S::PaidContent, paid_content));
                    lines.push(line(S::PrivateGroupId, &group.unwrap_or_default()));
                }
                lines.join("\n")
            }
            Review::Summary { content } => self.content(content),
            Review::Message { content, delay, .. } => {
                let delay = (self.delay)(*delay);
                format!("{}\n{}", line(S::MessageTiming, &delay), self.content(content))
            }
            Review::Broadcast { name, content, conditions } => {
                let conditions = if conditions.is_empty() {
                    (self.fixed)(Fixed::Everyone).to_owned()
                } else {
                    conditions.iter().map(self.condition).collect::<Vec<_>>().join(", ")
                };
                let name = line(S::BroadcastName, name);
                let to = line(S::BroadcastTargeting, &conditions);
                format!("{name}\n{to}\n{}", self.content(content))
            }
        }
    }

    fn content(&self, content: &StepContent) -> String {
        let photos = format!("{}: {}", (self.fixed)(Fixed::Photos), content.photos.len());
        let buttons = match &content.buttons {
            None => (self.fixed)(Fixed::Nothing).to_owned(),
            Some(Buttons::Set { button_set_ref }) => format!("@{button_set_ref}"),
            Some(Buttons::Inline(rows)) => {
                let buttons = rows.rows.iter().flat_map(|row| &row.buttons);
                let told = buttons.take(SHOWN_BUTTONS).map(|it| {
                    let does = match &it.does {
                        Does::Url { url } => shown(url, SHOWN_WORDS),
                        Does::Callback { callback_data } => format!("callback:{callback_data}"),
                    };
                    format!("\n{} | {does}", shown(&it.text, SHOWN_WORDS))
                });
                told.collect()
            }
        };
        let buttons = format!("{}: {buttons}", (self.fixed)(Fixed::Buttons));
        format!("{photos}\n{buttons}\n\n{}", shown(&content.text, SHOWN))
    }
}

/// A text, or its beginning.
fn shown(text: &str, max: usize) -> String {
    let begins = first_chars(text, max);
    let more = if begins.len() < text.len() { "…" } else { "" };
    format!("{begins}{more}")
}

/// A length of time, with the names of days, hours, minutes and seconds.
fn delay(seconds: u32, names: [&str; 4]) -> String {
    let parts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    let parts = parts.into_iter().zip(names).filter(|(count, _)| *count > 0);
    parts.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(" ")
}
