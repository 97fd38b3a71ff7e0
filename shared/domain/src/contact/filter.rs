//! Which contacts a list is to have.

use super::Contact;
use crate::scenario::ScenarioStatus;
use crate::slug::Slug;

/// What contacts of a list have in common. What is absent holds for all; with a scenario, status and payment
/// are those of that scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// They have a run of this scenario, or, with the status `not_started`, none that has begun.
    pub scenario: Option<Slug>,
    /// A run of theirs has this status; `not_started` is for whoever has begun nothing.
    pub status: Option<ScenarioStatus>,
    /// Whether they have paid.
    pub paid: Option<bool>,
    /// Whether they cannot be written to.
    pub blocked: Option<bool>,
    /// Whether they want no broadcasts.
    pub unsubscribed: Option<bool>,
}

impl ContactFilter {
    /// Whether a contact is one of them.
    pub fn matches(&self, contact: &Contact) -> bool {
        let paid = match &self.scenario {
            Some(slug) => contact.runs.get(slug).is_some_and(|it| it.payment_date.is_some()),
            None => contact.has_paid(),
        };
        self.has_status(contact)
            && self.paid.is_none_or(|wanted| wanted == paid)
            && self.blocked.is_none_or(|wanted| wanted == contact.blocked.is_some())
            && self.unsubscribed.is_none_or(|wanted| wanted == contact.unsubscribed)
    }

    fn has_status(&self, contact: &Contact) -> bool {
        use ScenarioStatus::NotStarted;
        let mut all = contact.runs.values().map(|it| it.status);
        match (&self.scenario, self.status) {
            (None, None) => true,
            (None, Some(NotStarted)) => all.all(|it| it == NotStarted),
            (None, Some(wanted)) => all.any(|it| it == wanted),
            (Some(slug), None) => contact.runs.contains_key(slug),
            (Some(slug), Some(wanted)) => contact.run(slug).status == wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BotId;
    use crate::scenario::ScenarioState;
    use crate::time::Timestamp;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).expect("a slug")
    }

    #[test]
    fn each_condition_is_about_the_scenario_that_is_named() {
        use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
        let now = Timestamp::from_millis(1);
        let nobody = Contact::new(BotId::default_bot(), 1, now);
        let run = |status, paid: bool| ScenarioState {
            status,
            payment_date: paid.then_some(now),
            ..ScenarioState::default()
        };
        let mut ada = nobody.clone();
        ada.runs.insert(slug("a"), run(Active, false));
        ada.runs.insert(slug("b"), run(Completed, true));
        let blocked = Contact { blocked: Some("gone".to_owned()), ..ada.clone() };
        let all = [&nobody, &ada, &blocked];
        let found = |scenario: Option<&str>, status, paid, blocked| {
            let scenario = scenario.map(slug);
            let filter = ContactFilter { scenario, status, paid, blocked, unsubscribed: None };
            all.map(|it| filter.matches(it))
        };
        for (filter, expected) in [
            (found(None, None, None, None), [true, true, true]),
            (found(Some("a"), None, None, None), [false, true, true]),
            (found(Some("c"), None, None, None), [false, false, false]),
            (found(Some("a"), Some(Active), None, None), [false, true, true]),
            (found(Some("b"), Some(Active), None, None), [false, false, false]),
            (found(Some("c"), Some(NotStarted), None, None), [true, true, true]),
            (found(None, Some(NotStarted), None, None), [true, false, false]),
            (found(None, Some(Completed), None, None), [false, true, true]),
            (found(None, Some(Stopped), None, None), [false, false, false]),
            (found(None, None, Some(true), None), [false, true, true]),
            (found(Some("a"), None, Some(true), None), [false, false, false]),
            (found(None, None, Some(false), None), [true, false, false]),
            (found(None, None, None, Some(true)), [false, false, true]),
            (found(Some("b"), None, Some(true), Some(false)), [false, true, false]),
        ] {
            assert_eq!(filter, expected);
        }
        let unsubscribed = Contact { unsubscribed: true, ..ada.clone() };
        for wanted in [true, false] {
            let filter = ContactFilter { unsubscribed: Some(wanted), ..ContactFilter::default() };
            assert_eq!((filter.matches(&unsubscribed), filter.matches(&ada)), (wanted, !wanted));
        }
    }
}
