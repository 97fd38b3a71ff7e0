//! A company's own keys: its admins make, list, renew and revoke them.

use domain::account::{
    COMPANY_KEYS, CompanyApiKey, SecretHash, check_company_scopes, decide_create_key,
    decide_renew_key, decide_revoke_key,
};
use domain::field_error::FieldError;
use domain::ids::{ApiKeyId, CompanyId};
use domain::watch::check_name;
use table::{Page, keys};

use super::new_key;
use crate::answer::{self, Keep};
use crate::company::find_company;
use crate::listing::list;
use crate::{App, AppError};

/// A key that an admin wants.
#[derive(Debug)]
pub struct CreateCompanyKey {
    /// Whose it becomes.
    pub company_id: CompanyId,
    /// What it is for.
    pub name: Option<String>,
    /// The names of its scopes.
    pub scopes: Option<Vec<String>>,
    /// Whether the answer is kept for an `Idempotency-Key`. It must not hold the key: whoever repeats the
    /// request gets a new one ([`renew_company_key`]).
    pub keep: Option<Keep<CompanyApiKey>>,
}

/// A key as it is shown, once.
#[derive(Clone)]
pub struct ShownKey {
    /// The record.
    pub record: CompanyApiKey,
    /// The key itself.
    pub key: String,
}

/// Makes a key of a company.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Quota`]; [`AppError::Repeated`] for an
/// `Idempotency-Key` that was used.
pub async fn create_company_key(
    app: &App,
    command: CreateCompanyKey,
) -> Result<ShownKey, AppError> {
    let CreateCompanyKey { company_id, name, scopes, keep } = command;
    let mut errors = Vec::new();
    let name = name.as_deref().map_or(Err("is required"), check_name);
    let name = name.unwrap_or_else(|message| {
        errors.push(FieldError::new("name", message));
        String::new()
    });
    let scopes = check_company_scopes(&scopes.unwrap_or_default()).unwrap_or_else(|faults| {
        errors.extend(faults);
        Vec::new()
    });
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    must_have_room(app, company_id).await?;
    let (key, id, now) = (new_key(app), app.env.id(), app.env.now());
    let record = CompanyApiKey {
        company_id,
        id,
        hash: SecretHash::of(&key),
        name,
        scopes,
        created_at: now,
        version: 0,
    };
    let along = |record: &CompanyApiKey| answer::writes(keep.as_ref(), record, now);
    let decide = || async {
        let company = find_company(app, company_id).await?;
        Ok(decide_create_key(app.env.id(), app.env.now(), &company, record.clone()))
    };
    let record = app.decide_along(along, decide).await?;
    Ok(ShownKey { record, key })
}

/// A company's keys are bounded. Two that race for the last place may both get it.
async fn must_have_room(app: &App, company_id: CompanyId) -> Result<(), AppError> {
    let keys = list_company_keys(app, company_id, COMPANY_KEYS, None).await?;
    if keys.items.len() < COMPANY_KEYS {
        return Ok(());
    }
    Err(AppError::Quota { message: format!("a company has at most {COMPANY_KEYS} API keys") })
}

/// One page of a company's keys, oldest first; `after` is the `next` of the page before.
pub async fn list_company_keys(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<CompanyApiKey>, AppError> {
    list(app, &keys::company(company_id).pk, keys::COMPANY_API_KEYS, limit, after).await
}

/// Gives a company's key another secret; the one before is void.
///
/// # Errors
/// [`AppError::NotFound`], also when it is another company's.
pub async fn renew_company_key(
    app: &App,
    company_id: CompanyId,
    id: ApiKeyId,
) -> Result<ShownKey, AppError> {
    let key = new_key(app);
    let hash = SecretHash::of(&key);
    let decide = || async {
        let record = find(app, company_id, id).await?;
        Ok::<_, AppError>(decide_renew_key(app.env.id(), app.env.now(), &record, hash.clone()))
    };
    let record = app.decide(decide).await?;
    Ok(ShownKey { record, key })
}

/// Revokes a company's key. A request that comes within a moment of it may still be answered: keys are
/// read at half the price first, which may show the state of a moment ago.
///
/// # Errors
/// [`AppError::NotFound`], also the second time and when it is another company's.
pub async fn revoke_company_key(
    app: &App,
    company_id: CompanyId,
    id: ApiKeyId,
) -> Result<(), AppError> {
    let decide = || async {
        let record = find(app, company_id, id).await?;
        Ok::<_, AppError>(decide_revoke_key(app.env.id(), app.env.now(), &record))
    };
    app.decide(decide).await
}

async fn find(app: &App, company_id: CompanyId, id: ApiKeyId) -> Result<CompanyApiKey, AppError> {
    let key = app.table.get(&keys::company_api_key(company_id, id)).await?;
    key.ok_or(AppError::NotFound("API key"))
}
