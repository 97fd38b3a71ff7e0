//! A word of Prodamus, as its webhook brings it.

use domain::bot::Bot;
use domain::contact::Contact;
use domain::engine::Decision;
use domain::payment::{
    Heeded, KeptWord, Order, OrderNumber, Outcome, Terms, Word, WordIds, decide_word,
};
use domain::scenario::Scenario;
use payments::prodamus::{
    BodyError, Fields, Notification, NotificationError, SignatureError, check,
};
use secrecy::ExposeSecret;
use table::keys;
use thiserror::Error;

use super::form::open_form;
use crate::bot::bot_named;
use crate::events::orders_job;
use crate::{App, AppError};

/// Why a word was not taken.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// There is no such bot, or nobody pays through it.
    #[error("nobody pays through such a bot")]
    NoForm,
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The signature is missing or wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What was signed is no word about a payment.
    #[error(transparent)]
    Word(#[from] NotificationError),
    /// It could not be taken now.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Takes a word about a payment through a bot, once however often it comes. `bot` is its id or the slug
/// that it has in paths; one that is switched off is paid through all the same.
///
/// # Errors
/// [`ReceiveError::App`] may pass: Prodamus says it again.
pub async fn receive(
    app: &App,
    bot: &str,
    (content_type, body): (&str, &[u8]),
    sign: &str,
) -> Result<Outcome, ReceiveError> {
    let bot = bot_of(app, bot).await?.ok_or(ReceiveError::NoForm)?;
    let fields = Fields::read(content_type, body)?;
    // Nothing is opened for who shows no signature.
    if sign.trim().is_empty() {
        return Err(SignatureError::Missing.into());
    }
    let form = open_form(app, &bot).await?.ok_or(ReceiveError::NoForm)?;
    let mode = check(&fields, sign, &form.key)?;
    let said = Notification::read(&fields, mode)?;
    let (word, raw) = (said.word(), said.raw.expose_secret());
    let outcome = app.decide(|| decide(app, &bot, &word, raw)).await?;
    Ok(outcome)
}

async fn bot_of(app: &App, name: &str) -> Result<Option<Bot>, AppError> {
    let Some(id) = bot_named(app, name).await? else { return Ok(None) };
    let bot = app.table.get::<Bot>(&keys::bot(&id)).await?;
    Ok(bot.filter(|it| it.form.is_some()))
}

async fn decide(
    app: &App,
    bot: &Bot,
    word: &Word,
    raw: &str,
) -> Result<Decision<Outcome>, AppError> {
    let before = keys::kept_word(&bot.id, &word.payment, word.kind);
    let number = word.order.as_deref().and_then(OrderNumber::parse);
    let order_key = number.map(|number| keys::order(&bot.id, &number));
    let wanted: Vec<_> = std::iter::once(before.clone()).chain(order_key.clone()).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let before = found.take::<KeptWord>(&before)?;
    let order = match &order_key {
        Some(key) => found.take::<Order>(key)?,
        None => None,
    };
    let (contact, terms) = match &order {
        Some(order) => buyer(app, order).await?,
        None => (None, Terms::default()),
    };
    let ids = WordIds {
        decision: app.env.id(),
        alert: app.env.id(),
        fanout: app.env.id(),
        message: app.env.id(),
    };
    let raw = app.sealer.seal(&KeptWord::about(&bot.id, &word.payment), raw).await?;
    let (order, contact, before) = (order.as_ref(), contact.as_ref(), before.as_ref());
    let heeded = Heeded { bot, order, contact, before, word, raw: &raw, terms: &terms };
    let mut decision = decide_word(ids, app.env.now(), heeded);
    let known = order.map_or(&[][..], std::slice::from_ref);
    decision.jobs.extend(orders_job(app, known, &decision.writes));
    Ok(decision)
}

/// Who pays, and what the scenario gives for it. Of one that was deleted there is nothing left to give but
/// that the payment is known.
async fn buyer(app: &App, order: &Order) -> Result<(Option<Contact>, Terms), AppError> {
    let contact = keys::contact(&order.bot, order.chat_id);
    let scenario = keys::scenario(&order.bot, &order.scenario);
    let mut found = app.table.get_all(&[contact.clone(), scenario.clone()]).await?;
    let contact = found.take::<Contact>(&contact)?;
    let scenario = found.take::<Scenario>(&scenario)?;
    Ok((contact, scenario.as_ref().map(Terms::from).unwrap_or_default()))
}
