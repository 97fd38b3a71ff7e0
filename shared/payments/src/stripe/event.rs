//! Events, as far as they are acted on: who they are about. What they say of that is not trusted:
//! events come late, doubled and out of order, so the object is fetched again.

use serde_json::Value;
use thiserror::Error;

/// Events after which a subscription may stand differently.
const RELEVANT: [&str; 12] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.paid",
    "invoice.payment_failed",
    "charge.refunded",
];

/// A body that is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the body is no event of Stripe's")]
pub struct EventError;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeEvent {
    /// Its id: the same however often it comes.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// The customer that it is about.
    pub customer: Option<String>,
    /// The user that we named when the customer paid, as it came.
    pub user: Option<String>,
}

impl StripeEvent {
    /// Reads an event; what it says beyond that is left.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let event: Value = serde_json::from_slice(body).map_err(|_| EventError)?;
        let text = |value: &Value| value.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
        let (Some(id), Some(kind)) = (text(&event["id"]), text(&event["type"])) else {
            return Err(EventError);
        };
        let object = &event["data"]["object"];
        // A field that is expanded is the object itself.
        let customer = text(&object["customer"]).or_else(|| text(&object["customer"]["id"]));
        let user = text(&object["client_reference_id"])
            .or_else(|| text(&object["metadata"]["user_id"]))
            .or_else(|| text(&object["parent"]["subscription_details"]["metadata"]["user_id"]))
            .or_else(|| text(&object["subscription_details"]["metadata"]["user_id"]));
        Ok(Self { id, kind, customer, user })
    }

    /// Whether a subscription may stand differently after it.
    pub fn is_relevant(&self) -> bool {
        RELEVANT.contains(&self.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(kind: &str, object: &Value) -> StripeEvent {
        let body = json!({ "id": "evt_1", "type": kind, "data": { "object": object } });
        StripeEvent::parse(body.to_string().as_bytes()).expect("an event")
    }

    #[test]
    fn the_customer_and_the_user_are_found_in_each_shape() {
        for (object, user) in [
            (json!({ "customer": "cus_1", "client_reference_id": "u" }), Some("u")),
            (json!({ "customer": { "id": "cus_1" }, "metadata": { "user_id": "u" } }), Some("u")),
            (
                json!({ "customer": "cus_1", "parent": { "subscription_details": {
                    "subscription": "sub_1", "metadata": { "user_id": "u" } } } }),
                Some("u"),
            ),
            (
                json!({ "customer": "cus_1", "subscription": "sub_1",
                    "subscription_details": { "metadata": { "user_id": "u" } } }),
                Some("u"),
            ),
            (json!({ "customer": "cus_1", "metadata": {} }), None),
        ] {
            let event = event("invoice.paid", &object);
            assert_eq!((event.customer.as_deref(), event.user.as_deref()), (Some("cus_1"), user));
        }
    }

    #[test]
    fn kinds_that_say_nothing_of_subscriptions_are_not_relevant() {
        assert!(event("customer.subscription.deleted", &json!({})).is_relevant());
        for kind in ["customer.created", "payout.paid", "customer.subscription.novel", ""] {
            if !kind.is_empty() {
                assert!(!event(kind, &json!({})).is_relevant(), "{kind}");
            }
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in ["", "{", "[]", "{}", r#"{"id":"evt_1"}"#, r#"{"id":1,"type":"x"}"#] {
            assert_eq!(StripeEvent::parse(body.as_bytes()), Err(EventError), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = StripeEvent::parse(&body);
        }
    }
}
