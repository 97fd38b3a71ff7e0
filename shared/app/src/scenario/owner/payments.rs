//! What an owner does about a contact's payment by hand: gives the product away, notes that money went back.

use domain::contact::Contact;
use domain::engine::{Decision, Record, Write};
use domain::ids::{BotId, JobId, UserId};
use domain::payment::{
    ContactOrder, Grant, OrderNumber, OrderStatus, Terms, decide_grant, decide_refund,
    effects_of_refund, on_contact,
};
use domain::scenario::{Scenario, ScenarioCode};
use domain::slug::Slug;
use table::keys;

use super::contacts::{orders_of, seen_one};
use super::{SeenContact, contact_of, known_scenario};
use crate::events::orders_job;
use crate::scenario::author::{Whose, own_bot, scenario_named};
use crate::{App, AppError};

/// What is given away.
#[derive(Clone, Copy, Debug)]
pub struct GrantScenario<'a> {
    /// The contact's chat.
    pub chat_id: i64,
    /// The scenario whose product it is.
    pub scenario: &'a str,
    /// Who gives.
    pub by: UserId,
}

/// Gives a contact what a scenario sells, as if they had paid for it; an order without a price says who gave
/// it. Whoever has paid, or was given it, is sent nothing again.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`ScenarioCode::UserNotFound`], [`ScenarioCode::ScenarioNotFound`].
pub async fn grant_scenario(
    app: &App,
    whose: Whose<'_>,
    grant: GrantScenario<'_>,
) -> Result<SeenContact, AppError> {
    let bot = own_bot(app, whose).await?;
    let changed = app.decide(|| decide_grants(app, &bot, grant)).await?;
    seen_one(app, changed).await
}

async fn decide_grants(
    app: &App,
    bot: &BotId,
    GrantScenario { chat_id, scenario, by }: GrantScenario<'_>,
) -> Result<Decision<Contact>, AppError> {
    let contact = contact_of(app, bot, chat_id).await?;
    let scenario = scenario_named(app, bot, scenario).await?;
    let now = app.env.now();
    let decision = Decision::new(app.env.id(), now, contact.clone());
    if contact.run(&scenario.slug).payment_date.is_some() {
        return Ok(decision);
    }
    let mut random = [0; 16];
    app.env.entropy.fill(&mut random);
    let number = OrderNumber::from_random(random);
    let grant = Grant { number: number.clone(), bot: bot.clone(), chat_id, by };
    let (order, effects) = decide_grant(grant, &scenario, now);
    let known = keys::contact_order(bot, chat_id, &scenario.slug);
    let points = if let Some(points) = app.table.get::<ContactOrder>(&known).await? {
        // The link that the contact has met stays theirs.
        Write::Replace(points.with(number, false).into())
    } else {
        let (bot, scenario) = (bot.clone(), scenario.slug.clone());
        Write::Create(ContactOrder::first(bot, chat_id, scenario, number).into())
    };
    let terms = Terms::from(&scenario);
    let job: JobId = app.env.id();
    let mut decision = on_contact(decision, job, (&order, Some(&contact)), (&effects, &terms));
    decision.reply = changed(&decision, contact);
    let mut decision = decision.write(points).write(Write::Create(order.into()));
    decision.jobs.extend(orders_job(app, &[], &decision.writes));
    Ok(decision)
}

/// Notes that the money for what a contact paid in a scenario went back, all of it: what was given for it ends
/// as the scenario says. Whoever's money has gone back before stays as they are.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`ScenarioCode::UserNotFound`], [`ScenarioCode::ScenarioNotFound`];
/// [`ScenarioCode::PaymentRequired`] for whoever has paid nothing there.
pub async fn refund_scenario(
    app: &App,
    whose: Whose<'_>,
    (chat_id, scenario): (i64, &str),
) -> Result<SeenContact, AppError> {
    let bot = own_bot(app, whose).await?;
    let changed = app
        .decide(|| async {
            let contact = contact_of(app, &bot, chat_id).await?;
            let scenario = known_scenario(app, &contact, scenario).await?;
            decide_refunds(app, contact, &scenario).await
        })
        .await?;
    seen_one(app, changed).await
}

async fn decide_refunds(
    app: &App,
    contact: Contact,
    scenario: &Slug,
) -> Result<Decision<Contact>, AppError> {
    let (bot, now) = (contact.bot_id.clone(), app.env.now());
    let found = app.table.get::<Scenario>(&keys::scenario(&bot, scenario)).await?;
    let terms = found.as_ref().map_or_else(Terms::of_none, Terms::from);
    let terms = terms.given_in(&contact.run(scenario));
    // Of one that is deleted, nothing is known but what the contact has.
    let found = found.unwrap_or_else(|| Scenario::new(bot.clone(), scenario.clone(), now));
    let orders = orders_of(app, &contact).await?;
    let orders: Vec<_> = orders.into_iter().filter(|it| it.scenario == *scenario).collect();
    let mut decision = Decision::new(app.env.id(), now, contact.clone());
    let refunded: Vec<_> = orders.iter().filter_map(|it| decide_refund(it, now)).collect();
    let order = match refunded.first() {
        Some(order) => order.clone(),
        // What was paid elsewhere, before the contact moved in, has no order.
        None if contact.run(scenario).payment_date.is_some() => {
            let (chat_id, by, number) = (contact.chat_id, app.env.id(), [0; 16]);
            let number = OrderNumber::from_random(number);
            let gift = decide_grant(Grant { number, bot, chat_id, by }, &found, now).0;
            decide_refund(&gift, now).unwrap_or(gift)
        }
        None if orders.iter().any(|it| it.status == OrderStatus::Refunded) => return Ok(decision),
        None => {
            let code = ScenarioCode::PaymentRequired;
            let message = "the contact has paid nothing in this scenario".to_owned();
            return Err(AppError::Scenario { code, message });
        }
    };
    let job: JobId = app.env.id();
    let effects = effects_of_refund(&terms);
    // All of them went back.
    let mut unpaid = contact.clone();
    if let Some(run) = unpaid.runs.get_mut(scenario) {
        run.orders.clear();
    }
    decision = on_contact(decision, job, (&order, Some(&unpaid)), (&effects, &terms));
    decision.reply = changed(&decision, contact);
    let refunded = refunded.into_iter().map(|order| Write::Replace(order.into()));
    decision.writes.extend(refunded);
    decision.jobs.extend(orders_job(app, &orders, &decision.writes));
    Ok(decision)
}

/// The contact as a decision leaves it.
fn changed(decision: &Decision<Contact>, before: Contact) -> Contact {
    let contact = decision.writes.iter().find_map(|write| match write.record() {
        Some(Record::Contact(contact)) => Some(contact.clone()),
        _ => None,
    });
    contact.unwrap_or(before)
}
