//! Updates that cannot be handled when they come.

use app::bot::KnownBot;
use std::time::Duration;

use app::update::{Received, receive_update, run_kept};
use channels::telegram::IncomingUpdate;
use domain::channel::{Channel, ChannelStatus};
use domain::engine::decision::KeptUpdate;
use domain::engine::retry::JobError;
use domain::engine::{Job, Timer};
use domain::ids::BotId;
use domain::message::Notice;
use fixture::Fixture;
use fixture::wire::{Cuttable, Panicking, Racing};
use futures::future::join;
use serde_json::{Value, json};
use table::keys;

use crate::updates::{CHAT, channel, receive, says, told};

/// Keeps an update as a receiver does whose handling failed.
fn keep(fixture: &Fixture, update: &Value) {
    let kept = KeptUpdate {
        bot: BotId::default_bot(),
        chat_id: CHAT,
        update_id: update["update_id"].as_i64().expect("an id"),
        body: update.to_string(),
        kept_at: fixture.app.env.now(),
        set_aside: false,
    };
    fixture.put([kept.into()]);
}

fn waiting(fixture: &Fixture) -> Vec<i64> {
    let pk = keys::chat(&BotId::default_bot(), CHAT);
    let kept = fixture.app.table.query_all::<KeptUpdate>(&pk, keys::KEPT_UPDATES);
    fixture.run(kept).expect("readable").iter().map(|kept| kept.update_id).collect()
}

fn run(fixture: &Fixture, update_id: i64) -> Result<(), JobError> {
    fixture.run(run_kept(&fixture.app, &BotId::default_bot(), CHAT, update_id))
}

fn kept_timers(fixture: &Fixture) -> Vec<Timer> {
    let kept = |timer: &Timer| matches!(timer.job, Job::KeptUpdate { .. });
    fixture.timers().into_iter().filter(kept).collect()
}

#[test]
fn while_reads_fail_an_update_is_kept_with_its_timer_and_handled_later() {
    let fixture = Fixture::new();
    let wire = Cuttable::for_reads();
    let app = fixture.over(wire.clone());
    wire.cut(true);
    let bot = KnownBot::from(app.bots.bot(&BotId::default_bot()).expect("the default bot"));
    let update = says(1, "/help");
    let read = IncomingUpdate::from_value(&update).expect("an update");
    let received = fixture.run(receive_update(&app, &bot, &read, &update.to_string()));
    assert_eq!(received, Ok(Received::Kept));
    let again = fixture.run(receive_update(&app, &bot, &read, &update.to_string()));
    assert_eq!(again, Ok(Received::Kept), "Telegram sent it again");
    wire.cut(false);
    assert_eq!(waiting(&fixture), [1]);
    assert_eq!(kept_timers(&fixture).len(), 1);
    assert!(kept_timers(&fixture)[0].due > fixture::START);
    assert_eq!(run(&fixture, 1), Ok(()));
    assert!(waiting(&fixture).is_empty());
    assert_eq!(told(&fixture), [Notice::Help]);
    assert_eq!(run(&fixture, 1), Ok(()), "a second run finds nothing to do");
    assert_eq!(fixture.run(receive(&fixture.app, &update)), Received::Repeated);
}

#[test]
fn a_panic_keeps_the_update_and_leaves_it_in_the_queue() {
    let fixture = Fixture::new();
    channel(&fixture, ChannelStatus::Active, Some(CHAT));
    let app = fixture.over(Panicking("BatchGetItem"));
    assert_eq!(fixture.run(receive(&app, &says(1, "/start"))), Received::Kept);
    let failed = fixture.run(run_kept(&app, &BotId::default_bot(), CHAT, 1));
    assert!(matches!(failed, Err(JobError::Retry(_))), "{failed:?}");
    assert_eq!(run(&fixture, 1), Ok(()));
    assert_eq!(told(&fixture), [Notice::WelcomeBack]);
}

#[test]
fn what_cannot_even_be_kept_is_an_error() {
    let fixture = Fixture::new();
    let wire = Cuttable::for_all();
    let app = fixture.over(wire.clone());
    wire.cut(true);
    let bot = KnownBot::from(app.bots.bot(&BotId::default_bot()).expect("the default bot"));
    let update = says(1, "/help");
    let read = IncomingUpdate::from_value(&update).expect("an update");
    let refused = fixture.run(receive_update(&app, &bot, &read, &update.to_string()));
    assert!(refused.is_err());
    wire.cut(false);
    assert_eq!(fixture.run(receive(&app, &update)), Received::Handled);
}

#[test]
fn updates_of_a_chat_queue_behind_a_kept_one_and_are_handled_in_order() {
    let fixture = Fixture::new();
    let phone = channel(&fixture, ChannelStatus::Active, Some(CHAT));
    keep(&fixture, &says(1, "/stop"));
    assert_eq!(fixture.run(receive(&fixture.app, &says(2, "/start"))), Received::Kept);
    assert_eq!(fixture.run(receive(&fixture.app, &says(3, "/help"))), Received::Kept);
    assert_eq!(waiting(&fixture), [1, 2, 3]);
    assert_eq!(kept_timers(&fixture).len(), 2, "each that is kept has a timer of its own");
    let elsewhere = json!({"update_id": 9, "message": {
        "chat": {"id": 77, "type": "private"}, "text": "/help"}});
    assert_eq!(fixture.run(receive(&fixture.app, &elsewhere)), Received::Handled, "another chat");
    assert_eq!(run(&fixture, 1), Ok(()));
    assert!(waiting(&fixture).is_empty());
    // In any other order one of these answers would be another one.
    let told = told(&fixture);
    for notice in [Notice::Stopped, Notice::Resumed, Notice::Help] {
        assert!(told.contains(&notice), "{told:?}");
    }
    let phone = fixture.get::<Channel>(&keys::channel(phone.user_id, phone.id));
    assert_eq!(phone.map(|phone| phone.status), Some(ChannelStatus::Active));
    assert_eq!(fixture.run(receive(&fixture.app, &says(4, "/help"))), Received::Handled);
}

#[test]
fn two_runs_of_one_chat_at_once_do_nothing_twice() {
    let fixture = Fixture::new();
    for (update_id, text) in [(1, "/start"), (2, "/stop"), (3, "/help")] {
        keep(&fixture, &says(update_id, text));
    }
    let app = fixture.over(Racing);
    let bot = BotId::default_bot();
    let both = join(run_kept(&app, &bot, CHAT, 1), run_kept(&app, &bot, CHAT, 3));
    assert_eq!(fixture.run(both), (Ok(()), Ok(())));
    assert!(waiting(&fixture).is_empty());
    assert_eq!(told(&fixture).len(), 3);
}

#[test]
fn a_kept_update_that_was_handled_after_all_leaves_the_queue_silently() {
    let fixture = Fixture::new();
    let update = says(1, "/help");
    fixture.run(receive(&fixture.app, &update));
    keep(&fixture, &update);
    assert_eq!(run(&fixture, 1), Ok(()));
    assert!(waiting(&fixture).is_empty());
    assert_eq!(told(&fixture), [Notice::Help]);
}

#[test]
fn while_the_table_takes_no_writes_the_queue_stays_and_the_job_runs_again() {
    let fixture = Fixture::new();
    keep(&fixture, &says(1, "/help"));
    let wire = Cuttable::for_writes();
    let app = fixture.over(wire.clone());
    wire.cut(true);
    let failed = fixture.run(run_kept(&app, &BotId::default_bot(), CHAT, 1));
    assert!(matches!(failed, Err(JobError::Retry(_))), "{failed:?}");
    assert_eq!(waiting(&fixture), [1]);
}

#[test]
fn what_fails_for_too_long_no_longer_holds_up_its_chat() {
    let fixture = Fixture::new();
    keep(&fixture, &says(1, "/help"));
    // No such update can be handled.
    let broken = KeptUpdate {
        bot: BotId::default_bot(),
        chat_id: CHAT,
        update_id: 0,
        body: "{}".to_owned(),
        kept_at: fixture.app.env.now(),
        set_aside: false,
    };
    fixture.put([broken.into()]);
    assert!(matches!(run(&fixture, 1), Err(JobError::Retry(_))));
    fixture.clock.pass(Duration::from_hours(1));
    assert_eq!(run(&fixture, 1), Ok(()));
    assert_eq!(waiting(&fixture), [0], "it is still there for whoever mends it");
    assert!(matches!(run(&fixture, 0), Err(JobError::Reject(_))));
    assert_eq!(fixture.run(receive(&fixture.app, &says(2, "/help"))), Received::Handled);
}

#[test]
fn a_long_queue_is_handled_in_several_runs_past_what_was_set_aside() {
    let fixture = Fixture::new();
    for update_id in 1..=70 {
        keep(&fixture, &says(update_id, "/help"));
    }
    for update_id in 1..=30 {
        let aside = KeptUpdate {
            bot: BotId::default_bot(),
            chat_id: CHAT,
            update_id,
            body: "{}".to_owned(),
            kept_at: fixture.app.env.now(),
            set_aside: true,
        };
        fixture.put([aside.into()]);
    }
    assert!(matches!(run(&fixture, 70), Err(JobError::RetryAfter { .. })));
    assert_eq!(waiting(&fixture).len(), 30 + 15, "twenty-five are done");
    assert_eq!(run(&fixture, 31), Ok(()), "it was done before, and so are the others now");
    assert_eq!(waiting(&fixture).len(), 30);
    assert_eq!(fixture.run(receive(&fixture.app, &says(71, "/help"))), Received::Handled);
}

#[test]
fn the_kept_updates_of_a_bot_that_is_gone_are_rejected() {
    let fixture = Fixture::new();
    let gone = fixture.run(run_kept(&fixture.app, &BotId("gone".to_owned()), CHAT, 1));
    assert!(matches!(gone, Err(JobError::Reject(_))));
}
