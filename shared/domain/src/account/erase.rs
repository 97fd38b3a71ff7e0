//! A user deletes their account: what goes at once, and what the engine takes away afterwards.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Company, Member, MemberError, NameClaim, User};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{CompanyId, DecisionId, JobId, UserId};
use crate::time::Timestamp;

/// Whose things are taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Erasure {
    /// A user's: targets, channels, sessions, and whatever else stands with them.
    User {
        /// The user.
        user_id: UserId,
    },
    /// The sessions of a user that began until then, and the networks that they were known in before: their password
    /// was reset.
    Sessions {
        /// The user.
        user_id: UserId,
        /// Until when.
        until: Timestamp,
    },
    /// What links a company's chats to someone who belongs to it no more.
    Links {
        /// The company.
        company_id: CompanyId,
        /// Who has left it.
        user_id: UserId,
    },
    /// A company's: API keys, and whatever else stands with it.
    Company {
        /// The company.
        company_id: CompanyId,
    },
}

/// The second look comes so long after the first. A request that was under way when the account went
/// may still write: at most for a decision's life and the time of a commit.
pub const ERASE_AGAIN: Duration = Duration::from_mins(2);

/// An account, as it was read.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Their company.
    pub company: Company,
    /// Their membership.
    pub member: Option<Member>,
    /// Their names.
    pub claims: Vec<NameClaim>,
    /// Whether anybody else belongs to the company.
    pub shared: bool,
}

/// The account is gone, at once: nobody can log in, its names are free, and what is left is taken away
/// by jobs. A company goes with its last member; one that stays keeps no chat of theirs.
///
/// `ids` are the decision's and those of the jobs.
pub fn decide_delete_account(
    (id, jobs): (DecisionId, [JobId; 2]),
    now: Timestamp,
    account: &Account,
) -> Result<Decision, MemberError> {
    let Account { user, company, member, claims, shared } = account;
    let [of_user, of_company] = jobs;
    let mut decision = Decision::new(id, now, ()).write(Write::Remove(user.clone().into()));
    decision.writes.extend(claims.iter().cloned().map(|claim| Write::Remove(claim.into())));
    decision.writes.extend(member.clone().map(|member| Write::Remove(member.into())));
    let erase = |id, erasure| NewJob {
        id,
        job: Job::Erase { erasure, again: false },
        due: now,
        owner: None,
    };
    let decision = decision.job(erase(of_user, Erasure::User { user_id: user.id }));
    if *shared {
        let links = Erasure::Links { company_id: company.id, user_id: user.id };
        let company = company.without(user.role)?;
        return Ok(decision.write(Write::Replace(company.into())).job(erase(of_company, links)));
    }
    let erasure = Erasure::Company { company_id: company.id };
    Ok(decision.write(Write::Remove(company.clone().into())).job(erase(of_company, erasure)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::{Role, Tier};

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn id<T: From<Uuid>>(n: u128) -> T {
        Uuid::from_u128(n).into()
    }

    fn account(role: Role, admins: u32, shared: bool) -> Account {
        let user = User {
            id: id(2),
            company_id: id(1),
            username: "ada".to_owned(),
            email: None,
            password_hash: None,
            role,
            tier: Tier::Free,
            timezone: "UTC".to_owned(),
            locale: "en".to_owned(),
            created_at: NOW,
            version: 0,
        };
        let name = "Ada".to_owned();
        let company = Company { id: id(1), name, created_at: NOW, admins, version: 0 };
        let member = Some(Member::of(&user, NOW));
        Account { user, company, member, claims: Vec::new(), shared }
    }

    #[test]
    fn a_company_goes_with_its_last_member_and_is_never_left_without_an_admin() {
        for (role, admins, shared, jobs) in [
            (Role::Admin, 1, false, Ok(2)),
            (Role::Member, 0, false, Ok(2)),
            (Role::Admin, 1, true, Err(MemberError::LastAdmin)),
            (Role::Admin, 2, true, Ok(2)),
            (Role::Member, 1, true, Ok(2)),
        ] {
            let account = account(role, admins, shared);
            let decided = decide_delete_account((id(7), [id(8), id(9)]), NOW, &account);
            let links = Erasure::Links { company_id: id(1), user_id: id(2) };
            let links = Job::Erase { erasure: links, again: false };
            let stays = decided.iter().flat_map(|it| &it.jobs).any(|it| it.job == links);
            assert_eq!(stays, shared && jobs.is_ok(), "{role:?} {admins} {shared}");
            assert_eq!(decided.map(|it| it.jobs.len()), jobs, "{role:?} {admins} {shared}");
        }
    }
}
