//! `GET /api/telegram/metrics`

use app::alert::{AlertCount, CountsRange, list_counts};
use app::{App, AppError};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::alert::{AlertCounts, NO_BOT, day_of};
use domain::field_error::FieldError;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};
use web::{Routes, routes};

use crate::problems::{Faulty, SessionProblems};
use crate::session::Admin;

/// So many days are shown where none is named.
const DAYS: u64 = 30;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysQuery {
    /// The first day in UTC, as in `2026-11-21`; thirty days ago when absent.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day in UTC; today when absent.
    #[param(format = Date)]
    to: Option<String>,
}

impl DaysQuery {
    fn check(self, now: Timestamp) -> Result<CountsRange, AppError> {
        let mut errors = Vec::new();
        let mut day = |name: &str, given: Option<String>, default: Timestamp| match given {
            None => day_of(default),
            Some(day) => {
                if !is_day(&day) {
                    errors.push(FieldError::new(name, "must be a day, as in 2026-11-21"));
                }
                day
            }
        };
        let from = day("from", self.from, now - Duration::from_hours(24 * DAYS));
        let to = day("to", self.to, now);
        if errors.is_empty() {
            Ok(CountsRange { from, to })
        } else {
            Err(AppError::Invalid(errors))
        }
    }
}

/// `2026-11-21`; whether that month has that day matters to nobody here.
fn is_day(text: &str) -> bool {
    let form = |(at, b): (usize, u8)| match at {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(form)
}

/// What became of alerts on a day, through one bot, of one category.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertCounts)]
pub(crate) struct CountsView {
    /// The day, in UTC.
    #[schema(format = Date)]
    day: String,
    /// The bot's id, or `default` for the platform's; absent for alerts that were dropped before any bot
    /// was asked.
    bot: Option<String>,
    /// What the alerts were about.
    category: &'static str,
    /// Messages that arrived.
    sent: u64,
    /// Alerts that were dropped inside the window of their key.
    throttled: u64,
    /// Messages that did not arrive.
    failed: u64,
}

impl From<&AlertCount> for CountsView {
    fn from(AlertCount { key, counts }: &AlertCount) -> Self {
        let AlertCounts { sent, throttled, failed } = *counts;
        let bot = (key.bot.as_str() != NO_BOT).then(|| key.bot.to_string());
        let (day, category) = (key.day.clone(), key.category.as_str());
        Self { day, bot, category, sent, throttled, failed }
    }
}

/// Count alerts
///
/// Of your company: sent, throttled and failed, by day, category and bot, oldest first.
#[utoipa::path(get, path = "/api/telegram/metrics", operation_id = "list_telegram_metrics", tag = "alerts",
    security(("session" = [])), params(DaysQuery, PagingQuery),
    responses(
        (status = 200, description = "A page of counts", body = Listed<CountsView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    days: Result<Query<DaysQuery>, QueryRejection>,
    paging: Paging,
) -> Result<Json<Listed<CountsView>>, Refusal> {
    let Query(days) = days.map_err(|_| Refusal::field("query", "is not valid"))?;
    let days = days.check(app.env.now())?;
    let (company_id, after) = (who.company_id(), paging.after.as_deref());
    let page = list_counts(&app, company_id, &days, paging.limit, after).await?;
    let items = page.items.iter().map(CountsView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
