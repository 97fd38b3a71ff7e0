//! A customer was deleted at the payment service: another one takes their place.

use super::{Billing, Customer};
use crate::engine::job::Job;
use crate::engine::timer::NewJob;
use crate::engine::{Decision, Write};
use crate::ids::{DecisionId, JobId};
use crate::time::Timestamp;

/// The user is `customer` from now on. What is left of the one who is `gone` goes with the page that they
/// could pay on, and a job looks at what the new one pays for: the end of what the old one paid for may
/// not have been heard of yet.
pub fn decide_replace_customer(
    (id, job): (DecisionId, JobId),
    now: Timestamp,
    billing: &Billing,
    gone: Option<Customer>,
    customer: String,
) -> Decision {
    let user_id = billing.user_id;
    let next = Billing { customer: customer.clone(), checkout: None, ..billing.clone() };
    let look = Job::RefreshSubscription { user_id };
    let mut decision = Decision::new(id, now, ())
        .write(Write::Replace(next.into()))
        .write(Write::Put(Customer { customer, user_id }.into()))
        .job(NewJob { id: job, job: look, due: now, owner: None });
    decision.writes.extend(gone.map(|gone| Write::Remove(gone.into())));
    decision
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::subscription::OpenCheckout;

    #[test]
    fn the_new_customer_takes_the_old_ones_place_and_is_looked_at() {
        let now = Timestamp::from_millis(7);
        let user_id = Uuid::from_u128(1).into();
        let page = OpenCheckout { id: "cs_1".to_owned(), url: "x".to_owned(), expires_at: now };
        let before = Billing {
            checkout: Some(page),
            version: 3,
            ..Billing::new(user_id, "cus_1".to_owned())
        };
        let gone = Customer { customer: "cus_1".to_owned(), user_id };
        let ids = (Uuid::nil().into(), Uuid::nil().into());
        let next = Customer { customer: "cus_2".to_owned(), user_id };
        let decided =
            decide_replace_customer(ids, now, &before, Some(gone.clone()), "cus_2".to_owned());
        let billing = Billing { version: 3, ..Billing::new(user_id, "cus_2".to_owned()) };
        let expected =
            [Write::Replace(billing.into()), Write::Put(next.into()), Write::Remove(gone.into())];
        assert_eq!(decided.writes, expected);
        assert_eq!(decided.jobs[0].job, Job::RefreshSubscription { user_id });
        let decided = decide_replace_customer(ids, now, &before, None, "cus_2".to_owned());
        assert_eq!(decided.writes.len(), 2);
    }
}
