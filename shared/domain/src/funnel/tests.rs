use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::{BotId, UserId};
use crate::payment::{Fit, Heard, OrderNumber, WordKind};
use crate::scenario::{OnPayment, Spot, decide_advance, decide_paid, decide_stop};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// `a`, `b`, `c`, each at once.
fn outline() -> Outline {
    let mut outline = Outline::default();
    for step in ["a", "b", "c"] {
        outline.insert(slug(step), 0, &Spot::End).expect("it fits");
    }
    outline
}

fn begun() -> ScenarioState {
    ScenarioState {
        status: ScenarioStatus::Active,
        counts_from: Some(NOW),
        ..ScenarioState::default()
    }
}

/// The run after so many messages.
fn after(outline: &Outline, mut run: ScenarioState, messages: usize) -> ScenarioState {
    for _ in 0..messages {
        let Some(place) = outline.next(&run).map(|it| it.place) else { break };
        run = decide_advance(outline, &run, place, NOW).expect("not done before").0;
    }
    run
}

fn paid(run: &ScenarioState) -> ScenarioState {
    decide_paid(run, OnPayment::Continue, NOW).state
}

fn order(source: OrderSource, roubles: i64) -> Order {
    let sum = Decimal::from(roubles);
    let heard =
        Heard { payment: "1".to_owned(), kind: WordKind::Paid, fit: Fit::Right, sum, at: NOW };
    let whose = (BotId::default_bot(), 1, slug("course"));
    Order {
        source,
        status: OrderStatus::Paid,
        paid_at: Some(NOW),
        heard: vec![heard],
        ..Order::new(OrderNumber::from_random([1; 16]), whose, ("Course".to_owned(), sum), NOW)
    }
}

fn step<'a>(funnel: &'a Funnel, name: &str) -> &'a StepCounts {
    funnel.steps.iter().find(|it| it.step == slug(name)).expect("a step")
}

fn roubles(money: &Money) -> Decimal {
    money.get("rub").copied().unwrap_or_default()
}

#[test]
fn a_payment_counts_for_the_step_before_it_whatever_comes_after() {
    let outline = outline();
    let mut funnel = Funnel::new(&outline);
    let ada = after(&outline, paid(&after(&outline, begun(), 2)), 1);
    assert_eq!(ada.status, ScenarioStatus::Completed);
    funnel.count_contact(&ada, false);
    funnel.count_order(&order(OrderSource::Form, 1_500), Some(&ada));
    let shown = |name| {
        let it = step(&funnel, name);
        (it.received, it.paid_after, it.completed, roubles(&it.revenue))
    };
    assert_eq!(shown("a"), (1, 1, 0, Decimal::ZERO));
    assert_eq!(shown("b"), (1, 1, 0, Decimal::from(1_500)));
    assert_eq!(shown("c"), (1, 0, 1, Decimal::ZERO), "it came after the payment");
    assert_eq!(roubles(&funnel.revenue), Decimal::from(1_500));
    assert!(funnel.without_step.is_empty());
}

#[test]
fn who_waits_stops_and_goes_is_counted_where_they_stand() {
    let outline = outline();
    let mut funnel = Funnel::new(&outline);
    let stopped = decide_stop(&after(&outline, begun(), 2), NOW).expect("it was active");
    for (run, blocked) in [
        (ScenarioState::default(), true),
        (begun(), false),
        (after(&outline, begun(), 1), true),
        (stopped, false),
    ] {
        funnel.count_contact(&run, blocked);
    }
    let Counts { started, active, stopped, blocked, .. } = funnel.contacts;
    assert_eq!((started, active, stopped, blocked), (3, 2, 1, 1));
    assert_eq!((step(&funnel, "a").waiting, step(&funnel, "b").stopped), (1, 1));
    assert_eq!(step(&funnel, "a").received, 2);
}

#[test]
fn gifts_and_tests_bring_no_money_and_what_is_no_steps_is_said() {
    let mut funnel = Funnel::new(&outline());
    let by = UserId(Uuid::from_u128(1));
    funnel.count_order(&order(OrderSource::Grant { by }, 0), Some(&begun()));
    funnel.count_order(&order(OrderSource::Test { by }, 1_500), None);
    assert!(funnel.revenue.is_empty());
    assert_eq!(funnel.orders, OrderCounts { granted: 1, ..OrderCounts::default() });
    funnel.count_order(&order(OrderSource::Form, 100), Some(&begun()));
    funnel.count_order(&order(OrderSource::Form, 100), None);
    assert_eq!(roubles(&funnel.without_step), Decimal::from(200));
    assert_eq!((funnel.orders.made, funnel.orders.paid), (2, 2));
}

#[test]
fn a_step_that_was_moved_is_one_and_one_that_was_deleted_is_none() {
    let mut outline = outline();
    let run = after(&outline, begun(), 2);
    outline.move_to(&slug("a"), &Spot::End).expect("it moves");
    outline.delete(&slug("b")).expect("it goes");
    let mut funnel = Funnel::new(&outline);
    funnel.count_contact(&run, false);
    let names: Vec<&str> = funnel.steps.iter().map(|it| it.step.as_str()).collect();
    assert_eq!(names, ["c", "a"]);
    assert_eq!((step(&funnel, "a").received, step(&funnel, "a").waiting), (1, 1));
}

/// A contact who has gone through some of the steps, paid on the way or not, and stopped or not; and their
/// order.
fn someone() -> impl Strategy<Value = (ScenarioState, bool, Option<Order>)> {
    let sum = 0..3_000_i64;
    let source = (0..3_u8).prop_map(|kind| {
        let by = UserId(Uuid::from_u128(1));
        match kind {
            0 => OrderSource::Grant { by },
            1 => OrderSource::Test { by },
            _ => OrderSource::Form,
        }
    });
    (0..4_usize, prop::option::of((0..4_usize, sum, source)), any::<(bool, bool, bool)>()).prop_map(
        |(messages, payment, (stops, blocked, started))| {
            let outline = outline();
            let run = if started { begun() } else { ScenarioState::default() };
            let messages = if started { messages } else { 0 };
            let run = after(&outline, run, messages);
            let (run, order) = match payment {
                Some((more, sum, source)) => {
                    let more = if started { more } else { 0 };
                    (after(&outline, paid(&run), more), Some(order(source, sum)))
                }
                None => (run, None),
            };
            let stopped = decide_stop(&run, NOW).filter(|_| stops);
            (stopped.unwrap_or(run), blocked, order)
        },
    )
}

proptest! {
    #[test]
    fn people_counted_in_pages_and_in_any_order_come_to_the_same(
        people in prop::collection::vec(someone(), 0..30),
        page in 1..7_usize,
        turned in any::<bool>(),
    ) {
        let outline = outline();
        let count = |people: &[(ScenarioState, bool, Option<Order>)]| {
            let mut funnel = Funnel::new(&outline);
            for (run, blocked, order) in people {
                funnel.count_contact(run, *blocked);
                if let Some(order) = order {
                    funnel.count_order(order, Some(run));
                }
            }
            funnel
        };
        let whole = count(&people);
        let mut pages: Vec<_> = people.chunks(page).map(count).collect();
        if turned {
            pages.reverse();
        }
        let mut sum = Funnel::new(&outline);
        for page in &pages {
            sum.add(page);
        }
        prop_assert_eq!(&sum, &whole);

        let Counts { started, active, stopped, completed, paid, .. } = whole.contacts;
        prop_assert_eq!(started, active + stopped + completed);
        let all = u64::try_from(people.len()).unwrap_or_default();
        prop_assert!(started <= all && paid <= all);
        let (mut of_steps, mut received) = (roubles(&whole.without_step), started);
        for step in &whole.steps {
            of_steps += roubles(&step.revenue);
            prop_assert!(step.received <= received, "fewer at each step of a straight way");
            received = step.received;
            prop_assert!(step.paid_after <= step.received && step.paid_after <= paid);
            prop_assert!(step.waiting + step.stopped + step.completed <= step.received);
        }
        prop_assert_eq!(of_steps, roubles(&whole.revenue), "each rouble is counted at one place");
    }
}
