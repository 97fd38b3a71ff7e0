use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::contact::Contact;
use crate::ids::BotId;
use crate::scenario::{Outline, Spot};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const HOUR: Duration = Duration::from_hours(1);

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn job(n: u128) -> JobId {
    JobId(Uuid::from_u128(n))
}

/// A scenario of three steps: at once, an hour later, an hour after that.
fn scenario(name: &str) -> Scenario {
    let mut outline = Outline::default();
    for (step, delay) in [("one", 0), ("two", 3_600), ("three", 3_600)] {
        outline.insert(slug(step), delay, &Spot::End).expect("it fits");
    }
    Scenario {
        bot_id: BotId::default_bot(),
        slug: slug(name),
        name: name.to_owned(),
        is_active: true,
        created_at: START,
        product: None,
        private_group_id: None,
        on_payment: crate::scenario::OnPayment::default(),
        on_refund: crate::scenario::OnRefund::default(),
        consent: None,
        summary: None,
        outline,
        version: 0,
    }
}

fn newcomer() -> Contact {
    Contact::new(BotId::default_bot(), 42, START)
}

/// The step at a place of a run that was started at [`START`], sent by this job.
fn sent(place: u32, by: u128) -> SentStep {
    SentStep { place, started_at: Some(START), job: job(by) }
}

/// A contact who was sent the first `steps` steps, an hour apart, and the job of the next.
fn under_way(scenario: &Scenario, steps: u32) -> Contact {
    let mut contact = decide_begin(&newcomer(), scenario, false, START, job(1)).contact;
    for place in 0..steps {
        let at = START + HOUR * place;
        let done = decide_step_done(
            &contact,
            scenario,
            sent(place, u128::from(place) + 1),
            at,
            job(u128::from(place) + 2),
        );
        contact = done.expect("it is new").contact;
    }
    contact
}

#[test]
fn a_start_by_hand_repeats_no_message_and_starts_nobody_who_cannot_be_written_to() {
    let course = scenario("course");
    let start = |contact: &Contact, of: &Scenario| decide_start_by_hand(contact, of, START, job(9));
    let begun = start(&newcomer(), &course).expect("it begins");
    assert!(begun.contact.is_in(&course.slug) && begun.job.is_some());
    let active = begun.contact;
    let gone = Some("gone".to_owned());
    let off = Scenario { is_active: false, ..course.clone() };
    for (contact, of, code) in [
        (&active, &course, ScenarioCode::ScenarioAlreadyActive),
        (&Contact { blocked: gone, ..newcomer() }, &course, ScenarioCode::InvalidScenarioState),
        (&newcomer(), &off, ScenarioCode::InvalidScenarioState),
    ] {
        assert_eq!(start(contact, of).map(|_| ()), Err(code));
    }
    let stopped = decide_stop_run(&active, START).expect("it was under way").contact;
    assert!(start(&stopped, &off).is_ok(), "whoever stopped may come back");
}

#[test]
fn a_start_writes_the_timer_of_the_first_step_and_each_step_that_of_the_next() {
    let course = scenario("course");
    let begun = decide_begin(&newcomer(), &course, false, START, job(1));
    assert_eq!(begun.contact.active, Some(slug("course")));
    assert_eq!(begun.said, None);
    let timer = begun.job.expect("a timer");
    assert_eq!((timer.id, timer.due), (job(1), START));
    assert_eq!(begun.contact.next, Some(NextStep { due: START, job: job(1) }));

    let done =
        decide_step_done(&begun.contact, &course, sent(0, 1), START, job(2)).expect("it is new");
    let timer = done.job.expect("a timer");
    assert_eq!((timer.id, timer.due), (job(2), START + HOUR));
    assert_eq!(
        decide_step_done(&done.contact, &course, sent(0, 1), START, job(3)),
        None,
        "done before"
    );
}

#[test]
fn after_the_last_step_nothing_is_left_but_the_summary() {
    let course = scenario("course");
    let contact = under_way(&course, 3);
    assert_eq!((&contact.active, &contact.next), (&None, &None));
    assert_eq!(contact.run(&slug("course")).status, ScenarioStatus::Completed);
    let again = decide_begin(&contact, &course, false, START + HOUR, job(9));
    assert_eq!((again.said, again.job), (Some(Said::Summary), None));
}

#[test]
fn another_scenario_stops_the_one_under_way_and_its_timer_and_coming_back_waits_what_was_left() {
    let (course, club) = (scenario("course"), scenario("club"));
    let contact = under_way(&course, 1);
    let quarter = START + HOUR / 4;
    let begun = decide_begin(&contact, &club, false, quarter, job(5));
    assert_eq!(begun.contact.active, Some(slug("club")));
    assert_eq!(begun.contact.run(&slug("course")).status, ScenarioStatus::Stopped);
    assert!(matches!(begun.cancel, Some(Write::Cancel(key)) if key.id == job(2)));
    let back = decide_begin(&begun.contact, &course, false, START + HOUR * 10, job(6));
    assert_eq!(back.job.expect("a timer").due, START + HOUR * 10 + HOUR * 3 / 4);
}

#[test]
fn a_start_of_what_is_under_way_says_the_last_step_again_and_leaves_its_timer() {
    let course = scenario("course");
    let contact = under_way(&course, 2);
    let again = decide_begin(&contact, &course, false, START + HOUR, job(9));
    assert_eq!(again.said, Some(Said::Step(slug("two"))));
    assert_eq!((again.job, again.cancel), (None, None));
    assert_eq!(again.contact.next, contact.next);
}

#[test]
fn whoever_blocks_the_bot_loses_the_timer_and_goes_on_where_they_were() {
    let course = scenario("course");
    let contact = under_way(&course, 1);
    let (blocked, cancel) = block(&contact, "gone").expect("it was reachable");
    assert!(matches!(cancel, Some(Write::Cancel(key)) if key.id == job(2)));
    assert_eq!((block(&blocked, "gone"), &blocked.next), (None, &None));
    let later = START + HOUR * 5;
    let back = unblock(&blocked, Some(&course), later, job(7)).expect("it was blocked");
    assert_eq!(back.job.expect("a timer").due, later, "it was due meanwhile");
    assert_eq!(back.contact.blocked, None);
    assert_eq!(unblock(&back.contact, Some(&course), later, job(8)), None);
    let started = decide_begin(&blocked, &course, false, later, job(8));
    assert_eq!(started.said, Some(Said::Step(slug("one"))));
    assert_eq!(started.job.expect("a timer").due, later);
}

#[test]
fn an_edit_moves_the_timer_that_it_concerns_and_no_other() {
    let mut course = scenario("course");
    let contact = under_way(&course, 1);
    assert_eq!(decide_retime(&contact, &course, START, job(9)), None, "nothing is different");
    course.outline.set_delay(&slug("two"), 60).expect("it is there");
    let again = decide_retime(&contact, &course, START, job(9)).expect("it is sooner");
    assert_eq!(again.job.expect("a timer").due, START + Duration::from_mins(1));
    assert!(matches!(again.cancel, Some(Write::Cancel(key)) if key.id == job(2)));
    let due = START + HOUR;
    assert_eq!(decide_retime(&contact, &course, due, job(9)), None, "what is due is on its way");
    assert_eq!(decide_retime(&contact, &scenario("club"), START, job(9)), None);
}

#[test]
fn a_run_that_is_stopped_leaves_no_timer() {
    let course = scenario("course");
    let contact = under_way(&course, 1);
    let stopped = decide_stop_run(&contact, START + HOUR / 2).expect("it runs");
    assert_eq!((&stopped.contact.active, &stopped.contact.next), (&None, &None));
    assert!(stopped.cancel.is_some());
    assert_eq!(decide_stop_run(&stopped.contact, START + HOUR), None);
}

#[test]
fn a_step_that_ends_after_its_contact_went_over_is_received_and_leaves_the_others_timer() {
    let (course, club) = (scenario("course"), scenario("club"));
    let contact = under_way(&course, 1);
    let over = decide_begin(&contact, &club, false, START + HOUR, job(5)).contact;
    let done = decide_step_done(&over, &course, sent(1, 2), START + HOUR, job(6)).expect("new");
    assert_eq!((&done.job, &done.cancel), (&None, &None));
    assert_eq!(done.contact.next, over.next);
    let back = decide_begin(&done.contact, &course, false, START + HOUR * 2, job(7));
    let timer = back.job.expect("a timer");
    assert_eq!(timer.due, START + HOUR * 3, "two was received: three waits its whole delay");
}

#[test]
fn a_step_that_ends_after_its_run_was_taken_up_again_voids_the_other_timer() {
    let (course, club) = (scenario("course"), scenario("club"));
    let contact = under_way(&course, 1);
    let due = START + HOUR;
    let over = decide_begin(&contact, &club, false, due, job(5)).contact;
    let back = decide_begin(&over, &course, false, due, job(6)).contact;
    let done = decide_step_done(&back, &course, sent(1, 2), due, job(7)).expect("new");
    assert!(matches!(done.cancel, Some(Write::Cancel(key)) if key.id == job(6)));
    assert_eq!(done.contact.next, Some(NextStep { due: due + HOUR, job: job(7) }));
}

#[test]
fn a_step_that_ends_after_its_run_was_reset_is_no_step_of_the_new_run() {
    let course = scenario("course");
    let contact = under_way(&course, 1);
    let at = START + HOUR;
    let reset = decide_reset(&contact, Some(&slug("course"))).expect("it had begun").contact;
    assert_eq!(decide_step_done(&reset, &course, sent(1, 2), at, job(6)), None);
    let unknown = SentStep { started_at: None, ..sent(1, 2) };
    assert_eq!(decide_step_done(&reset, &course, unknown, at, job(6)), None, "it was imported");
    let again = decide_begin(&reset, &course, false, at, job(7)).contact;
    assert_eq!(decide_step_done(&again, &course, sent(1, 2), at, job(8)), None);
    let first = SentStep { started_at: Some(at), ..sent(0, 7) };
    let done = decide_step_done(&again, &course, first, at, job(9)).expect("it begins anew");
    assert_eq!(done.contact.next, Some(NextStep { due: at + HOUR, job: job(9) }));
    assert!(done.contact.run(&slug("course")).received.has(0));
}

#[test]
fn a_consent_is_asked_for_before_anything_runs_and_starts_it() {
    let asks = Scenario {
        consent: Some(crate::scenario::StepContent {
            text: "Shall we?".to_owned(),
            ..crate::scenario::StepContent::default()
        }),
        ..scenario("course")
    };
    let asked = decide_begin(&newcomer(), &asks, false, START, job(1));
    assert_eq!((&asked.said, &asked.job), (&Some(Said::Consent), &None));
    assert_eq!(asked.contact.asked, Some(slug("course")));
    let agreed = decide_begin(&asked.contact, &asks, true, START, job(2));
    assert_eq!(agreed.job.map(|job| job.due), Some(START));
    assert_eq!(agreed.contact.asked, None);
}

#[test]
fn a_reset_begins_anew_once_and_keeps_what_was_paid_for() {
    let ada = Contact::new(BotId::default_bot(), 42, START);
    let (course, club) = (scenario("course"), scenario("club"));
    assert_eq!(decide_reset(&ada, None), None, "nothing has begun");
    let ada = decide_begin(&ada, &club, false, START, job(1)).contact;
    let mut ada = decide_begin(&ada, &course, false, START, job(2)).contact;
    let run = ScenarioState { payment_date: Some(START), ..ada.run(&slug("course")) };
    ada.runs.insert(slug("course"), run);
    let one = decide_reset(&ada, Some(&slug("course"))).expect("it had begun");
    assert!(one.cancel.is_some(), "its timer goes");
    let after = one.contact;
    assert_eq!((after.active.as_ref(), after.next.as_ref()), (None, None));
    assert_eq!(after.epoch, ada.epoch + 1, "its steps are other messages now");
    let run = after.run(&slug("course"));
    assert_eq!((run.status, run.payment_date), (ScenarioStatus::NotStarted, Some(START)));
    assert_eq!(after.run(&slug("club")).status, ScenarioStatus::Stopped);
    assert_eq!(decide_reset(&after, Some(&slug("course"))), None, "it was done before");
    let all = decide_reset(&after, None).expect("the other one is left").contact;
    assert_eq!(all.runs.len(), 1, "what was paid for is remembered");
    let again = decide_begin(&all, &course, false, START, job(3));
    assert_eq!(again.contact.next.map(|it| it.due), Some(START), "it begins at the beginning");
}
