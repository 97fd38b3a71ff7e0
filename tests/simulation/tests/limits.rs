//! Telegram's limits are used, and not passed.

use std::time::Duration;

use simulation::{Rush, rush};

/// A gap is as it should be when it is at most this much longer than the interval that is aimed at.
const LATE: i64 = 40;
/// Between two messages to one chat, as aimed at, in milliseconds.
const AIM: i64 = 1_020;

fn run(offers: u64, chats: u64) -> Rush {
    let rush = rush(offers, chats, 1).expect("it runs");
    assert_eq!((rush.sent, rush.refused), (offers, 0), "each came once, none was refused");
    rush
}

#[test]
fn chats_that_have_more_to_receive_than_one_a_second_get_one_a_second() {
    let rush = run(150, 10);
    let late = rush.gaps.iter().filter(|gap| **gap > AIM + LATE).count();
    assert!(
        late * 10 <= rush.gaps.len(),
        "{late} of {} gaps are too long: {:?}",
        rush.gaps.len(),
        rush.gaps
    );
}

#[test]
fn a_bot_that_has_more_to_say_than_thirty_a_second_says_more_than_twenty_seven() {
    let rush = run(450, 300);
    assert!(rush.lasted <= Duration::from_millis(450 * 1_000 / 27), "{:?}", rush.lasted);
}
