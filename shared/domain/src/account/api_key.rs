//! API keys: what a service shows, and what it may be used for.

use serde::{Deserialize, Serialize};

use crate::account::{Company, SecretHash};
use crate::engine::{Decision, Write};
use crate::field_error::FieldError;
use crate::ids::{ApiKeyId, CompanyId, DecisionId};
use crate::time::Timestamp;

/// A company has at most this many keys.
pub const COMPANY_KEYS: usize = 50;

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Scraping jobs and offers.
    Scraper,
    /// Domain events.
    Events,
    /// Company alerts.
    Alerts,
    /// Everything of its company.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scraper, Self::Events, Self::Alerts, Self::Admin];

    /// The scope of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "scraper" => Some(Self::Scraper),
            "events" => Some(Self::Events),
            "alerts" => Some(Self::Alerts),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// The scope's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scraper => "scraper",
            Self::Events => "events",
            Self::Alerts => "alerts",
            Self::Admin => "admin",
        }
    }
}

/// A service's key. The platform's own scraper keys belong to no company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Hash of the key.
    pub hash: SecretHash,
    /// What lists show.
    pub id: ApiKeyId,
    /// Whose key; absent for the platform's.
    pub company_id: Option<CompanyId>,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ApiKey {
    /// Whether the key may be used for this.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }
}

/// A company's key as its lists have it: beside the company, while [`ApiKey`] stands where a request
/// looks for it. Both are written together, and only the secret of a key ever changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyApiKey {
    /// Whose key.
    pub company_id: CompanyId,
    /// Its id.
    pub id: ApiKeyId,
    /// Hash of the key: where it stands.
    pub hash: SecretHash,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl CompanyApiKey {
    /// The key as a request finds it.
    pub fn key(&self) -> ApiKey {
        ApiKey {
            hash: self.hash.clone(),
            id: self.id,
            company_id: Some(self.company_id),
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            created_at: self.created_at,
        }
    }
}

/// The scopes that a company's own key may have, without repetition; else all faulty fields. A key
/// with the scope `scraper` is the platform's: pages are shared by all companies.
pub fn check_company_scopes(names: &[String]) -> Result<Vec<Scope>, Vec<FieldError>> {
    let (mut scopes, mut errors) = (Vec::new(), Vec::new());
    if names.is_empty() {
        errors.push(FieldError::new("scopes", "must have at least one scope"));
    }
    for (index, name) in names.iter().enumerate() {
        let fault = match Scope::parse(name) {
            Some(Scope::Scraper) => {
                "scraper is for keys of the platform, which its operator makes with `hoopoe api-key create`"
            }
            Some(scope) => {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
                continue;
            }
            None => "must be events, alerts or admin",
        };
        errors.push(FieldError::new(format!("scopes[{index}]"), fault));
        if errors.len() > Scope::ALL.len() {
            break;
        }
    }
    if errors.is_empty() { Ok(scopes) } else { Err(errors) }
}

/// A new key of a company, which must still be there.
pub fn decide_create_key(
    id: DecisionId,
    now: Timestamp,
    company: &Company,
    key: CompanyApiKey,
) -> Decision<CompanyApiKey> {
    let (known, listed) = (Write::Create(key.key().into()), Write::Create(key.clone().into()));
    let company = Write::Expect(company.clone().into());
    Decision::new(id, now, key).write(known).write(listed).write(company)
}

/// The same key with another secret; the one before is void.
pub fn decide_renew_key(
    id: DecisionId,
    now: Timestamp,
    key: &CompanyApiKey,
    hash: SecretHash,
) -> Decision<CompanyApiKey> {
    let renewed = CompanyApiKey { hash, ..key.clone() };
    let writes = [
        Write::Remove(key.key().into()),
        Write::Create(renewed.key().into()),
        Write::Replace(renewed.clone().into()),
    ];
    let mut decision = Decision::new(id, now, renewed);
    decision.writes.extend(writes);
    decision
}

/// A key that no longer counts.
pub fn decide_revoke_key(id: DecisionId, now: Timestamp, key: &CompanyApiKey) -> Decision {
    let listed = Write::Remove(key.clone().into());
    Decision::new(id, now, ()).write(Write::Remove(key.key().into())).write(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> Result<Vec<Scope>, Vec<String>> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|it| it.field).collect();
        check_company_scopes(&names).map_err(fields)
    }

    #[test]
    fn scopes_are_known_and_a_companys_own() {
        assert_eq!(check(&["events", "admin", "events"]), Ok(vec![Scope::Events, Scope::Admin]));
        let faults = |names| check(names).expect_err("it is faulty");
        assert_eq!(faults(&[]), ["scopes"]);
        assert_eq!(faults(&["alerts", "scraper", "all"]), ["scopes[1]", "scopes[2]"]);
    }

    #[test]
    fn admin_stands_for_every_scope() {
        let key = |scopes| ApiKey {
            hash: SecretHash::of("x"),
            id: uuid::Uuid::nil().into(),
            company_id: None,
            name: String::new(),
            scopes,
            created_at: Timestamp::from_millis(0),
        };
        for scope in Scope::ALL {
            assert!(key(vec![Scope::Admin]).allows(scope));
            assert!(key(vec![scope]).allows(scope));
            assert_eq!(key(vec![Scope::Events]).allows(scope), scope == Scope::Events);
        }
    }
}
