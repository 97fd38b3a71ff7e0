//! What must be known of a bot and must not be known to others: from variables, or from a secret.

use domain::ids::BotId;
use secrecy::SecretString;

use super::{Bot, ConfigError, Secret, Source, required};

/// The longest webhook secret that Telegram takes (FACTS: Telegram, setWebhook).
const LONGEST_WEBHOOK_SECRET: usize = 256;
/// Why a webhook secret is none.
const UNFIT: &str = "must have 1 to 256 letters, digits, '_' or '-'";

/// The one bot's token, name and webhook secret.
///
/// On AWS the fields `telegram_bot_token`, `telegram_bot_username` and `telegram_webhook_secret` of
/// the secret that `HOOPOE_SECRET` names; elsewhere `TELEGRAM_BOT_TOKEN`, `TELEGRAM_BOT_USERNAME` and
/// `TELEGRAM_WEBHOOK_SECRET`.
#[derive(Clone, Debug)]
pub struct BotSecret {
    username: String,
    token: SecretString,
    webhook_secret: SecretString,
}

impl BotSecret {
    /// Reads it from variables.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        let webhook_secret = required(source, "TELEGRAM_WEBHOOK_SECRET")?;
        if !is_webhook_secret(&webhook_secret) {
            return Err(ConfigError::Invalid("TELEGRAM_WEBHOOK_SECRET", UNFIT));
        }
        Ok(Self {
            username: required(source, "TELEGRAM_BOT_USERNAME")?,
            token: required(source, "TELEGRAM_BOT_TOKEN")?.into(),
            webhook_secret: webhook_secret.into(),
        })
    }

    /// Reads it from a secret. Fields of others in it are let be.
    pub fn of(secret: &Secret) -> Result<Self, ConfigError> {
        let field = |name, missing| secret.get(name).ok_or(ConfigError::Secret(missing));
        let webhook_secret =
            field("TELEGRAM_WEBHOOK_SECRET", "has no text in telegram_webhook_secret")?;
        if !is_webhook_secret(&webhook_secret) {
            return Err(ConfigError::Invalid("telegram_webhook_secret of HOOPOE_SECRET", UNFIT));
        }
        Ok(Self {
            username: field("TELEGRAM_BOT_USERNAME", "has no text in telegram_bot_username")?,
            token: field("TELEGRAM_BOT_TOKEN", "has no text in telegram_bot_token")?.into(),
            webhook_secret: webhook_secret.into(),
        })
    }

    pub(super) fn into_bot(self) -> Bot {
        Bot {
            id: BotId::default_bot(),
            username: self.username,
            token: self.token,
            webhook_secret: self.webhook_secret,
        }
    }
}

fn is_webhook_secret(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.len() <= LONGEST_WEBHOOK_SECRET && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::Value;

    use super::*;

    fn parse(json: &str) -> Result<BotSecret, ConfigError> {
        BotSecret::of(&Secret::parse(json)?)
    }

    const WHOLE: &str = r#"{
        "telegram_bot_token": "7000000001:quite-secret",
        "telegram_bot_username": "hoopoe_bot",
        "telegram_webhook_secret": "hush_hush"
    }"#;

    #[test]
    fn a_whole_secret_makes_the_default_bot() {
        let bot = parse(WHOLE).expect("it is whole").into_bot();
        assert_eq!(bot.id, BotId::default_bot());
        assert_eq!(bot.username, "hoopoe_bot");
        assert_eq!(bot.token.expose_secret(), "7000000001:quite-secret");
        assert_eq!(bot.webhook_secret.expose_secret(), "hush_hush");
    }

    #[test]
    fn an_error_names_the_field_and_shows_no_value() {
        let whole: Value = serde_json::from_str(WHOLE).expect("JSON");
        for field in ["telegram_bot_token", "telegram_bot_username", "telegram_webhook_secret"] {
            for bad in [Value::Null, "".into(), 7.into()] {
                let mut secret = whole.clone();
                secret[field] = bad;
                let error = parse(&secret.to_string()).expect_err("it is not whole");
                let error = error.to_string();
                assert!(error.contains(field) && error.contains("HOOPOE_SECRET"), "{error}");
                for value in ["quite-secret", "hoopoe_bot", "hush_hush"] {
                    assert!(!error.contains(value), "{error}");
                }
            }
        }
        let mut secret = whole;
        secret["telegram_webhook_secret"] = "a b".into();
        let error = parse(&secret.to_string()).expect_err("a space").to_string();
        assert!(error.contains("telegram_webhook_secret") && !error.contains("a b"), "{error}");
        let error = parse("quite-secret").expect_err("no JSON").to_string();
        assert_eq!(error, "the secret of HOOPOE_SECRET is no JSON object");
    }
}
