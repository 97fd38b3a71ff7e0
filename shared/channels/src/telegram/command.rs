//! Commands that people send to a bot.

/// The longest name of a command, in characters (FACTS: Telegram, Limits).
const MAX_NAME: usize = 32;

/// A command: `/start confirm_abc`.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The name without `/`, in lower case.
    pub name: String,
    /// What follows it, trimmed; may be a token.
    pub argument: Option<String>,
}

// Arguments are tokens more often than not, so they stay out of logs.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command")
            .field("name", &self.name)
            .field("has_argument", &self.argument.is_some())
            .finish()
    }
}

impl Command {
    /// Reads a message as a command to this bot: `/name`, `/name@bot`, with
    /// or without an argument. `None` for other text and for what another
    /// bot of the group is asked. Neither the name nor the bot's user name
    /// depends on case.
    pub fn parse(text: &str, bot_username: &str) -> Option<Self> {
        let text = text.trim().strip_prefix('/')?;
        let (word, argument) = match text.split_once(char::is_whitespace) {
            Some((word, argument)) => (word, argument.trim()),
            None => (text, ""),
        };
        let (name, addressee) = match word.split_once('@') {
            Some((name, addressee)) => (name, Some(addressee)),
            None => (word, None),
        };
        let own_name = bot_username.strip_prefix('@').unwrap_or(bot_username);
        if addressee.is_some_and(|other| !other.eq_ignore_ascii_case(own_name)) {
            return None;
        }
        let in_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(in_name) {
            return None;
        }
        Some(Self {
            name: name.to_ascii_lowercase(),
            argument: (!argument.is_empty()).then(|| argument.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn command(text: &str) -> Option<(String, Option<String>)> {
        Command::parse(text, "HoopoeBot").map(|command| (command.name, command.argument))
    }

    #[test]
    fn commands_are_read_with_their_arguments() {
        for (text, name, argument) in [
            ("/start", "start", None),
            ("/START", "start", None),
            ("  /start \n", "start", None),
            ("/start confirm_a-B_9", "start", Some("confirm_a-B_9")),
            ("/start@HoopoeBot", "start", None),
            ("/start@hoopoebot  x ", "start", Some("x")),
            ("/add\nhttps://e.com/a b", "add", Some("https://e.com/a b")),
        ] {
            let expected = Some((name.to_owned(), argument.map(str::to_owned)));
            assert_eq!(command(text), expected, "{text:?}");
        }
    }

    #[test]
    fn other_text_and_other_bots_commands_are_none_of_ours() {
        let long = format!("/{}", "a".repeat(33));
        for text in [
            "",
            "/",
            "start",
            "hello /start",
            "/start@OtherBot",
            "/start@",
            "/ start",
            "/старт",
            "//a",
            &long,
        ] {
            assert_eq!(command(text), None, "{text:?}");
        }
    }

    #[test]
    fn arguments_are_not_printed() {
        let command = Command::parse("/start confirm_secret", "b");
        assert!(!format!("{command:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), bot in any::<String>()) {
            let _ = Command::parse(&text, &bot);
        }
    }
}
