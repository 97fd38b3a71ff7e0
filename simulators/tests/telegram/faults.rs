use serde_json::json;
use simulators::telegram::{Fault, FaultPlan, Outcome};

use crate::setup::{ANNA, BOT, setup};

#[test]
fn each_fault_befalls_the_next_send_only() {
    let table = [
        (Fault::ErrorBefore, 500, false, 0),
        (Fault::ErrorAfter, 500, false, 1),
        (Fault::LostBefore, 500, true, 0),
        (Fault::LostAfter, 500, true, 1),
        (Fault::BadRequest { description: "chat not found".into() }, 400, false, 0),
        (Fault::Forbidden { description: "user is deactivated".into() }, 403, false, 0),
    ];
    for (fault, status, lost, delivered) in table {
        let setup = setup();
        let name = fault.name();
        setup.telegram.inject(fault);
        assert_eq!(setup.call("getMe", &json!({})).status, 200);
        let answer = setup.send(ANNA, "hello");
        assert_eq!((answer.status, answer.lost), (status, lost), "{name}");
        assert_eq!(setup.telegram.messages(BOT, ANNA).unwrap().len(), delivered, "{name}");
        assert_eq!(setup.send(ANNA, "again").status, 200);
        assert_eq!(setup.telegram.stats().totals.faults[name], 1);
    }
}

#[test]
fn an_injected_429_keeps_the_bot_waiting() {
    let setup = setup();
    setup.telegram.inject(Fault::TooManyRequests { retry_after: 7 });
    assert_eq!(setup.send(ANNA, "hello").retry_after, Some(7));
    setup.clock.advance_ms(6_500);
    assert_eq!(setup.send(ANNA, "hello").retry_after, Some(1));
    setup.clock.advance_ms(500);
    assert_eq!(setup.send(ANNA, "hello").status, 200);
}

#[test]
fn what_was_taken_before_the_connection_broke_is_in_the_log_as_sent() {
    let setup = setup();
    setup.telegram.inject(Fault::LostAfter);
    setup.send(ANNA, "hello");
    let entry = setup.telegram.entries(0, 10).remove(0);
    assert_eq!((entry.outcome, entry.fault.as_deref()), (Outcome::Sent, Some("lost_after")));
}

#[test]
fn a_rate_hits_about_so_many_and_the_same_ones_each_time() {
    let run = || {
        let setup = setup();
        setup.telegram.inject(FaultPlan { per_mille: Some(100), ..Fault::ErrorBefore.into() });
        (0..1_000).map(|_| setup.send(ANNA, "hello").status).collect::<Vec<_>>()
    };
    let statuses = run();
    let hit = statuses.iter().filter(|status| **status == 500).count();
    assert!((70..130).contains(&hit), "{hit}");
    assert_eq!(statuses, run());
}

#[test]
fn a_plan_may_concern_one_chat_one_method_and_a_number_of_calls() {
    let setup = setup();
    let plan =
        FaultPlan { times: Some(2), methods: vec!["getChat".into()], ..Fault::ErrorBefore.into() };
    setup.telegram.inject(plan);
    setup.telegram.inject(FaultPlan { chat_id: Some(99), ..Fault::ErrorBefore.into() });
    assert_eq!(setup.send(ANNA, "hello").status, 200);
    let get = || setup.call("getChat", &json!({ "chat_id": ANNA })).status;
    assert_eq!([get(), get(), get()], [500, 500, 200]);
    setup.telegram.clear_faults();
    assert_eq!(setup.send(99, "hello").status, 400);
}
