//! Stripe's objects, as far as they are read. Both shapes of what moved between versions of the API
//! are taken (FACTS: Stripe, Version traps).

use domain::subscription::{Fetched, SubscriptionStatus};
use domain::time::Timestamp;
use serde_json::Value;

/// The subscriptions of a list, in its order.
pub(super) fn subscriptions(list: &Value) -> Vec<Fetched> {
    list["data"].as_array().into_iter().flatten().filter_map(subscription).collect()
}

fn subscription(object: &Value) -> Option<Fetched> {
    let status = serde_json::from_value(object["status"].clone());
    // On the subscription in older versions, on its items in newer ones.
    let items = object["items"]["data"].as_array().into_iter().flatten();
    let ends = items.filter_map(|item| item["current_period_end"].as_i64());
    let end = object["current_period_end"].as_i64().or_else(|| ends.max());
    Some(Fetched {
        id: object["id"].as_str()?.to_owned(),
        status: status.unwrap_or(SubscriptionStatus::Other),
        current_period_end: end.map(seconds),
        cancel_at_period_end: object["cancel_at_period_end"].as_bool().unwrap_or(false)
            || object["cancel_at"].is_i64(),
    })
}

/// Stripe counts in seconds.
pub(super) fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_end_of_the_period_is_found_in_either_shape() {
        for object in [
            json!({ "id": "sub_1", "status": "active", "current_period_end": 1_700_000_000 }),
            json!({ "id": "sub_1", "status": "active", "items": { "data": [
                { "current_period_end": 1_600_000_000 }, { "current_period_end": 1_700_000_000 },
            ] } }),
        ] {
            let read = subscriptions(&json!({ "data": [object] }));
            assert_eq!(read[0].current_period_end, Some(seconds(1_700_000_000)));
            assert_eq!(read[0].status, SubscriptionStatus::Active);
        }
    }

    #[test]
    fn what_is_not_known_is_read_as_such() {
        let list = json!({ "data": [
            { "id": "sub_1", "status": "novel" }, { "id": "sub_2" }, { "status": "active" }, 5,
        ] });
        let read = subscriptions(&list);
        assert_eq!(read.len(), 2);
        assert!(read.iter().all(|it| it.status == SubscriptionStatus::Other));
        assert_eq!(subscriptions(&json!({})), []);
    }
}
