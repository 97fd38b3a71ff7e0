//! Who belongs to a company, and as what.

use domain::account::{
    Company, Member, MemberError, Role, User, decide_change_role, decide_remove_member,
};
use domain::ids::{CompanyId, UserId};
use table::Page;
use table::keys::{self, Key};

use super::find_company;
use crate::listing::list;
use crate::{App, AppError, menu};

/// Someone who belongs to a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyMember {
    /// Who.
    pub user: User,
    /// Since when.
    pub member: Member,
}

/// One page of a company's members, in the order in which they signed up; `after` is the `next` of the
/// page before.
pub async fn list_members(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<CompanyMember>, AppError> {
    let pk = keys::company(company_id).pk;
    let page = list::<Member>(app, &pk, keys::MEMBERS, limit, after).await?;
    let users: Vec<Key> = page.items.iter().map(|member| keys::user(member.user_id)).collect();
    let mut found = app.table.get_all(&users).await?;
    let mut items = Vec::with_capacity(users.len());
    for (key, member) in users.iter().zip(page.items) {
        // Who has left between the two reads belongs to it no more.
        let user = found.take::<User>(key)?.filter(|user| user.company_id == company_id);
        items.extend(user.map(|user| CompanyMember { user, member }));
    }
    Ok(Page { items, next: page.next })
}

/// Gives a member another role.
///
/// # Errors
/// [`AppError::NotFound`], also for members of other companies; [`AppError::Conflict`] when nobody
/// would be an admin any more, also when two take each other's role at once.
pub async fn change_role(
    app: &App,
    company_id: CompanyId,
    user_id: UserId,
    role: Role,
) -> Result<CompanyMember, AppError> {
    let decide = || async {
        let (company, CompanyMember { user, member }) = find(app, company_id, user_id).await?;
        let mut decision = decide_change_role(app.env.id(), app.env.now(), &company, &user, role)?;
        decision.jobs.extend(menu::of_user(app, &[company_id], user_id).await?);
        Ok::<_, AppError>(decision.map(|user| CompanyMember { user, member }))
    };
    app.decide(decide).await
}

/// Takes a member out of a company: they keep what is theirs, in a company of their own.
///
/// # Errors
/// As [`change_role`].
pub async fn remove_member(
    app: &App,
    company_id: CompanyId,
    user_id: UserId,
) -> Result<User, AppError> {
    let own: CompanyId = app.env.id();
    let decide = || async {
        let (company, CompanyMember { user, member }) = find(app, company_id, user_id).await?;
        let ids = (app.env.id(), own, app.env.id());
        let mut decision = decide_remove_member(ids, app.env.now(), &company, (&user, member))?;
        decision.jobs.extend(menu::of_user(app, &[company_id], user_id).await?);
        Ok::<_, AppError>(decision)
    };
    app.decide(decide).await
}

async fn find(
    app: &App,
    company_id: CompanyId,
    user_id: UserId,
) -> Result<(Company, CompanyMember), AppError> {
    let company = find_company(app, company_id).await?;
    let places = [keys::member(company_id, user_id), keys::user(user_id)];
    let mut found = app.table.get_all(&places).await?;
    let (member, user) = (found.take::<Member>(&places[0])?, found.take::<User>(&places[1])?);
    let there = member.zip(user.filter(|user| user.company_id == company_id));
    let (member, user) = there.ok_or(AppError::NotFound("member"))?;
    Ok((company, CompanyMember { user, member }))
}

impl From<MemberError> for AppError {
    fn from(error: MemberError) -> Self {
        let code = match error {
            MemberError::LastAdmin => "LAST_ADMIN",
        };
        Self::Conflict { code, message: error.to_string() }
    }
}
