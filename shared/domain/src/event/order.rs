//! Orders that are paid, and whose money went back.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::EventKind;
use crate::engine::{Record, Write};
use crate::ids::BotId;
use crate::payment::{Order, OrderNumber, OrderSource, OrderStatus};
use crate::slug::Slug;

/// An order is paid from now on, or what was paid for it went back. Whose it is is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderChange {
    /// Our number of it.
    pub order: OrderNumber,
    /// The bot whose form is paid through.
    pub bot: BotId,
    /// The scenario whose product it is.
    pub scenario: Slug,
    /// What it costs.
    pub price: Decimal,
    /// In which currency, in lower case.
    pub currency: String,
    /// Whether an admin gave the product away: no money was moved.
    pub granted: bool,
    /// Where it stands: paid or refunded.
    pub status: OrderStatus,
}

impl OrderChange {
    /// What is told of an order that stands so from now on; `None` where nothing is.
    fn of(order: &Order) -> Option<Self> {
        let told = matches!(order.status, OrderStatus::Paid | OrderStatus::Refunded);
        told.then(|| Self {
            order: order.number.clone(),
            bot: order.bot.clone(),
            scenario: order.scenario.clone(),
            price: order.price,
            currency: order.currency.clone(),
            granted: matches!(order.source, OrderSource::Grant { .. }),
            status: order.status,
        })
    }

    /// The kind of its event.
    pub const fn kind(&self) -> EventKind {
        match self.status {
            OrderStatus::Paid => EventKind::OrderPaid,
            OrderStatus::Open | OrderStatus::Refunded => EventKind::OrderRefunded,
        }
    }
}

/// What writes mean for orders that were read as `before`: which are paid from now on, and of which the money
/// went back.
pub fn order_changes(before: &[Order], writes: &[Write]) -> Vec<OrderChange> {
    let before: BTreeMap<&OrderNumber, OrderStatus> =
        before.iter().map(|order| (&order.number, order.status)).collect();
    let written = writes.iter().filter_map(|write| match write {
        Write::Create(Record::Order(it))
        | Write::Replace(Record::Order(it))
        | Write::Put(Record::Order(it)) => Some(it),
        _ => None,
    });
    let changed = written.filter(|order| before.get(&order.number) != Some(&order.status));
    changed.filter_map(OrderChange::of).collect()
}
