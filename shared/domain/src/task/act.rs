//! What tasks do.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kwarg::{self, Kwarg, Rule, chat, days};
use crate::field_error::FieldError;
use crate::link::Category;

/// A kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// Sends a text into a chat.
    SendTelegramMessage,
    /// Sends an alert to a company's links.
    SendCompanyAlert,
    /// Tells a company's links what became of its alerts.
    SendReport,
    /// Sends a copy of a broadcast to the contacts of a bot.
    SendBroadcast,
}

const SAY: [Kwarg; 3] = [
    Kwarg {
        name: "text",
        required: true,
        rule: Rule::Text,
        description: "What is said, as plain text",
    },
    Kwarg {
        name: "bot_name",
        required: false,
        rule: Rule::Bot,
        description: "The slug or the id of the bot that says it; without one, the company's default bot, or else the platform's",
    },
    Kwarg {
        name: "chat_id",
        required: false,
        rule: Rule::Chat,
        description: "The chat that it is said in; without one, the bot's default chat. The platform's bot writes to chats that are connected to the company only",
    },
];

const TELL: [Kwarg; 3] = [
    Kwarg {
        name: "text",
        required: true,
        rule: Rule::Words,
        description: "What is said, as plain text; its first line is the title, if it has at most 200 characters",
    },
    Kwarg {
        name: "category",
        required: false,
        rule: Rule::Category,
        description: "Links that opted into it are told; alerts when it is absent",
    },
    Kwarg {
        name: "bot_name",
        required: false,
        rule: Rule::Bot,
        description: "The slug or the id of a bot: only links through it are told",
    },
];

const REPORT: [Kwarg; 2] = [
    Kwarg {
        name: "days",
        required: false,
        rule: Rule::Days,
        description: "So many whole days (UTC) before today it is about; 1 when it is absent",
    },
    Kwarg {
        name: "bot_name",
        required: false,
        rule: Rule::Bot,
        description: "The slug or the id of a bot: only links through it are told",
    },
];

const CAST: [Kwarg; 2] = [
    Kwarg {
        name: "bot",
        required: true,
        rule: Rule::Bot,
        description: "The slug or the id of the company's bot whose broadcast it is",
    },
    Kwarg {
        name: "broadcast",
        required: true,
        rule: Rule::Broadcast,
        description: "The slug of the broadcast: each run sends a copy of it as it is then, to whoever its conditions hold for then",
    },
];

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SendTelegramMessage, Self::SendCompanyAlert, Self::SendReport, Self::SendBroadcast];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendTelegramMessage => "send_telegram_message",
            Self::SendCompanyAlert => "send_company_alert",
            Self::SendReport => "send_report",
            Self::SendBroadcast => "send_broadcast",
        }
    }

    /// Other names by which it is asked for.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::SendTelegramMessage => &["api.tasks.send_telegram_message_async"],
            Self::SendCompanyAlert => &["api.tasks.send_telegram_alert_async"],
            Self::SendReport | Self::SendBroadcast => &[],
        }
    }

    /// What it does.
    pub const fn description(self) -> &'static str {
        match self {
            Self::SendTelegramMessage => "Sends a message into a Telegram chat",
            Self::SendCompanyAlert => "Sends an alert to the company's links that opted into it",
            Self::SendReport => {
                "Tells the company's links that opted into reports what became of its alerts"
            }
            Self::SendBroadcast => "Sends a copy of a broadcast to the contacts of a bot",
        }
    }

    /// The kind of this name or alias.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name || it.aliases().contains(&name))
    }

    /// The JSON Schema (2020-12) of its arguments: what it refuses is refused.
    pub fn schema(self) -> Value {
        kwarg::schema(self.kwargs())
    }

    const fn kwargs(self) -> &'static [Kwarg] {
        match self {
            Self::SendTelegramMessage => &SAY,
            Self::SendCompanyAlert => &TELL,
            Self::SendReport => &REPORT,
            Self::SendBroadcast => &CAST,
        }
    }
}

/// What a task does: its kind and its arguments, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", content = "kwargs", rename_all = "snake_case")]
pub enum Act {
    /// Sends a text into a chat.
    SendTelegramMessage(Say),
    /// Sends an alert to the company's links.
    SendCompanyAlert(Tell),
    /// Tells a company's links what became of its alerts.
    SendReport(Report),
    /// Sends a copy of a broadcast to the contacts of a bot.
    SendBroadcast(Cast),
}

/// A text for a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// What is said.
    pub text: String,
    /// The slug or the id of the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
    /// The chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<i64>,
}

/// Words for a company's links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// What is said.
    pub text: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The slug or the id of the bot that alone says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The slug or the id of the bot that alone says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
}

/// A broadcast of a bot's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The slug or the id of the bot.
    pub bot: String,
    /// The slug of the broadcast that is sent as a copy.
    pub broadcast: String,
}

impl Act {
    /// What a task of this name does with these arguments, or everything that is wrong.
    pub fn check(name: &str, kwargs: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let Some(kind) = TaskKind::named(name) else {
            let known: Vec<&str> = TaskKind::ALL.into_iter().map(TaskKind::name).collect();
            let message = format!("must be one of: {}", known.join(", "));
            return Err(vec![FieldError::new("task", message)]);
        };
        let faults = kwarg::faults(kind.kwargs(), kwargs);
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |name| kwargs.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(match kind {
            TaskKind::SendTelegramMessage => Self::SendTelegramMessage(Say {
                text: text("text").unwrap_or_default(),
                bot_name: text("bot_name"),
                chat_id: kwargs.get("chat_id").and_then(chat),
            }),
            TaskKind::SendCompanyAlert => Self::SendCompanyAlert(Tell {
                text: text("text").unwrap_or_default(),
                category: text("category").as_deref().and_then(Category::parse),
                bot_name: text("bot_name"),
            }),
            TaskKind::SendReport => Self::SendReport(Report {
                days: kwargs.get("days").and_then(days),
                bot_name: text("bot_name"),
            }),
            TaskKind::SendBroadcast => Self::SendBroadcast(Cast {
                bot: text("bot").unwrap_or_default(),
                broadcast: text("broadcast").unwrap_or_default(),
            }),
        })
    }

    /// Its kind.
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::SendTelegramMessage(_) => TaskKind::SendTelegramMessage,
            Self::SendCompanyAlert(_) => TaskKind::SendCompanyAlert,
            Self::SendReport(_) => TaskKind::SendReport,
            Self::SendBroadcast(_) => TaskKind::SendBroadcast,
        }
    }

    /// Its arguments, as the API gives them back.
    pub fn kwargs(&self) -> Value {
        match self {
            Self::SendTelegramMessage(say) => serde_json::to_value(say).unwrap_or_default(),
            Self::SendCompanyAlert(tell) => serde_json::to_value(tell).unwrap_or_default(),
            Self::SendReport(report) => serde_json::to_value(report).unwrap_or_default(),
            Self::SendBroadcast(cast) => serde_json::to_value(cast).unwrap_or_default(),
        }
    }
}
