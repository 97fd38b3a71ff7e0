//! What a word does to its order.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Fit, Heard, Order, OrderSource, OrderStatus, Word, WordKind};
use crate::text::one_line;
use crate::time::Timestamp;

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order is paid by it, and was not before.
    Honoured,
    /// It was heard before, and does nothing.
    Known,
    /// The order was paid before, by another payment, or another order for the same was: someone paid twice.
    PaidTwice,
    /// The money of this payment had gone back before it was heard that it came.
    RefundedBefore,
    /// The sum is not the order's: recorded, nothing more.
    WrongAmount,
    /// The product is not the order's: recorded, nothing more.
    WrongProduct,
    /// No such order is known.
    UnknownOrder,
    /// No money was moved: recorded, nothing more.
    Demo,
    /// The order's money went back.
    Refunded,
    /// The money of one payment went back, and another still pays the order.
    RefundedOne,
    /// A part of a payment went back: it is no revenue, and nothing else follows.
    RefundedPartly,
    /// Money went back of which it was not heard that it came, or more than came: recorded until it is.
    RefundUnknown,
    /// The payment was refused.
    Denied,
    /// The payment was called off.
    Canceled,
    /// A payment that counts is said to be refused or called off: recorded, nothing more.
    Contradicted,
    /// Something of which nothing follows.
    Noted,
}

impl Outcome {
    /// Its name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honoured => "honoured",
            Self::Known => "known",
            Self::PaidTwice => "paid_twice",
            Self::RefundedBefore => "refunded_before",
            Self::WrongAmount => "wrong_amount",
            Self::WrongProduct => "wrong_product",
            Self::UnknownOrder => "unknown_order",
            Self::Demo => "demo",
            Self::Refunded => "refunded",
            Self::RefundedOne => "refunded_one",
            Self::RefundedPartly => "refunded_partly",
            Self::RefundUnknown => "refund_unknown",
            Self::Denied => "denied",
            Self::Canceled => "canceled",
            Self::Contradicted => "contradicted",
            Self::Noted => "noted",
        }
    }
}

/// Decides what a word does: the order as it is after it, if it is another, and what became of the
/// word.
///
/// A known order is honoured whatever its contact does meanwhile. The order that comes of several
/// words depends neither on which came first nor on how often each came, as long as they say when
/// they happened.
pub fn decide(order: Option<&Order>, word: &Word, now: Timestamp) -> (Option<Order>, Outcome) {
    let Some(order) = order else { return (None, Outcome::UnknownOrder) };
    let heard = Heard {
        payment: word.payment.clone(),
        kind: word.kind,
        fit: fit(order, word),
        sum: word.sum.normalize(),
        at: word.at.unwrap_or(now),
    };
    let mut after = order.clone();
    // The halves of a sum go back by two words that differ in nothing but their times.
    let timed = heard.fit == Fit::Part && word.at.is_some();
    let same = |it: &&mut Heard| {
        (!timed || it.at == heard.at) && Heard { at: heard.at, ..(**it).clone() } == heard
    };
    if let Some(known) = after.heard.iter_mut().find(same) {
        // The earliest time that was said of it holds, whichever came first.
        known.at = known.at.min(heard.at);
    } else {
        after.heard.push(heard.clone());
    }
    after.heard.sort();
    after.settle();
    let known = after.heard.len() == order.heard.len();
    let outcome = if known { Outcome::Known } else { outcome(order, &after, &heard) };
    ((after != *order).then_some(after), outcome)
}

fn outcome(before: &Order, after: &Order, heard: &Heard) -> Outcome {
    let was_paid = before.status == OrderStatus::Paid;
    match (heard.kind, heard.fit) {
        (_, Fit::Demo) => Outcome::Demo,
        (WordKind::Paid, Fit::WrongAmount | Fit::Part) => Outcome::WrongAmount,
        (WordKind::Paid, Fit::WrongProduct) => Outcome::WrongProduct,
        (WordKind::Paid, Fit::Right) if !after.live_payments().any(|it| it == heard) => {
            Outcome::RefundedBefore
        }
        (WordKind::Paid, Fit::Right) if was_paid => Outcome::PaidTwice,
        (WordKind::Paid, Fit::Right) => Outcome::Honoured,
        (WordKind::Refunded, Fit::Right | Fit::Part) => refunded(before, after, &heard.payment),
        (WordKind::Refunded, _) => Outcome::RefundUnknown,
        (WordKind::Denied | WordKind::Canceled, _)
            if after.live_payments().any(|it| it.payment == heard.payment) =>
        {
            Outcome::Contradicted
        }
        (WordKind::Denied, _) => Outcome::Denied,
        (WordKind::Canceled, _) => Outcome::Canceled,
        (WordKind::Other, _) => Outcome::Noted,
    }
}

fn refunded(before: &Order, after: &Order, payment: &str) -> Outcome {
    let is_live = |order: &Order| order.live_payments().any(|it| it.payment == payment);
    let came =
        |it: &Heard| it.payment == payment && it.kind == WordKind::Paid && it.fit == Fit::Right;
    match (is_live(before), is_live(after)) {
        (true, true) => Outcome::RefundedPartly,
        (true, false) if after.is_paid() => Outcome::RefundedOne,
        (true, false) => Outcome::Refunded,
        // It had gone back before: by hand, or by other words.
        (false, _) if before.heard.iter().any(came) => Outcome::Noted,
        (false, _) => Outcome::RefundUnknown,
    }
}

/// How a word fits its order. What it does not say, it does not say wrong.
fn fit(order: &Order, word: &Word) -> Fit {
    let same =
        |name: &String| one_line(name).to_lowercase() == one_line(&order.product).to_lowercase();
    let currency = |it: &String| {
        // The old code of the rouble is still met.
        let code = it.to_lowercase().replace("rur", "rub");
        code == order.currency
    };
    if word.demo {
        Fit::Demo
    } else if matches!(order.source, OrderSource::Test { .. }) {
        // Real money for what is not sold.
        Fit::WrongProduct
    } else if !word.currency.as_ref().is_none_or(currency) {
        Fit::WrongAmount
    } else if word.sum != order.price {
        let part = word.sum > Decimal::ZERO && word.sum < order.price;
        if part && word.kind == WordKind::Refunded { Fit::Part } else { Fit::WrongAmount }
    } else if word.kind == WordKind::Paid
        && !word.products.is_empty()
        && !word.products.iter().all(same)
    {
        Fit::WrongProduct
    } else {
        Fit::Right
    }
}
