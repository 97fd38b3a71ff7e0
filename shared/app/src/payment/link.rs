//! A link at which a contact pays for the product of a scenario: made when it is first needed.

use domain::bot::Bot;
use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::payment::{ContactOrder, Order, OrderNumber, OrderStatus};
use domain::scenario::Scenario;
use domain::slug::Slug;
use payments::prodamus::{LinkError, NewLink};
use rust_decimal::Decimal;
use table::keys;
use thiserror::Error;

use super::form::open_form;
use super::refused::tell_refused;
use crate::{App, AppError};

/// What a contact may buy.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The bot that they talk to.
    pub bot: BotId,
    /// Their chat with it.
    pub chat_id: i64,
    /// The scenario.
    pub scenario: Slug,
    /// What its product is called.
    pub product: String,
    /// What it costs, in roubles.
    pub price: Decimal,
}

/// Why there is no link.
#[derive(Debug, Error)]
pub enum LinkFailed {
    /// Nobody pays through the bot: it has no form.
    #[error("the bot has no form to pay through")]
    NoForm,
    /// The form did not make one.
    #[error(transparent)]
    Form(#[from] LinkError),
    /// The table, or a seal.
    #[error(transparent)]
    App(#[from] AppError),
}

impl LinkFailed {
    /// Whether the same again may do.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::NoForm => false,
            Self::Form(error) => error.is_retryable(),
            Self::App(error) => matches!(error, AppError::Unavailable(_)),
        }
    }
}

/// The link at which a contact pays for a scenario's product, for a message that names it: none where there
/// is nothing to pay for, or no form to pay through. Whoever has paid keeps the link that they had.
///
/// # Errors
/// [`LinkFailed`] that may pass.
pub(crate) async fn link_for(
    app: &App,
    contact: &Contact,
    scenario: &Scenario,
) -> Result<Option<String>, LinkFailed> {
    let Some(product) = scenario.product.as_ref().filter(|it| it.price > Decimal::ZERO) else {
        return Ok(None);
    };
    let new = NewOrder {
        bot: contact.bot_id.clone(),
        chat_id: contact.chat_id,
        scenario: scenario.slug.clone(),
        product: product.name.clone(),
        price: product.price,
    };
    if contact.run(&scenario.slug).payment_date.is_some() {
        let (_, order) = known(app, &new).await?;
        return Ok(order.and_then(|it| it.link));
    }
    match payment_link(app, &new).await {
        Ok(link) => Ok(Some(link)),
        Err(LinkFailed::NoForm) => Ok(None),
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            Box::pin(tell_refused(app, &contact.bot_id, &error)).await;
            Ok(None)
        }
    }
}

/// The link at which a contact pays: the one that was made for them, or a new one when there is none,
/// or it is for another product or price, or at a form that the bot has no more. Who pays at an older one
/// pays what it cost then.
///
/// # Errors
/// [`LinkFailed`], which says whether to try again.
pub async fn payment_link(app: &App, new: &NewOrder) -> Result<String, LinkFailed> {
    let bot = app.table.get::<Bot>(&keys::bot(&new.bot)).await.map_err(AppError::from)?;
    let bot = bot.filter(|it| it.form.is_some()).ok_or(LinkFailed::NoForm)?;
    let (_, known) = known(app, new).await?;
    let known = known.filter(|it| fits(it, new, &bot));
    if let Some(link) = known.and_then(|it| it.link) {
        return Ok(link);
    }
    let form = open_form(app, &bot).await?.ok_or(LinkFailed::NoForm)?;
    let Some(api) = &app.forms.0 else { return Err(LinkFailed::NoForm) };
    let url = api.form(&form.url).map_err(|_| LinkError::Address)?;
    let order = order(app, new, &bot);
    let return_url = format!("https://t.me/{}", bot.username);
    let asked = NewLink {
        order: order.number.as_str(),
        product: &order.product,
        price: order.price,
        currency: Some(&order.currency),
        extra: None,
        return_url: Some(&return_url),
        success_url: Some(&return_url),
        notify: None,
        expires_at: None,
        demo: false,
    };
    let link = api.link(&url, &form.key, &asked).await?;
    let order = Order { link: Some(link.to_string()), ..order };
    Ok(app.decide(|| keep(app, (&bot, new), &order)).await?)
}

/// Keeps a new order. Of two that are made at once for the same the first is kept, and its link is everyone's.
async fn keep(
    app: &App,
    (bot, new): (&Bot, &NewOrder),
    order: &Order,
) -> Result<Decision<String>, AppError> {
    let (pointer, known) = known(app, new).await?;
    let known = known.filter(|it| fits(it, new, bot)).and_then(|it| it.link);
    if let Some(link) = known {
        return Ok(Decision::new(app.env.id(), app.env.now(), link));
    }
    let link = order.link.clone().unwrap_or_default();
    let number = order.number.clone();
    let points = if let Some(points) = pointer {
        Write::Replace(points.with(number, true).into())
    } else {
        let (bot, scenario) = (new.bot.clone(), new.scenario.clone());
        Write::Create(ContactOrder::first(bot, new.chat_id, scenario, number).into())
    };
    let decision = Decision::new(app.env.id(), app.env.now(), link);
    Ok(decision.write(points).write(Write::Create(order.clone().into())))
}

async fn known(
    app: &App,
    new: &NewOrder,
) -> Result<(Option<ContactOrder>, Option<Order>), AppError> {
    let key = keys::contact_order(&new.bot, new.chat_id, &new.scenario);
    let Some(pointer) = app.table.get::<ContactOrder>(&key).await? else { return Ok((None, None)) };
    let order = app.table.get::<Order>(&keys::order(&new.bot, &pointer.number)).await?;
    Ok((Some(pointer), order))
}

/// Whether an order is still the one to pay: what went back is paid anew by another, and a form that the bot
/// had before may be closed.
fn fits(order: &Order, new: &NewOrder, bot: &Bot) -> bool {
    let same = order.product == new.product && order.price == new.price;
    let form = order.form_revision == bot.form_revision;
    same && form && order.status != OrderStatus::Refunded
}

fn order(app: &App, new: &NewOrder, bot: &Bot) -> Order {
    let mut random = [0; 16];
    app.env.entropy.fill(&mut random);
    let whose = (new.bot.clone(), new.chat_id, new.scenario.clone());
    let sold = (new.product.clone(), new.price);
    Order {
        form_revision: bot.form_revision,
        ..Order::new(OrderNumber::from_random(random), whose, sold, app.env.now())
    }
}
