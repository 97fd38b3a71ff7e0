//! The system's own words to people.

use serde::{Deserialize, Serialize};

use super::{Action, DeskNotice, ScenarioNotice};
use crate::contact::Language;
use crate::ids::TargetId;
use crate::link::OptIns;
use crate::text::first_chars;

/// A target in the bot's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTarget {
    /// The target, for the button that pauses or resumes it.
    pub target_id: TargetId,
    /// What its owner calls it.
    pub target_name: String,
    /// Whether it is watched.
    pub active: bool,
    /// How many pages it has.
    pub pages: u32,
}

/// An answer of the bot or a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// A bare `/start` of someone the system does not know.
    Welcome,
    /// An answer to a contact of a bot with scenarios.
    Scenario {
        /// What.
        said: ScenarioNotice,
        /// The person's language.
        language: Language,
    },
    /// An answer to an admin at work on scenarios and broadcasts.
    Desk {
        /// What.
        said: DeskNotice,
        /// The admin's language.
        language: Language,
    },
    /// A bare `/start` of someone whose chat is connected.
    WelcomeBack,
    /// `/help`.
    Help,
    /// A token connected this chat.
    ChannelConnected {
        /// The target that the token linked too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target_name: Option<String>,
    },
    /// A token was for a chat that was connected before.
    ChannelAlreadyConnected,
    /// A token is used, expired or unknown: one text for all three, so that
    /// a stranger learns nothing.
    TokenUnusable,
    /// `/stop`: nothing will be sent any more.
    Stopped,
    /// Messages are sent again after a stop.
    Resumed,
    /// `/stop` of a chat that receives nothing.
    NothingToStop,
    /// A command that the bot does not have.
    UnknownCommand,
    /// A message that is no command.
    NotUnderstood,
    /// The test message of a channel.
    TestMessage,
    /// A target is paused.
    TargetPaused {
        /// The target, for the button that resumes it.
        target_id: TargetId,
        /// What its owner calls it.
        target_name: String,
    },
    /// A target is watched again.
    TargetResumed {
        /// The target, for the button that pauses it.
        target_id: TargetId,
        /// What its owner calls it.
        target_name: String,
    },
    /// A button belongs to a target that is gone or is someone else's: one
    /// text for both.
    TargetGone,
    /// An invite was taken up.
    Invited {
        /// The target, for the button that pauses it.
        target_id: TargetId,
        /// What whoever invited calls it.
        target_name: String,
        /// How many pages it has.
        pages: u32,
    },
    /// An invite that cannot be taken up now: the plan of whoever made it has no room.
    InviteWaits,
    /// `/targets`
    Targets {
        /// The targets that the chat hears of.
        targets: Vec<ListedTarget>,
        /// How many more there are.
        more: u32,
    },
    /// `/add` added a page.
    PageAdded {
        /// The target, for the button that pauses it.
        target_id: TargetId,
        /// What its owner calls it.
        target_name: String,
        /// The page, in canonical form.
        url: String,
    },
    /// `/add` with a page that is watched already.
    AlreadyWatched {
        /// What the owner of the target calls it.
        target_name: String,
    },
    /// `/add` was not possible.
    AddRefused {
        /// Why, for the person.
        reason: String,
    },
    /// `/add` without an address.
    AddWhat,
    /// A button that the system does not know any more.
    ButtonOutdated,
    /// A button did what it says.
    CallbackDone,
    /// A token made this chat a company's link.
    CompanyLinked {
        /// What the company is called.
        company: String,
    },
    /// `/link` without a token.
    LinkWithoutToken,
    /// `/status`.
    Status {
        /// Channels that receive.
        channels: u32,
        /// Channels that are paused.
        paused: u32,
        /// Companies that the chat is a link of.
        companies: Vec<CompanyStatus>,
    },
    /// Telegram refuses a bot's token.
    BotStopped {
        /// The bot's username.
        username: String,
        /// Telegram's words.
        reason: String,
    },
    /// A contact has paid.
    PaymentReceived {
        /// What for.
        product: String,
        /// The person's language.
        #[serde(default)]
        language: Language,
    },
    /// A contact's link into the private group that they have paid for.
    InviteLink {
        /// The link.
        link: String,
        /// The person's language.
        language: Language,
    },
    /// The first scrape of a target's page is done.
    Watching {
        /// The target, for the button that pauses it.
        target_id: TargetId,
        /// What its owner calls it.
        target_name: String,
        /// How many offers the page has now.
        offers: u32,
    },
}

/// What a chat hears of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyStatus {
    /// What the company is called.
    pub company: String,
    /// What the chat wants to be told.
    #[serde(flatten)]
    pub opt_ins: OptIns,
    /// Whether it is told nothing for now.
    pub paused: bool,
}

impl Notice {
    /// The words, in plain text: paragraphs are set apart by empty lines.
    /// Names stand in it as their owners wrote them; the channel escapes.
    pub fn text(&self) -> String {
        match self {
            Self::ChannelConnected { target_name: Some(name) } => format!(
                "You are connected! New offers of “{name}” will arrive in this chat.\n\nSend /stop to stop the messages, /help for what else I can do."
            ),
            Self::TargetPaused { target_name, .. } => {
                format!(
                    "“{target_name}” is paused. You will not hear of its offers until you resume it."
                )
            }
            Self::TargetResumed { target_name, .. } => {
                format!("“{target_name}” is on again. You will hear of its new offers here.")
            }
            Self::Desk { said, language } => said.text(*language),
            Self::Scenario { said, language } => said.text(*language).to_owned(),
            Self::Watching { target_name, offers, .. } => watching(target_name, *offers),
            Self::CompanyLinked { company } => format!(
                "Linked successfully. Messages of “{company}” will arrive in this chat.\n\nSend /status to see which, /stop to stop them."
            ),
            Self::Status { channels, paused, companies } => status(*channels, *paused, companies),
            Self::BotStopped { username, reason } => format!(
                "Telegram refuses the token of your bot @{username} ({reason}). It sends nothing until it has its new token; what waits for it is kept."
            ),
            Self::PaymentReceived { product, language } => payment_received(product, *language),
            Self::InviteLink { link, language } => invite_link(link, *language),
            Self::Invited { target_name, pages, .. } => invited(target_name, *pages),
            Self::Targets { targets, more } => listed(targets, *more),
            Self::PageAdded { target_name, url, .. } => {
                format!(
                    "Done: “{target_name}” watches {url} now. You will hear of its new offers here."
                )
            }
            Self::AlreadyWatched { target_name } => {
                format!("This page is watched already, in “{target_name}”.")
            }
            Self::AddRefused { reason } => format!("I cannot add this page: {reason}."),
            fixed => fixed.fixed_text().to_owned(),
        }
    }

    /// The words of the notices without parameters.
    const fn fixed_text(&self) -> &'static str {
        match self {
            Self::Welcome => {
                "Hello! I tell you about new offers as soon as they appear.\n\nThis chat is not connected yet. Open the link from your account or from the invitation you received; it brings you back here and connects this chat."
            }
            Self::WelcomeBack => {
                "Welcome back! This chat is connected, and new offers arrive here.\n\nSend /help for what I can do."
            }
            Self::Help => {
                "I tell you about new offers of the pages you watch.\n\n/start – connect this chat, or take messages up again\n/link – connect this chat to a company, with the token that it gave you\n/status – what this chat receives\n/targets – what is watched for this chat\n/add <address> – watch another page\n/stop – stop all messages to this chat\n/help – this overview\n\nThe button under an offer pauses its watch alone."
            }
            Self::ChannelConnected { .. } => {
                "You are connected! Messages will arrive in this chat.\n\nSend /stop to stop them, /help for what else I can do."
            }
            Self::ChannelAlreadyConnected => {
                "This chat is connected already. There is nothing more to do."
            }
            Self::TokenUnusable => {
                "This link does not work (any more). Links work once and only for a short time. Please ask for a new one."
            }
            Self::Stopped => {
                "Done: you will get no more messages here. Send /start whenever you want them again."
            }
            Self::Resumed => "Good to have you back! You will get messages here again.",
            Self::NothingToStop => "There is nothing to stop: this chat gets no messages.",
            Self::UnknownCommand => "I do not know this command. Send /help for what I can do.",
            Self::NotUnderstood => "I only understand commands. Send /help for what I can do.",
            Self::TestMessage => "This is a test message. It arrived, so this channel works.",
            Self::TargetGone => "This watch does not exist any more.",
            Self::InviteWaits => {
                "This invitation cannot be taken up right now. Please ask whoever sent it to make room for another watch, and then open the link again."
            }
            Self::AddWhat => {
                "Send /add and the address of a page, like this:\n/add https://shop.example/new"
            }
            Self::ButtonOutdated => "This button does not work any more.",
            Self::CallbackDone => "Done.",
            Self::LinkWithoutToken => {
                "Send /link and the token that your dashboard shows, as in /link abc123."
            }
            Self::TargetPaused { .. }
            | Self::TargetResumed { .. }
            | Self::Watching { .. }
            | Self::Desk { .. }
            | Self::Scenario { .. }
            | Self::CompanyLinked { .. }
            | Self::Status { .. }
            | Self::BotStopped { .. }
            | Self::PaymentReceived { .. }
            | Self::InviteLink { .. }
            | Self::Invited { .. }
            | Self::Targets { .. }
            | Self::PageAdded { .. }
            | Self::AlreadyWatched { .. }
            | Self::AddRefused { .. } => "",
        }
    }

    /// The button under the notice, where it has one.
    pub const fn action(&self) -> Option<Action> {
        match self {
            Self::TargetPaused { target_id, .. } => Some(Action::ResumeTarget(*target_id)),
            Self::TargetResumed { target_id, .. }
            | Self::Watching { target_id, .. }
            | Self::Invited { target_id, .. }
            | Self::PageAdded { target_id, .. } => Some(Action::PauseTarget(*target_id)),
            _ => None,
        }
    }

    /// The buttons under the notice, one below the other, each with its words.
    pub fn buttons(&self) -> Vec<(String, Action)> {
        if let Self::Targets { targets, .. } = self {
            return targets.iter().map(button).collect();
        }
        self.action().map(|action| (action.label().to_owned(), action)).into_iter().collect()
    }
}

/// The longest name on a button, in characters.
const BUTTON_NAME: usize = 30;

fn button(target: &ListedTarget) -> (String, Action) {
    let name = first_chars(&target.target_name, BUTTON_NAME);
    let more = if name.len() < target.target_name.len() { "…" } else { "" };
    let (verb, action) = if target.active {
        ("Pause", Action::PauseTarget(target.target_id))
    } else {
        ("Resume", Action::ResumeTarget(target.target_id))
    };
    (format!("{verb} {name}{more}"), action)
}

fn count(pages: u32) -> String {
    match pages {
        0 => "no page yet".to_owned(),
        1 => "one page".to_owned(),
        n => format!("{n} pages"),
    }
}

fn invited(target_name: &str, pages: u32) -> String {
    let next = if pages == 0 {
        "Send /add and the address of a page, and I will watch it for you."
    } else {
        "New offers will arrive in this chat. Send /add and an address to watch another page."
    };
    format!(
        "Welcome! You are invited to “{target_name}” ({}). {next}\n\n/targets shows what is watched, /stop stops all messages, /help says what else I can do.",
        count(pages)
    )
}

fn listed(targets: &[ListedTarget], more: u32) -> String {
    if targets.is_empty() {
        return "Nothing is watched for this chat yet. Send /add and the address of a page."
            .to_owned();
    }
    let line = |target: &ListedTarget| {
        let paused = if target.active { "" } else { ", paused" };
        format!("• {} – {}{paused}", target.target_name, count(target.pages))
    };
    let mut lines: Vec<String> = targets.iter().map(line).collect();
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    format!("Watched for this chat:\n\n{}", lines.join("\n"))
}

fn status(channels: u32, paused: u32, companies: &[CompanyStatus]) -> String {
    let mut parts = Vec::new();
    match (channels, paused) {
        (0, 0) if companies.is_empty() => {
            return "This chat is not connected to anything. Send /help for what I can do."
                .to_owned();
        }
        (0, 0) => {}
        (0, _) => parts.push("Offers: paused. Send /start to hear of them again.".to_owned()),
        (_, _) => parts.push("Offers: they arrive here.".to_owned()),
    }
    for CompanyStatus { company, opt_ins, paused } in companies {
        let wanted: Vec<&str> = [
            (opt_ins.alerts, "alerts"),
            (opt_ins.reports, "reports"),
            (opt_ins.device_events, "device events"),
        ]
        .into_iter()
        .filter_map(|(wants, name)| wants.then_some(name))
        .collect();
        let wanted = if wanted.is_empty() { "nothing".to_owned() } else { wanted.join(", ") };
        let paused = if *paused { " (paused: send /start)" } else { "" };
        parts.push(format!("“{company}”: {wanted}{paused}"));
    }
    parts.join("\n")
}

fn payment_received(product: &str, language: Language) -> String {
    match language {
        Language::En => format!("Thank you! Your payment for “{product}” has arrived."),
        Language::Ru => format!("Спасибо! Оплата за «{product}» получена."),
    }
}

fn invite_link(link: &str, language: Language) -> String {
    match language {
        Language::En => format!(
            "Here is your way into the group:\n{link}\n\nIt lets in one person, so keep it to yourself."
        ),
        Language::Ru => format!(
            "Вот ссылка в группу:\n{link}\n\nПо ней войдёт только один человек, не передавайте её никому."
        ),
    }
}

fn watching(target_name: &str, offers: u32) -> String {
    let found = match offers {
        0 => "There are no offers yet".to_owned(),
        1 => "There is one offer now".to_owned(),
        n => format!("There are {n} offers now"),
    };
    format!("I am watching “{target_name}”. {found}; you will hear of new ones here.")
}

#[cfg(test)]
mod tests;
