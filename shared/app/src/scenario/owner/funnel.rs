//! The funnel of a scenario: contacts, then orders, read page by page and counted.

use std::collections::HashMap;

use domain::contact::Contact;
use domain::funnel::Funnel;
use domain::ids::BotId;
use domain::payment::Order;
use domain::slug::Slug;
use table::keys;

use super::contacts::{Place, no_cursor};
use crate::listing::list;
use crate::scenario::author::{Whose, own_bot, scenario_named};
use crate::{App, AppError};

/// So many contacts and orders are read for one answer: it has its time, and whoever has more asks again.
const READ_AT_MOST: usize = 10_000;
/// So many are read in one call.
const PAGE: usize = 500;

/// What was counted, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelPage {
    /// The scenario.
    pub scenario: Slug,
    /// What was counted.
    pub funnel: Funnel,
    /// Where the next page begins, whose numbers are to be added; absent when all are counted.
    pub next: Option<String>,
}

/// What is read next.
enum Reading {
    Contacts(Place),
    Orders(Option<String>),
}

impl Reading {
    fn read(cursor: Option<&str>) -> Result<Self, AppError> {
        match cursor.map(|it| it.split_at_checked(1)) {
            None => Ok(Self::Contacts(Place::default())),
            Some(Some(("c", place))) => Place::read(Some(place)).map(Self::Contacts),
            Some(Some(("o", after))) => Ok(Self::Orders(Some(after.to_owned()))),
            Some(_) => Err(no_cursor()),
        }
    }

    fn cursor(&self) -> String {
        match self {
            Self::Contacts(place) => format!("c{place}"),
            Self::Orders(after) => format!("o{}", after.as_deref().unwrap_or_default()),
        }
    }
}

/// Counts a scenario's contacts and orders. Reads all of the bot's, at most ten thousand at a time.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::ScenarioNotFound`];
/// [`AppError::Invalid`] for the cursor.
pub async fn funnel(
    app: &App,
    whose: Whose<'_>,
    name: &str,
    after: Option<&str>,
) -> Result<FunnelPage, AppError> {
    let mut reading = Some(Reading::read(after)?);
    let bot = own_bot(app, whose).await?;
    let scenario = scenario_named(app, &bot, name).await?;
    let mut funnel = Funnel::new(&scenario.outline);
    let mut left = READ_AT_MOST;
    while left > 0 {
        let Some(at) = reading.take() else { break };
        let counted;
        (counted, reading) = match at {
            Reading::Contacts(place) => {
                let (contacts, next) = place.page(app, &bot, left.min(PAGE)).await?;
                for contact in &contacts {
                    if let Some(run) = contact.runs.get(&scenario.slug) {
                        funnel.count_contact(run, contact.blocked.is_some());
                    }
                }
                let next = next.map_or(Reading::Orders(None), Reading::Contacts);
                (contacts.len(), Some(next))
            }
            Reading::Orders(after) => {
                let (pk, after) = (keys::orders(&bot), after.as_deref());
                let after = after.filter(|it| !it.is_empty());
                let page = list::<Order>(app, &pk, keys::ORDERS, left.min(PAGE), after).await?;
                count_orders(app, (&bot, &scenario.slug), &page.items, &mut funnel).await?;
                (page.items.len(), page.next.map(|next| Reading::Orders(Some(next))))
            }
        };
        // A page without anything costs, too.
        left = left.saturating_sub(counted.max(1));
    }
    let next = reading.map(|it| it.cursor());
    Ok(FunnelPage { scenario: scenario.slug, funnel, next })
}

async fn count_orders(
    app: &App,
    (bot, scenario): (&BotId, &Slug),
    orders: &[Order],
    funnel: &mut Funnel,
) -> Result<(), AppError> {
    let ours: Vec<&Order> = orders.iter().filter(|it| it.scenario == *scenario).collect();
    let paying = ours.iter().filter(|it| !it.revenue().is_zero());
    let wanted: HashMap<i64, _> =
        paying.map(|it| (it.chat_id, keys::contact(bot, it.chat_id))).collect();
    let keys: Vec<_> = wanted.values().cloned().collect();
    let found = app.table.get_all(&keys).await?;
    for order in ours {
        let contact = match wanted.get(&order.chat_id) {
            Some(key) => found.peek::<Contact>(key)?,
            None => None,
        };
        funnel.count_order(order, contact.as_ref().and_then(|it| it.runs.get(scenario)));
    }
    Ok(())
}
