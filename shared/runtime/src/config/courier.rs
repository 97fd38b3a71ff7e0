//! Courier, which sends the mails.

use secrecy::SecretString;

use super::Source;

/// Courier's API and the secrets that go with it.
///
/// `COURIER_API_URL` (default `https://api.courier.com`), `COURIER_API_KEY` and
/// `COURIER_WEBHOOK_SECRET`; on AWS the latter are fields of the secret that `HOOPOE_SECRET` names.
#[derive(Clone, Debug)]
pub struct Courier {
    /// The API's base URL, without a slash at the end.
    pub api_url: String,
    /// The API key. Without one no mail is sent, and what needs one is refused.
    pub api_key: Option<SecretString>,
    /// What Courier signs its webhooks with. Without one none is believed.
    pub webhook_secret: Option<SecretString>,
}

impl Courier {
    /// Reads it.
    pub fn read(source: &impl Source) -> Self {
        let api_url = source.get("COURIER_API_URL");
        let api_url = api_url.unwrap_or_else(|| "https://api.courier.com".to_owned());
        Self {
            api_url: api_url.trim_end_matches('/').to_owned(),
            api_key: source.get("COURIER_API_KEY").map(SecretString::from),
            webhook_secret: source.get("COURIER_WEBHOOK_SECRET").map(SecretString::from),
        }
    }
}
