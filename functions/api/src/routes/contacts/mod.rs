//! Contacts of a company's bots, for its admins.

mod cells;
mod deeds;
mod export;
mod filter;
mod get;
mod grant;
mod list;
mod order;
mod payments;
mod refund;
mod start;
mod view;

use std::convert::Infallible;
use std::str::FromStr;

use domain::scenario::ScenarioCode;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, Routes, routes};

use crate::path::PathId;
use crate::routes::bots::whose;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list))
        .routes(routes!(export::export))
        .routes(routes!(get::get))
        .routes(routes!(grant::grant))
        .routes(routes!(refund::refund))
        .routes(routes!(start::start))
        .routes(routes!(deeds::reset))
        .routes(routes!(deeds::stop))
        .routes(routes!(payments::payments))
        .routes(routes!(order::order))
}

/// A contact's chat in a path. What is no number is nobody's.
pub(crate) struct ContactChat(Option<i64>);

impl ContactChat {
    fn id(&self) -> Result<i64, Refusal> {
        self.0.ok_or_else(|| app::AppError::from(ScenarioCode::UserNotFound).into())
    }
}

impl FromStr for ContactChat {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse().ok()))
    }
}

impl PathId for ContactChat {
    const PARAMETER: &'static str = "chat_id";
    const WHAT: &'static str = "contact";
}

/// Of which scenario.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScenarioOfContact)]
pub(crate) struct OfScenario {
    /// Its slug.
    scenario: String,
}
