//! Identifiers: `UUIDv7` for what the system makes, slugs for what people name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Makes a `UUIDv7` (RFC 9562) from an instant and ten random bytes.
pub fn uuid_v7(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A company: the tenant.
    CompanyId
);
id!(
    /// A user: a person with an account.
    UserId
);
id!(
    /// A target: a user's watch.
    TargetId
);
id!(
    /// A channel: a way to reach a user.
    ChannelId
);
id!(
    /// A company link: a chat that receives what the company says.
    LinkId
);
id!(
    /// An alert of a company.
    AlertId
);
id!(
    /// An API key, as shown in lists (the key itself is shown once).
    ApiKeyId
);
id!(
    /// An invitation of a colleague.
    InvitationId
);
id!(
    /// An onboarding invite.
    InviteId
);
id!(
    /// A session, as shown in lists (the cookie's value is kept only as a hash).
    SessionId
);
id!(
    /// A job, for as long as it is moved and retried.
    JobId
);
id!(
    /// A decision: one commit, however often it is sent.
    DecisionId
);
id!(
    /// One run of a job: what a claim belongs to.
    RunId
);
id!(
    /// A scheduled task, under which its runs stand.
    TaskId
);
id!(
    /// One run of a scheduled task.
    TaskRunId
);

/// A bot's slug; `default` is the platform's own bot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BotId(pub String);

impl BotId {
    /// The platform's bot.
    pub fn default_bot() -> Self {
        Self("default".to_owned())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
