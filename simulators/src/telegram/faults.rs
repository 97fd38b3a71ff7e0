//! Mishaps on demand, so that a client's way of dealing with them can be tested.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 429; the bot is then refused until that time is over.
    TooManyRequests {
        /// In seconds.
        retry_after: u64,
    },
    /// 500 and nothing was done.
    ErrorBefore,
    /// 500 although the message is in the chat.
    ErrorAfter,
    /// The connection breaks and nothing was done.
    LostBefore,
    /// The connection breaks although the message is in the chat.
    LostAfter,
    /// The message is in the chat, and the answer comes only after this time.
    Slow {
        /// In milliseconds.
        ms: u64,
    },
    /// 400.
    BadRequest {
        /// What follows `Bad Request: `.
        description: String,
    },
    /// 403.
    Forbidden {
        /// What follows `Forbidden: `.
        description: String,
    },
    /// 401, as for a token that was revoked.
    Unauthorized,
}

impl Fault {
    /// As the log and the counters call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::ErrorBefore => "error_before",
            Self::ErrorAfter => "error_after",
            Self::LostBefore => "lost_before",
            Self::LostAfter => "lost_after",
            Self::Slow { .. } => "slow",
            Self::BadRequest { .. } => "bad_request",
            Self::Forbidden { .. } => "forbidden",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// The message gets into the chat before things go wrong.
    pub(crate) fn comes_after(&self) -> bool {
        matches!(self, Self::ErrorAfter | Self::LostAfter | Self::Slow { .. })
    }

    /// How late the answer is that the call would have had without the fault.
    pub(crate) fn late_ms(&self) -> Option<u64> {
        if let Self::Slow { ms } = self { Some(*ms) } else { None }
    }

    pub(crate) fn loses_connection(&self) -> bool {
        matches!(self, Self::LostBefore | Self::LostAfter)
    }

    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            Self::TooManyRequests { retry_after } => Refusal::too_many_requests(*retry_after),
            Self::BadRequest { description } => Refusal::bad_request(description),
            Self::Forbidden { description } => Refusal::forbidden(description),
            Self::Unauthorized => Refusal::unauthorized(),
            Self::ErrorBefore
            | Self::ErrorAfter
            | Self::LostBefore
            | Self::LostAfter
            | Self::Slow { .. } => Refusal::new(500, "Internal Server Error"),
        }
    }
}

/// A fault and which calls it befalls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// What goes wrong.
    pub fault: Fault,
    /// The next so many calls; without it and without a rate, the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// So many calls of a thousand, until the faults are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u32>,
    /// Only calls of these methods; all that send messages if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Only calls that name this chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<i64>,
}

impl From<Fault> for FaultPlan {
    fn from(fault: Fault) -> Self {
        Self { fault, times: None, per_mille: None, methods: Vec::new(), chat_id: None }
    }
}

impl FaultPlan {
    fn concerns(&self, method: &str, sends: bool, chat_id: Option<i64>) -> bool {
        let method_fits = if self.methods.is_empty() {
            sends
        } else {
            self.methods.iter().any(|m| m.eq_ignore_ascii_case(method))
        };
        method_fits && self.chat_id.is_none_or(|wanted| chat_id == Some(wanted))
    }
}

/// The plans in force, and the dice for those that are rates.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plans: VecDeque<FaultPlan>,
    dice: u64,
}

impl Faults {
    pub(crate) fn seed(&mut self, seed: u64) {
        self.dice = seed;
    }

    pub(crate) fn add(&mut self, plan: FaultPlan) {
        self.plans.push_back(plan);
    }

    pub(crate) fn clear(&mut self) {
        self.plans.clear();
    }

    /// The fault that this call meets: the first plan that concerns it and, if
    /// that plan is a rate, for which the dice fall so.
    pub(crate) fn pick(
        &mut self,
        method: &str,
        sends: bool,
        chat_id: Option<i64>,
    ) -> Option<Fault> {
        for index in 0..self.plans.len() {
            if !self.plans[index].concerns(method, sends, chat_id) {
                continue;
            }
            if let Some(rate) = self.plans[index].per_mille {
                if self.roll() % 1_000 < u64::from(rate) {
                    return Some(self.plans[index].fault.clone());
                }
                continue;
            }
            let plan = &mut self.plans[index];
            let left = plan.times.unwrap_or(1);
            if left > 1 {
                plan.times = Some(left - 1);
                return Some(plan.fault.clone());
            }
            return self.plans.remove(index).filter(|_| left == 1).map(|plan| plan.fault);
        }
        None
    }

    /// `SplitMix64`: small, and the same on every run of the same seed.
    fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
