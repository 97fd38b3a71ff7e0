//! Payments: orders of contacts, and what a payment service says about them.
//!
//! ```text
//! contact meets a payment link ──▶ Order, with a number nobody can guess ──▶ a page at the service
//! word, in any order, any number of times ──▶ decide ──▶ Order, outcome ──▶ effects
//! ```
//!
//! An order's status follows from the set of the words that were heard about it, never from their
//! order: a refund that overtakes its payment is a refund all the same.

mod access;
mod decide;
mod effect;
mod owner;
mod receive;
mod refused;
mod russian;

use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{BotId, UserId};
use crate::seal::Sealed;
use crate::slug::Slug;
use crate::time::Timestamp;

pub use access::{
    Actor, AfterMove, GroupAccess, Move, Standing, decide_move, link_name, owner_of_link,
};
pub use decide::{Outcome, decide};
pub use effect::{Effect, News, OnPayment, OnRefund, Terms, effects};
pub use owner::{Grant, decide_grant, decide_refund, effects_of_refund};
pub use receive::{Heeded, Whom, WordIds, alert_of, decide_word, on_contact};
pub use refused::{REFUSED_TOLD, decide_refused, refused_key};

/// What a word says in full is kept so long: a payment may be asked about for a year.
pub const WORD_KEPT: Duration = Duration::from_hours(24 * 400);
/// So many orders of a contact for one product are remembered beside the last.
pub const EARLIER_ORDERS: usize = 50;
/// The currency of an order that names none.
pub const CURRENCY: &str = "rub";

/// Our number of an order: 128 random bits, so that nobody finds another's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// A number of random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)))
    }

    /// What stands among a contact's paid orders for a payment that was made elsewhere, before they moved in.
    pub fn elsewhere() -> Self {
        Self::from_random([0; 16])
    }

    /// The number that a text is: 32 digits of base 16, in small letters.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 32 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a word says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordKind {
    /// Someone paid.
    Paid,
    /// The money went back.
    Refunded,
    /// The payment was refused.
    Denied,
    /// The payment was called off.
    Canceled,
    /// Something else.
    Other,
}

impl WordKind {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Denied => "denied",
            Self::Canceled => "canceled",
            Self::Other => "other",
        }
    }
}

/// A word of a payment service about one payment, as far as it is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The service's number of the payment.
    pub payment: String,
    /// Our number of the order, as it came.
    pub order: Option<String>,
    /// What has happened.
    pub kind: WordKind,
    /// The sum.
    pub sum: Decimal,
    /// Its currency, if it is said.
    pub currency: Option<String>,
    /// What was paid for, if it is said.
    pub products: Vec<String>,
    /// Whether no money was moved.
    pub demo: bool,
    /// When it happened, if it is said.
    pub at: Option<Timestamp>,
}

/// How a word fits its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Sum and product are the order's.
    Right,
    /// The sum is another, or in another currency.
    WrongAmount,
    /// The product is another.
    WrongProduct,
    /// No money was moved.
    Demo,
    /// A part of the sum went back.
    Part,
}

/// A word that was heard about an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Heard {
    /// The service's number of the payment.
    pub payment: String,
    /// What has happened.
    pub kind: WordKind,
    /// How it fits the order.
    pub fit: Fit,
    /// The sum.
    pub sum: Decimal,
    /// When it happened, or was heard of first.
    pub at: Timestamp,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// It was not paid yet.
    #[default]
    Open,
    /// It is paid.
    Paid,
    /// What was paid went back.
    Refunded,
}

/// How an order came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum OrderSource {
    /// A contact was given a link to pay at.
    #[default]
    Form,
    /// An admin gave the product away.
    Grant {
        /// Which admin.
        by: UserId,
    },
    /// An admin tries how it is to pay. Nothing is ever given for it, and it is nobody's.
    Test {
        /// Which admin.
        by: UserId,
    },
}

impl OrderSource {
    /// Whether someone was to pay.
    pub const fn is_form(&self) -> bool {
        matches!(self, Self::Form)
    }
}

/// An order: one contact's for the product of one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Our number of it.
    pub number: OrderNumber,
    /// The bot whose form is paid through.
    pub bot: BotId,
    /// The contact's chat with the bot.
    pub chat_id: i64,
    /// The scenario whose product it is.
    pub scenario: Slug,
    /// What the product was called when the order was made.
    pub product: String,
    /// What it cost then.
    pub price: Decimal,
    /// In which currency, in lower case.
    pub currency: String,
    /// The page on which it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// At which of the bot's forms that is ([`crate::bot::Bot::form_revision`]).
    #[serde(default)]
    pub form_revision: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// How it came about.
    #[serde(default, skip_serializing_if = "OrderSource::is_form")]
    pub source: OrderSource,
    /// Where it stands: what [`Self::heard`] comes to.
    #[serde(default)]
    pub status: OrderStatus,
    /// When it was paid, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// What was heard of it, in no order of time: by payment.
    #[serde(default)]
    pub heard: Vec<Heard>,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Order {
    /// An order that is open, of a contact of a bot for the product of a scenario, which costs so many roubles. It
    /// has no link yet.
    pub fn new(
        number: OrderNumber,
        (bot, chat_id, scenario): (BotId, i64, Slug),
        (product, price): (String, Decimal),
        created_at: Timestamp,
    ) -> Self {
        Self {
            number,
            bot,
            chat_id,
            scenario,
            product,
            price,
            currency: CURRENCY.to_owned(),
            link: None,
            form_revision: 0,
            created_at,
            source: OrderSource::Form,
            status: OrderStatus::Open,
            paid_at: None,
            heard: Vec::new(),
            version: 0,
        }
    }

    /// Whether it is paid.
    pub const fn is_paid(&self) -> bool {
        matches!(self.status, OrderStatus::Paid)
    }

    /// The payments that count: right ones whose money did not go back, at once or in parts that come to all
    /// of it.
    pub fn live_payments(&self) -> impl Iterator<Item = &Heard> {
        let is = |it: &Heard, kind| it.kind == kind && it.fit == Fit::Right;
        self.heard.iter().filter(move |paid| {
            let back = |it: &Heard| is(it, WordKind::Refunded) && it.payment == paid.payment;
            let parts = self.parts_back(&paid.payment);
            let all = !parts.is_zero() && parts >= paid.sum;
            is(paid, WordKind::Paid) && !all && !self.heard.iter().any(back)
        })
    }

    /// What of a payment went back in parts.
    fn parts_back(&self, payment: &str) -> Decimal {
        let back = |it: &&Heard| it.kind == WordKind::Refunded && it.fit == Fit::Part;
        let parts = self.heard.iter().filter(back).filter(|it| it.payment == payment);
        parts.map(|it| it.sum).sum()
    }

    /// What was paid by a payment and did not go back.
    pub fn left_of(&self, payment: &str) -> Decimal {
        let live = self.live_payments().filter(|it| it.payment == payment);
        live.map(|it| it.sum - self.parts_back(payment)).sum()
    }

    /// What was paid and did not go back.
    pub fn revenue(&self) -> Decimal {
        self.live_payments().map(|it| it.sum - self.parts_back(&it.payment)).sum()
    }

    /// Draws status and time from what was heard.
    fn settle(&mut self) {
        self.paid_at = self.live_payments().map(|it| it.at).min();
        let ever = |it: &Heard| it.kind == WordKind::Paid && it.fit == Fit::Right;
        self.status = match self.paid_at {
            Some(_) => OrderStatus::Paid,
            None if self.heard.iter().any(ever) => OrderStatus::Refunded,
            None => OrderStatus::Open,
        };
    }
}

/// Which order is a contact's for the product of a scenario: the one that was made last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactOrder {
    /// The bot.
    pub bot: BotId,
    /// The contact's chat with it.
    pub chat_id: i64,
    /// The scenario.
    pub scenario: Slug,
    /// The order's number.
    pub number: OrderNumber,
    /// The orders before it, the oldest first, at most [`EARLIER_ORDERS`]: who pays at an older link has
    /// paid, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<OrderNumber>,
    /// Raised by each change, and at least 1; 0 of one that was written before changes were counted.
    #[serde(default)]
    pub version: u64,
}

impl ContactOrder {
    /// The first order of a contact for a scenario's product.
    pub const fn first(bot: BotId, chat_id: i64, scenario: Slug, number: OrderNumber) -> Self {
        Self { bot, chat_id, scenario, number, earlier: Vec::new(), version: 1 }
    }

    /// All of the contact's orders for the product, the oldest first.
    pub fn numbers(&self) -> impl Iterator<Item = &OrderNumber> {
        self.earlier.iter().chain([&self.number])
    }

    /// The same with one more order: the last, or, with `last` false, one before it.
    #[must_use]
    pub fn with(mut self, number: OrderNumber, last: bool) -> Self {
        let earlier = if last { std::mem::replace(&mut self.number, number) } else { number };
        self.earlier.push(earlier);
        let over = self.earlier.len().saturating_sub(EARLIER_ORDERS);
        self.earlier.drain(..over);
        self
    }
}

/// A word that was heard, in full: it holds who paid, so it is sealed, and goes after [`WORD_KEPT`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptWord {
    /// The bot whose form it came from.
    pub bot: BotId,
    /// The service's number of the payment.
    pub payment: String,
    /// What has happened.
    pub kind: WordKind,
    /// When, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
    /// The order, if it is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderNumber>,
    /// The sum.
    pub sum: Decimal,
    /// What became of it.
    pub outcome: Outcome,
    /// All that was said, sealed ([`KeptWord::about`]).
    pub raw: Sealed,
    /// When it was heard.
    pub heard_at: Timestamp,
}

impl KeptWord {
    /// What the seal of a word is bound to.
    pub fn about(bot: &BotId, payment: &str) -> String {
        format!("payment/{bot}/{payment}")
    }
}

#[cfg(test)]
mod tests;
