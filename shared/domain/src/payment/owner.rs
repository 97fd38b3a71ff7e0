//! What a bot's owner does about payments by hand: give the product away, note that money went back.

use rust_decimal::Decimal;

use super::effect::honoured;
use super::{
    Effect, Fit, Heard, OnRefund, Order, OrderNumber, OrderSource, OrderStatus, Terms, Word,
    WordKind, decide,
};
use crate::ids::{BotId, UserId};
use crate::scenario::Scenario;
use crate::time::Timestamp;

/// A gift of a scenario's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The order's number.
    pub number: OrderNumber,
    /// The bot.
    pub bot: BotId,
    /// The contact's chat with it.
    pub chat_id: i64,
    /// Who gives.
    pub by: UserId,
}

/// An order that is paid without money, and what follows from it: the same as from a payment. `scenario` is
/// what is given; its product may have no name and no price.
pub fn decide_grant(grant: Grant, scenario: &Scenario, now: Timestamp) -> (Order, Vec<Effect>) {
    let product = scenario.product.as_ref().map_or(&scenario.name, |it| &it.name);
    let gift = Heard {
        payment: format!("grant-{}", grant.number),
        kind: WordKind::Paid,
        fit: Fit::Right,
        sum: Decimal::ZERO,
        at: now,
    };
    let whose = (grant.bot, grant.chat_id, scenario.slug.clone());
    let order = Order {
        source: OrderSource::Grant { by: grant.by },
        status: OrderStatus::Paid,
        paid_at: Some(now),
        heard: vec![gift],
        ..Order::new(grant.number, whose, (product.clone(), Decimal::ZERO), now)
    };
    let effects = honoured(Some(&order), &Terms::from(scenario));
    (order, effects)
}

/// The money of an order went back, as its owner says: all that was paid for it. `None` where nothing is
/// paid.
///
/// The service may say the same later: its word is known then.
pub fn decide_refund(order: &Order, now: Timestamp) -> Option<Order> {
    let live: Vec<Heard> = order.live_payments().cloned().collect();
    let (any, mut order) = (!live.is_empty(), order.clone());
    for paid in live {
        let word = Word {
            payment: paid.payment,
            order: Some(order.number.to_string()),
            kind: WordKind::Refunded,
            sum: paid.sum,
            currency: None,
            products: Vec::new(),
            demo: false,
            at: Some(now),
        };
        order = decide(Some(&order), &word, now).0.unwrap_or(order);
    }
    any.then_some(order)
}

/// What follows when an owner says that the money went back: what follows from the service's word, but that
/// nobody is told of it, as the owner knows.
pub fn effects_of_refund(terms: &Terms) -> Vec<Effect> {
    let revoked = terms.private_group.filter(|_| terms.on_refund == OnRefund::Revoke);
    let revoke = revoked.map(|group| Effect::Revoke { group });
    std::iter::once(Effect::Unpaid).chain(revoke).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::payment::tests::{NOW, order, word};
    use crate::payment::{OnPayment, Outcome};
    use crate::scenario::tests::scenario;

    fn grant() -> Grant {
        let by = UserId(Uuid::from_u128(5));
        let number = OrderNumber::from_random([1; 16]);
        Grant { number, bot: BotId("b".to_owned()), chat_id: 42, by }
    }

    #[test]
    fn a_gift_is_paid_without_money_and_gives_what_a_payment_gives() {
        let given = Scenario {
            private_group_id: Some(-100),
            on_payment: OnPayment::Complete,
            ..scenario()
        };
        let (order, effects) = decide_grant(grant(), &given, NOW);
        assert!(order.is_paid() && order.revenue().is_zero());
        assert_eq!(
            effects,
            [
                Effect::Paid { at: NOW },
                Effect::SendPaidContent,
                Effect::SendInvite { group: -100 },
                Effect::CompleteRun,
            ]
        );
        let taken = decide_refund(&order, NOW).expect("it is paid");
        assert_eq!(taken.status, OrderStatus::Refunded);
    }

    #[test]
    fn money_that_went_back_goes_back_once_and_the_service_says_nothing_new() {
        assert_eq!(decide_refund(&order(), NOW), None, "nothing is paid");
        let (paid, _) = decide(Some(&order()), &word("1", WordKind::Paid), NOW);
        let (twice, _) = decide(paid.as_ref(), &word("2", WordKind::Paid), NOW);
        let refunded = decide_refund(&twice.expect("another"), NOW).expect("it is paid");
        assert_eq!((refunded.status, refunded.revenue()), (OrderStatus::Refunded, Decimal::ZERO));
        assert_eq!(decide_refund(&refunded, NOW), None, "nothing is paid any more");
        for payment in ["1", "2"] {
            let said = word(payment, WordKind::Refunded);
            let (_, outcome) = decide(Some(&refunded), &said, NOW);
            assert_eq!(outcome, Outcome::Known, "the service says the same");
        }
    }

    #[test]
    fn what_was_given_ends_as_the_scenario_says() {
        let terms = Terms { private_group: Some(-100), ..Terms::default() };
        let revoked = [Effect::Unpaid, Effect::Revoke { group: -100 }];
        assert_eq!(effects_of_refund(&terms), revoked);
        let keeps = Terms { on_refund: OnRefund::Keep, ..terms };
        assert_eq!(effects_of_refund(&keeps), [Effect::Unpaid]);
    }

    #[test]
    fn nothing_is_ever_given_for_a_test() {
        let by = UserId(Uuid::from_u128(5));
        let test = Order { source: OrderSource::Test { by }, ..order() };
        for (demo, outcome) in [(true, Outcome::Demo), (false, Outcome::WrongProduct)] {
            let (after, found) =
                decide(Some(&test), &Word { demo, ..word("1", WordKind::Paid) }, NOW);
            let after = after.expect("it is recorded");
            assert_eq!((found, after.is_paid(), after.revenue()), (outcome, false, Decimal::ZERO));
        }
    }
}
