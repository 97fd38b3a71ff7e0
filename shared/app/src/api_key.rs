//! API keys: made by an operator, or by a company's admins for their company. Shown once.

mod company;

use domain::account::{ApiKey, Scope, SecretHash};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::CompanyId;
use domain::watch::check_name;

use crate::{App, AppError};

pub use company::{
    CreateCompanyKey, ShownKey, create_company_key, list_company_keys, renew_company_key,
    revoke_company_key,
};

/// What a key is recognised by, in logs and by scanners of leaked secrets.
const PREFIX: &str = "hoopoe_";

/// A key as it is made. Its text is known only here and to whoever asked.
#[derive(Clone)]
pub struct NewApiKey {
    /// The record.
    pub record: ApiKey,
    /// The key itself.
    pub key: String,
}

/// Makes a key with these scopes: a company's, or the platform's when there is none. Pages are shared
/// by all companies, so scrapers have the platform's.
///
/// # Errors
/// [`AppError::Invalid`] without a name or a scope.
pub async fn create(
    app: &App,
    name: &str,
    scopes: Vec<Scope>,
    company_id: Option<CompanyId>,
) -> Result<NewApiKey, AppError> {
    let mut errors = Vec::new();
    let name = check_name(name).unwrap_or_else(|message| {
        errors.push(FieldError::new("name", message));
        String::new()
    });
    if scopes.is_empty() {
        errors.push(FieldError::new("scopes", "must have at least one scope"));
    }
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let key = new_key(app);
    let now = app.env.now();
    let hash = SecretHash::of(&key);
    let record = ApiKey { hash, id: app.env.id(), company_id, name, scopes, created_at: now };
    let decision = Decision::new(app.env.id(), now, NewApiKey { record: record.clone(), key });
    Ok(app.commit(decision.write(Write::Create(record.into()))).await?)
}

fn new_key(app: &App) -> String {
    format!("{PREFIX}{}", app.env.secret())
}
