//! What users have to do with the payment service.

use domain::subscription::{Billing, Customer, EVENT_KEPT, SeenEvent};

use crate::items::plain_item;
use crate::keys;

plain_item!(Billing, "billing", |it| keys::billing(it.user_id), version: it.version);
plain_item!(Customer, "customer", |it| keys::customer(&it.customer));
plain_item!(SeenEvent, "seen_event", |it| keys::seen_event(&it.id),
    expires: Some(it.seen_at + EVENT_KEPT));
