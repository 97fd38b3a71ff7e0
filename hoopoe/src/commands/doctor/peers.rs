//! The services that mails and payments go through: whether their secrets are there and fit together.

use runtime::config::{Courier, Secret, Source, Stripe};
use secrecy::{ExposeSecret, SecretString};

use super::Check;
use crate::commands::System;

/// A key or secret between us and a service: the parameter of the template that takes it, and its variable.
type Named = (&'static str, &'static str);

const COURIER_KEY: Named = ("CourierApiKey", "COURIER_API_KEY");
const COURIER_SECRET: Named = ("CourierWebhookSecret", "COURIER_WEBHOOK_SECRET");
const STRIPE_KEY: Named = ("StripeSecretKey", "STRIPE_SECRET_KEY");
const STRIPE_SECRET: Named = ("StripeWebhookSecret", "STRIPE_WEBHOOK_SECRET");

/// Where they are read from.
#[derive(Clone, Copy, Debug)]
enum ReadFrom {
    /// The secret that `HOOPOE_SECRET` names.
    Secret,
    /// The environment: no secret is named.
    Environment,
}

impl ReadFrom {
    /// What to do where these are missing.
    fn put(self, missing: &[Named]) -> String {
        let variables = listed(missing, |it| it.1.to_owned());
        match self {
            Self::Environment => format!("set {variables}"),
            // The secret is made anew, and with it what Telegram shows.
            Self::Secret => format!(
                "deploy with {}, which puts {} into the secret, then `hoopoe webhook register`",
                listed(missing, |it| format!("{}=…", it.0)),
                variables.to_lowercase(),
            ),
        }
    }
}

fn listed(values: &[Named], name: impl Fn(&Named) -> String) -> String {
    values.iter().map(name).collect::<Vec<_>>().join(" and ")
}

/// Looks at both, where a secret or the environment may name them.
pub(super) async fn check(checks: &mut Vec<Check>) {
    let source = runtime::config::Environment;
    let named = |name: &str| source.get(name).is_some();
    let has_secret = Secret::name(&source).is_some();
    let asked =
        System::is_on_aws() || has_secret || named("STRIPE_SECRET_KEY") || named("COURIER_API_KEY");
    // Without them `hoopoe dev` has simulators.
    if !asked {
        return;
    }
    let from = if has_secret { ReadFrom::Secret } else { ReadFrom::Environment };
    match app::aws::peers_of_environment().await {
        Ok((courier, stripe)) => checks.extend([mail(&courier, from), payments(&stripe, from)]),
        Err(error) => {
            let todo = "check HOOPOE_SECRET, and your right to secretsmanager:GetSecretValue";
            checks.push(Check::fail("mail and payments", error.to_string(), todo));
        }
    }
}

fn mail(courier: &Courier, from: ReadFrom) -> Check {
    const NAME: &str = "mail";
    match (&courier.api_key, &courier.webhook_secret) {
        (None, _) => Check::warn(
            NAME,
            "no mail is sent: no address is confirmed, no password reset",
            from.put(&[COURIER_KEY, COURIER_SECRET]),
        ),
        (Some(_), None) => {
            Check::warn(NAME, "nobody hears of mails that come back", from.put(&[COURIER_SECRET]))
        }
        (Some(_), Some(_)) => Check::ok(NAME, format!("by Courier, at {}", courier.api_url)),
    }
}

fn payments(stripe: &Stripe, from: ReadFrom) -> Check {
    const NAME: &str = "payments";
    let begins = |secret: &SecretString, prefixes: &[&str]| {
        prefixes.iter().any(|prefix| secret.expose_secret().starts_with(prefix))
    };
    match (&stripe.secret_key, &stripe.webhook_secret) {
        (None, None) => Check::ok(NAME, "none: nothing is sold"),
        (None, Some(_)) => Check::fail(
            NAME,
            "events are taken, and nothing can be asked of Stripe",
            from.put(&[STRIPE_KEY]),
        ),
        (Some(_), None) => Check::fail(
            NAME,
            "who pays gets nothing: no event is taken",
            from.put(&[STRIPE_SECRET]),
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
        assert_eq!(mail(&courier, ReadFrom::Secret).verdict, expected);
        payments(&stripe, ReadFrom::Secret).verdict
    }

    #[test]
    fn what_is_missing_is_put_where_it_is_read_from() {
        let both = [COURIER_KEY, COURIER_SECRET];
        assert_eq!(
            ReadFrom::Environment.put(&both),
            "set COURIER_API_KEY and COURIER_WEBHOOK_SECRET"
        );
        assert_eq!(
            ReadFrom::Secret.put(&both),
            "deploy with CourierApiKey=… and CourierWebhookSecret=…, which puts courier_api_key and \
             courier_webhook_secret into the secret, then `hoopoe webhook register`"
        );
        let template = include_str!("../../../../template.yaml");
        for (parameter, variable) in [COURIER_KEY, COURIER_SECRET, STRIPE_KEY, STRIPE_SECRET] {
            let field = format!(r#""{}":"${{{parameter}}}""#, variable.to_lowercase());
            assert!(template.contains(&field), "{field}");
        }
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
