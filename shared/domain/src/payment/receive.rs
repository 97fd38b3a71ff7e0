//! A checked word, as one transaction: the order, the word, and what follows.

use super::{Effect, KeptWord, News, Order, Outcome, Terms, Word, decide, effects};
use crate::alert::{Alert, AlertMessage};
use crate::bot::Bot;
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{AlertId, DecisionId, JobId};
use crate::link::Category;
use crate::message::Notice;
use crate::seal::Sealed;

/// Ids for whatever a word calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The alert's that tells the admins.
    pub alert: AlertId,
    /// Its fan-out's.
    pub fanout: JobId,
    /// The message's to the contact.
    pub message: JobId,
}

/// What is known when a word comes.
#[derive(Clone, Copy, Debug)]
pub struct Heeded<'a> {
    /// The bot whose form it came from.
    pub bot: &'a Bot,
    /// The order that it names, if it is one of this bot's.
    pub order: Option<&'a Order>,
    /// The same word, if it was heard before.
    pub before: Option<&'a KeptWord>,
    /// The word.
    pub word: &'a Word,
    /// All that it said, sealed.
    pub raw: &'a Sealed,
    /// What the order's scenario gives.
    pub terms: &'a Terms,
}

/// Decides what a word writes and whom it has told. A word that was heard before writes nothing, but
/// that it may have happened earlier than was known.
///
/// What the contact's own state comes to is the caller's to add: the effects come back with the
/// outcome.
pub fn decide_word(
    ids: WordIds,
    now: crate::time::Timestamp,
    heeded: Heeded<'_>,
) -> Decision<(Outcome, Vec<Effect>)> {
    let Heeded { bot, order, before, word, raw, terms } = heeded;
    let (after, outcome) = match (order, before) {
        (None, Some(_)) => (None, Outcome::Known),
        (order, _) => decide(order, word, now),
    };
    let stands = after.as_ref().or(order);
    let effects = effects(stands, word, outcome, terms);
    let mut decision = Decision::new(ids.decision, now, ());
    if outcome != Outcome::Known {
        let kept = KeptWord {
            bot: bot.id.clone(),
            payment: word.payment.clone(),
            kind: word.kind,
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
        decision = match effect {
            Effect::Tell(news) => tell(decision, &ids, bot, news),
            Effect::SendPaidContent => thank(decision, &ids, stands),
            _ => decision,
        };
    }
    let decision = match after {
        Some(after) => decision.write(Write::Replace(after.into())),
        None => decision,
    };
    decision.map(|()| (outcome, effects))
}

/// Tells the company's links that hear of alerts.
fn tell(decision: Decision, ids: &WordIds, bot: &Bot, news: &News) -> Decision {
    let (company_id, now) = (bot.company_id, decision.decided_at);
    let message = AlertMessage {
        title: format!("A payment through @{}", bot.username),
        body: news.text(),
        sections: Vec::new(),
    };
    let category = Category::Alerts;
    let alert = Alert { id: ids.alert, company_id, category, message, bot: None, created_at: now };
    let job = Job::AlertFanout { company_id, alert_id: alert.id, after: None };
    let job = NewJob { id: ids.fanout, job, due: now, owner: None };
    decision.write(Write::Create(alert.into())).job(job)
}

fn thank(decision: Decision, ids: &WordIds, order: Option<&Order>) -> Decision {
    let Some(order) = order else { return decision };
    let now = decision.decided_at;
    let notice = Notice::PaymentReceived { product: order.product.clone() };
    let job = Job::Messages {
        bot: order.bot.clone(),
        chat_id: order.chat_id,
        notices: vec![notice],
        callback: None,
    };
    decision.job(NewJob { id: ids.message, job, due: now, owner: None })
}
