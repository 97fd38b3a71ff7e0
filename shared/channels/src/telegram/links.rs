//! Links that open a chat with the bot and hand it a payload.

use thiserror::Error;

/// The longest payload, in characters (FACTS: Telegram, Deep link).
const MAX_PAYLOAD: usize = 64;

/// The longest user name of a bot, in characters.
const MAX_USERNAME: usize = 32;

/// Why there is no such link. The payload is not repeated: it is a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeepLinkError {
    /// The payload is not 1–64 of `[A-Za-z0-9_-]`.
    #[error("a start payload has 1 to {MAX_PAYLOAD} characters of A-Z, a-z, 0-9, _ and -")]
    Payload,
    /// The bot's user name is not 1–32 of `[A-Za-z0-9_]`.
    #[error("a bot's user name has 1 to {MAX_USERNAME} characters of A-Z, a-z, 0-9 and _")]
    Username,
}

/// `<link_base>/<bot>?start=<payload>`: opens the bot's chat with a button
/// that sends `/start <payload>`. `link_base` is `https://t.me`, or where a
/// simulator listens. A leading `@` of the user name is dropped.
pub fn deep_link(
    link_base: &str,
    bot_username: &str,
    payload: &str,
) -> Result<String, DeepLinkError> {
    link(link_base, bot_username, "start", payload)
}

/// `<link_base>/<bot>?startgroup=<payload>`: lets the person choose a group,
/// adds the bot and sends `/start@<bot> <payload>` there.
pub fn group_deep_link(
    link_base: &str,
    bot_username: &str,
    payload: &str,
) -> Result<String, DeepLinkError> {
    link(link_base, bot_username, "startgroup", payload)
}

fn link(
    base: &str,
    username: &str,
    parameter: &str,
    payload: &str,
) -> Result<String, DeepLinkError> {
    let username = username.strip_prefix('@').unwrap_or(username);
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if username.is_empty() || username.len() > MAX_USERNAME || !username.bytes().all(in_name) {
        return Err(DeepLinkError::Username);
    }
    let in_payload = |b: u8| in_name(b) || b == b'-';
    if payload.is_empty() || payload.len() > MAX_PAYLOAD || !payload.bytes().all(in_payload) {
        return Err(DeepLinkError::Payload);
    }
    Ok(format!("{}/{username}?{parameter}={payload}", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_link_carries_the_payload() {
        assert_eq!(
            deep_link("https://t.me", "HoopoeBot", "confirm_a-B9"),
            Ok("https://t.me/HoopoeBot?start=confirm_a-B9".to_owned())
        );
        assert_eq!(
            group_deep_link("http://127.0.0.1:8081/", "@hoopoe_bot", "link_x"),
            Ok("http://127.0.0.1:8081/hoopoe_bot?startgroup=link_x".to_owned())
        );
    }

    #[test]
    fn what_telegram_would_not_carry_is_refused() {
        let fits = "a".repeat(64);
        let long = "a".repeat(65);
        assert!(deep_link("https://t.me", "bot", &fits).is_ok());
        for payload in ["", "a b", "a=b", "ä", "a&b", &long] {
            assert_eq!(deep_link("https://t.me", "bot", payload), Err(DeepLinkError::Payload));
        }
        for username in ["", "@", "a/b", "a-b", &fits] {
            assert_eq!(deep_link("https://t.me", username, "x"), Err(DeepLinkError::Username));
        }
    }
}
