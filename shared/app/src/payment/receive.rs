//! A word of Prodamus, as its webhook brings it.

use domain::alert::AlertIds;
use domain::bot::Bot;
use domain::contact::Contact;
use domain::engine::Decision;
use domain::payment::{
    Heeded, KeptWord, Order, OrderNumber, Outcome, Terms, Word, WordIds, decide_refused,
    decide_word, refused_key,
};
use domain::scenario::Scenario;
use payments::prodamus::{
    BodyError, Fields, Mode, Notification, NotificationError, SignatureError, check,
};
use runtime::seal::SealError;
use secrecy::ExposeSecret;
use table::keys;
use thiserror::Error;

use super::form::open;
use crate::alert::window_of;
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
    let mode = mode_of(app, &bot, &fields, sign).await?;
    let said = Notification::read(&fields, mode)?;
    let (word, raw) = (said.word(), said.raw.expose_secret());
    let outcome = app.decide(|| decide(app, &bot, &word, raw)).await?;
    Ok(outcome)
}

async fn bot_of(app: &App, name: &str) -> Result<Option<Bot>, AppError> {
    let Some(id) = bot_named(app, name).await? else { return Ok(None) };
    let bot = app.table.get::<Bot>(&keys::bot(&id)).await?;
    Ok(bot.filter(|it| it.forms().next().is_some()))
}

/// Whether money was moved, as the key says that has signed: the form's, or that of an earlier one, whose links
/// are out. A bot that has lost its form is paid through all the same, and one that does not open stands in the way
/// of no other.
async fn mode_of(app: &App, bot: &Bot, fields: &Fields, sign: &str) -> Result<Mode, ReceiveError> {
    let mut failed = None;
    for form in bot.forms() {
        let form = match open(app, &bot.id, form).await {
            Ok(form) => form,
            Err(error) => {
                tracing::warn!(bot = %bot.id, %error, "a form of the bot does not open");
                // What was damaged stays so: to hear the word again helps nobody.
                failed = failed.or(Some(error).filter(|it| !matches!(it, SealError::Closed(_))));
                continue;
            }
        };
        match check(fields, sign, &form.key) {
            Err(SignatureError::Wrong) => {}
            known => return known.map_err(ReceiveError::from),
        }
    }
    if let Some(error) = failed {
        return Err(AppError::from(error).into());
    }
    tell_refused(app, bot, fields).await?;
    Err(SignatureError::Wrong.into())
}

/// Tells the admins that a word about one of the bot's orders was refused. Strangers know no order's number.
async fn tell_refused(app: &App, bot: &Bot, fields: &Fields) -> Result<(), AppError> {
    let number = fields.text("order_num").and_then(|it| OrderNumber::parse(it.trim()));
    let Some(number) = number else { return Ok(()) };
    let order = app.table.get::<Order>(&keys::order(&bot.id, &number)).await?;
    let Some(order) = order else { return Ok(()) };
    app.decide(|| async {
        let open = window_of(app, bot.company_id, &refused_key(&bot.id)).await?;
        let ids = AlertIds { decision: app.env.id(), alert: app.env.id(), job: app.env.id() };
        Ok::<_, AppError>(decide_refused(ids, app.env.now(), (bot, &order), open.as_ref()))
    })
    .await
}

async fn decide(
    app: &App,
    bot: &Bot,
    word: &Word,
    raw: &str,
) -> Result<Decision<Outcome>, AppError> {
    let before = keys::kept_word(&bot.id, &word.payment, (word.kind, word.at));
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

/// Who pays, and what the scenario gives for it.
async fn buyer(app: &App, order: &Order) -> Result<(Option<Contact>, Terms), AppError> {
    let contact = keys::contact(&order.bot, order.chat_id);
    let scenario = keys::scenario(&order.bot, &order.scenario);
    let mut found = app.table.get_all(&[contact.clone(), scenario.clone()]).await?;
    let contact = found.take::<Contact>(&contact)?;
    let scenario = found.take::<Scenario>(&scenario)?;
    Ok((contact, scenario.as_ref().map_or_else(Terms::of_none, Terms::from)))
}
