use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::scenario::{Spot, decide_start};

const HOUR: u64 = 3_600;

fn slug(name: &str) -> Slug {
    Slug::parse(name).expect("a slug")
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

/// Three steps: at once, after an hour, after a day.
fn outline() -> Outline {
    let mut outline = Outline::default();
    for (name, delay) in [("a", 0), ("b", 3_600), ("c", 86_400)] {
        outline.insert(slug(name), delay, &Spot::End).expect("room");
    }
    outline
}

fn begun() -> ScenarioState {
    ScenarioState::default().taken_up(at(0))
}

fn send(name: &str, place: u32) -> Due {
    Due::Send { place, step: slug(name) }
}

#[test]
fn a_delay_counts_from_the_message_before_as_it_was_sent() {
    let outline = outline();
    assert_eq!(decide_due(&outline, &begun(), at(0)), send("a", 0));
    let sent = at(30);
    let (state, ahead) = decide_advance(&outline, &begun(), 0, sent).expect("not done before");
    assert_eq!(ahead, Some(Ahead::WaitUntil(at(30 + HOUR))));
    assert_eq!(
        decide_due(&outline, &state, at(HOUR)),
        Due::WaitUntil(at(30 + HOUR)),
        "never early"
    );
    assert_eq!(decide_due(&outline, &state, at(30 + HOUR)), send("b", 1));
    assert_eq!((state.last_sent_at, state.position), (Some(sent), Some(0)));
}

#[test]
fn after_the_last_step_the_run_is_completed() {
    let outline = outline();
    let mut state = begun();
    for place in 0..2 {
        state = decide_advance(&outline, &state, place, at(9)).expect("not done before").0;
    }
    let (done, ahead) = decide_advance(&outline, &state, 2, at(99)).expect("not done before");
    assert_eq!(ahead, Some(Ahead::Completed));
    assert_eq!((done.status, done.completed_at), (ScenarioStatus::Completed, Some(at(99))));
    assert_eq!(decide_due(&outline, &done, at(999_999)), Due::Nothing);
}

#[test]
fn a_step_that_was_done_is_not_done_again() {
    let outline = outline();
    let (state, _) = decide_advance(&outline, &begun(), 0, at(1)).expect("not done before");
    assert_eq!(decide_advance(&outline, &state, 0, at(2)), None);
}

#[test]
fn a_timer_is_decided_again_against_the_outline_as_it_is() {
    let mut outline = outline();
    let (state, _) = decide_advance(&outline, &begun(), 0, at(0)).expect("not done before");
    outline.set_delay(&slug("b"), 7_200).expect("changed");
    assert_eq!(decide_due(&outline, &state, at(HOUR)), Due::WaitUntil(at(2 * HOUR)));
    outline.set_delay(&slug("b"), 60).expect("changed");
    assert_eq!(decide_due(&outline, &state, at(HOUR)), send("b", 1));
    outline.delete(&slug("b")).expect("deleted");
    assert_eq!(decide_due(&outline, &state, at(HOUR)), Due::WaitUntil(at(24 * HOUR)));
    outline.delete(&slug("c")).expect("deleted");
    let Due::Complete(done) = decide_due(&outline, &state, at(HOUR)) else {
        panic!("there is nothing left");
    };
    assert_eq!((done.status, done.completed_at), (ScenarioStatus::Completed, Some(at(HOUR))));
}

#[test]
fn a_run_taken_up_again_waits_only_what_was_left() {
    let outline = outline();
    let (state, _) = decide_advance(&outline, &begun(), 0, at(0)).expect("not done before");
    let stopped = decide_stop(&state, at(600)).expect("it was active");
    assert_eq!(decide_stop(&stopped, at(601)), None);
    assert_eq!(decide_due(&outline, &stopped, at(9 * HOUR)), Due::Nothing);
    assert_eq!(stopped.left(&outline), Some(Duration::from_mins(50)));
    let again = stopped.taken_up(at(50 * HOUR));
    assert_eq!(again.due(&outline), Some(at(50 * HOUR + 3_000)));
    assert_eq!(again.started_at, state.started_at);
    let twice = decide_stop(&again, at(50 * HOUR + 1_000)).expect("it was active");
    assert_eq!(twice.left(&outline), Some(Duration::from_secs(2_000)), "both waits count");
}

#[test]
fn a_step_that_went_out_while_the_run_was_stopped_was_received() {
    let outline = outline();
    let stopped = decide_stop(&begun(), at(5)).expect("it was active");
    let (state, ahead) = decide_advance(&outline, &stopped, 0, at(6)).expect("not done before");
    assert_eq!((state.status, ahead), (ScenarioStatus::Stopped, None));
    assert_eq!(state.left(&outline), Some(Duration::from_hours(1)), "the whole next delay");
    assert_eq!(outline.next(&state).map(|it| it.step.as_str()), Some("b"));
}

#[test]
fn a_run_from_elsewhere_has_its_next_step_due_when_it_was() {
    let outline = outline();
    let (state, _) = decide_advance(&outline, &begun(), 0, at(0)).expect("not done before");
    let come = state.with_due(&outline, at(77));
    assert_eq!(come.due(&outline), Some(at(77)));
    assert_eq!(decide_due(&outline, &come, at(76)), Due::WaitUntil(at(77)));
    assert_eq!(decide_due(&outline, &come, at(77)), send("b", 1));
}

#[test]
fn a_run_that_is_reset_begins_again_and_keeps_what_was_paid_for() {
    let outline = outline();
    let (state, _) = decide_advance(&outline, &begun(), 0, at(0)).expect("not done before");
    let paid = decide_paid(&state, OnPayment::Complete, at(5)).state;
    let reset = paid.reset();
    assert_eq!(reset, ScenarioState { payment_date: Some(at(5)), ..ScenarioState::default() });
    assert_eq!(outline.next(&reset).map(|it| it.step.as_str()), Some("a"));
}

#[test]
fn a_payment_is_kept_and_ends_the_run_only_where_the_scenario_says_so() {
    use OnPayment::{Complete, Continue};
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    for (status, on_payment, after, ended) in [
        (Active, Continue, Active, false),
        (Active, Complete, Completed, true),
        (Stopped, Continue, Stopped, false),
        (Stopped, Complete, Completed, false),
        (NotStarted, Continue, NotStarted, false),
        (NotStarted, Complete, Completed, false),
        (Completed, Complete, Completed, false),
    ] {
        let state = ScenarioState { status, ..begun() };
        let paid = decide_paid(&state, on_payment, at(7));
        assert_eq!((paid.state.status, paid.ended), (after, ended), "{status:?} {on_payment:?}");
        assert_eq!(paid.state.payment_date, Some(at(7)));
        let again = decide_paid(&paid.state, on_payment, at(8));
        assert_eq!((again.state, again.ended), (paid.state, false), "a second one changes nothing");
    }
}

#[test]
fn a_refund_takes_back_what_was_paid_for_unless_it_is_kept() {
    let paid = ScenarioState {
        payment_date: Some(at(1)),
        invite_link: Some("https://t.me/+abc".to_owned()),
        access: GroupAccess { joined_group: true, ..GroupAccess::default() },
        ..begun()
    };
    let kept = decide_refunded(&paid, OnRefund::Keep);
    let refunded_payment = Some(at(1));
    let unpaid = ScenarioState { payment_date: None, refunded_payment, ..paid.clone() };
    assert_eq!(kept, Refunded { state: unpaid, revoke: None, leave: false });
    let revoked = decide_refunded(&paid, OnRefund::Revoke);
    assert_eq!((revoked.revoke.as_deref(), revoked.leave), (Some("https://t.me/+abc"), true));
    assert_eq!((revoked.state.payment_date, revoked.state.invite_link.clone()), (None, None));
    let again = decide_refunded(&revoked.state, OnRefund::Revoke);
    assert_eq!((again.revoke, again.leave), (None, false));
}

#[test]
fn what_came_before_a_refund_came_before_the_next_payment() {
    let paid = decide_paid(&begun(), OnPayment::Continue, at(0)).state;
    let (sent, _) = decide_advance(&outline(), &paid, 0, at(1)).expect("not done before");
    assert!(sent.after_payment.has(0));
    for on_refund in [OnRefund::Keep, OnRefund::Revoke] {
        let refunded = decide_refunded(&sent, on_refund).state;
        let again = decide_paid(&refunded, OnPayment::Continue, at(2)).state;
        assert!(again.received.has(0) && again.after_payment.is_empty());
    }
}

#[test]
fn a_run_is_written_compactly_and_read_back() {
    let fresh = serde_json::to_value(ScenarioState::default()).expect("JSON");
    assert_eq!(
        fresh,
        serde_json::json!({ "status": "not_started", "joined_group": false, "removed": false })
    );
    let (state, _) = decide_advance(&outline(), &begun(), 0, at(1)).expect("not done before");
    let json = serde_json::to_value(&state).expect("JSON");
    assert_eq!(json["received"], "01");
    assert_eq!(serde_json::from_value::<ScenarioState>(json).expect("a run"), state);
    for faulty in ["0", "0g", "äö"] {
        let json = serde_json::json!({ "received": faulty });
        assert!(serde_json::from_value::<ScenarioState>(json).is_err(), "{faulty}");
    }
}

proptest! {
    #[test]
    fn what_was_received_is_known_after_writing_and_reading(
        firsts in prop::collection::btree_set(0_u32..2_000, 0..50),
    ) {
        let received: Received = firsts.iter().copied().collect();
        let json = serde_json::to_string(&received).expect("JSON");
        let read: Received = serde_json::from_str(&json).expect("read");
        prop_assert_eq!(read.len(), firsts.len());
        prop_assert!((0..2_000).all(|it| read.has(it) == firsts.contains(&it)));
    }

    #[test]
    fn stops_add_exactly_their_length_to_the_wait(
        stops in prop::collection::vec((1_u64..500, 1_u64..500_000), 0..6),
    ) {
        let outline = outline();
        let (mut state, _) = decide_advance(&outline, &begun(), 0, at(0)).expect("not done before");
        let (mut now, mut stopped_for) = (0, 0);
        for (runs, rests) in stops {
            now += runs;
            state = decide_stop(&state, at(now)).expect("it was active");
            now += rests;
            stopped_for += rests;
            state = state.taken_up(at(now));
        }
        prop_assert_eq!(state.due(&outline), Some(at(HOUR + stopped_for)));
    }
}

#[test]
fn a_start_never_makes_a_step_due_before_now() {
    let scenario = super::super::start::tests::scenario(outline());
    let waited = Some(9 * HOUR * 1_000);
    let stopped = ScenarioState { status: ScenarioStatus::Stopped, waited, ..begun() };
    let start = decide_start(&scenario, &stopped, None, false, at(5));
    assert!(matches!(start, crate::scenario::Start::Run { due, .. } if due == at(5)), "{start:?}");
}
