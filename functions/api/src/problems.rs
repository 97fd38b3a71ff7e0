//! What can go wrong, for the description of the routes.

#![expect(dead_code, reason = "only the derived descriptions are used")]

use runtime::problem::Problem;
use utoipa::IntoResponses;

/// Routes that read a body.
#[derive(IntoResponses)]
pub(crate) enum BodyProblems {
    /// The body is not JSON: the detail has line and column.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// The body is longer than 256 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is of another type than JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    OtherType(Problem),
    /// Fields are faulty, missing or unknown: `errors` has all of them.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Routes without a body that may be asked wrongly all the same.
#[derive(IntoResponses)]
pub(crate) enum Faulty {
    /// What is asked is faulty: `errors` has all of it.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Routes that need a session.
#[derive(IntoResponses)]
pub(crate) enum SessionProblems {
    /// Nobody is logged in.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The request comes from another site, or the plan does not allow more.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// The table or the queue does not answer; nothing was changed.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// Routes about one thing.
#[derive(IntoResponses)]
pub(crate) enum NotFound {
    /// There is no such thing, or it is someone else's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// Routes that depend on the state of things.
#[derive(IntoResponses)]
pub(crate) enum Conflict {
    /// The request does not fit what there is: `code` says how.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}

/// Routes that are limited.
#[derive(IntoResponses)]
pub(crate) enum TooMany {
    /// Too many attempts: `Retry-After` says when to come back.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
}
