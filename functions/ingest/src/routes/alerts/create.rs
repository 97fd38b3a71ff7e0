//! `POST /api/internal/alerts`

use app::alert::{SendAlert, Sending, send_alert};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::Scope;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::once::{Answer, once};
use web::{Authorized, Keyed, Refusal};

use super::body::{AlertBody, foreign};

/// What became of an alert.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertSending)]
pub(crate) struct SendingView {
    /// `accepted` or `throttled`.
    status: &'static str,
    /// The alert, if it is sent.
    alert_id: Option<Uuid>,
    /// When the window ends in which it was dropped: RFC 3339, UTC.
    #[schema(format = DateTime)]
    throttled_until: Option<String>,
}

fn render(sending: &Sending) -> Answer {
    let view = match sending {
        Sending::Accepted(id) => {
            SendingView { status: "accepted", alert_id: Some(id.0), throttled_until: None }
        }
        Sending::Throttled { until } => {
            let until = Some(until.rfc3339());
            SendingView { status: "throttled", alert_id: None, throttled_until: until }
        }
    };
    Answer::json(StatusCode::ACCEPTED, &view)
}

/// Tell a company's links
///
/// Answered at once and told later, to every active link that opted into the category. Of equal throttle
/// keys only the first inside the window is sent; the others are counted.
#[utoipa::path(post, path = "/api/internal/alerts", operation_id = "send_alert", tag = "alerts",
    request_body = AlertBody, security(("api_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body gets the same answer for 24 hours")),
    responses(
        (status = 202, description = "Accepted, or dropped inside the key's window", body = SendingView),
        (status = 404, description = "There is no such template, or no such bot",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Faulty fields, all of them",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    authorized: Authorized,
    State(app): State<App>,
    Keyed { body, asked }: Keyed<AlertBody>,
) -> Result<Response, Refusal> {
    let key = authorized.require(Scope::Alerts)?;
    let own = key.company_id.ok_or_else(foreign)?;
    // What is wrong with the request is said before anything is looked up.
    body.clone().check(own)?;
    once(&app, &key.id.to_string(), asked.as_ref(), render, |keep| {
        let (app, checked) = (&app, body.clone().check(own));
        async move {
            let command = checked.map_err(|_| AppError::Forbidden)?;
            send_alert(app, SendAlert { keep, ..command }).await
        }
    })
    .await
}
