//! A forgotten password: a token in a mail sets another one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Erasure, KnownNetwork, SecretHash, User};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{DecisionId, JobId, UserId};
use crate::time::Timestamp;

/// A token lives this long.
pub const RESET_LIFE: Duration = Duration::from_hours(1);

/// What the token of a password reset leads to: single use, and kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordReset {
    /// Hash of the token.
    pub hash: SecretHash,
    /// Whose password.
    pub user_id: UserId,
    /// The password that it replaces, hashed once more: with another one the token is void, so that of
    /// all tokens that were mailed only one is ever used.
    pub replaces: SecretHash,
    /// After this it is as good as unknown.
    pub expires_at: Timestamp,
}

impl PasswordReset {
    /// A token for the user as they are now.
    pub fn new(user: &User, hash: SecretHash, now: Timestamp) -> Self {
        Self { hash, user_id: user.id, replaces: fingerprint(user), expires_at: now + RESET_LIFE }
    }

    /// Whether it sets this user's password.
    pub fn usable(&self, user: &User, now: Timestamp) -> bool {
        self.expires_at > now && self.user_id == user.id && self.replaces == fingerprint(user)
    }
}

fn fingerprint(user: &User) -> SecretHash {
    SecretHash::of(user.password_hash.as_deref().unwrap_or_default())
}

/// The user with the new password; every session that began before ends. Who reads their mail is who they are: they
/// are known in the network that they come from, and soon in no other. `None` when the token is of no use.
pub fn decide_reset(
    (id, job): (DecisionId, JobId),
    now: Timestamp,
    (user, reset): (&User, &PasswordReset),
    password_hash: String,
    network: Option<&str>,
) -> Option<Decision> {
    if !reset.usable(user, now) {
        return None;
    }
    let changed = User { password_hash: Some(password_hash), ..user.clone() };
    let erasure = Erasure::Sessions { user_id: user.id, until: now };
    let job = NewJob { id: job, job: Job::Erase { erasure, again: false }, due: now, owner: None };
    let mut decision = Decision::new(id, now, ())
        .write(Write::Remove(reset.clone().into()))
        .write(Write::Replace(changed.into()));
    let known = network.map(|network| KnownNetwork::new(user.id, network, now));
    decision.writes.extend(known.map(|known| Write::Put(known.into())));
    Some(decision.job(job))
}
