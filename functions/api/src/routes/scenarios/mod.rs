//! Scenarios of a company's bots, for its admins.

mod broadcasts;
mod button_sets;
mod change;
mod content;
mod create;
mod funnel;
mod funnel_view;
mod get;
mod list;
mod part;
mod photos;
mod preview;
mod remove;
mod settings;
mod steps;
mod test_payment;
mod view;

use std::convert::Infallible;
use std::str::FromStr;

use domain::slug::{Slug, SlugError};
use web::{Routes, routes};

use crate::path::PathId;
use crate::routes::bots::whose;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(steps::list::list, steps::add::add))
        .routes(routes!(steps::get::get, steps::change::change, steps::remove::remove))
        .routes(routes!(steps::move_to::move_to))
        .routes(routes!(button_sets::list::list))
        .routes(routes!(
            button_sets::get::get,
            button_sets::save::save,
            button_sets::remove::remove
        ))
        .routes(routes!(settings::get, settings::change))
        .routes(routes!(preview::preview))
        .routes(routes!(photos::upload::upload))
        .routes(routes!(photos::get::get))
        .routes(routes!(funnel::funnel))
        .routes(routes!(test_payment::test_payment))
        .merge(broadcast_routes())
}

fn broadcast_routes() -> Routes {
    use broadcasts::{audience, change, copy, create, deliveries, get, list, moves, remove};

    Routes::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(audience::audience))
        .routes(routes!(audience::dry_run))
        .routes(routes!(moves::send))
        .routes(routes!(moves::pause))
        .routes(routes!(moves::resume))
        .routes(routes!(moves::cancel))
        .routes(routes!(deliveries::deliveries))
        .routes(routes!(copy::copy))
}

/// A scenario's slug in a path. What is no slug is the name of no scenario.
pub(crate) struct ScenarioName(String);

impl FromStr for ScenarioName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for ScenarioName {
    const PARAMETER: &'static str = "scenario";
    const WHAT: &'static str = "scenario";
}

/// A broadcast's slug in a path. What is no slug is the name of no broadcast.
pub(crate) struct BroadcastName(String);

impl FromStr for BroadcastName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for BroadcastName {
    const PARAMETER: &'static str = "broadcast";
    const WHAT: &'static str = "broadcast";
}

/// A step's slug in a path.
pub(crate) struct StepName(String);

impl FromStr for StepName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for StepName {
    const PARAMETER: &'static str = "step";
    const WHAT: &'static str = "message";
}

/// The slug of a set of buttons in a path.
pub(crate) struct SetName(Slug);

impl FromStr for SetName {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Slug::parse(text).map(Self)
    }
}

impl PathId for SetName {
    const PARAMETER: &'static str = "button_set";
    const WHAT: &'static str = "button set";
}
