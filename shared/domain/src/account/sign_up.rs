//! Signing up: what is said, checked; and the company, user and names that come of it.

use std::str::FromStr;

use chrono_tz::Tz;
use email_address::{EmailAddress, Options};

use crate::account::{ClaimKind, Company, Member, NameClaim, Role, Session, Tier, User, fold};
use crate::engine::{Decision, Record, Write};
use crate::field_error::FieldError;
use crate::ids::{CompanyId, DecisionId, UserId};
use crate::time::Timestamp;
use crate::wizard::Language;

/// The shortest username, in characters.
pub const MIN_USERNAME: usize = 3;
/// The longest username, in characters.
pub const MAX_USERNAME: usize = 50;
/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 8;
/// The longest password, in characters: hashing takes time that grows with it.
pub const MAX_PASSWORD: usize = 256;
/// The longest e-mail address (RFC 5321, path).
const MAX_EMAIL: usize = 254;

/// What a person says to sign up, as it came.
#[derive(Clone, Default)]
pub struct SignUpInput {
    /// Username.
    pub username: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// IANA name of a timezone; `UTC` when absent.
    pub timezone: Option<String>,
    /// The language that they are to be written to in.
    pub language: Language,
}

/// What a person says to sign up, checked. Without the password: only its hash goes further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Letters, digits, `_`, `.` and `-`.
    pub username: String,
    /// An address with a domain.
    pub email: String,
    /// IANA name.
    pub timezone: String,
    /// The language that they are to be written to in.
    pub language: Language,
}

impl SignUpInput {
    /// Checks everything and finds all faulty fields at once. The second part is the password.
    pub fn check(&self) -> Result<(SignUp, String), Vec<FieldError>> {
        let mut errors = Vec::new();
        let username = required("username", self.username.as_deref(), check_username, &mut errors);
        let email = required("email", self.email.as_deref(), check_email, &mut errors);
        let password = required("password", self.password.as_deref(), check_password, &mut errors);
        let zone = Some(self.timezone.as_deref().unwrap_or("UTC"));
        let timezone = required("timezone", zone, check_timezone, &mut errors);
        match (username, email, password, timezone) {
            (Some(username), Some(email), Some(password), Some(timezone)) => {
                Ok((SignUp { username, email, timezone, language: self.language }, password))
            }
            _ => Err(errors),
        }
    }
}

fn required(
    field: &str,
    value: Option<&str>,
    check: fn(&str) -> Result<String, &'static str>,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    match value.ok_or("is required").and_then(check) {
        Ok(value) => Some(value),
        Err(message) => {
            errors.push(FieldError::new(field, message));
            None
        }
    }
}

/// The username, if it is one; else what a correct one looks like.
pub fn check_username(name: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !(MIN_USERNAME..=MAX_USERNAME).contains(&name.chars().count()) {
        return Err("must have 3 to 50 characters");
    }
    if !name.chars().all(allowed) {
        return Err("may have letters A to Z, digits, '_', '.' and '-' only");
    }
    Ok(name.to_owned())
}

/// The address, if it is one that mail can be sent to; else what a correct one looks like.
pub fn check_email(email: &str) -> Result<String, &'static str> {
    let options =
        Options::default().with_required_tld().without_domain_literal().without_display_text();
    let email = email.trim();
    if email.len() > MAX_EMAIL || EmailAddress::parse_with_options(email, options).is_err() {
        return Err("must be an e-mail address such as ann@example.com");
    }
    Ok(email.to_owned())
}

/// The password, if it is long enough and not too long; else what a correct one looks like.
pub fn check_password(password: &str) -> Result<String, &'static str> {
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.chars().count()) {
        return Err("must have 8 to 256 characters");
    }
    Ok(password.to_owned())
}

/// The zone's own name, if there is such a zone; else what a correct one looks like.
pub fn check_timezone(zone: &str) -> Result<String, &'static str> {
    let zone = Tz::from_str(zone.trim()).map_err(|_| "must be a name such as Europe/Berlin")?;
    Ok(zone.name().to_owned())
}

/// The ids that signing up needs.
#[derive(Clone, Copy, Debug)]
pub struct SignUpIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The company's.
    pub company: CompanyId,
    /// The user's.
    pub user: UserId,
}

/// A company with its first user, who is its admin, the user's names, and the user's session if one
/// begins. The names are created: of two who race for one, one finds it taken.
pub fn decide_sign_up(
    ids: SignUpIds,
    now: Timestamp,
    sign_up: SignUp,
    password_hash: String,
    session: Option<Session>,
) -> Decision<User> {
    let SignUp { username, email, timezone, language } = sign_up;
    let claim = |kind, name: &str| NameClaim { kind, name: fold(name), user_id: ids.user };
    let claims = [claim(ClaimKind::Username, &username), claim(ClaimKind::Email, &email)];
    let company =
        Company { id: ids.company, name: username.clone(), created_at: now, admins: 1, version: 0 };
    let user = User {
        id: ids.user,
        company_id: ids.company,
        username,
        email: Some(email),
        password_hash: Some(password_hash),
        role: Role::Admin,
        tier: Tier::Free,
        timezone,
        locale: language.code().to_owned(),
        created_at: now,
        version: 0,
    };
    let member = Member::of(&user, now);
    let mut decision = Decision::new(ids.decision, now, user.clone())
        .write(Write::Create(company.into()))
        .write(Write::Create(user.into()));
    decision.writes.extend(claims.map(|claim| Write::Create(claim.into())));
    decision.writes.push(Write::Create(member.into()));
    decision.writes.extend(session.into_iter().flat_map(Session::begins));
    decision
}

/// The request's fields whose names are taken, when these of the decision's writes failed.
pub fn taken(writes: &[Write], failed: &[usize]) -> Vec<&'static str> {
    let failed = failed.iter().filter_map(|&index| writes.get(index)?.record());
    failed
        .filter_map(|record| match record {
            Record::NameClaim(claim) => Some(match claim.kind {
                ClaimKind::Username => "username",
                ClaimKind::Email => "email",
            }),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(username: &str, email: &str, password: &str, timezone: &str) -> SignUpInput {
        SignUpInput {
            username: Some(username.to_owned()),
            email: Some(email.to_owned()),
            password: Some(password.to_owned()),
            timezone: Some(timezone.to_owned()),
            ..SignUpInput::default()
        }
    }

    fn faults(input: &SignUpInput) -> Vec<String> {
        let errors = input.check().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_people_have_is_accepted() {
        for email in ["ann@example.com", "a.b+c@sub.example.co.uk", "jörg@exämple.de"] {
            assert_eq!(faults(&input("ann", email, "12345678", "UTC")), Vec::<String>::new());
        }
        for zone in ["Europe/Berlin", "America/Argentina/Ushuaia", "Asia/Kathmandu"] {
            assert_eq!(
                faults(&input("A_b.c-9", "a@b.cd", "пароль😀!", zone)),
                Vec::<String>::new()
            );
        }
    }

    #[test]
    fn every_faulty_field_is_named_at_once() {
        let all = ["username", "email", "password", "timezone"];
        let missing = SignUpInput { timezone: Some("x".to_owned()), ..SignUpInput::default() };
        assert_eq!(faults(&missing), all);
        let long = "x".repeat(257);
        for (username, email, password, zone) in [
            ("ab", "ann", "1234567", "Berlin"),
            ("a b c", "ann@localhost", "", "utc+1"),
            ("ann\u{0}", "Ann <a@b.cd>", &long, ""),
            ("jörg", "a@[127.0.0.1]", "1234567", "../etc"),
            (&long, &format!("{long}@b.cd"), &long, &long),
        ] {
            assert_eq!(faults(&input(username, email, password, zone)), all, "{username}");
        }
    }

    #[test]
    fn failed_names_are_told_by_their_fields() {
        let (sign_up, _) = input("Ann", "A@b.cd", "12345678", "UTC").check().expect("it is well");
        let ids = SignUpIds {
            decision: uuid::Uuid::nil().into(),
            company: uuid::Uuid::nil().into(),
            user: uuid::Uuid::nil().into(),
        };
        let now = Timestamp::from_millis(0);
        let (session, _) = Session::begin(ids.user, uuid::Uuid::nil().into(), "x", now);
        let decision = decide_sign_up(ids, now, sign_up, "hash".to_owned(), Some(session));
        assert_eq!(decision.writes.len(), 6);
        assert_eq!(taken(&decision.writes, &[2, 3]), ["username", "email"]);
        assert_eq!(taken(&decision.writes, &[0, 1, 4, 9]), Vec::<&str>::new());
    }
}
