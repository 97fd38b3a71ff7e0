//! The buttons below a wizard's questions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::WizardStep;
use crate::broadcast::Condition;

/// What the data of a wizard's buttons begins with.
const PREFIX: &str = "w";

/// A text that is no wizard's button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not the data of a wizard's button")]
pub struct UnknownPress;

/// What a button means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// All is right.
    Confirm,
    /// Something is not.
    Edit,
    /// Nothing is to be changed after all.
    Back,
    /// This field is to be changed.
    Field(WizardStep),
    /// The field stays empty.
    Skip,
    /// There are no more photos, or conditions.
    Done,
    /// The photos so far go.
    Clear,
    /// This condition comes or goes.
    Toggle(Condition),
    /// There is another message.
    More,
    /// To the messages that the scenario has.
    Messages,
    /// This one of them, by its number in the list, from 1.
    Message(u32),
    /// Those before the ones that are listed.
    Earlier,
    /// Those after the ones that are listed.
    Later,
    /// The message goes.
    Delete,
    /// A message is added behind this one.
    After,
    /// The message is to stand elsewhere.
    Move,
    /// It comes behind the one with this number in the list, from 1; with 0, before all.
    Behind(u32),
    /// There is none: all is saved.
    Finish,
}

/// A button of one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WizardButton {
    /// The question's number.
    pub token: u32,
    /// What it means.
    pub press: Press,
}

/// The conditions that have buttons; the others are for the API.
pub(super) const CONDITIONS: [(&str, Condition); 4] = [
    ("no_active_scenario", Condition::NoActiveScenario),
    ("has_not_paid", Condition::HasNotPaid),
    ("has_paid", Condition::HasPaid),
    ("joined_group", Condition::JoinedGroup),
];

impl Press {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirm => f.write_str("confirm"),
            Self::Edit => f.write_str("edit"),
            Self::Back => f.write_str("back"),
            Self::Skip => f.write_str("skip"),
            Self::Done => f.write_str("done"),
            Self::Clear => f.write_str("clear"),
            Self::More => f.write_str("more"),
            Self::Messages => f.write_str("messages"),
            Self::Message(number) => write!(f, "message:{number}"),
            Self::Earlier => f.write_str("earlier"),
            Self::Later => f.write_str("later"),
            Self::Delete => f.write_str("delete"),
            Self::After => f.write_str("after"),
            Self::Move => f.write_str("move"),
            Self::Behind(number) => write!(f, "behind:{number}"),
            Self::Finish => f.write_str("finish"),
            Self::Field(step) => write!(f, "field:{}", name_of(*step)),
            Self::Toggle(condition) => {
                let found = CONDITIONS.iter().find(|(_, it)| it == condition);
                write!(f, "toggle:{}", found.map_or("", |(name, _)| name))
            }
        }
    }

    fn read(verb: &str, of: Option<&str>) -> Option<Self> {
        Some(match (verb, of) {
            ("confirm", None) => Self::Confirm,
            ("edit", None) => Self::Edit,
            ("back", None) => Self::Back,
            ("skip", None) => Self::Skip,
            ("done", None) => Self::Done,
            ("clear", None) => Self::Clear,
            ("more", None) => Self::More,
            ("messages", None) => Self::Messages,
            ("message", Some(number)) => Self::Message(number.parse().ok()?),
            ("earlier", None) => Self::Earlier,
            ("later", None) => Self::Later,
            ("delete", None) => Self::Delete,
            ("after", None) => Self::After,
            ("move", None) => Self::Move,
            ("behind", Some(number)) => Self::Behind(number.parse().ok()?),
            ("finish", None) => Self::Finish,
            ("field", Some(name)) => {
                Self::Field(serde_json::from_value(serde_json::Value::from(name)).ok()?)
            }
            ("toggle", Some(name)) => {
                let found = CONDITIONS.into_iter().find(|(it, _)| *it == name)?;
                Self::Toggle(found.1)
            }
            _ => return None,
        })
    }
}

/// A step's name, as it is written everywhere.
fn name_of(step: WizardStep) -> String {
    let name = serde_json::to_value(step).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// As the button's data, which fits Telegram's 64 bytes: `w:7:field:product_name`.
impl fmt::Display for WizardButton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}:{}:", self.token)?;
        self.press.write(f)
    }
}

impl FromStr for WizardButton {
    type Err = UnknownPress;

    fn from_str(data: &str) -> Result<Self, Self::Err> {
        let mut parts = data.splitn(4, ':');
        if parts.next() != Some(PREFIX) {
            return Err(UnknownPress);
        }
        let token = parts.next().and_then(|it| it.parse().ok()).ok_or(UnknownPress)?;
        let verb = parts.next().ok_or(UnknownPress)?;
        let press = Press::read(verb, parts.next()).ok_or(UnknownPress)?;
        Ok(Self { token, press })
    }
}
