//! An admin invites a colleague by e-mail into the company.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{
    ClaimKind, Company, Member, NameClaim, Role, SecretHash, Session, Tier, User, fold,
};
use crate::channel::{Channel, ChannelStatus, new_email};
use crate::engine::{Decision, Write};
use crate::ids::{ChannelId, CompanyId, DecisionId, InvitationId, JobId, UserId};
use crate::mail::Mail;
use crate::time::Timestamp;
use crate::wizard::Language;

/// An invitation lives this long.
pub const INVITATION_LIFE: Duration = Duration::from_hours(7 * 24);
/// A company has at most this many open invitations.
pub const COMPANY_INVITATIONS: usize = 100;

/// An open invitation: it goes when it is accepted or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which company.
    pub company_id: CompanyId,
    /// Whom, as the admin wrote it.
    pub email: String,
    /// As what.
    pub role: Role,
    /// By whom.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

impl Invitation {
    /// Whether it went to this address.
    fn is_for(&self, email: &str) -> bool {
        fold(&self.email) == fold(email)
    }

    /// Whether it still counts, by who sent it as they are now: who is no admin any more invites nobody.
    pub fn stands(&self, sender: Option<&User>) -> bool {
        sender.is_some_and(|it| it.company_id == self.company_id && it.role == Role::Admin)
    }
}

/// What an invitation's token leads to: kept as a hash, made when the mail is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationToken {
    /// Hash of the token.
    pub hash: SecretHash,
    /// The company.
    pub company_id: CompanyId,
    /// The invitation. Without it the token is void.
    pub invitation_id: InvitationId,
    /// After this it is as good as unknown.
    pub expires_at: Timestamp,
}

/// A new invitation and its mail. It takes the place of the open ones that went to the same address: their links are
/// void. `None` when the company has as many as it may.
pub fn decide_invite_colleague(
    (id, job): (DecisionId, JobId),
    now: Timestamp,
    (company, open): (&Company, Vec<Invitation>),
    invitation: Invitation,
) -> Option<Decision<Invitation>> {
    if !has_room_to_invite(&open, &invitation.email) {
        return None;
    }
    let (company_id, invitation_id) = (invitation.company_id, invitation.id);
    let mail = Mail::InviteColleague { company_id, invitation_id };
    let before = open.into_iter().filter(|it| it.is_for(&invitation.email));
    let before: Vec<Write> = before.map(|it| Write::Remove(it.into())).collect();
    let mut decision = Decision::new(id, now, invitation.clone())
        .write(Write::Create(invitation.into()))
        // Of two who invite at once the second finds the company changed, and looks at what is open once more.
        .write(Write::Replace(company.clone().into()))
        .job(mail.job(job, now, None));
    decision.writes.extend(before);
    Some(decision)
}

/// Whether a company with these open invitations may invite this address: again, or as one more.
pub fn has_room_to_invite(open: &[Invitation], email: &str) -> bool {
    open.len() < COMPANY_INVITATIONS || open.iter().any(|it| it.is_for(email))
}

/// Who accepts, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// The user's id.
    pub id: UserId,
    /// The id of the channel that their address becomes.
    pub channel: ChannelId,
    /// Username.
    pub username: String,
    /// IANA name.
    pub timezone: String,
    /// The language that they are to be written to in.
    pub language: Language,
    /// Argon2id in PHC string format.
    pub password_hash: String,
}

/// The invited person becomes a user of the company, with the address that the mail came to.
pub fn decide_join(
    id: DecisionId,
    now: Timestamp,
    (company, invitation, token): (&Company, &Invitation, &InvitationToken),
    joining: Joining,
    session: Session,
) -> Decision<User> {
    let user = User {
        id: joining.id,
        company_id: company.id,
        username: joining.username,
        email: Some(invitation.email.clone()),
        password_hash: Some(joining.password_hash),
        role: invitation.role,
        tier: Tier::Free,
        timezone: joining.timezone,
        locale: joining.language.code().to_owned(),
        created_at: now,
        version: 0,
    };
    let claim = |kind, name: &str| NameClaim { kind, name: fold(name), user_id: user.id };
    let claims =
        [claim(ClaimKind::Username, &user.username), claim(ClaimKind::Email, &invitation.email)];
    let member = Member::of(&user, now);
    // The token came to the address: nothing is left to confirm.
    let channel = new_email(joining.channel, user.id, &invitation.email, now);
    let channel = Channel { status: ChannelStatus::Active, ..channel };
    let mut decision = Decision::new(id, now, user.clone())
        // Whoever joins changes the company: it is not removed meanwhile as an empty one.
        .write(Write::Replace(company.with(user.role).into()))
        .write(Write::Remove(invitation.clone().into()))
        .write(Write::Remove(token.clone().into()))
        .write(Write::Create(user.into()))
        .write(Write::Create(member.into()))
        .write(Write::Create(channel.into()));
    decision.writes.extend(session.begins());
    decision.writes.extend(claims.map(|claim| Write::Create(claim.into())));
    decision
}
