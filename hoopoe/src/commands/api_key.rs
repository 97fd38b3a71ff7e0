//! `hoopoe api-key create`

use app::account::user_named;
use app::api_key::{CreateCompanyKey, create_company_key};
use app::{App, AppError};
use domain::account::Scope;
use domain::ids::{ApiKeyId, CompanyId};
use serde_json::json;

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// The key to be made.
#[derive(Clone, Debug, clap::Args)]
pub struct Create {
    /// What it is for
    #[arg(long)]
    name: String,
    /// What it may do: scraper (the platform's), events, alerts or admin (a company's); may be repeated
    #[arg(long = "scope", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// The company whose key it is, by its id; the platform's unless given
    #[arg(long, value_name = "ID", value_parser = company, conflicts_with = "account")]
    company: Option<CompanyId>,
    /// The company of this account, by its username or e-mail address
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| "expected scraper, events, alerts or admin".to_owned())
}

fn company(id: &str) -> Result<CompanyId, String> {
    id.parse().map_err(|_| "expected the id of a company".to_owned())
}

/// A key as it is shown, once.
struct Made {
    id: ApiKeyId,
    company_id: Option<CompanyId>,
    name: String,
    scopes: Vec<Scope>,
    key: String,
}

/// Makes a key of the platform, or of a company as its admins do, and shows it, once.
pub(crate) async fn create(place: &Place, wanted: Create) -> Result<(), CommandError> {
    let system = System::open(place).await?;
    let made = match company_of(&system.app, &wanted).await? {
        Some(company_id) => of_company(&system.app, company_id, wanted).await?,
        None => of_platform(&system.app, wanted).await?,
    };
    if place.json {
        let Made { id, company_id, name, scopes, key } = made;
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let shown = json!({ "id": id, "company_id": company_id, "name": name, "scopes": scopes, "key": key });
        show::line(shown.to_string());
    } else {
        show::line(format!("{}\n(kept as a hash: it is not shown again)", made.key));
    }
    Ok(())
}

/// Whose key it is to be.
async fn company_of(app: &App, wanted: &Create) -> Result<Option<CompanyId>, CommandError> {
    let Some(name) = &wanted.account else { return Ok(wanted.company) };
    let user = user_named(app, name).await?;
    let user = user.ok_or_else(|| CommandError::NoAccount(name.clone()))?;
    Ok(Some(user.company_id))
}

async fn of_platform(app: &App, wanted: Create) -> Result<Made, CommandError> {
    let made = app::api_key::create(app, &wanted.name, wanted.scopes, None).await?;
    let (record, key) = (made.record, made.key);
    Ok(Made { id: record.id, company_id: None, name: record.name, scopes: record.scopes, key })
}

async fn of_company(
    app: &App,
    company_id: CompanyId,
    wanted: Create,
) -> Result<Made, CommandError> {
    let scopes = wanted.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let (name, scopes) = (Some(wanted.name), Some(scopes));
    let command = CreateCompanyKey { company_id, name, scopes, keep: None };
    let made = create_company_key(app, command).await.map_err(|error| match error {
        // Nobody is left who may ask for it.
        AppError::Unauthenticated => CommandError::NoCompany(company_id),
        other => other.into(),
    })?;
    let (record, key) = (made.record, made.key);
    let company_id = Some(company_id);
    Ok(Made { id: record.id, company_id, name: record.name, scopes: record.scopes, key })
}
