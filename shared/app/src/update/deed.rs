//! What an update asks for, read from its words.

use channels::telegram::{ChatKind, Command, Kind};
use domain::link::LINK_PREFIX;
use domain::message::{Action, SEND_BROADCAST, SUBSCRIBE};
use domain::payment::{Actor, Move, owner_of_link};
use domain::time::Timestamp;

use crate::bot::KnownBot;
use crate::scenario::UNSUBSCRIBE;

/// The commands of admins; to everyone else they are unknown ones.
pub(crate) const ADMIN_COMMANDS: [&str; 9] = [
    "scenarios",
    "create_scenario",
    "edit_scenario",
    "set_default_scenario",
    "delete_scenario",
    "demo_scenario",
    "create_broadcast",
    "send_broadcast",
    "cancel",
];

/// What a person did, as far as the bot acts on it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// A bare `/start`.
    Start,
    /// `/start` with a registration token.
    Confirm(String),
    /// `/start` with a scenario's name, or with a registration token without its prefix.
    Payload(String),
    /// The button below a scenario's question for consent.
    Consent {
        /// What to answer to.
        callback: String,
        /// Whether it was given.
        agreed: bool,
    },
    /// A command of an admin.
    Admin {
        /// Which, without its slash.
        command: String,
        /// What it is about.
        argument: Option<String>,
    },
    /// A photo without words.
    Photo(String),
    /// A sticker, a voice message and the like.
    Odd,
    /// A button of an admin's: of a wizard, or one that sends a broadcast.
    Desk {
        /// What to answer to.
        callback: String,
        /// What it says.
        data: String,
    },
    /// The button below a broadcast, or the one that takes its press back.
    Broadcasts {
        /// What to answer to.
        callback: String,
        /// Whether they are wanted.
        wanted: bool,
    },
    /// An author's button that says a command.
    Pressed {
        /// What to answer to.
        callback: String,
        /// What it says.
        says: Box<Self>,
    },
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
    /// A person came into the group, left it or was removed.
    Moved {
        /// Who.
        person: i64,
        /// How.
        what: Move,
        /// When.
        at: Timestamp,
        /// Whose link they came by, if it was made for someone else, and the link.
        others_link: Option<(i64, String)>,
    },
}

impl Deed {
    /// Whether what it does depends on which channels the chat is.
    pub(super) fn concerns_channels(&self) -> bool {
        match self {
            Self::Start
            | Self::Status
            | Self::Stop
            | Self::Targets
            | Self::Add(_)
            | Self::Press { .. }
            | Self::Payload(_)
            | Self::Consent { .. }
            | Self::Admin { .. }
            | Self::Desk { .. }
            | Self::Removal
            | Self::Return
            | Self::Migration(_) => true,
            Self::Pressed { says, .. } => says.concerns_channels(),
            Self::Confirm(_)
            | Self::Link(_)
            | Self::LinkWithoutToken
            | Self::Broadcasts { .. }
            | Self::Photo(_)
            | Self::Odd
            | Self::Invite(_)
            | Self::Help
            | Self::UnknownCommand
            | Self::Moved { .. }
            | Self::Words => false,
        }
    }
}

/// The chat of an update: later ones of the same chat wait behind it.
pub(super) const fn chat_of(kind: &Kind) -> Option<i64> {
    match kind {
        Kind::Message { chat_id, .. }
        | Kind::CallbackQuery { chat_id, .. }
        | Kind::MyChatMember { chat_id, .. }
        | Kind::ChatMember { chat_id, .. } => Some(*chat_id),
        Kind::Migrated { from, .. } => Some(*from),
        Kind::Other(_) => None,
    }
}

/// What the update asks for of this bot. A picture or a sticker may be an answer to a wizard, which the
/// platform's bot has none of.
pub(super) fn asked(kind: &Kind, bot: &KnownBot) -> Option<Deed> {
    let deed = deed(kind, &bot.username)?;
    let is_odd = matches!(deed, Deed::Photo(_) | Deed::Odd);
    (!is_odd || bot.company_id.is_some()).then_some(deed)
}

/// What the update asks for; `None` when the bot has nothing to do with it.
fn deed(kind: &Kind, bot_username: &str) -> Option<Deed> {
    match kind {
        Kind::Message { chat_kind, text, photo, .. } => {
            let private = *chat_kind == ChatKind::Private;
            match (text, photo) {
                (Some(text), _) => words(text, private, bot_username),
                (None, Some(photo)) => private.then(|| Deed::Photo(photo.clone())),
                (None, None) => private.then_some(Deed::Odd),
            }
        }
        Kind::CallbackQuery { id, data, chat_kind, .. } => {
            let private = *chat_kind == ChatKind::Private;
            Some(pressed(id.clone(), data, private, bot_username))
        }
        Kind::MyChatMember { new_status, .. } => match new_status.as_str() {
            "kicked" | "left" => Some(Deed::Removal),
            "member" | "administrator" => Some(Deed::Return),
            _ => None,
        },
        Kind::ChatMember { person, by, before, after, date, link, .. } => {
            let is_ours = |name: &String| name.eq_ignore_ascii_case(bot_username);
            let actor = match by {
                by if by.id == *person => Actor::Person,
                by if by.username.as_ref().is_some_and(is_ours) => Actor::Bot,
                _ => Actor::Other,
            };
            let what = Move::between(*before, *after, actor)?;
            let at = Timestamp::from_millis(date.saturating_mul(1_000));
            let link = link.as_ref().filter(|_| what == Move::Joined);
            let of = link.and_then(|it| Some((owner_of_link(&it.name)?, it.link.clone())));
            let others_link = of.filter(|(owner, _)| owner != person);
            Some(Deed::Moved { person: *person, what, at, others_link })
        }
        Kind::Migrated { to, .. } => Some(Deed::Migration(*to)),
        Kind::Other(_) => None,
    }
}

/// A button of ours, or of an author's: those of the consent, and those that say a command.
fn pressed(callback: String, data: &str, private: bool, bot_username: &str) -> Deed {
    match data {
        "accept" | "decline" if private => {
            return Deed::Consent { callback, agreed: data == "accept" };
        }
        data if private && (data.starts_with("w:") || data.starts_with(SEND_BROADCAST)) => {
            return Deed::Desk { callback, data: data.to_owned() };
        }
        UNSUBSCRIBE | SUBSCRIBE if private => {
            return Deed::Broadcasts { callback, wanted: data == SUBSCRIBE };
        }
        command if private && command.starts_with('/') => {
            if let Some(says) = words(command, private, bot_username) {
                return Deed::Pressed { callback, says: Box::new(says) };
            }
        }
        _ => {}
    }
    Deed::Press { callback, action: data.parse().ok() }
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
        (name, argument) if private && ADMIN_COMMANDS.contains(&name) => {
            Some(Deed::Admin { command: name.to_owned(), argument })
        }
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
    match payload.strip_prefix("confirm_") {
        Some(token) => Deed::Confirm(token.to_owned()),
        None => Deed::Payload(payload.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use channels::telegram::Written;
    use domain::ids::TargetId;

    use super::*;

    fn message(text: &str, chat_kind: ChatKind) -> Kind {
        Kind::Message {
            chat_id: 1,
            chat_kind,
            from: None,
            text: Some(text.to_owned()),
            formatted: None,
            photo: None,
            caption: None,
            written: Written::default(),
        }
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
        let payload = |payload: &str| Some(Deed::Payload(payload.to_owned()));
        let link = |token: &str| Some(Deed::Link(token.to_owned()));
        let invite = |token: &str| Some(Deed::Invite(token.to_owned()));
        let add = |url: &str| Some(Deed::Add(Some(url.to_owned())));
        for (text, in_private, in_group) in [
            ("/start", Some(Deed::Start), Some(Deed::Start)),
            ("/start@HoopoeBot confirm_abc", token("abc"), token("abc")),
            ("/start abc", payload("abc"), payload("abc")),
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
    fn who_moves_a_person_in_a_group_is_told_apart() {
        use domain::payment::Standing::{Banned, In, Out};
        let by = |id: i64, name: &str| channels::telegram::Sender {
            id,
            language_code: None,
            first_name: None,
            username: Some(name.to_owned()),
        };
        for (by, before, after, what) in [
            (by(42, "ann"), Out, In, Some(Move::Joined)),
            (by(42, "ann"), In, Out, Some(Move::Left)),
            (by(43, "bob"), In, Out, Some(Move::Removed)),
            (by(7, "hoopoebot"), In, Banned, Some(Move::TakenOut)),
            (by(7, "HoopoeBot"), Banned, Out, None),
            (by(8, "other_bot"), In, Banned, Some(Move::Removed)),
        ] {
            let (date, link) = (9, None);
            let kind = Kind::ChatMember { chat_id: -5, person: 42, by, before, after, date, link };
            let at = Timestamp::from_millis(9_000);
            let moved = |what| Deed::Moved { person: 42, what, at, others_link: None };
            let expected = what.map(moved);
            assert!(deed(&kind, "HoopoeBot") == expected, "{before:?} {after:?} {what:?}");
        }
        for (name, owner) in [("contact 43", Some(43)), ("contact 42", None), ("Friends", None)] {
            let (link, name) = ("https://t.me/+abc".to_owned(), name.to_owned());
            let used = channels::telegram::UsedLink { link: link.clone(), name };
            let kind = Kind::ChatMember {
                chat_id: -5,
                person: 42,
                by: by(42, "ann"),
                before: Out,
                after: In,
                date: 9,
                link: Some(used),
            };
            let others_link = owner.map(|it| (it, link));
            let at = Timestamp::from_millis(9_000);
            let expected = Deed::Moved { person: 42, what: Move::Joined, at, others_link };
            assert!(deed(&kind, "HoopoeBot") == Some(expected), "{owner:?}");
        }
    }

    #[test]
    fn buttons_membership_and_moves_are_read() {
        let target = TargetId(uuid::Uuid::from_u128(5));
        let pressed = |action| Some(Deed::Press { callback: "c".to_owned(), action });
        let pause = Action::PauseTarget(target);
        let broadcasts = |wanted| Deed::Broadcasts { callback: "c".to_owned(), wanted };
        for (kind, read) in [
            (press(&pause.to_string()), pressed(Some(pause))),
            (press("pause:x"), pressed(None)),
            (press("accept"), Some(Deed::Consent { callback: "c".to_owned(), agreed: true })),
            (press("decline"), Some(Deed::Consent { callback: "c".to_owned(), agreed: false })),
            (press("unsubscribe"), Some(broadcasts(false))),
            (press("subscribe"), Some(broadcasts(true))),
            (
                press("/start premium"),
                Some(Deed::Pressed {
                    callback: "c".to_owned(),
                    says: Box::new(Deed::Payload("premium".to_owned())),
                }),
            ),
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
