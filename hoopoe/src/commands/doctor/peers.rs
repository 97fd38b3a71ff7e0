//! The services that mails and payments go through: whether their secrets are there and fit together.

use runtime::config::{Courier, Secret, Source, Stripe};
use secrecy::{ExposeSecret, SecretString};

use super::Check;
use crate::commands::System;

/// Looks at both, where a secret or the environment may name them.
pub(super) async fn check(checks: &mut Vec<Check>) {
    let source = runtime::config::Environment;
    let named = |name: &str| source.get(name).is_some();
    let asked = System::is_on_aws()
        || Secret::name(&source).is_some()
        || named("STRIPE_SECRET_KEY")
        || named("COURIER_API_KEY");
    // Without them `hoopoe dev` has simulators.
    if !asked {
        return;
    }
    match app::aws::peers_of_environment().await {
        Ok((courier, stripe)) => checks.extend([mail(&courier), payments(&stripe)]),
        Err(error) => {
            let todo = "check HOOPOE_SECRET, and your right to secretsmanager:GetSecretValue";
            checks.push(Check::fail("mail and payments", error.to_string(), todo));
        }
    }
}

fn mail(courier: &Courier) -> Check {
    const NAME: &str = "mail";
    match (&courier.api_key, &courier.webhook_secret) {
        (None, _) => Check::warn(
            NAME,
            "no mail is sent: no address is confirmed, no password reset",
            "put courier_api_key and courier_webhook_secret into the secret",
        ),
        (Some(_), None) => Check::warn(
            NAME,
            "nobody hears of mails that come back",
            "put courier_webhook_secret into the secret",
        ),
        (Some(_), Some(_)) => Check::ok(NAME, format!("by Courier, at {}", courier.api_url)),
    }
}

fn payments(stripe: &Stripe) -> Check {
    const NAME: &str = "payments";
    let begins = |secret: &SecretString, prefixes: &[&str]| {
        prefixes.iter().any(|prefix| secret.expose_secret().starts_with(prefix))
    };
    match (&stripe.secret_key, &stripe.webhook_secret) {
        (None, None) => Check::ok(NAME, "none: nothing is sold"),
        (None, Some(_)) => Check::fail(
            NAME,
            "events are taken, and nothing can be asked of Stripe",
            "put stripe_secret_key into the secret",
        ),
        (Some(_), None) => Check::fail(
            NAME,
            "who pays gets nothing: no event is taken",
            "put stripe_webhook_secret into the secret",
        ),
        (Some(key), Some(_)) if !begins(key, &["sk_", "rk_"]) => Check::fail(
            NAME,
            "stripe_secret_key is none",
            "take it from Stripe as it is: sk_… or rk_…",
        ),
        (Some(_), Some(secret)) if !begins(secret, &["whsec_"]) => Check::fail(
            NAME,
            "stripe_webhook_secret is none",
            "take the whole whsec_… of the endpoint from Stripe",
        ),
        (Some(_), Some(_)) => Check::ok(NAME, format!("by Stripe, at {}", stripe.api_url)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Verdict;
    use super::*;

    fn judged(key: Option<&str>, secret: Option<&str>) -> Verdict {
        let text = |it: Option<&str>| it.map(SecretString::from);
        let stripe = Stripe {
            api_url: "https://api.stripe.com".to_owned(),
            price: None,
            grace: Duration::ZERO,
            secret_key: text(key),
            webhook_secret: text(secret),
        };
        let courier = Courier {
            api_url: "https://api.courier.com".to_owned(),
            api_key: text(key),
            webhook_secret: text(secret),
        };
        let expected = match (key, secret) {
            (Some(_), Some(_)) => Verdict::Ok,
            _ => Verdict::Warn,
        };
        assert_eq!(mail(&courier).verdict, expected);
        payments(&stripe).verdict
    }

    #[test]
    fn a_key_and_what_events_are_signed_with_go_together() {
        assert_eq!(judged(None, None), Verdict::Ok);
        assert_eq!(judged(Some("sk_live_1"), Some("whsec_1")), Verdict::Ok);
        assert_eq!(judged(Some("rk_live_1"), Some("whsec_1")), Verdict::Ok);
        for (key, secret) in [
            (None, Some("whsec_1")),
            (Some("sk_live_1"), None),
            (Some("pk_live_1"), Some("whsec_1")),
            (Some("sk_live_1"), Some("1")),
        ] {
            assert_eq!(judged(key, secret), Verdict::Fail, "{key:?} {secret:?}");
        }
    }
}
