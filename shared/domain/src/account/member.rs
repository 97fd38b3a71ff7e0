//! Who belongs to a company, as what, and until when. A company is never without an admin: its record
//! counts them, and each change of the number is conditional on the record as it was read.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::{Company, Erasure, Role, User};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{CompanyId, DecisionId, JobId, UserId};
use crate::time::Timestamp;

/// A user as a company's list of members has them: beside the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The company.
    pub company_id: CompanyId,
    /// Who belongs to it.
    pub user_id: UserId,
    /// Since when.
    pub joined_at: Timestamp,
}

impl Member {
    /// The user's membership from now on.
    pub const fn of(user: &User, now: Timestamp) -> Self {
        Self { company_id: user.company_id, user_id: user.id, joined_at: now }
    }
}

/// A guest who was taken out of a company and not erased. They cannot ask for it themselves, so that whoever took them
/// out still may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerGuest {
    /// The company.
    pub company_id: CompanyId,
    /// Who belonged to it.
    pub user_id: UserId,
    /// Until when.
    pub left_at: Timestamp,
}

/// Why a membership is not changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MemberError {
    /// Nobody could manage the company any more.
    #[error("a company needs an admin: make someone else one first")]
    LastAdmin,
}

impl Company {
    /// The company when one of this role has joined.
    #[must_use]
    pub fn with(&self, role: Role) -> Self {
        Self { admins: self.admins + u32::from(role == Role::Admin), ..self.clone() }
    }

    /// The company when one of this role has left, or has become a member.
    pub fn without(&self, role: Role) -> Result<Self, MemberError> {
        match role {
            Role::Member => Ok(self.clone()),
            Role::Admin if self.admins <= 1 => Err(MemberError::LastAdmin),
            Role::Admin => Ok(Self { admins: self.admins - 1, ..self.clone() }),
        }
    }
}

/// A user with another role in their company. Nothing is written when it is theirs already.
pub fn decide_change_role(
    id: DecisionId,
    now: Timestamp,
    company: &Company,
    user: &User,
    role: Role,
) -> Result<Decision<User>, MemberError> {
    let changed = User { role, ..user.clone() };
    let decision = Decision::new(id, now, changed.clone());
    if user.role == role {
        return Ok(decision);
    }
    let company = match role {
        Role::Admin => company.with(role),
        Role::Member => company.without(user.role)?,
    };
    let (company, user) = (Write::Replace(company.into()), Write::Replace(changed.into()));
    Ok(decision.write(company).write(user))
}

/// A user who is out of their company, and from then on the admin of one of their own, with all that
/// is theirs: targets, channels, sessions. A job takes their chats out of the company that they leave. Of a guest
/// it is kept who they were.
pub fn decide_remove_member(
    (id, own, job): (DecisionId, CompanyId, JobId),
    now: Timestamp,
    company: &Company,
    (user, member): (&User, Member),
) -> Result<Decision<User>, MemberError> {
    let left = company.without(user.role)?;
    let erasure = Erasure::Links { company_id: company.id, user_id: user.id };
    let job = NewJob { id: job, job: Job::Erase { erasure, again: false }, due: now, owner: None };
    let own =
        Company { id: own, name: user.username.clone(), created_at: now, admins: 1, version: 0 };
    let moved = User { company_id: own.id, role: Role::Admin, ..user.clone() };
    let joined = Member::of(&moved, now);
    let (company_id, user_id) = (company.id, user.id);
    let guest = user.is_guest().then_some(FormerGuest { company_id, user_id, left_at: now });
    let mut decision = Decision::new(id, now, moved.clone())
        .write(Write::Replace(left.into()))
        .write(Write::Remove(member.into()))
        .write(Write::Create(own.into()))
        .write(Write::Create(joined.into()))
        .write(Write::Replace(moved.into()))
        .job(job);
    decision.writes.extend(guest.map(|it| Write::Put(it.into())));
    Ok(decision)
}

/// A company of another name. Nothing is written when it is called so already.
pub fn decide_rename_company(
    id: DecisionId,
    now: Timestamp,
    company: &Company,
    name: String,
) -> Decision<Company> {
    let renamed = Company { name, ..company.clone() };
    let decision = Decision::new(id, now, renamed.clone());
    if renamed == *company { decision } else { decision.write(Write::Replace(renamed.into())) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::Tier;
    use crate::engine::Record;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn company(admins: u32) -> Company {
        let id = Uuid::from_u128(1).into();
        Company { id, name: "Ada".to_owned(), created_at: NOW, admins, version: 0 }
    }

    fn user(role: Role) -> User {
        User {
            id: Uuid::from_u128(2).into(),
            company_id: Uuid::from_u128(1).into(),
            username: "ada".to_owned(),
            email: None,
            password_hash: None,
            role,
            tier: Tier::Free,
            timezone: "UTC".to_owned(),
            locale: "en".to_owned(),
            created_at: NOW,
            version: 0,
        }
    }

    fn id<T: From<Uuid>>() -> T {
        Uuid::from_u128(9).into()
    }

    /// How many admins the company has that a decision writes, if it writes it.
    fn admins<R>(decision: &Decision<R>) -> Option<u32> {
        decision.writes.iter().find_map(|write| match write {
            Write::Replace(Record::Company(company)) => Some(company.admins),
            _ => None,
        })
    }

    #[test]
    fn a_companys_admins_are_counted_and_the_last_one_stays() {
        let last = Err(MemberError::LastAdmin);
        for (before, role, after, expected) in [
            (1, Role::Member, Role::Admin, Ok(Some(2))),
            (2, Role::Admin, Role::Member, Ok(Some(1))),
            (1, Role::Admin, Role::Member, last),
            (1, Role::Admin, Role::Admin, Ok(None)),
            (1, Role::Member, Role::Member, Ok(None)),
        ] {
            let decided = decide_change_role(id(), NOW, &company(before), &user(role), after);
            assert_eq!(decided.map(|it| admins(&it)), expected, "{before} {role:?} {after:?}");
        }
        for (before, role, expected) in
            [(1, Role::Member, Ok(Some(1))), (2, Role::Admin, Ok(Some(1))), (1, Role::Admin, last)]
        {
            let who = user(role);
            let leaving = (&who, Member::of(&who, NOW));
            let decided = decide_remove_member((id(), id(), id()), NOW, &company(before), leaving);
            assert_eq!(decided.map(|it| admins(&it)), expected, "{before} {role:?}");
        }
    }

    #[test]
    fn of_who_leaves_it_is_kept_who_they_were_if_they_cannot_log_in() {
        let guest = user(Role::Member);
        let person = User { password_hash: Some("hash".to_owned()), ..guest.clone() };
        for (who, kept) in [(guest, true), (person, false)] {
            let leaving = (&who, Member::of(&who, NOW));
            let decided = decide_remove_member((id(), id(), id()), NOW, &company(1), leaving);
            let (company_id, user_id) = (who.company_id, who.id);
            let former = FormerGuest { company_id, user_id, left_at: NOW };
            let writes = decided.expect("they may leave").writes;
            assert_eq!(writes.contains(&Write::Put(former.into())), kept);
        }
    }

    #[test]
    fn who_leaves_has_a_company_of_their_own() {
        let who = user(Role::Member);
        let leaving = (&who, Member::of(&who, NOW));
        let decided = decide_remove_member((id(), id(), id()), NOW, &company(1), leaving);
        let decided = decided.expect("they may leave");
        let moved = decided.reply;
        assert_eq!((moved.company_id, moved.role), (id(), Role::Admin));
        let erasure = Erasure::Links { company_id: Uuid::from_u128(1).into(), user_id: who.id };
        assert_eq!(decided.jobs[0].job, Job::Erase { erasure, again: false });
    }
}
