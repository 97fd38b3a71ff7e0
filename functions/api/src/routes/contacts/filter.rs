//! What contacts of a list have in common, as a query says it.

use app::AppError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use domain::contact::ContactFilter;
use domain::field_error::FieldError;
use domain::scenario::ScenarioStatus;
use domain::slug::Slug;
use serde::Deserialize;
use utoipa::IntoParams;
use web::Refusal;

use super::view::StatusName;

/// Which contacts; all of them when nothing is said.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilterQuery {
    /// They have begun this scenario, or paid for it. Status and payment are those of this one then.
    #[param(max_length = 48)]
    scenario: Option<String>,
    /// They are with a scenario like this; `not_started`: they have begun none.
    #[param(value_type = Option<StatusName>)]
    status: Option<String>,
    /// Whether they have paid.
    #[param(value_type = Option<bool>)]
    paid: Option<String>,
    /// Whether they cannot be written to.
    #[param(value_type = Option<bool>)]
    blocked: Option<String>,
    /// Whether they want no broadcasts.
    #[param(value_type = Option<bool>)]
    unsubscribed: Option<String>,
}

impl FilterQuery {
    fn read(self) -> Result<ContactFilter, AppError> {
        let mut errors = Vec::new();
        let mut flag = |name: &str, given: Option<String>| match given.as_deref() {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => {
                errors.push(FieldError::new(name, "must be true or false"));
                None
            }
        };
        let (paid, blocked) = (flag("paid", self.paid), flag("blocked", self.blocked));
        let unsubscribed = flag("unsubscribed", self.unsubscribed);
        let status = self.status.as_deref().and_then(|text| {
            let known = status(text);
            if known.is_none() {
                let message = "must be not_started, active, completed or stopped";
                errors.push(FieldError::new("status", message));
            }
            known
        });
        let scenario = self.scenario.as_deref().and_then(|text| match Slug::parse(text) {
            Ok(slug) => Some(slug),
            Err(error) => {
                errors.push(FieldError::new("scenario", error.to_string()));
                None
            }
        });
        if errors.is_empty() {
            Ok(ContactFilter { scenario, status, paid, blocked, unsubscribed })
        } else {
            Err(AppError::Invalid(errors))
        }
    }
}

fn status(text: &str) -> Option<ScenarioStatus> {
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    match text {
        "not_started" => Some(NotStarted),
        "active" => Some(Active),
        "completed" => Some(Completed),
        "stopped" => Some(Stopped),
        _ => None,
    }
}

/// The filter of a request.
pub(crate) struct Filtered(pub(super) ContactFilter);

impl<S: Send + Sync> FromRequestParts<S> for Filtered {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<FilterQuery>::from_request_parts(parts, state).await;
        let Query(query) =
            query.map_err(|_: QueryRejection| Refusal::field("query", "is not valid"))?;
        Ok(Self(query.read()?))
    }
}
