//! What a caller says of a task, checked: all faults at once.

use domain::field_error::FieldError;
use domain::ids::CompanyId;
use domain::schedule::Schedule;
use domain::slug::Slug;
use domain::task::Act;
use domain::watch::check_name;
use serde_json::{Map, Value};

use super::deed;
use crate::{App, AppError};

/// What a task is to be. What is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// What it is called in addresses; made from its name where it is absent.
    pub slug: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The kind's name, or an alias of it.
    pub task: Option<String>,
    /// The kind's arguments.
    pub kwargs: Option<Map<String, Value>>,
    /// When it runs.
    pub schedule: Option<Schedule>,
}

/// A wish without faults.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) slug: Option<Slug>,
    pub(super) name: Option<String>,
    pub(super) act: Option<Act>,
    pub(super) schedule: Option<Schedule>,
}

impl Wish {
    /// Checks the wish. `before` is what a task that exists does; without one, all must be there.
    pub(super) async fn check(
        self,
        app: &App,
        company_id: CompanyId,
        before: Option<&Act>,
    ) -> Result<Checked, AppError> {
        let mut errors = Vec::new();
        let whole = before.is_none();
        let name = self.name.map(|name| check_name(&name));
        let slug = self.slug.map(|slug| Slug::parse(&slug));
        if whole && name.is_none() {
            errors.push(FieldError::new("name", "is required"));
        }
        if let Some(Err(message)) = &name {
            errors.push(FieldError::new("name", *message));
        }
        if let Some(Err(error)) = &slug {
            errors.push(FieldError::new("slug", error.to_string()));
        }
        if whole && self.schedule.is_none() {
            errors.push(FieldError::new("schedule", "is required"));
        }
        if let Some(schedule) = &self.schedule {
            errors.extend(schedule.check("schedule").err().into_iter().flatten());
        }
        let act = act(self.task, self.kwargs, before).unwrap_or_else(|faults| {
            errors.extend(faults);
            None
        });
        if let Some(act) = &act {
            let fault = deed::find(app, company_id, act).await?.err();
            errors.extend(fault.map(|it| FieldError::new(it.field, it.reason)));
        }
        if !errors.is_empty() {
            return Err(AppError::Invalid(errors));
        }
        let (name, slug) = (name.and_then(Result::ok), slug.and_then(Result::ok));
        Ok(Checked { slug, name, act, schedule: self.schedule })
    }
}

/// What is to be done; `None` when nothing is said of it.
fn act(
    task: Option<String>,
    kwargs: Option<Map<String, Value>>,
    before: Option<&Act>,
) -> Result<Option<Act>, Vec<FieldError>> {
    match (task, kwargs, before) {
        (None, None, Some(_)) => Ok(None),
        (None, _, None) => Err(vec![FieldError::new("task", "is required")]),
        (Some(task), kwargs, _) => Act::check(&task, &kwargs.unwrap_or_default()).map(Some),
        (None, Some(kwargs), Some(before)) => Act::check(before.kind().name(), &kwargs).map(Some),
    }
}
