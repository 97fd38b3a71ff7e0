//! Stripe: where it is, what is sold, and the secrets between us.

use std::time::Duration;

use secrecy::SecretString;

use super::{ConfigError, Source, number};

/// What is known of Stripe.
///
/// `STRIPE_API_URL` (default `https://api.stripe.com`), `STRIPE_PRICE` (the price of the pro tier,
/// `price_…`), `STRIPE_GRACE_HOURS` (168: so long a
/// failed payment is waited for); and, on AWS from the
/// secret that `HOOPOE_SECRET` names, `STRIPE_SECRET_KEY` (`sk_…`) and `STRIPE_WEBHOOK_SECRET`
/// (`whsec_…`). What is not set is not offered.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// The API's base URL, without a slash at the end.
    pub api_url: String,
    /// What the pro tier costs, by Stripe's id of it.
    pub price: Option<String>,
    /// So long a failed payment is waited for.
    pub grace: Duration,
    /// Our key to Stripe's API.
    pub secret_key: Option<SecretString>,
    /// What Stripe signs its events with: the whole `whsec_…`.
    pub webhook_secret: Option<SecretString>,
}

impl Stripe {
    /// Reads it.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        let api_url = source.get("STRIPE_API_URL");
        let api_url = api_url.unwrap_or_else(|| "https://api.stripe.com".to_owned());
        let hours = u64::try_from(number(source, "STRIPE_GRACE_HOURS", 168)?).unwrap_or(u64::MAX);
        Ok(Self {
            api_url: api_url.trim_end_matches('/').to_owned(),
            price: source.get("STRIPE_PRICE"),
            grace: Duration::from_hours(hours.min(8_784)),
            secret_key: source.get("STRIPE_SECRET_KEY").map(SecretString::from),
            webhook_secret: source.get("STRIPE_WEBHOOK_SECRET").map(SecretString::from),
        })
    }
}
