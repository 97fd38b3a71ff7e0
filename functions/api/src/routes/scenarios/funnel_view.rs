//! How a funnel is written.

use app::scenario::owner::FunnelPage;
use domain::funnel::{Money, StepCounts};
use serde::Serialize;
use utoipa::ToSchema;
use web::Listed;

/// A sum in a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
struct MoneyView {
    /// In lower case, as in `rub`.
    currency: String,
    /// How much, as in `1500` or `99.9`.
    sum: String,
}

fn money(money: &Money) -> Vec<MoneyView> {
    let sums = money.iter();
    let view = |(currency, sum): (&String, &rust_decimal::Decimal)| MoneyView {
        currency: currency.clone(),
        sum: sum.normalize().to_string(),
    };
    sums.map(view).collect()
}

/// A part of a whole, from 0 to 1 in four digits; nothing of nothing.
fn rate(part: u64, whole: u64) -> Option<f64> {
    let whole = u32::try_from(whole).ok().filter(|it| *it > 0)?;
    let part = u32::try_from(part).ok()?;
    Some((f64::from(part) / f64::from(whole) * 10_000.0).round() / 10_000.0)
}

/// What became of contacts at a step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelStep)]
struct StepView {
    /// The step.
    slug: String,
    /// Its number in the order, from 1.
    number: usize,
    /// Contacts who have received it.
    received: u64,
    /// How many of those who have started it are that, from 0 to 1.
    reach: Option<f64>,
    /// Of those who have received it, how many paid afterwards.
    paid_after: u64,
    /// The same from 0 to 1.
    paid_rate: Option<f64>,
    /// How many have received it last and wait for the next.
    waiting: u64,
    /// How many have received it last and have stopped.
    stopped: u64,
    /// How many have received it last and have completed the scenario.
    completed: u64,
    /// What was paid by those who had received it last when they paid.
    revenue: Vec<MoneyView>,
}

impl StepView {
    fn of(counts: &StepCounts, number: usize, started: u64) -> Self {
        Self {
            slug: counts.step.to_string(),
            number,
            received: counts.received,
            reach: rate(counts.received, started),
            paid_after: counts.paid_after,
            paid_rate: rate(counts.paid_after, counts.received),
            waiting: counts.waiting,
            stopped: counts.stopped,
            completed: counts.completed,
            revenue: money(&counts.revenue),
        }
    }
}

/// How far a scenario's contacts come, and what they pay. Rates are of what this answer has counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Funnel)]
pub(crate) struct FunnelView {
    /// The scenario.
    scenario: String,
    /// Contacts who have started it.
    started: u64,
    /// Contacts who are under way.
    active: u64,
    /// Contacts who have stopped.
    stopped: u64,
    /// Contacts who have completed it.
    completed: u64,
    /// How many of those who have started it are that, from 0 to 1.
    completed_rate: Option<f64>,
    /// Contacts who have paid, or were given it.
    paid: u64,
    /// To how many of those who have started it that comes, from 0 to 1.
    paid_rate: Option<f64>,
    /// Contacts who are in its group.
    joined: u64,
    /// Contacts who have started it and cannot be written to.
    blocked: u64,
    /// Orders that were made: someone met a link to pay at.
    orders: u64,
    /// Orders that are paid, with money.
    orders_paid: u64,
    /// Orders whose money went back.
    orders_refunded: u64,
    /// Orders that an admin gave.
    orders_granted: u64,
    /// What was paid and did not go back.
    revenue: Vec<MoneyView>,
    /// What of that was paid before the first step, or when the last step had been deleted since.
    revenue_without_step: Vec<MoneyView>,
    /// The steps in their order.
    steps: Vec<StepView>,
    /// Where the counting goes on; `null` when all are counted.
    next_cursor: Option<String>,
}

impl From<FunnelPage> for FunnelView {
    fn from(FunnelPage { scenario, funnel, next }: FunnelPage) -> Self {
        let (contacts, orders) = (&funnel.contacts, &funnel.orders);
        let started = contacts.started;
        let steps = funnel.steps.iter().zip(1..);
        let page: Listed<()> = Listed::new(Vec::new(), next.as_deref());
        Self {
            scenario: scenario.to_string(),
            started,
            active: contacts.active,
            stopped: contacts.stopped,
            completed: contacts.completed,
            completed_rate: rate(contacts.completed, started),
            paid: contacts.paid,
            paid_rate: rate(contacts.paid, started),
            joined: contacts.joined,
            blocked: contacts.blocked,
            orders: orders.made,
            orders_paid: orders.paid,
            orders_refunded: orders.refunded,
            orders_granted: orders.granted,
            revenue: money(&funnel.revenue),
            revenue_without_step: money(&funnel.without_step),
            steps: steps.map(|(step, number)| StepView::of(step, number, started)).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_rate_is_rounded_and_there_is_none_of_nobody() {
        assert_eq!((rate(1, 3), rate(0, 3), rate(3, 3)), (Some(0.3333), Some(0.0), Some(1.0)));
        assert_eq!(rate(0, 0), None);
    }
}
