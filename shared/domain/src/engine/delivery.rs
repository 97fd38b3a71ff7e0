//! Deliveries: one attempt series of one message on one channel.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::retry;
use crate::ids::{BotId, ChannelId, JobId, LinkId, RunId, TargetId};
use crate::mutation::{Rule, broken};
use crate::outcome::Outcome;
use crate::time::Timestamp;

/// A claim holds this long; after it, the delivery's fate is unknown.
pub const CLAIM_LEASE: Duration = Duration::from_mins(1);
/// No send starts later than this after its claim, so that it ends well inside the lease.
pub const START_WITHIN: Duration = Duration::from_secs(10);
/// How long one HTTP request to a channel may take.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(8);
/// What a channel refuses is asked for in another form only so soon after the send began. With
/// [`SEND_TIMEOUT`] for the last request, all of them end within [`DEADLINE_MARGIN`].
pub const FALLBACK_WITHIN: Duration = Duration::from_secs(6);
/// A run takes no claim and starts no send later than this before its deadline.
pub const DEADLINE_MARGIN: Duration = Duration::from_secs(15);
/// Attempts that the channel did not take (429 apart) before the delivery has failed.
pub const MAX_ATTEMPTS: u32 = 12;
/// Attempts whose fate is unknown before the delivery is held: nobody wants a sixth copy.
pub const MAX_UNKNOWN: u32 = 5;
/// Which part of a thing stands for that a target's filter left it out: it may still be told, for another
/// target.
pub const LEFT_OUT: u16 = u16::MAX;
/// Deliveries are kept this long: they are what keeps a message from going twice.
pub const KEPT: Duration = Duration::from_hours(2160);

/// What a delivery is of: thing # revision # channel, so a price change is a new
/// message and the same offer on two pages is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// Who receives.
    pub to: Recipient,
    /// What is sent: an offer's or a job's id.
    pub thing: String,
    /// Which revision of it.
    pub revision: u32,
    /// Which of several messages of one job.
    pub part: u16,
}

impl DeliveryKey {
    /// A name for it that is the same for each attempt, as an idempotency key.
    pub fn name(&self) -> String {
        let to = match &self.to {
            Recipient::Channel { channel_id } => channel_id.to_string(),
            Recipient::Chat { bot, chat_id } => format!("{bot}.{chat_id}"),
            Recipient::Link { link_id } => link_id.to_string(),
            Recipient::Mail { job_id } => job_id.to_string(),
        };
        format!("{to}.{}.{}.{}", self.thing, self.revision, self.part)
    }
}

/// Who receives a delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Recipient {
    /// A user's channel.
    Channel {
        /// The channel.
        channel_id: ChannelId,
    },
    /// A chat that talks to a bot.
    Chat {
        /// The bot.
        bot: BotId,
        /// The chat.
        chat_id: i64,
    },
    /// A company's link, whatever chat it has: a group that moves has another.
    Link {
        /// The link.
        link_id: LinkId,
    },
    /// Whoever a mail of this job goes to.
    Mail {
        /// The job.
        job_id: JobId,
    },
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// A run is about to send it, or was when it died.
    Claimed,
    /// It was not sent, or its fate is unknown, and it will be sent (again).
    Waiting,
    /// The channel took it.
    Sent,
    /// The channel refused it for good.
    Failed,
    /// It was not to be sent.
    Skipped,
    /// Nobody can tell whether it was sent, and it is not sent again.
    Unknown,
}

impl DeliveryStatus {
    /// Whether nothing follows.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Skipped | Self::Unknown)
    }

    /// The name in the table, in logs and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

/// What happens to a delivery whose fate is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownPolicy {
    /// It is sent again, marked: offers, alerts, payments, replies.
    SendAgain,
    /// It is held and shown to the owner: scenario steps, broadcasts.
    Hold,
}

/// A delivery as kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// What it is of.
    #[serde(skip)]
    pub key: Option<DeliveryKey>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The run that claimed it last.
    pub run: RunId,
    /// When it was claimed or recorded last.
    pub at: Timestamp,
    /// Until when the claim holds, or before when it is not tried again.
    pub until: Timestamp,
    /// Attempts that the channel did not take.
    #[serde(default)]
    pub attempts: u32,
    /// Attempts whose fate is unknown; over zero, the message is marked as a possible repeat.
    #[serde(default)]
    pub unknowns: u32,
    /// Attempts that the service failed at, and whose answer it keeps: each has used up a key.
    #[serde(default)]
    pub faults: u32,
    /// The channel's own number of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<i64>,
    /// What the service calls the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it failed, waits, or was skipped. Never personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whose watch it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<TargetId>,
    /// When the table forgets it.
    pub expires: Timestamp,
}

impl Delivery {
    /// A first claim by `run`.
    pub fn claim(run: RunId, target_id: Option<TargetId>, now: Timestamp) -> Self {
        Self {
            key: None,
            status: DeliveryStatus::Claimed,
            run,
            at: now,
            until: now + lease(),
            attempts: 0,
            unknowns: 0,
            faults: 0,
            message_id: None,
            reference: None,
            reason: None,
            target_id,
            expires: now + KEPT,
        }
    }

    /// Whether the message must be marked as one that may have arrived already.
    pub fn is_repeat(&self) -> bool {
        self.unknowns > 0 && !broken(Rule::UnknownMarked)
    }
}

fn lease() -> Duration {
    if broken(Rule::LeaseRespected) { Duration::ZERO } else { CLAIM_LEASE }
}

/// What a run does with a delivery that exists already.
#[derive(Clone, Debug, PartialEq)]
pub enum Resume {
    /// Nothing follows: skip the send, never what comes after it.
    Done,
    /// Another run has it, or its time has not come: look again then.
    Leave(Timestamp),
    /// Claim it, on condition that it still belongs to the run it was read with.
    Claim(Delivery),
    /// Its fate is unknown and stays so: record this, on the same condition.
    Hold(Delivery),
}

/// Decides what `run` does with a delivery that exists already.
pub fn resume(delivery: &Delivery, run: RunId, policy: UnknownPolicy, now: Timestamp) -> Resume {
    let again = |unknowns| Delivery {
        status: DeliveryStatus::Claimed,
        run,
        at: now,
        until: now + lease(),
        unknowns,
        ..delivery.clone()
    };
    if delivery.status.is_terminal() {
        // What the table should have forgotten is as good as absent (TTL deletes late).
        return if delivery.expires <= now { Resume::Claim(again(0)) } else { Resume::Done };
    }
    if delivery.until > now {
        return Resume::Leave(delivery.until);
    }
    if delivery.status == DeliveryStatus::Waiting {
        return Resume::Claim(again(delivery.unknowns));
    }
    let unknowns = delivery.unknowns + 1;
    match policy {
        UnknownPolicy::SendAgain if unknowns <= MAX_UNKNOWN => Resume::Claim(again(unknowns)),
        UnknownPolicy::SendAgain | UnknownPolicy::Hold => Resume::Hold(Delivery {
            status: DeliveryStatus::Unknown,
            run,
            at: now,
            unknowns,
            reason: Some("the worker stopped while sending".to_owned()),
            ..delivery.clone()
        }),
    }
}

/// What follows for others from a delivery's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// The bot's clock moves to this instant, for everyone.
    Throttle(Timestamp),
    /// The channel is blocked, for this reason.
    Block(String),
    /// The chat has this id now.
    Migrate(i64),
    /// The bot's token is no longer valid: stop the bot.
    StopBot(String),
}

/// What a claimed delivery becomes after an attempt, and what follows from it for others.
///
/// `jitter` is uniform in `[0, 1)`.
pub fn record(
    claimed: &Delivery,
    outcome: Outcome,
    policy: UnknownPolicy,
    now: Timestamp,
    jitter: f64,
) -> (Delivery, Consequence) {
    let next = |status, reason: Option<String>| Delivery {
        status,
        at: now,
        until: now,
        reason,
        ..claimed.clone()
    };
    match outcome {
        Outcome::Sent { message_id } => {
            let sent =
                Delivery { message_id: Some(message_id), ..next(DeliveryStatus::Sent, None) };
            (sent, Consequence::None)
        }
        Outcome::Taken { reference } => {
            (Delivery { reference, ..next(DeliveryStatus::Sent, None) }, Consequence::None)
        }
        Outcome::RateLimited { retry_after_ms } => {
            let until = now + Duration::from_millis(retry_after_ms);
            let waiting = next(DeliveryStatus::Waiting, Some("rate limited".to_owned()));
            (Delivery { until, ..waiting }, Consequence::Throttle(until))
        }
        Outcome::Blocked { reason } => {
            (next(DeliveryStatus::Failed, Some(reason.clone())), Consequence::Block(reason))
        }
        Outcome::Migrated { chat_id } => (
            next(DeliveryStatus::Waiting, Some("the chat has a new id".to_owned())),
            Consequence::Migrate(chat_id),
        ),
        Outcome::ContentRefused { reason } => {
            (next(DeliveryStatus::Failed, Some(reason)), Consequence::None)
        }
        Outcome::NotSent { reason } => (not_sent(claimed, reason, now, jitter), Consequence::None),
        Outcome::BotRevoked { reason } => {
            (next(DeliveryStatus::Waiting, Some(reason.clone())), Consequence::StopBot(reason))
        }
        Outcome::Unknown { reason } => {
            (unknown(claimed, reason, policy, now, jitter), Consequence::None)
        }
        Outcome::Faulted { reason } => {
            let claimed = Delivery { faults: claimed.faults + 1, ..claimed.clone() };
            (unknown(&claimed, reason, policy, now, jitter), Consequence::None)
        }
    }
}

fn not_sent(claimed: &Delivery, reason: String, now: Timestamp, jitter: f64) -> Delivery {
    let attempts = claimed.attempts + 1;
    let failed = attempts >= MAX_ATTEMPTS;
    Delivery {
        status: if failed { DeliveryStatus::Failed } else { DeliveryStatus::Waiting },
        at: now,
        until: now + retry::backoff(claimed.attempts, jitter),
        attempts,
        reason: Some(reason),
        ..claimed.clone()
    }
}

fn unknown(
    claimed: &Delivery,
    reason: String,
    policy: UnknownPolicy,
    now: Timestamp,
    jitter: f64,
) -> Delivery {
    let unknowns = claimed.unknowns + 1;
    let again = policy == UnknownPolicy::SendAgain && unknowns <= MAX_UNKNOWN;
    Delivery {
        status: if again { DeliveryStatus::Waiting } else { DeliveryStatus::Unknown },
        at: now,
        until: now + retry::backoff(claimed.unknowns, jitter),
        unknowns,
        reason: Some(reason),
        ..claimed.clone()
    }
}

/// A claim that was not used: the slot passed, the deadline came, or the bot was told to wait.
pub fn release(claimed: &Delivery, now: Timestamp) -> Delivery {
    Delivery { status: DeliveryStatus::Waiting, at: now, until: now, ..claimed.clone() }
}
