//! Where something is used: what a saved text has is not taken away under it.

use domain::broadcast::{Broadcast, BroadcastStatus};
use domain::button::{ButtonSet, Buttons};
use domain::ids::BotId;
use domain::scenario::{Scenario, Step, StepContent, TextPlace};
use futures::future::join_all;
use table::{TableError, keys};

use crate::{App, AppError};

/// The steps of so many scenarios are read side by side.
const AT_ONCE: usize = 8;
/// So many places are told.
const TOLD: usize = 10;

/// The places of a bot's texts that `uses` says yes to. A set of buttons is a content of its
/// buttons alone.
///
/// Reads all that the bot's authors have written: only for what is taken away or gone, which is seldom.
pub(crate) async fn places(
    app: &App,
    bot: &BotId,
    uses: impl Fn(&StepContent) -> bool,
) -> Result<Vec<TextPlace>, AppError> {
    let pk = keys::bot(bot).pk;
    let mut places = Vec::new();
    let scenarios: Vec<Scenario> = app.table.query_all(&pk, keys::SCENARIOS).await?;
    for scenario in &scenarios {
        let slug = &scenario.slug;
        let part = |name: &str| TextPlace::Part { scenario: slug.clone(), part: name.to_owned() };
        let paid = scenario.product.iter().map(|it| {
            let text = it.paid_content.clone();
            ("product.paid_content", StepContent { text, ..StepContent::default() })
        });
        let contents = scenario.contents().map(|(name, it)| (name, it.clone())).chain(paid);
        let found = contents.filter(|(_, content)| uses(content));
        places.extend(found.map(|(name, _)| part(name)));
    }
    for some in scenarios.chunks(AT_ONCE) {
        let read = some.iter().map(|it| steps(app, it));
        for steps in join_all(read).await {
            let found = steps?.into_iter().filter(|step| uses(&step.content));
            let place = |it: Step| TextPlace::Step { scenario: it.scenario, step: it.slug };
            places.extend(found.map(place));
        }
    }
    let sets: Vec<ButtonSet> = app.table.query_all(&pk, keys::BUTTON_SETS).await?;
    for set in sets {
        let buttons = Some(Buttons::Inline(set.rows));
        if uses(&StepContent { buttons, ..StepContent::default() }) {
            places.push(TextPlace::ButtonSet(set.slug));
        }
    }
    let broadcasts: Vec<Broadcast> = app.table.query_all(&pk, keys::BROADCASTS).await?;
    let ahead = broadcasts
        .iter()
        .filter(|it| !matches!(it.status, BroadcastStatus::Done | BroadcastStatus::Cancelled));
    let found = ahead.filter(|it| uses(&it.content));
    places.extend(found.map(|it| TextPlace::Broadcast(it.slug.clone())));
    Ok(places)
}

async fn steps(app: &App, scenario: &Scenario) -> Result<Vec<Step>, TableError> {
    let pk = keys::steps(&scenario.bot_id, &scenario.slug);
    app.table.query_all(&pk, keys::STEPS).await
}

/// 409 with the places, if there are any.
pub(super) fn must_be_unused(
    code: &'static str,
    what: &str,
    places: &[TextPlace],
) -> Result<(), AppError> {
    if places.is_empty() {
        return Ok(());
    }
    let told = places.iter().take(TOLD).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let more = match places.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Err(AppError::Conflict { code, message: format!("{what} is used by {told}{more}") })
}
