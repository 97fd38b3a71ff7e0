//! What follows from a word about a payment.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Order, Outcome, Word, WordKind, russian};
use crate::contact::Language;
use crate::scenario::{Scenario, ScenarioCode, ScenarioState};
use crate::time::Timestamp;

/// The code of a payment that was not honoured.
pub(super) const NOT_HONOURED: &str = ScenarioCode::PaymentRequired.as_str();

/// What a payment does to the contact's run of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPayment {
    /// It goes on.
    #[default]
    Continue,
    /// It is completed.
    Complete,
}

/// What a refund does to the contact's access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRefund {
    /// It ends: the contact leaves the group and their link.
    #[default]
    Revoke,
    /// It stays.
    Keep,
}

/// What a scenario gives for a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The group that who has paid may enter.
    pub private_group: Option<i64>,
    /// What a payment does to the run.
    pub on_payment: OnPayment,
    /// What a refund does to the access.
    pub on_refund: OnRefund,
    /// Whether the scenario is deleted, or sells nothing any more: there may be nothing left to give.
    pub gone: bool,
}

impl Terms {
    /// Those of a scenario that is deleted. Nobody knows any more whether a refund ends the access that it gave:
    /// nothing is taken away, and who wants it otherwise does so by hand.
    pub fn of_none() -> Self {
        Self { gone: true, on_refund: OnRefund::Keep, ..Self::default() }
    }

    /// The same for a refund to whoever has this run: what was given is taken back where it was given. The
    /// scenario may have another group by now.
    #[must_use]
    pub fn given_in(self, run: &ScenarioState) -> Self {
        Self { private_group: run.group.or(self.private_group), ..self }
    }
}

impl From<&Scenario> for Terms {
    fn from(scenario: &Scenario) -> Self {
        Self {
            private_group: scenario.private_group_id,
            on_payment: scenario.on_payment,
            on_refund: scenario.on_refund,
            gone: scenario.product.is_none(),
        }
    }
}

/// What admins are told about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Someone paid for an order that is not known.
    UnknownOrder {
        /// The service's number of the payment.
        payment: String,
        /// The sum.
        sum: Decimal,
    },
    /// Someone paid another sum.
    WrongAmount {
        /// The service's number of the payment.
        payment: String,
        /// What was paid.
        sum: Decimal,
        /// What it costs.
        price: Decimal,
    },
    /// Someone paid for another product.
    WrongProduct {
        /// The service's number of the payment.
        payment: String,
        /// The sum.
        sum: Decimal,
    },
    /// Someone paid for what is not sold any more.
    NothingToGive {
        /// The service's number of the payment.
        payment: String,
        /// The sum.
        sum: Decimal,
        /// What was paid for, as it was called.
        product: String,
    },
    /// Someone paid for what they have: one of the two should go back.
    PaidTwice {
        /// The service's number of the second payment.
        payment: String,
        /// The sum.
        sum: Decimal,
    },
    /// Someone's money went back.
    Refunded {
        /// The service's number of the payment.
        payment: String,
        /// The sum.
        sum: Decimal,
        /// Whether their access ended.
        revoked: bool,
    },
    /// A part of someone's money went back.
    RefundedPartly {
        /// The service's number of the payment.
        payment: String,
        /// The sum that went back.
        sum: Decimal,
        /// What is left of the payment.
        left: Decimal,
    },
    /// More than someone's money went back, or money that nobody knows of: nothing was done.
    RefundUnclear {
        /// The service's number of the payment.
        payment: String,
        /// The sum.
        sum: Decimal,
    },
    /// A payment that was honoured is said to be refused or called off: nothing was done.
    Contradicted {
        /// The service's number of the payment.
        payment: String,
    },
    /// No link into a group could be made for whoever has paid or left.
    NoInvite {
        /// The group.
        group: i64,
        /// Why, in Telegram's words.
        reason: String,
    },
    /// Someone whose money went back, or who came by the link of someone else, could not be taken out of a group.
    NotTakenOut {
        /// The group.
        group: i64,
        /// The person.
        person: i64,
        /// Why, in Telegram's words.
        reason: String,
    },
    /// A payment was tried without money.
    Demo {
        /// The sum.
        sum: Decimal,
    },
    /// What was said about an order has a signature that is none of the bot's forms'.
    WrongSignature,
}

impl News {
    /// What admins read.
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::En => self.english(),
            Language::Ru => russian::news(self),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::UnknownOrder { payment, sum } => format!(
                "Payment {payment} of {sum} is for no order of this bot. It is recorded, and nothing was given for it ({NOT_HONOURED})."
            ),
            Self::WrongAmount { payment, sum, price } => format!(
                "Payment {payment} is of {sum}, and the order costs {price}. It is recorded, and nothing was given for it ({NOT_HONOURED})."
            ),
            Self::WrongProduct { payment, sum } => format!(
                "Payment {payment} of {sum} is for another product than the order's. It is recorded, and nothing was given for it ({NOT_HONOURED})."
            ),
            Self::NothingToGive { payment, sum, product } => format!(
                "Payment {payment} of {sum} is for “{product}”, whose scenario is deleted or has no product any more. It counts, and whoever paid was thanked: what they paid for has to be given by hand, or their money to go back."
            ),
            Self::PaidTwice { payment, sum } => format!(
                "Payment {payment} of {sum} is for what its payer has paid before, or was given. It counts, and nothing was given again: one of the two should go back."
            ),
            Self::Refunded { payment, sum, revoked: true } => {
                format!(
                    "Payment {payment} of {sum} went back. What was given for it is taken away."
                )
            }
            Self::Refunded { payment, sum, revoked: false } => {
                format!("Payment {payment} of {sum} went back. Nothing was taken away.")
            }
            Self::RefundedPartly { payment, sum, left } => format!(
                "{sum} of payment {payment} went back, and {left} of it is left. Nothing was taken away: that follows when all of it went back."
            ),
            Self::RefundUnclear { payment, sum } => format!(
                "{sum} of payment {payment} went back: more than the price of its order, in another currency, or of a payment that is not known. Nothing was taken away."
            ),
            Self::Contradicted { payment } => format!(
                "Payment {payment} was honoured, and is now said to be refused or cancelled. Nothing was taken away: look at it at Prodamus."
            ),
            Self::NoInvite { group, reason } => format!(
                "No link into the group {group} could be made: {reason}. What else there is for a payment was sent. The bot has to be an administrator of the group who may invite people; then /start gives whoever has paid their link."
            ),
            Self::NotTakenOut { group, person, reason } => format!(
                "{person} has not paid for the group {group}, or their payment went back, and they could not be taken out of it: {reason}. The bot has to be an administrator of the group who may ban people. Remove them by hand."
            ),
            Self::Demo { sum } => format!(
                "A payment of {sum} came from a form in demo mode. No money was moved, and nothing was given for it."
            ),
            Self::WrongSignature => {
                "A notification about an order was refused: its signature is of no secret key that this bot's form has or had. If you have changed the key at Prodamus, tell it here, too: Prodamus sends notifications again for two days.".to_owned()
            }
        }
    }
}

/// One thing that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The contact's run has its time of payment.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// The contact's run has none any more.
    Unpaid,
    /// The contact is sent what there is for who has paid, or plain thanks where there is nothing.
    SendPaidContent,
    /// The contact is sent a link into the group that lets one person in.
    SendInvite {
        /// The group.
        group: i64,
    },
    /// The contact's run is completed.
    CompleteRun,
    /// The contact's links into the group end, and they leave it.
    Revoke {
        /// The group.
        group: i64,
    },
    /// The admins are told.
    Tell(News),
}

/// What follows from a word, in the order in which people should meet it. `order` is the order after
/// the word, if it is known.
pub fn effects(order: Option<&Order>, word: &Word, outcome: Outcome, terms: &Terms) -> Vec<Effect> {
    let (payment, sum) = (word.payment.clone(), word.sum);
    let news = match outcome {
        Outcome::Honoured => {
            let mut effects = honoured(order, terms);
            let product = order.filter(|_| terms.gone).map(|it| it.product.clone());
            let news = product.map(|product| News::NothingToGive { payment, sum, product });
            effects.extend(news.map(Effect::Tell));
            return effects;
        }
        Outcome::Refunded => return refunded(word, terms),
        // Who was refused or gave up brings no news of an order that nobody knows.
        Outcome::UnknownOrder if !matches!(word.kind, WordKind::Paid | WordKind::Refunded) => {
            return Vec::new();
        }
        Outcome::UnknownOrder => News::UnknownOrder { payment, sum },
        Outcome::WrongAmount => {
            let price = order.map_or(Decimal::ZERO, |it| it.price);
            News::WrongAmount { payment, sum, price }
        }
        Outcome::WrongProduct => News::WrongProduct { payment, sum },
        Outcome::PaidTwice => News::PaidTwice { payment, sum },
        Outcome::RefundedOne | Outcome::RefundedBefore => {
            News::Refunded { payment, sum, revoked: false }
        }
        Outcome::RefundedPartly => {
            let left = order.map_or(Decimal::ZERO, |it| it.left_of(&payment));
            News::RefundedPartly { payment, sum, left }
        }
        Outcome::RefundUnknown => News::RefundUnclear { payment, sum },
        Outcome::Contradicted => News::Contradicted { payment },
        Outcome::Demo => News::Demo { sum },
        Outcome::Known | Outcome::Denied | Outcome::Canceled | Outcome::Noted => return Vec::new(),
    };
    vec![Effect::Tell(news)]
}

pub(super) fn honoured(order: Option<&Order>, terms: &Terms) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(at) = order.and_then(|it| it.paid_at) {
        effects.push(Effect::Paid { at });
    }
    effects.push(Effect::SendPaidContent);
    if let Some(group) = terms.private_group {
        effects.push(Effect::SendInvite { group });
    }
    if terms.on_payment == OnPayment::Complete {
        effects.push(Effect::CompleteRun);
    }
    effects
}

fn refunded(word: &Word, terms: &Terms) -> Vec<Effect> {
    let group = terms.private_group.filter(|_| terms.on_refund == OnRefund::Revoke);
    let revoked = group.is_some();
    let mut effects = vec![Effect::Unpaid];
    effects.extend(group.map(|group| Effect::Revoke { group }));
    let (payment, sum) = (word.payment.clone(), word.sum);
    effects.push(Effect::Tell(News::Refunded { payment, sum, revoked }));
    effects
}
