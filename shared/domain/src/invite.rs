//! Onboarding invites: an admin's link that makes a target, the person who opens it, and their channel, in
//! one step. The chat is all that person needs.

mod redeem;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::SecretHash;
use crate::engine::{Decision, Write};
use crate::ids::{BotId, ChannelId, CompanyId, DecisionId, InviteId, TargetId, UserId};
use crate::time::Timestamp;
use crate::watch::TargetPage;

pub use redeem::{
    ChatPerson, Invited, Person, RedeemIds, Redeemed, Redemption, decide_redeem, decide_refuse,
};

/// An invite lives this long.
pub const INVITE_LIFE: Duration = Duration::from_hours(7 * 24);
/// Lists show an invite for this long after its end.
pub const INVITE_KEPT: Duration = Duration::from_hours(30 * 24);
/// An invite has at most this many pages: their watchers, the person and the channel are one transaction.
pub const INVITE_PAGES: usize = 20;

/// Where an invite stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteStatus {
    /// Whoever opens its link is onboarded.
    Open,
    /// Someone was.
    Used,
    /// Nobody came in time.
    Expired,
    /// An admin took it back.
    Revoked,
}

/// What became of an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteUse {
    /// When.
    pub at: Timestamp,
    /// Who came.
    pub user_id: UserId,
    /// Their channel.
    pub channel_id: ChannelId,
    /// The target that was made.
    pub target_id: TargetId,
}

/// An admin's invitation of one person through a bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnboardingInvite {
    /// Its id.
    pub id: InviteId,
    /// The company.
    pub company_id: CompanyId,
    /// Whose target it makes.
    pub admin_id: UserId,
    /// The bot that it is opened with.
    pub bot: BotId,
    /// Hash of its token.
    pub hash: SecretHash,
    /// What the target is called.
    pub target_name: String,
    /// What the target watches at first.
    pub pages: Vec<TargetPage>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When an admin took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<InviteUse>,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl OnboardingInvite {
    /// Where it stands.
    pub fn status(&self, now: Timestamp) -> InviteStatus {
        if self.used.is_some() {
            InviteStatus::Used
        } else if self.revoked_at.is_some() {
            InviteStatus::Revoked
        } else if self.expires_at <= now {
            InviteStatus::Expired
        } else {
            InviteStatus::Open
        }
    }

    /// Where its token leads.
    pub fn token(&self) -> InviteToken {
        InviteToken {
            hash: self.hash.clone(),
            company_id: self.company_id,
            invite_id: self.id,
            expires_at: self.expires_at,
        }
    }
}

/// What an invite's token leads to: the token is single use, and kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteToken {
    /// Hash of the token.
    pub hash: SecretHash,
    /// The company.
    pub company_id: CompanyId,
    /// The invite.
    pub invite_id: InviteId,
    /// After this it is as good as unknown.
    pub expires_at: Timestamp,
}

/// A target of somebody else's that a user was invited to: stands with the user, while the target has
/// them among its guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestTarget {
    /// The guest.
    pub user_id: UserId,
    /// The target.
    pub target_id: TargetId,
    /// Whose it is.
    pub owner_id: UserId,
}

/// Why an invite is not changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InviteError {
    /// There is nothing left to revoke or renew.
    #[error("the invite was used")]
    Used,
    /// It is over.
    #[error("the invite was revoked or has expired")]
    Over,
}

/// A new invite.
pub fn decide_invite(
    id: DecisionId,
    now: Timestamp,
    invite: OnboardingInvite,
) -> Decision<OnboardingInvite> {
    let token = Write::Create(invite.token().into());
    let create = Write::Create(invite.clone().into());
    Decision::new(id, now, invite).write(create).write(token)
}

/// Another token for an open invite; the one before is void.
pub fn decide_renew_invite(
    id: DecisionId,
    now: Timestamp,
    invite: &OnboardingInvite,
    hash: SecretHash,
) -> Result<Decision<OnboardingInvite>, InviteError> {
    match invite.status(now) {
        InviteStatus::Open => {}
        InviteStatus::Used => return Err(InviteError::Used),
        InviteStatus::Expired | InviteStatus::Revoked => return Err(InviteError::Over),
    }
    let renewed = OnboardingInvite { hash, ..invite.clone() };
    let writes = [
        Write::Remove(invite.token().into()),
        Write::Create(renewed.token().into()),
        Write::Replace(renewed.clone().into()),
    ];
    let mut decision = Decision::new(id, now, renewed);
    decision.writes.extend(writes);
    Ok(decision)
}

/// An invite that nobody can use any more. Twice is once.
pub fn decide_revoke_invite(
    id: DecisionId,
    now: Timestamp,
    invite: &OnboardingInvite,
) -> Result<Decision, InviteError> {
    let decision = Decision::new(id, now, ());
    match invite.status(now) {
        InviteStatus::Used => Err(InviteError::Used),
        InviteStatus::Revoked => Ok(decision),
        InviteStatus::Open | InviteStatus::Expired => {
            let revoked = OnboardingInvite { revoked_at: Some(now), ..invite.clone() };
            Ok(decision.write(Write::Replace(revoked.into())))
        }
    }
}
