//! Somebody who has an account accepts an invitation to a company: they move, with all that is theirs.

use crate::account::{Account, Company, Erasure, Invitation, InvitationToken, Member};
use crate::account::{MemberError, Session, User};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{DecisionId, JobId};
use crate::time::Timestamp;

/// The account belongs to the company from now on, with its targets, channels and sessions, and has one
/// session more. The company that it leaves goes with its last member; one that stays keeps no chat of
/// whoever has left.
///
/// # Errors
/// [`MemberError::LastAdmin`] of a company that others belong to.
pub fn decide_move_in(
    (id, job): (DecisionId, JobId),
    now: Timestamp,
    (company, invitation, token): (&Company, &Invitation, &InvitationToken),
    account: &Account,
    session: Session,
) -> Result<Decision<User>, MemberError> {
    let Account { user, company: left, member, shared, .. } = account;
    let moved = User { company_id: company.id, role: invitation.role, ..user.clone() };
    let mut decision = Decision::new(id, now, moved.clone())
        // Whoever joins changes the company: it is not removed meanwhile as an empty one.
        .write(Write::Replace(company.with(invitation.role).into()))
        .write(Write::Remove(invitation.clone().into()))
        .write(Write::Remove(token.clone().into()))
        .write(Write::Create(Member::of(&moved, now).into()))
        .write(Write::Replace(moved.into()));
    decision.writes.extend(session.begins());
    decision.writes.extend(member.clone().map(|member| Write::Remove(member.into())));
    let (before, erasure) = if *shared {
        let links = Erasure::Links { company_id: left.id, user_id: user.id };
        (Write::Replace(left.without(user.role)?.into()), links)
    } else {
        (Write::Remove(left.clone().into()), Erasure::Company { company_id: left.id })
    };
    let job = NewJob { id: job, job: Job::Erase { erasure, again: false }, due: now, owner: None };
    Ok(decision.write(before).job(job))
}
