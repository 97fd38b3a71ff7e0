use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::account::{Role, User};
use crate::engine::NewJob;
use crate::ids::JobId;

const GRACE: Duration = Duration::from_hours(24 * 7);
const DAY: i64 = 86_400_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

fn user() -> User {
    User {
        id: Uuid::from_u128(1).into(),
        company_id: Uuid::from_u128(2).into(),
        username: "ada".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: at(0),
        version: 0,
    }
}

fn billing() -> Billing {
    Billing::new(user().id, "cus_1".to_owned())
}

fn fetched(status: SubscriptionStatus) -> Fetched {
    Fetched {
        id: "sub_1".to_owned(),
        status,
        current_period_end: Some(at(30 * DAY)),
        cancel_at_period_end: false,
    }
}

const ALL: [SubscriptionStatus; 9] = [
    SubscriptionStatus::Incomplete,
    SubscriptionStatus::IncompleteExpired,
    SubscriptionStatus::Trialing,
    SubscriptionStatus::Active,
    SubscriptionStatus::PastDue,
    SubscriptionStatus::Canceled,
    SubscriptionStatus::Unpaid,
    SubscriptionStatus::Paused,
    SubscriptionStatus::Other,
];

/// The tier and its subscription as the table has them, with the looks that are planned.
#[derive(Clone, Debug)]
struct Table {
    user: User,
    billing: Billing,
    planned: Vec<NewJob>,
}

impl Table {
    fn new() -> Self {
        Self { user: user(), billing: billing(), planned: Vec::new() }
    }

    /// One look, read and committed at once.
    fn look(&mut self, status: SubscriptionStatus, now: Timestamp) {
        let read = (self.user.clone(), self.billing.clone());
        self.commit(&read, vec![fetched(status)], now);
    }

    /// Commits what follows from `read` and `fetched`; `false` when someone was faster.
    fn commit(&mut self, read: &(User, Billing), fetched: Vec<Fetched>, now: Timestamp) -> bool {
        if read.1.version != self.billing.version {
            return false;
        }
        let job: JobId = Uuid::from_u128(9).into();
        let refreshed = decide_refresh(&read.0, &read.1, fetched, (GRACE, job), now);
        let changed = refreshed.user.tier != self.user.tier;
        assert_eq!(refreshed.writes.len(), 1 + usize::from(changed));
        self.user = refreshed.user;
        self.billing = Billing { version: read.1.version + 1, ..refreshed.billing };
        self.planned.extend(refreshed.job);
        true
    }
}

#[test]
fn the_tier_follows_the_status() {
    for status in ALL {
        let mut table = Table::new();
        table.look(status, at(0));
        let pro = matches!(
            status,
            SubscriptionStatus::Active | SubscriptionStatus::Trialing | SubscriptionStatus::PastDue
        );
        assert_eq!(table.user.tier == Tier::Pro, pro, "{status:?}");
    }
}

#[test]
fn a_failed_payment_is_waited_for_once_and_then_the_tier_falls() {
    let mut table = Table::new();
    table.look(SubscriptionStatus::Active, at(0));
    table.look(SubscriptionStatus::PastDue, at(DAY));
    table.look(SubscriptionStatus::PastDue, at(3 * DAY));
    assert_eq!(table.planned.len(), 1, "one look is planned, however often it is looked");
    let due = table.planned[0].due;
    assert_eq!(due, at(8 * DAY));
    table.look(SubscriptionStatus::PastDue, due - Duration::from_millis(1));
    assert_eq!(table.user.tier, Tier::Pro);
    table.look(SubscriptionStatus::PastDue, due);
    assert_eq!((table.user.tier, table.billing.check_at), (Tier::Free, None));
    table.look(SubscriptionStatus::Active, at(9 * DAY));
    assert_eq!(table.user.tier, Tier::Pro);
    table.look(SubscriptionStatus::PastDue, at(40 * DAY));
    assert_eq!(
        (table.user.tier, table.planned.len()),
        (Tier::Pro, 2),
        "another failure, another grace"
    );
}

#[test]
fn of_two_subscriptions_the_better_one_counts() {
    let mut table = Table::new();
    let old = Fetched { id: "sub_0".to_owned(), ..fetched(SubscriptionStatus::Active) };
    let read = (table.user.clone(), table.billing.clone());
    table.commit(&read, vec![fetched(SubscriptionStatus::Canceled), old], at(0));
    assert_eq!(table.user.tier, Tier::Pro);
    assert_eq!(table.billing.current().map(|it| it.id.as_str()), Some("sub_0"));
}

#[test]
fn a_status_that_is_new_to_us_is_read_and_worth_nothing() {
    let status: SubscriptionStatus = serde_json::from_str("\"novel\"").expect("it is read");
    assert_eq!(status, SubscriptionStatus::Other);
    assert!(!status.is_live());
}

/// What happens, in the order in which it happens. Looks interleave as they like.
#[derive(Clone, Debug)]
enum Step {
    /// The subscription changes at the service, which sends an event: it will come at least once.
    Becomes(SubscriptionStatus),
    /// A copy of an event is handled: the billing is read.
    Read,
    /// A look that has read fetches.
    Fetch(prop::sample::Index),
    /// A look that has fetched commits, or begins anew when someone was faster.
    Commit(prop::sample::Index),
    /// Time passes.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => prop::sample::select(ALL.to_vec()).prop_map(Step::Becomes),
        3 => Just(Step::Read),
        3 => any::<prop::sample::Index>().prop_map(Step::Fetch),
        3 => any::<prop::sample::Index>().prop_map(Step::Commit),
        1 => (0..4 * DAY).prop_map(Step::Wait),
    ]
}

/// A look that is under way.
#[derive(Clone, Debug, Default)]
struct Look {
    read: Option<(User, Billing)>,
    fetched: Option<Vec<Fetched>>,
}

impl Look {
    /// Goes one step on; `true` when it is done.
    fn go_on(&mut self, table: &mut Table, status: SubscriptionStatus, now: Timestamp) -> bool {
        let Some(read) = &self.read else {
            self.read = Some((table.user.clone(), table.billing.clone()));
            return false;
        };
        let Some(found) = self.fetched.take() else {
            self.fetched = Some(vec![fetched(status)]);
            return false;
        };
        if table.commit(read, found, now) {
            return true;
        }
        self.read = None;
        false
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Events of one life, in any order, any number of times, looked after side by side: the tier is
    /// the one of the subscription's last status, and stays when the last grace period has ended.
    #[test]
    fn any_order_and_any_number_of_events_end_in_the_same_tier(
        steps in prop::collection::vec(step(), 1..60), copies in 1_usize..4,
    ) {
        let mut table = Table::new();
        let (mut status, mut now) = (SubscriptionStatus::Incomplete, 0);
        let mut owed = 1;
        let mut looks: Vec<Look> = Vec::new();
        for step in steps {
            match step {
                Step::Becomes(next) => {
                    status = next;
                    owed += copies;
                }
                Step::Read if owed > 0 => {
                    owed -= 1;
                    let mut look = Look::default();
                    look.go_on(&mut table, status, at(now));
                    looks.push(look);
                }
                Step::Fetch(which) | Step::Commit(which) if !looks.is_empty() => {
                    let which = which.index(looks.len());
                    if looks[which].go_on(&mut table, status, at(now)) {
                        looks.swap_remove(which);
                    }
                }
                Step::Wait(millis) => now += millis,
                Step::Read | Step::Fetch(_) | Step::Commit(_) => {}
            }
        }
        // What is still owed comes; the looks under way end, the oldest last.
        looks.extend((0..owed).map(|_| Look::default()));
        while let Some(mut look) = looks.pop() {
            while !look.go_on(&mut table, status, at(now)) {}
        }
        // Looks that were planned, and whose time has come.
        let due = table.planned.iter().filter(|job| job.due <= at(now)).count();
        for _ in 0..due {
            table.look(status, at(now));
        }
        let waited_for = status == SubscriptionStatus::PastDue;
        let paid = matches!(status, SubscriptionStatus::Active | SubscriptionStatus::Trialing);
        let since = table.billing.subscriptions[0].since;
        let in_grace = waited_for && at(now) < since + GRACE;
        prop_assert_eq!(table.user.tier == Tier::Pro, paid || in_grace, "{:?}", status);
        // The look at the end of the grace period was planned, and settles it.
        prop_assert_eq!(table.planned.iter().any(|job| Some(job.due) == table.billing.check_at), in_grace);
        let end = now + 8 * DAY;
        for _ in table.planned.clone() {
            table.look(status, at(end));
        }
        if waited_for {
            table.look(status, at(end));
        }
        prop_assert_eq!(table.user.tier == Tier::Pro, paid);
    }
}
