//! Pages that the links of account mails lead to. A link only shows a form: programs that look at
//! links before people do spend nothing.

mod invitation;
mod reset;

use app::AppError;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use web::Refusal;
use web::{Routes, routes};

use crate::pages::page;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(reset::show, reset::set))
        .routes(routes!(invitation::show, invitation::accept))
}

/// The token in a link's query.
fn token(query: Option<String>) -> String {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let token = pairs.find(|(name, _)| name == "token");
    token.map(|(_, token)| token.into_owned()).unwrap_or_default()
}

/// What is faulty, as a page with the form again; anything else as it is.
fn faulty(error: AppError, title: &str, form: &str) -> Response {
    let said: Vec<String> = match &error {
        AppError::Invalid(faults) => faults
            .iter()
            .map(|it| format!("The {} {}.", it.field.replace('_', " "), it.message))
            .collect(),
        AppError::Taken { fields } => {
            fields.iter().map(|field| format!("The {field} is taken.")).collect()
        }
        AppError::Conflict { message, .. } => vec![format!("This cannot be done: {message}.")],
        _ => return Refusal::from(error).into_response(),
    };
    let mut response = page(title, &said.join(" "), form);
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    response
}
