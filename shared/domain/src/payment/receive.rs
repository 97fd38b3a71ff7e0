//! A checked word, as one transaction: the order, the word, and what follows.

use super::{
    Effect, KeptWord, News, Order, OrderNumber, OrderSource, Outcome, Terms, Word, decide, effects,
};
use crate::alert::{Alert, AlertMessage, Section};
use crate::bot::Bot;
use crate::contact::{Contact, Language, decide_contact_paid, decide_contact_refunded};
use crate::engine::job::{AccessChange, Words};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{AlertId, DecisionId, JobId};
use crate::link::Category;
use crate::seal::Sealed;
use crate::slug::Slug;
use crate::time::Timestamp;

/// Ids for whatever a word calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The alert's that tells the admins.
    pub alert: AlertId,
    /// Its fan-out's.
    pub fanout: JobId,
    /// That of what the contact is sent, or of what is taken from them.
    pub message: JobId,
}

/// What is known when a word comes.
#[derive(Clone, Copy, Debug)]
pub struct Heeded<'a> {
    /// The bot whose form it came from.
    pub bot: &'a Bot,
    /// The order that it names, if it is one of this bot's.
    pub order: Option<&'a Order>,
    /// Whose order it is.
    pub contact: Option<&'a Contact>,
    /// The same word, if it was heard before.
    pub before: Option<&'a KeptWord>,
    /// The word.
    pub word: &'a Word,
    /// All that it said, sealed.
    pub raw: &'a Sealed,
    /// What the order's scenario gives.
    pub terms: &'a Terms,
}

/// Decides what a word writes and whom it has told: the order, the word, the contact's run of the scenario,
/// and the jobs that send them what they paid for. A word that was heard before writes nothing, but that
/// it may have happened earlier than was known.
pub fn decide_word(ids: WordIds, now: Timestamp, heeded: Heeded<'_>) -> Decision<Outcome> {
    let Heeded { bot, order, contact, before, word, raw, terms } = heeded;
    let (after, outcome) = match (order, before) {
        (None, Some(_)) => (None, Outcome::Known),
        (order, _) => decide(order, word, now),
    };
    let outcome = match (outcome, order.zip(contact)) {
        // Who has paid another order for the same keeps what they have.
        (Outcome::Refunded, Some((order, contact))) if pays_otherwise(contact, order) => {
            Outcome::RefundedOne
        }
        // Who has it is not given it again.
        (Outcome::Honoured, Some((order, contact))) if has_it(contact, order) => Outcome::PaidTwice,
        _ => outcome,
    };
    let stands = after.as_ref().or(order);
    let run = order.zip(contact).map(|(order, contact)| contact.run(&order.scenario));
    let run = run.filter(|_| outcome == Outcome::Refunded);
    let terms = &run.map_or(*terms, |run| terms.given_in(&run));
    let effects = effects(stands, word, outcome, terms);
    let mut decision = Decision::new(ids.decision, now, outcome);
    if outcome != Outcome::Known {
        let kept = KeptWord {
            bot: bot.id.clone(),
            payment: word.payment.clone(),
            kind: word.kind,
            said_at: word.at,
            order: stands.map(|it| it.number.clone()),
            sum: word.sum,
            outcome,
            raw: raw.clone(),
            heard_at: now,
        };
        // Of two copies that come at once, one is heard: a known order's version keeps them apart.
        let write = if stands.is_some() { Write::Put } else { Write::Create };
        decision = decision.write(write(kept.into()));
    }
    for effect in &effects {
        if let Effect::Tell(news) = effect {
            let told = (news, stands.map(Whom::from));
            let (alert, job) = alert_of(bot, told, (ids.alert, ids.fanout), now);
            decision = decision.write(alert).job(job);
        }
    }
    if let Some(order) = stands {
        decision = on_contact(decision, ids.message, (order, contact), (&effects, terms));
    }
    match after {
        Some(after) => decision.write(Write::Replace(after.into())),
        None => decision,
    }
}

/// What the contact's own state comes to, and the job of what they are sent. Someone of whom nothing is
/// known any more is known from then on: what they paid for is theirs.
pub fn on_contact<R>(
    mut decision: Decision<R>,
    message: JobId,
    (order, known): (&Order, Option<&Contact>),
    (effects, terms): (&[Effect], &Terms),
) -> Decision<R> {
    let (slug, now) = (&order.scenario, decision.decided_at);
    let new = || Contact::new(order.bot.clone(), order.chat_id, now);
    let mut contact = with_order(known.cloned().unwrap_or_else(new), order);
    let (mut words, mut change) = (false, None);
    let product = || order.product.clone();
    for effect in effects {
        match effect {
            Effect::Paid { at } => {
                let paid = decide_contact_paid(&contact, slug, terms.on_payment, (*at, now));
                decision.writes.extend(paid.cancel);
                contact = paid.contact;
            }
            Effect::Unpaid => {
                let (unpaid, refunded) = decide_contact_refunded(&contact, slug, terms.on_refund);
                contact = unpaid;
                change = Some(AccessChange::Close { link: refunded.revoke, remove: true });
            }
            Effect::SendPaidContent => words = true,
            Effect::SendInvite { .. } => change = Some(AccessChange::Open { product: product() }),
            // What a payment does to the run is a part of `Paid`, and who must leave is known with `Unpaid`.
            Effect::CompleteRun | Effect::Revoke { .. } | Effect::Tell(_) => {}
        }
    }
    match known {
        Some(known) if *known != contact => {
            decision = decision.write(Write::Replace(contact.into()));
        }
        None if words => decision = decision.write(Write::Create(contact.into())),
        _ => {}
    }
    let group = group_of(effects);
    let (bot, chat_id, scenario) = (order.bot.clone(), order.chat_id, slug.clone());
    let job = match (group, change) {
        // The link is made first: what is sent then may name it.
        (Some(group), Some(change)) => Job::GroupAccess { bot, chat_id, scenario, group, change },
        _ if words => {
            Job::ScenarioWords { bot, chat_id, scenario, words: Words::Paid { product: product() } }
        }
        _ => return decision,
    };
    decision.job(NewJob { id: message, job, due: now, owner: None })
}

/// The group that the contact gets a way into, or loses theirs.
fn group_of(effects: &[Effect]) -> Option<i64> {
    effects.iter().find_map(|it| match it {
        Effect::SendInvite { group } | Effect::Revoke { group } => Some(*group),
        _ => None,
    })
}

/// A contact with an order among those that are paid, or not among them any more.
fn with_order(contact: Contact, order: &Order) -> Contact {
    let mut run = contact.run(&order.scenario);
    if order.is_paid() == run.orders.contains(&order.number) {
        return contact;
    }
    if order.is_paid() {
        if run.payment_date.is_some() && run.orders.is_empty() {
            run.orders.insert(OrderNumber::elsewhere());
        }
        run.orders.insert(order.number.clone());
    } else {
        run.orders.remove(&order.number);
    }
    contact.with(&order.scenario, run)
}

/// Whether a contact has the product of an order that is not paid: by another order, from an admin, or from where
/// they paid before they moved in. Who was removed from its group has it no more: paying anew lets them in.
fn has_it(contact: &Contact, order: &Order) -> bool {
    let run = contact.run(&order.scenario);
    run.payment_date.is_some() && !run.access.removed
}

/// Whether another order for the product of the same scenario is paid.
fn pays_otherwise(contact: &Contact, order: &Order) -> bool {
    contact.run(&order.scenario).orders.iter().any(|it| *it != order.number)
}

/// Whom and what news is about, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whom<'a> {
    /// The contact's chat with the bot; nobody's is a test.
    pub chat_id: Option<i64>,
    /// The scenario whose product it is.
    pub scenario: &'a Slug,
    /// The order, if it is of one.
    pub order: Option<&'a OrderNumber>,
}

impl<'a> From<&'a Order> for Whom<'a> {
    fn from(order: &'a Order) -> Self {
        let is_test = matches!(order.source, OrderSource::Test { .. });
        let chat_id = (!is_test).then_some(order.chat_id);
        Self { chat_id, scenario: &order.scenario, order: Some(&order.number) }
    }
}

impl Whom<'_> {
    fn section(self, language: Language) -> Section {
        let (contact, scenario, order) = match language {
            Language::En => ("Contact", "Scenario", "Order"),
            Language::Ru => ("Контакт", "Сценарий", "Заказ"),
        };
        let mut lines = Vec::new();
        lines.extend(self.chat_id.map(|it| format!("{contact}: {it}")));
        lines.push(format!("{scenario}: {}", self.scenario));
        lines.extend(self.order.map(|it| format!("{order}: {it}")));
        Section { title: String::new(), body: lines.join("\n") }
    }
}

/// What a company's links that hear of alerts are told: the alert, and the job of its fan-out.
pub fn alert_of(
    bot: &Bot,
    (news, whom): (&News, Option<Whom<'_>>),
    (id, fanout): (AlertId, JobId),
    now: Timestamp,
) -> (Write, NewJob) {
    let company_id = bot.company_id;
    let said = |language| AlertMessage {
        title: match language {
            Language::En => format!("A payment through @{}", bot.username),
            Language::Ru => format!("Платёж через @{}", bot.username),
        },
        body: news.text(language),
        sections: whom.map(|it| it.section(language)).into_iter().collect(),
    };
    let (message, russian) = (said(Language::En), Some(said(Language::Ru)));
    let (category, bot) = (Category::Alerts, None);
    let alert = Alert { id, company_id, category, message, russian, bot, created_at: now };
    let job = Job::AlertFanout { company_id, alert_id: id, after: None };
    (Write::Create(alert.into()), NewJob { id: fanout, job, due: now, owner: None })
}
