//! Companies and their members, users, their unique names, sessions and API keys.

use domain::account::{ApiKey, Company, CompanyApiKey, Member, NameClaim, Session, User};

use crate::items::plain_item;
use crate::keys;

plain_item!(Company, "company", |it| keys::company(it.id), version: it.version);
plain_item!(User, "user", |it| keys::user(it.id), version: it.version);
plain_item!(NameClaim, "name_claim", |it| keys::name_claim(it.kind, &it.name));
plain_item!(Session, "session", |it| keys::session(it.user_id, it.id), expires: Some(it.expires_at));
plain_item!(ApiKey, "api_key", |it| keys::api_key(&it.hash));
plain_item!(CompanyApiKey, "company_api_key", |it| keys::company_api_key(it.company_id, it.id),
    version: it.version);
plain_item!(Member, "member", |it| keys::member(it.company_id, it.user_id));
