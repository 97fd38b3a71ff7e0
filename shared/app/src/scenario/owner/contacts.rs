//! Contacts as the owner sees them: one after the other, whatever they have in common.

use std::collections::{BTreeSet, HashMap};

use domain::contact::{Contact, ContactFilter};
use domain::field_error::FieldError;
use domain::ids::BotId;
use domain::payment::{ContactOrder, Order};
use domain::scenario::{Scenario, ScenarioState};
use domain::slug::Slug;
use table::keys;

use super::contact_of;
use crate::listing::list;
use crate::scenario::author::{Whose, own_bot};
use crate::{App, AppError};

/// So many contacts are read in one call at most.
const PAGE: usize = 500;
/// Where not all are wanted, the first call reads so many for each of them, and each other call twice as many.
const FOR_EACH: usize = 2;

/// A contact's run of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRun {
    /// The scenario.
    pub scenario: Slug,
    /// Where the contact is with it.
    pub state: ScenarioState,
    /// The step that the contact has taken last, whatever has become of it since.
    pub step: Option<Slug>,
}

/// A contact with all its runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenContact {
    /// The contact.
    pub contact: Contact,
    /// Its runs, by scenario.
    pub runs: Vec<SeenRun>,
}

impl SeenContact {
    /// The cursor of the contacts behind this one.
    pub fn cursor(&self) -> String {
        Place::behind(&self.contact).to_string()
    }
}

/// A contact and what it has to do with money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundContact {
    /// The contact.
    pub seen: SeenContact,
    /// Its orders, the oldest first.
    pub orders: Vec<Order>,
}

/// Which contacts are wanted.
#[derive(Clone, Copy, Debug)]
pub struct ContactsWanted<'a> {
    /// What they have in common.
    pub filter: &'a ContactFilter,
    /// At most so many.
    pub limit: usize,
    /// At most so many are read: fewer than [`Self::limit`] may be found among them.
    pub read: usize,
    /// Where the page before has ended.
    pub after: Option<&'a str>,
}

/// One page of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPage {
    /// The contacts; there may be none although there are more pages.
    pub items: Vec<SeenContact>,
    /// Where the next page begins; absent behind the last contact.
    pub next: Option<String>,
}

/// A place among a bot's contacts: a partition, and a contact in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Place {
    pub(super) shard: u8,
    pub(super) after: Option<String>,
}

impl Place {
    /// The place behind a contact.
    pub(in crate::scenario) fn behind(contact: &Contact) -> Self {
        let (bot, chat_id) = (&contact.bot_id, contact.chat_id);
        let its = keys::contact(bot, chat_id).pk;
        let mut shards = 0..keys::CONTACT_SHARDS;
        let shard = shards.find(|shard| keys::contact_shard(bot, *shard) == its);
        Self { shard: shard.unwrap_or_default(), after: Some(chat_id.to_string()) }
    }

    /// The place that a cursor names.
    pub(in crate::scenario) fn read(cursor: Option<&str>) -> Result<Self, AppError> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        let place = cursor.split_once('.').and_then(|(shard, after)| {
            let shard: u8 = shard.parse().ok().filter(|it| *it < keys::CONTACT_SHARDS)?;
            let is_id = after.is_empty() || after.parse::<i64>().is_ok();
            let after = (!after.is_empty()).then(|| after.to_owned());
            is_id.then_some(Self { shard, after })
        });
        place.ok_or_else(no_cursor)
    }

    /// The place behind a page, if there is one.
    pub(super) fn next(&self, after: Option<String>) -> Option<Self> {
        let shard = self.shard + 1;
        match after {
            Some(after) => Some(Self { shard: self.shard, after: Some(after) }),
            None => (shard < keys::CONTACT_SHARDS).then_some(Self { shard, after: None }),
        }
    }

    /// One page of contacts from here, and the place behind it.
    pub(in crate::scenario) async fn page(
        &self,
        app: &App,
        bot: &BotId,
        limit: usize,
    ) -> Result<(Vec<Contact>, Option<Self>), AppError> {
        let pk = keys::contact_shard(bot, self.shard);
        let after = self.after.as_deref();
        let page = list::<Contact>(app, &pk, keys::CONTACTS, limit, after).await?;
        Ok((page.items, self.next(page.next)))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.shard, self.after.as_deref().unwrap_or_default())
    }
}

/// A cursor that no answer of ours has had.
pub(super) fn no_cursor() -> AppError {
    let message = "must be the next_cursor of an earlier answer";
    AppError::Invalid(vec![FieldError::new("cursor", message)])
}

/// One page of a bot's contacts, in no order of time.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] for the cursor.
pub async fn list_contacts(
    app: &App,
    whose: Whose<'_>,
    wanted: ContactsWanted<'_>,
) -> Result<ContactPage, AppError> {
    let bot = own_bot(app, whose).await?;
    let mut place = Some(Place::read(wanted.after)?);
    let (mut found, mut left) = (Vec::new(), wanted.read);
    let all = *wanted.filter == ContactFilter::default();
    let mut next_read = wanted.limit.saturating_mul(FOR_EACH);
    while let Some(at) = place.clone().filter(|_| left > 0 && found.len() < wanted.limit) {
        let size = if all { wanted.limit - found.len() } else { next_read };
        next_read = next_read.saturating_mul(2);
        let (contacts, next) = at.page(app, &bot, size.min(left).min(PAGE)).await?;
        left = left.saturating_sub(contacts.len());
        place = next;
        for contact in contacts {
            if found.len() == wanted.limit {
                // The rest of what was read is read again.
                place = found.last().map(Place::behind);
                break;
            }
            if wanted.filter.matches(&contact) {
                found.push(contact);
            }
        }
    }
    let items = seen(app, &bot, found).await?;
    Ok(ContactPage { items, next: place.map(|it| it.to_string()) })
}

/// A contact, with its orders.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`domain::scenario::ScenarioCode::UserNotFound`].
pub async fn find_contact(
    app: &App,
    whose: Whose<'_>,
    chat_id: i64,
) -> Result<FoundContact, AppError> {
    let bot = own_bot(app, whose).await?;
    let contact = contact_of(app, &bot, chat_id).await?;
    let orders = orders_of(app, &contact).await?;
    Ok(FoundContact { seen: seen_one(app, contact).await?, orders })
}

/// A contact as it is shown.
pub(super) async fn seen_one(app: &App, contact: Contact) -> Result<SeenContact, AppError> {
    let bot = contact.bot_id.clone();
    let mut shown = seen(app, &bot, vec![contact]).await?;
    shown.pop().ok_or_else(|| AppError::Unavailable("a contact was not read".to_owned()))
}

/// A contact's orders, the oldest first: those that are kept for each scenario, and all that are paid.
pub(super) async fn orders_of(app: &App, contact: &Contact) -> Result<Vec<Order>, AppError> {
    let (bot, chat) = (&contact.bot_id, keys::chat(&contact.bot_id, contact.chat_id));
    let pointers: Vec<ContactOrder> = app.table.query_all(&chat, keys::ORDERS).await?;
    let paid = contact.runs.values().flat_map(|run| &run.orders);
    let numbers: BTreeSet<_> =
        pointers.iter().flat_map(ContactOrder::numbers).chain(paid).collect();
    let wanted: Vec<_> = numbers.into_iter().map(|it| keys::order(bot, it)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut orders = Vec::with_capacity(wanted.len());
    for key in &wanted {
        orders.extend(found.take::<Order>(key)?);
    }
    orders.sort_by(|a, b| (a.created_at, &a.number).cmp(&(b.created_at, &b.number)));
    Ok(orders)
}

/// Contacts with the names of the steps that they are at.
async fn seen(
    app: &App,
    bot: &BotId,
    contacts: Vec<Contact>,
) -> Result<Vec<SeenContact>, AppError> {
    let slugs: BTreeSet<&Slug> = contacts.iter().flat_map(|it| it.runs.keys()).collect();
    let wanted: Vec<_> = slugs.iter().map(|slug| keys::scenario(bot, slug)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut scenarios = HashMap::new();
    for key in &wanted {
        let scenario: Option<Scenario> = found.take(key)?;
        scenarios.extend(scenario.map(|it| (it.slug.clone(), it)));
    }
    let run = |(scenario, state): (&Slug, &ScenarioState)| {
        let places = scenarios.get(scenario).map(|it| it.outline.places()).unwrap_or_default();
        let place = places.iter().find(|it| Some(it.place) == state.position);
        let step = place.map(|it| it.step.clone());
        SeenRun { scenario: scenario.clone(), state: state.clone(), step }
    };
    let shown = contacts.into_iter().map(|contact| {
        let runs = contact.runs.iter().map(&run).collect();
        SeenContact { contact, runs }
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_anything_else_is_refused() {
        let place = Place { shard: 3, after: Some("-42".to_owned()) };
        for place in [place, Place { shard: 7, after: None }] {
            assert_eq!(Place::read(Some(&place.to_string())), Ok(place));
        }
        assert_eq!(Place::read(None), Ok(Place::default()));
        for text in ["", "3", "8.1", "x.1", "1.x", "-1.1", "1.1.1"] {
            assert!(Place::read(Some(text)).is_err(), "{text}");
        }
    }
}
