use serde_json::json;
use simulators::telegram::{Limits, NewChat};

use crate::setup::{ANNA, BOT, Setup, setup_with};

fn limited() -> Setup {
    setup_with(|_| {})
}

fn crowd(setup: &Setup, size: i64) -> Vec<i64> {
    let ids: Vec<i64> = (10_000..10_000 + size).collect();
    for id in &ids {
        setup.telegram.add_chat(&NewChat::person(Some(*id), "Someone")).unwrap();
        setup.telegram.acquaint(BOT, *id).unwrap();
    }
    ids
}

#[test]
fn thirty_sends_a_second_pass_and_the_next_is_told_to_wait() {
    let setup = limited();
    let chats = crowd(&setup, 31);
    for chat in &chats[..30] {
        assert_eq!(setup.send(*chat, "hello").status, 200);
    }
    let answer = setup.send(chats[30], "hello");
    assert_eq!(answer.status, 429);
    assert_eq!(answer.description(), "Too Many Requests: retry after 1");
    assert_eq!(answer.body["parameters"]["retry_after"], 1);
    assert_eq!(answer.retry_after, Some(1));
}

#[test]
fn no_window_of_a_second_ever_holds_more_than_thirty_sends() {
    let setup = limited();
    let chats = crowd(&setup, 400);
    let mut accepted = Vec::new();
    let mut now = 0_u64;
    for chat in chats {
        // A client a little too fast that waits when it is told to.
        setup.clock.advance_ms(31);
        now += 31;
        let answer = setup.send(chat, "hello");
        match answer.retry_after {
            None => accepted.push(now),
            Some(seconds) => {
                setup.clock.advance_ms(seconds * 1_000);
                now += seconds * 1_000;
            }
        }
    }
    assert!(accepted.len() > 300, "{}", accepted.len());
    for first in &accepted {
        let in_a_second = accepted.iter().filter(|at| (*first..first + 1_000).contains(at)).count();
        assert!(in_a_second <= 30, "{in_a_second} from {first}");
    }
    assert!(setup.telegram.stats().most_in_a_second <= 30);
}

#[test]
fn a_chat_takes_one_send_a_second_and_not_one_millisecond_earlier() {
    let setup = limited();
    assert_eq!(setup.send(ANNA, "one").status, 200);
    setup.clock.advance_ms(1_000);
    assert_eq!(setup.send(ANNA, "two").status, 200);
    setup.clock.advance_ms(999);
    assert_eq!(setup.send(ANNA, "three").retry_after, Some(1));
}

#[test]
fn after_a_429_the_whole_bot_waits_until_the_time_is_over() {
    let setup = limited();
    let other = crowd(&setup, 1)[0];
    assert_eq!(setup.send(ANNA, "one").status, 200);
    assert_eq!(setup.send(ANNA, "two").status, 429);
    setup.clock.advance_ms(999);
    assert_eq!(setup.send(other, "hello").retry_after, Some(1));
    setup.clock.advance_ms(1);
    assert_eq!(setup.send(other, "hello").status, 200);
}

#[test]
fn a_group_takes_twenty_a_minute() {
    let setup = limited();
    let group = setup.group();
    for _ in 0..20 {
        assert_eq!(setup.send(group, "hello").status, 200);
        setup.clock.advance_ms(2_000);
    }
    // The first of the twenty is 40 s old.
    assert_eq!(setup.send(group, "hello").retry_after, Some(20));
    setup.clock.advance_ms(20_000);
    assert_eq!(setup.send(group, "hello").status, 200);
}

#[test]
fn refused_calls_and_edits_use_up_nothing() {
    let setup = limited();
    assert_eq!(setup.send(ANNA, "").status, 400);
    assert_eq!(setup.send(99, "hello").status, 400);
    let message = setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": "one" }));
    let edit = json!({ "chat_id": ANNA, "message_id": message["message_id"], "text": "two" });
    assert_eq!(setup.call("editMessageText", &edit).status, 200);
    assert_eq!(setup.telegram.stats().totals.sent, 1);
}

#[test]
fn limits_can_be_switched_off_and_are_counted_all_the_same() {
    let setup = setup_with(|options| options.limits = Limits::NONE);
    for _ in 0..100 {
        assert_eq!(setup.send(ANNA, "hello").status, 200);
        setup.clock.advance_ms(5);
    }
    let stats = setup.telegram.stats();
    assert_eq!((stats.totals.sent, stats.totals.too_many_requests), (100, 0));
    assert_eq!((stats.most_in_a_second, stats.smallest_gap_ms), (100, Some(5)));
    assert_eq!(stats.chats[0].sent, 100);
}
