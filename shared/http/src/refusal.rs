//! Every error of a handler as a problem document.

use app::AppError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::scenario::ScenarioCode;
use runtime::problem::Problem;
use table::TableError;

/// Why a handler did not do what was asked, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Problem);

impl Refusal {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Problem::new(status, code).detail(detail))
    }

    /// 422 for one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self(Problem::validation([FieldError::new(field, message)]))
    }

    /// 401: no, or no valid, credentials.
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail)
    }

    /// 403: a member asks for what only admins of the company may do.
    pub fn admin_needed() -> Self {
        let detail = "only an admin of the company may do this";
        Self::new(StatusCode::FORBIDDEN, "ADMIN_NEEDED", detail)
    }

    /// 404.
    pub fn not_found(what: &str) -> Self {
        Self(Problem::not_found(what))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<TableError> for Refusal {
    fn from(error: TableError) -> Self {
        AppError::from(error).into()
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self(problem(error))
    }
}

/// The one problem document of each thing that a use case may answer instead of its result.
fn problem(error: AppError) -> Problem {
    let text = error.to_string();
    match error {
        AppError::Invalid(errors) => Problem::validation(errors),
        AppError::NotFound(what) => Problem::not_found(what),
        AppError::Taken { fields } => Problem {
            errors: Problem::validation(
                fields.into_iter().map(|field| FieldError::new(field, "is taken")),
            )
            .errors,
            ..Problem::new(StatusCode::CONFLICT, "TAKEN")
        },
        AppError::Conflict { code, message } => {
            Problem::new(StatusCode::CONFLICT, code).detail(message)
        }
        AppError::Scenario { code, message } => {
            let problem = Problem::new(status(code), code.as_str()).detail(message);
            let again = Problem::unavailable().retry_after;
            let retry_after = again.filter(|_| code == ScenarioCode::ScheduleFailed);
            Problem { retry_after, ..problem }
        }
        AppError::Unrenderable(errors) => {
            let code = ScenarioCode::TemplateRenderFailed;
            let errors = Problem::validation(errors).errors;
            Problem { errors, ..Problem::new(status(code), code.as_str()) }.detail(text)
        }
        AppError::Repeated => Problem::new(StatusCode::CONFLICT, "REPEATED").detail(text),
        AppError::Quota { message } => {
            Problem::new(StatusCode::FORBIDDEN, "QUOTA_EXCEEDED").detail(message)
        }
        AppError::Unauthenticated => {
            Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED").detail(text)
        }
        AppError::Forbidden => Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN").detail(text),
        AppError::TooMany { retry_after } => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_ATTEMPTS")
                .detail(text)
                .retry_after(retry_after)
        }
        AppError::ChannelRefused { field, reason } | AppError::ChannelFailed { field, reason } => {
            Problem {
                errors: Problem::validation([FieldError::new(field, reason.clone())]).errors,
                ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "CHANNEL_REFUSED").detail(reason)
            }
        }
        AppError::Unavailable(reason) => {
            tracing::warn!(reason, "unavailable");
            Problem::unavailable()
        }
    }
}

/// The status of each code.
const fn status(code: ScenarioCode) -> StatusCode {
    match code {
        ScenarioCode::ScenarioNotFound
        | ScenarioCode::MessageNotFound
        | ScenarioCode::UserNotFound => StatusCode::NOT_FOUND,
        ScenarioCode::ScenarioAlreadyActive
        | ScenarioCode::InvalidScenarioState
        | ScenarioCode::PaymentRequired => StatusCode::CONFLICT,
        ScenarioCode::TemplateRenderFailed => StatusCode::UNPROCESSABLE_ENTITY,
        ScenarioCode::ScheduleFailed => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let unauthenticated = self.0.status == StatusCode::UNAUTHORIZED.as_u16();
        let mut response = self.0.into_response();
        if unauthenticated {
            // RFC 9110 asks for a challenge; cookies have none.
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unavailable_says_when_to_come_back_and_nothing_of_the_inside() {
        let refusal = Refusal::from(AppError::Unavailable("EMAIL#a@b.c".to_owned()));
        assert_eq!(refusal.0.status, 503);
        assert!(refusal.0.retry_after.is_some());
        assert!(!format!("{refusal:?}").contains("a@b.c"));
    }

    #[test]
    fn a_message_that_was_not_scheduled_may_be_tried_again() {
        let of = |code: ScenarioCode| Refusal::from(AppError::from(code)).0;
        let failed = of(ScenarioCode::ScheduleFailed);
        assert_eq!((failed.status, failed.code.as_str()), (503, "SCHEDULE_FAILED"));
        assert!(failed.retry_after.is_some());
        let active = of(ScenarioCode::ScenarioAlreadyActive);
        assert_eq!((active.status, active.code.as_str()), (409, "SCENARIO_ALREADY_ACTIVE"));
        assert_eq!(active.retry_after, None);
    }

    #[test]
    fn all_taken_names_are_named() {
        let refusal = Refusal::from(AppError::Taken { fields: vec!["username", "email"] });
        let fields: Vec<_> = refusal.0.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!((refusal.0.status, fields), (409, vec!["username", "email"]));
    }
}
