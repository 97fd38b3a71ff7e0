//! What an update asks for, read from its words.

use channels::telegram::{ChatKind, Command, Kind};
use domain::link::LINK_PREFIX;
use domain::message::Action;

/// What a person did, as far as the bot acts on it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// A bare `/start`.
    Start,
    /// `/start` with a registration token.
    Confirm(String),
    /// `/start` with an invite's token.
    Invite(String),
    /// `/targets`.
    Targets,
    /// `/add`, with an address or without.
    Add(Option<String>),
    /// `/link` or `/start` with a company's token.
    Link(String),
    /// `/link` without a token.
    LinkWithoutToken,
    /// `/status`.
    Status,
    /// `/stop`.
    Stop,
    /// `/help`.
    Help,
    /// A command that the bot does not have.
    UnknownCommand,
    /// Words that are no command.
    Words,
    /// A button; what it does, if that is still known.
    Press {
        /// What to answer to.
        callback: String,
        /// What the button does.
        action: Option<Action>,
    },
    /// The bot was blocked or removed.
    Removal,
    /// The bot was taken back.
    Return,
    /// The group has another id now.
    Migration(i64),
}

impl Deed {
    /// Whether what it does depends on which channels the chat is.
    pub(super) const fn concerns_channels(&self) -> bool {
        match self {
            Self::Start
            | Self::Status
            | Self::Stop
            | Self::Targets
            | Self::Add(_)
            | Self::Press { .. }
            | Self::Removal
            | Self::Return
            | Self::Migration(_) => true,
            Self::Confirm(_)
            | Self::Link(_)
            | Self::LinkWithoutToken
            | Self::Invite(_)
            | Self::Help
            | Self::UnknownCommand
            | Self::Words => false,
        }
    }
}

/// The chat of an update: later ones of the same chat wait behind it.
pub(super) const fn chat_of(kind: &Kind) -> Option<i64> {
    match kind {
        Kind::Message { chat_id, .. }
        | Kind::CallbackQuery { chat_id, .. }
        | Kind::MyChatMember { chat_id, .. } => Some(*chat_id),
        Kind::Migrated { from, .. } => Some(*from),
        Kind::Other(_) => None,
    }
}

/// What the update asks for; `None` when the bot has nothing to do with it.
pub(super) fn deed(kind: &Kind, bot_username: &str) -> Option<Deed> {
    match kind {
        Kind::Message { chat_kind, text, .. } => {
            let private = *chat_kind == ChatKind::Private;
            words(text.as_deref()?, private, bot_username)
        }
        Kind::CallbackQuery { id, data, .. } => {
            Some(Deed::Press { callback: id.clone(), action: data.parse().ok() })
        }
        Kind::MyChatMember { new_status, .. } => match new_status.as_str() {
            "kicked" | "left" => Some(Deed::Removal),
            "member" | "administrator" => Some(Deed::Return),
            _ => None,
        },
        Kind::Migrated { to, .. } => Some(Deed::Migration(*to)),
        Kind::Other(_) => None,
    }
}

/// In groups only the bot's own commands are read: other bots live there, and people talk.
fn words(text: &str, private: bool, bot_username: &str) -> Option<Deed> {
    let Some(command) = Command::parse(text, bot_username) else {
        return private.then_some(Deed::Words);
    };
    match (command.name.as_str(), command.argument) {
        ("start", None) => Some(Deed::Start),
        ("start", Some(payload)) => Some(start_with(&payload)),
        ("link", None) => Some(Deed::LinkWithoutToken),
        ("link", Some(token)) => Some(Deed::Link(token)),
        ("status", _) => Some(Deed::Status),
        ("stop", _) => Some(Deed::Stop),
        ("help", _) => Some(Deed::Help),
        ("targets", _) => Some(Deed::Targets),
        ("add", url) => Some(Deed::Add(url)),
        _ => private.then_some(Deed::UnknownCommand),
    }
}

/// A registration token comes with its prefix or without. The other prefixes are reserved.
fn start_with(payload: &str) -> Deed {
    if let Some(token) = payload.strip_prefix("invite_") {
        return Deed::Invite(token.to_owned());
    }
    if payload.starts_with(LINK_PREFIX) {
        return Deed::Link(payload.to_owned());
    }
    Deed::Confirm(payload.strip_prefix("confirm_").unwrap_or(payload).to_owned())
}

#[cfg(test)]
mod tests {
    use domain::ids::TargetId;

    use super::*;

    fn message(text: &str, chat_kind: ChatKind) -> Kind {
        Kind::Message { chat_id: 1, chat_kind, from: None, text: Some(text.to_owned()) }
    }

    fn press(data: &str) -> Kind {
        Kind::CallbackQuery {
            id: "c".to_owned(),
            chat_id: 1,
            chat_kind: ChatKind::Private,
            message_id: 1,
            data: data.to_owned(),
            from_id: 1,
        }
    }

    fn member(status: &str) -> Kind {
        Kind::MyChatMember {
            chat_id: 1,
            chat_kind: ChatKind::Private,
            new_status: status.to_owned(),
            old_status: String::new(),
        }
    }

    #[test]
    fn private_chats_and_groups_are_read_as_they_should_be() {
        let token = |token: &str| Some(Deed::Confirm(token.to_owned()));
        let link = |token: &str| Some(Deed::Link(token.to_owned()));
        let invite = |token: &str| Some(Deed::Invite(token.to_owned()));
        let add = |url: &str| Some(Deed::Add(Some(url.to_owned())));
        for (text, in_private, in_group) in [
            ("/start", Some(Deed::Start), Some(Deed::Start)),
            ("/start@HoopoeBot confirm_abc", token("abc"), token("abc")),
            ("/start abc", token("abc"), token("abc")),
            ("/start invite_abc", invite("abc"), invite("abc")),
            ("/targets", Some(Deed::Targets), Some(Deed::Targets)),
            ("/add", Some(Deed::Add(None)), Some(Deed::Add(None))),
            ("/add@HoopoeBot https://e.com", add("https://e.com"), add("https://e.com")),
            ("/start link_abc", link("link_abc"), link("link_abc")),
            ("/link abc", link("abc"), link("abc")),
            ("/link", Some(Deed::LinkWithoutToken), Some(Deed::LinkWithoutToken)),
            ("/status", Some(Deed::Status), Some(Deed::Status)),
            ("/STOP now", Some(Deed::Stop), Some(Deed::Stop)),
            ("/help", Some(Deed::Help), Some(Deed::Help)),
            ("/dance", Some(Deed::UnknownCommand), None),
            ("/start@OtherBot", Some(Deed::Words), None),
            ("hello", Some(Deed::Words), None),
        ] {
            let read = |kind| deed(&message(text, kind), "HoopoeBot");
            assert!(read(ChatKind::Private) == in_private, "{text}");
            assert!(read(ChatKind::Supergroup) == in_group, "{text}");
        }
    }

    #[test]
    fn buttons_membership_and_moves_are_read() {
        let target = TargetId(uuid::Uuid::from_u128(5));
        let pressed = |action| Some(Deed::Press { callback: "c".to_owned(), action });
        let pause = Action::PauseTarget(target);
        for (kind, read) in [
            (press(&pause.to_string()), pressed(Some(pause))),
            (press("pause:x"), pressed(None)),
            (member("kicked"), Some(Deed::Removal)),
            (member("left"), Some(Deed::Removal)),
            (member("member"), Some(Deed::Return)),
            (member("restricted"), None),
            (Kind::Migrated { from: 1, to: 2 }, Some(Deed::Migration(2))),
            (Kind::Other("poll".to_owned()), None),
        ] {
            assert!(deed(&kind, "HoopoeBot") == read, "{kind:?}");
        }
    }
}
