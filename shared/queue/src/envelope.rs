//! What a queue message holds: a version and timer keys.

use domain::engine::TimerKey;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A queue message's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Envelope {
    /// The first version.
    #[serde(rename = "1")]
    V1 {
        /// The timer that is due.
        timer: TimerKey,
    },
}

/// A body that no version of ours has written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a message of ours: {0}")]
pub struct UnknownEnvelope(String);

impl Envelope {
    /// The body of a hint.
    pub fn encode(timer: TimerKey) -> String {
        serde_json::to_string(&Self::V1 { timer }).unwrap_or_default()
    }

    /// The timer that a body hints at.
    pub fn decode(body: &str) -> Result<TimerKey, UnknownEnvelope> {
        match serde_json::from_str(body) {
            Ok(Self::V1 { timer }) => Ok(timer),
            Err(error) => Err(UnknownEnvelope(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::JobId;
    use domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_message_holds_a_version_and_a_key_and_nothing_else() {
        let key = TimerKey {
            at: Timestamp::from_millis(1_700_000_000_000),
            shard: 3,
            id: JobId(Uuid::from_u128(5)),
        };
        let body = Envelope::encode(key);
        assert_eq!(
            body,
            r#"{"v":"1","timer":{"at":1700000000000,"shard":3,"id":"00000000-0000-0000-0000-000000000005"}}"#
        );
        assert_eq!(Envelope::decode(&body), Ok(key));
        assert!(Envelope::decode(r#"{"v":"9"}"#).is_err());
        assert!(Envelope::decode("{").is_err());
    }
}
