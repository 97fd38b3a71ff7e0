//! The networks that a user is known in.

use serde::{Deserialize, Serialize};

use crate::account::{SESSION_LIFE, SecretHash};
use crate::ids::UserId;
use crate::time::Timestamp;

/// That a user has proven in a network who they are. It outlives its session, so that whoever logs out is no stranger
/// there; but not a new password, nor that the user ends another session: then they stay known only where they do that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNetwork {
    /// Who.
    pub user_id: UserId,
    /// Hash of the user and of the network.
    pub network: SecretHash,
    /// After this they are a stranger there.
    pub expires_at: Timestamp,
}

impl KnownNetwork {
    /// The user has proven now in this network, as a rate limit knows it, who they are.
    pub fn new(user_id: UserId, network: &str, now: Timestamp) -> Self {
        let network = network_of(user_id, network);
        Self { user_id, network, expires_at: now + SESSION_LIFE }
    }

    /// When they have proven there last who they are.
    pub fn proven_at(&self) -> Timestamp {
        self.expires_at - SESSION_LIFE
    }
}

/// With the user, so that the same network looks different with each of them. Whoever can read the table can still
/// try all addresses of IPv4: the hash keeps them from sight, no more.
pub(super) fn network_of(user_id: UserId, network: &str) -> SecretHash {
    SecretHash::of(&format!("{user_id}#{network}"))
}
