//! A bot's token, which nothing prints.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The longest token that is accepted, in bytes; today's have 46.
const MAX_TOKEN_BYTES: usize = 256;

/// A text that is no bot token. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a bot token looks like 123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11")]
pub struct InvalidBotToken;

/// A bot's token: `<bot id>:<secret>`. `Debug` shows no part of it.
#[derive(Clone, Debug)]
pub struct BotToken(SecretString);

impl BotToken {
    /// Checks the form of a token, so that it fits a URL's path as it is.
    pub fn parse(text: &str) -> Result<Self, InvalidBotToken> {
        let text = text.trim();
        let (id, secret) = text.split_once(':').ok_or(InvalidBotToken)?;
        let id_fits = id.parse::<u64>().is_ok() && id.bytes().all(|b| b.is_ascii_digit());
        let secret_fits = !secret.is_empty()
            && secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if id_fits && secret_fits && text.len() <= MAX_TOKEN_BYTES {
            Ok(Self(SecretString::from(text)))
        } else {
            Err(InvalidBotToken)
        }
    }

    /// The whole token, to seal it or to call Telegram.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The bot's own id in Telegram, which is no secret.
    pub fn bot_id(&self) -> &str {
        let token = self.expose();
        token.split_once(':').map_or("", |(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_and_never_printed() -> Result<(), InvalidBotToken> {
        let token = BotToken::parse(" 123456:ABC-def_1234 \n")?;
        assert_eq!(token.expose(), "123456:ABC-def_1234");
        assert_eq!(token.bot_id(), "123456");
        let printed = format!("{token:?}");
        assert!(!printed.contains("123456") && !printed.contains("ABC"), "{printed}");
        Ok(())
    }

    #[test]
    fn what_could_change_the_path_of_a_request_is_no_token() {
        for text in [
            "", "123456", ":abc", "123:", "+1:abc", "12a:abc", "1:a/b", "1:a?b", "1:a b", "1:a:b",
            "1:ä",
        ] {
            assert!(BotToken::parse(text).is_err(), "{text}");
        }
    }
}
