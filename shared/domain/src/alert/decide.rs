//! Whether an alert is sent, or dropped inside the window of its key.

use std::time::Duration;

use super::{Alert, AlertCountKey, AlertCounts, AlertMessage, Throttle, day_of};
use crate::account::SecretHash;
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{AlertId, BotId, CompanyId, DecisionId, JobId};
use crate::link::Category;
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// The bot that stands for what was dropped before any bot was asked.
pub const NO_BOT: &str = "-";

/// An alert as a service posts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlert {
    /// Whose it is.
    pub company_id: CompanyId,
    /// Who wants to be told.
    pub category: Category,
    /// What it says.
    pub message: AlertMessage,
    /// The same in Russian, where the words are the system's own.
    pub russian: Option<AlertMessage>,
    /// Through which bot alone, if through one alone.
    pub bot: Option<BotId>,
    /// The key, and for how long after an alert others of the same key are dropped.
    pub throttle: Option<(SecretHash, Duration)>,
}

/// The ids of what is written.
#[derive(Clone, Copy, Debug)]
pub struct AlertIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The alert's.
    pub alert: AlertId,
    /// Its first page's.
    pub job: JobId,
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It goes to every link that wants it.
    Accepted(AlertId),
    /// Another of its key was sent; the next is, from then on.
    Throttled {
        /// When the window ends.
        until: Timestamp,
    },
}

/// What is kept of a key: alone, so that keys of different companies never meet.
pub fn throttle_hash(key: &str) -> SecretHash {
    SecretHash::of(key)
}

/// Sends an alert, or drops and counts it. `throttle` is the key's window as it was read: whoever else
/// posts the same key at the same time, in whichever function, meets its version.
pub fn decide_alert(
    ids: AlertIds,
    now: Timestamp,
    new: &NewAlert,
    throttle: Option<&Throttle>,
) -> Decision<Sending> {
    let open = throttle.filter(|it| it.is_open(now) && !broken(Rule::WindowLookedAt));
    if let (Some(_), Some(open)) = (&new.throttle, open) {
        let key = AlertCountKey {
            company_id: new.company_id,
            day: day_of(now),
            category: new.category,
            bot: new.bot.clone().unwrap_or_else(|| BotId(NO_BOT.to_owned())),
        };
        let counts = AlertCounts { throttled: 1, ..AlertCounts::default() };
        return Decision::new(ids.decision, now, Sending::Throttled { until: open.until })
            .write(Write::CountAlerts { key, counts });
    }
    let alert = Alert {
        id: ids.alert,
        company_id: new.company_id,
        category: new.category,
        message: new.message.clone(),
        russian: new.russian.clone(),
        bot: new.bot.clone(),
        created_at: now,
    };
    let job = Job::AlertFanout { company_id: alert.company_id, alert_id: alert.id, after: None };
    let mut decision = Decision::new(ids.decision, now, Sending::Accepted(alert.id))
        .write(Write::Create(alert.into()))
        .job(NewJob { id: ids.job, job, due: now, owner: None });
    if let Some((key, window)) = &new.throttle {
        let until = now + *window;
        let key = (new.company_id, key.clone());
        decision = decision.write(Throttle::opened(throttle, key, until));
    }
    decision
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const WINDOW: Duration = Duration::from_mins(5);

    fn id<T: From<Uuid>>(n: u128) -> T {
        Uuid::from_u128(n).into()
    }

    fn ids() -> AlertIds {
        AlertIds { decision: id(1), alert: id(2), job: id(3) }
    }

    fn new(key: Option<&str>) -> NewAlert {
        NewAlert {
            company_id: id(4),
            category: Category::Alerts,
            message: AlertMessage { title: "Down".to_owned(), ..AlertMessage::default() },
            russian: None,
            bot: None,
            throttle: key.map(|key| (throttle_hash(key), WINDOW)),
        }
    }

    fn throttle(until: Timestamp) -> Throttle {
        Throttle { company_id: id(4), key: throttle_hash("k"), until, version: 3 }
    }

    #[test]
    fn an_alert_without_a_key_is_always_sent() {
        let decision = decide_alert(ids(), NOW, &new(None), None);
        assert_eq!(decision.reply, Sending::Accepted(id(2)));
        assert_eq!((decision.writes.len(), decision.jobs.len()), (1, 1));
    }

    #[test]
    fn the_first_of_a_key_opens_its_window_and_the_others_are_counted() {
        let first = decide_alert(ids(), NOW, &new(Some("k")), None);
        let [_, Write::Create(Record::Throttle(open))] = &first.writes[..] else {
            panic!("{:?}", first.writes)
        };
        assert_eq!(open.until, NOW + WINDOW);
        let second = decide_alert(ids(), NOW, &new(Some("k")), Some(open));
        assert_eq!(second.reply, Sending::Throttled { until: open.until });
        assert!(second.jobs.is_empty());
        let [Write::CountAlerts { key, counts }] = &second.writes[..] else {
            panic!("{:?}", second.writes)
        };
        assert_eq!((key.bot.as_str(), counts.throttled, counts.sent), (NO_BOT, 1, 0));
    }

    #[test]
    fn a_window_that_has_ended_is_opened_again_on_its_version() {
        let decision = decide_alert(ids(), NOW, &new(Some("k")), Some(&throttle(NOW)));
        assert_eq!(decision.reply, Sending::Accepted(id(2)));
        assert!(matches!(&decision.writes[1],
            Write::Replace(Record::Throttle(it)) if it.version == 3 && it.until == NOW + WINDOW));
    }
}
