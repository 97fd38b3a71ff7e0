use std::time::Duration;

use super::*;
use crate::ids::BotId;
use crate::scenario::{Spot, StepContent, decide_advance};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn slug(name: &str) -> Slug {
    Slug::parse(name).expect("a slug")
}

/// A scenario `premium` with this outline.
pub(in crate::scenario) fn scenario(outline: Outline) -> Scenario {
    Scenario {
        bot_id: BotId("b".to_owned()),
        slug: slug("premium"),
        name: "Premium".to_owned(),
        is_active: true,
        created_at: NOW,
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

/// Two steps: at once, and after a minute.
fn premium() -> Scenario {
    let mut outline = Outline::default();
    outline.insert(slug("one"), 0, &Spot::End).expect("room");
    outline.insert(slug("two"), 60, &Spot::End).expect("room");
    scenario(outline)
}

fn state(status: ScenarioStatus) -> ScenarioState {
    let mut state = ScenarioState::default().taken_up(NOW);
    if status == ScenarioStatus::NotStarted {
        return ScenarioState::default();
    }
    state = decide_advance(&premium().outline, &state, 0, NOW).expect("not done before").0;
    ScenarioState { status, ..state }
}

/// What happens, in a word.
fn word(start: &Start) -> String {
    match start {
        Start::Summary => "summary".to_owned(),
        Start::Resend(step) => {
            format!("resend {}", step.as_ref().map_or("nothing", |step| step.as_str()))
        }
        Start::AskConsent => "ask".to_owned(),
        Start::Run { stop, state, .. } => {
            let from = state.position.map_or("begin".to_owned(), |at| format!("go on from {at}"));
            match stop {
                Some(stop) => format!("stop {stop}, {from}"),
                None => from,
            }
        }
        Start::Finish { .. } => "finish".to_owned(),
        Start::Refused(code) => code.as_str().to_owned(),
    }
}

#[test]
fn the_four_ways_of_a_start() {
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    let (premium_is, other_is) = (Some(slug("premium")), Some(slug("other")));
    for (status, active, expected) in [
        (Completed, &None, "summary"),
        (Completed, &other_is, "summary"),
        (Completed, &premium_is, "summary"),
        (NotStarted, &other_is, "stop other, begin"),
        (Stopped, &other_is, "stop other, go on from 0"),
        (Active, &premium_is, "resend one"),
        (NotStarted, &None, "begin"),
        (Stopped, &None, "go on from 0"),
        // Items that contradict one another lead to a run that is under way.
        (Stopped, &premium_is, "go on from 0"),
        (NotStarted, &premium_is, "begin"),
        (Active, &None, "go on from 0"),
        (Active, &other_is, "stop other, go on from 0"),
    ] {
        let start = decide_start(&premium(), &state(status), active.as_ref(), false, NOW);
        assert_eq!(word(&start), expected, "{status:?}, active {active:?}");
    }
}

#[test]
fn a_run_that_begins_is_active_and_its_first_step_is_due_after_its_delay() {
    let mut premium = premium();
    premium.outline.set_delay(&slug("one"), 30).expect("changed");
    let start = decide_start(&premium, &ScenarioState::default(), None, false, NOW);
    let Start::Run { stop: None, state, due } = start else { panic!("{start:?}") };
    assert_eq!((state.status, state.started_at), (ScenarioStatus::Active, Some(NOW)));
    assert_eq!(due, NOW + Duration::from_secs(30));
}

#[test]
fn a_scenario_that_is_off_or_empty_takes_nobody_new_and_keeps_whom_it_has() {
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    let off = Scenario { is_active: false, ..premium() };
    let empty = scenario(Outline::default());
    let current = Some(slug("premium"));
    for (scenario, status, active, expected) in [
        (&off, NotStarted, None, "INVALID_SCENARIO_STATE"),
        (&off, Stopped, None, "go on from 0"),
        (&off, Active, current.as_ref(), "resend one"),
        (&off, Completed, None, "summary"),
        (&empty, NotStarted, None, "INVALID_SCENARIO_STATE"),
        (&empty, Stopped, None, "finish"),
        (&empty, Active, current.as_ref(), "resend nothing"),
    ] {
        let start = decide_start(scenario, &state(status), active, false, NOW);
        assert_eq!(word(&start), expected, "{status:?}, active {active:?}");
    }
}

#[test]
fn a_consent_is_asked_for_before_the_first_message_and_another_scenario_goes_on_until_then() {
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    let asks = Scenario { consent: Some(StepContent::default()), ..premium() };
    let (current, other) = (Some(slug("premium")), Some(slug("other")));
    for (status, active, agreed, expected) in [
        (NotStarted, None, false, "ask"),
        (NotStarted, other.as_ref(), false, "ask"),
        (NotStarted, None, true, "begin"),
        (NotStarted, other.as_ref(), true, "stop other, begin"),
        (Stopped, None, false, "go on from 0"),
        (Stopped, None, true, "go on from 0"),
        (Active, current.as_ref(), true, "SCENARIO_ALREADY_ACTIVE"),
        (Active, current.as_ref(), false, "resend one"),
        (Completed, None, true, "summary"),
    ] {
        let start = decide_start(&asks, &state(status), active, agreed, NOW);
        assert_eq!(word(&start), expected, "{status:?}, active {active:?}, agreed {agreed}");
    }
}

#[test]
fn declining_stops_what_is_under_way() {
    let stopped = decide_decline(&state(ScenarioStatus::Active), NOW);
    assert_eq!(stopped.map(|it| it.status), Some(ScenarioStatus::Stopped));
    assert_eq!(decide_decline(&ScenarioState::default(), NOW), None);
}

#[test]
fn an_unknown_scenario_is_told_of_and_the_default_one_is_taken() {
    let (premium, default) = (premium(), Scenario { slug: slug("default"), ..premium() });
    for (asked, named, fallback, expected) in [
        (None, None, Some(&default), Ok(("default", false))),
        (Some(""), None, Some(&default), Ok(("default", false))),
        (Some("premium"), Some(&premium), Some(&default), Ok(("premium", false))),
        (Some("premium"), Some(&premium), None, Ok(("premium", false))),
        (Some("gone"), None, Some(&default), Ok(("default", true))),
        (Some("gone"), None, None, Err(ScenarioCode::ScenarioNotFound)),
        (None, None, None, Err(ScenarioCode::ScenarioNotFound)),
    ] {
        let found = find_scenario(asked, named, fallback);
        let found = found.map(|it| (it.scenario.slug.as_str(), it.unknown));
        assert_eq!(found, expected, "{asked:?}");
    }
}
