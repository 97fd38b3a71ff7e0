//! What was said of payments through a bot, and an order by its number: for whoever asks who has paid.

use std::collections::{BTreeSet, HashMap};

use domain::payment::{KeptWord, Order, OrderNumber};
use table::{Page, Range, keys};

use crate::scenario::author::{Whose, own_bot};
use crate::{App, AppError};

/// A word about a payment, with the order that it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenWord {
    /// The word.
    pub word: KeptWord,
    /// The order, if it is one of the bot's.
    pub order: Option<Order>,
}

/// One page of the words about payments through a bot, the payment with the last number first; `after` is the
/// `next` of the page before.
///
/// # Errors
/// [`AppError::NotFound`] for the bot.
pub async fn list_payments(
    app: &App,
    whose: Whose<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<SeenWord>, AppError> {
    let bot = own_bot(app, whose).await?;
    let (pk, prefix) = (keys::orders(&bot), keys::KEPT_WORDS);
    let after = after.map(|after| format!("{prefix}{after}"));
    let range = Range { pk: &pk, prefix, after: after.as_deref(), limit, backward: true };
    let page = app.table.query::<KeptWord>(&range).await?;
    let numbers: BTreeSet<&OrderNumber> =
        page.items.iter().filter_map(|it| it.order.as_ref()).collect();
    let wanted: Vec<_> = numbers.into_iter().map(|it| keys::order(&bot, it)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut orders = HashMap::new();
    for key in &wanted {
        let order: Option<Order> = found.take(key)?;
        orders.extend(order.map(|it| (it.number.clone(), it)));
    }
    let seen = |word: KeptWord| {
        let order = word.order.as_ref().and_then(|it| orders.get(it)).cloned();
        SeenWord { word, order }
    };
    let next = page.next.and_then(|next| next.strip_prefix(prefix).map(str::to_owned));
    Ok(Page { items: page.items.into_iter().map(seen).collect(), next })
}

/// An order of a bot's.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the order.
pub async fn find_order(app: &App, whose: Whose<'_>, number: &str) -> Result<Order, AppError> {
    let bot = own_bot(app, whose).await?;
    let number = OrderNumber::parse(number).ok_or(AppError::NotFound("order"))?;
    let found = app.table.get::<Order>(&keys::order(&bot, &number)).await?;
    found.ok_or(AppError::NotFound("order"))
}
