//! Companies and their members, users, their unique names, sessions and API keys.

use std::time::Duration;

use domain::account::{
    ApiKey, Company, CompanyApiKey, FormerGuest, Invitation, InvitationToken, KnownNetwork, Member,
    NameClaim, PasswordReset, Session, User,
};

use crate::items::plain_item;
use crate::keys;

/// A token stays this long after it expired, so that a late click is answered like any other.
const TOKEN_KEPT: Duration = Duration::from_hours(24);

plain_item!(Company, "company", |it| keys::company(it.id), version: it.version);
plain_item!(User, "user", |it| keys::user(it.id), version: it.version);
plain_item!(NameClaim, "name_claim", |it| keys::name_claim(it.kind, &it.name));
plain_item!(Session, "session", |it| keys::session(it.user_id, it.id), expires: Some(it.expires_at));
plain_item!(KnownNetwork, "known_network", |it| keys::known_network(it.user_id, &it.network),
    expires: Some(it.expires_at));
plain_item!(ApiKey, "api_key", |it| keys::api_key(&it.hash));
plain_item!(CompanyApiKey, "company_api_key", |it| keys::company_api_key(it.company_id, it.id),
    version: it.version);
plain_item!(Member, "member", |it| keys::member(it.company_id, it.user_id));
plain_item!(FormerGuest, "former_guest", |it| keys::former_guest(it.company_id, it.user_id));
plain_item!(PasswordReset, "password_reset", |it| keys::password_reset(&it.hash),
    expires: Some(it.expires_at + TOKEN_KEPT));
plain_item!(Invitation, "invitation", |it| keys::invitation(it.company_id, it.id),
    expires: Some(it.expires_at));
plain_item!(InvitationToken, "invitation_token", |it| keys::invitation_token(&it.hash),
    expires: Some(it.expires_at + TOKEN_KEPT));
