//! When Telegram, or a job, does not do as it should.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::engine::redrive::{redrive, resume_bot};
use app::offer::record_offer;
use domain::engine::timer::MAX_OVERDUE_MOVES;
use domain::engine::{Decision, Job, NewJob, Timer};
use domain::ids::BotId;
use domain::message::REPEAT_MARK;
use domain::offer::NewSighting;
use domain::slug::Slug;
use futures::FutureExt;
use hoopoe::dev::SIMULATED_BOT;
use queue::{Hint, Queue};
use serde_json::json;
use simulators::telegram::{Fault, FaultPlan};
use tests::{TestSystem, journey};

use crate::{about, offer};

const BIKES: &str = "https://shop.example/bikes";

fn times(fault: Fault, times: u32) -> FaultPlan {
    FaultPlan { times: Some(times), ..FaultPlan::from(fault) }
}

#[test]
fn a_429_puts_messages_off_and_loses_none() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        let bob = system.watcher("bob", &[BIKES]).await;
        system.telegram().inject(Fault::TooManyRequests { retry_after: 7 });
        let before = system.system.app.env.now();
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert!(system.system.app.env.now().since(before) >= Duration::from_secs(7));
        for chat in [ada.chat, bob.chat] {
            let received = system.received(chat);
            assert_eq!(about(&received, 1), 1, "{received:?}");
            assert!(!received.iter().any(|text| text.contains(REPEAT_MARK)), "{received:?}");
        }
    });
}

#[test]
fn messages_go_out_while_the_table_is_slow() {
    for millis in [500, 1_000] {
        journey(async |system| {
            let ada = system.watcher("ada", &[BIKES]).await;
            system.slow_table.set(Duration::from_millis(millis));
            system.post(&offer(BIKES, 1)).await;
            system.pass(Duration::from_mins(2)).await;
            let received = system.received(ada.chat);
            assert_eq!(about(&received, 1), 1, "{millis} ms: {received:?}");
            system.slow_table.set(Duration::ZERO);
        });
    }
}

#[test]
fn what_certainly_did_not_arrive_is_sent_again_unmarked() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        system.telegram().inject(times(Fault::TooManyRequests { retry_after: 1 }, 3));
        for number in 1..=5 {
            system.post(&offer(BIKES, number)).await;
        }
        system.settle().await;
        let received = system.received(ada.chat);
        for number in 1..=5 {
            assert_eq!(about(&received, number), 1, "{received:?}");
        }
        assert!(!received.iter().any(|text| text.contains(REPEAT_MARK)), "{received:?}");
    });
}

#[test]
fn what_may_have_arrived_is_sent_again_marked() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        for fault in [Fault::ErrorBefore, Fault::LostAfter] {
            system.telegram().inject(fault);
            system.post(&offer(BIKES, 1)).await;
            system.post(&offer(BIKES, 2)).await;
            system.settle().await;
        }
        let received = system.received(ada.chat);
        let marked = received.iter().filter(|text| text.contains(REPEAT_MARK)).count();
        assert_eq!(marked, 1, "{received:?}");
        assert_eq!((about(&received, 1), about(&received, 2)), (1, 1), "{received:?}");
    });
}

#[test]
fn a_chat_that_is_gone_blocks_its_channel_and_nobody_elses() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let bob = system.watcher("bob", &[BIKES]).await;
        system.telegram().deactivate(ada.chat).expect("it is deactivated");
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(bob.chat), 1), 1);
        let channel = format!("/api/notifications/channels/{}", ada.channel);
        let channel = ada.browser.get(&channel).await.must_be(200);
        assert_eq!(channel["status"], "BLOCKED");
        assert!(
            channel["reason"].as_str().is_some_and(|it| it.contains("deactivated")),
            "{channel}"
        );
    });
}

/// An offer whose hint is lost on the way to the queue; its timer.
async fn post_without_a_hint(system: &TestSystem) -> Timer {
    let nowhere = queue::MemoryQueue::new(Arc::clone(&system.system.app.env.clock));
    let app = App { queue: Arc::new(nowhere), ..system.system.app.clone() };
    let sighting = NewSighting::check(offer(BIKES, 1)).expect("an offer");
    record_offer(&app, sighting, None).await.expect("recorded");
    first_timer(&app).await
}

async fn first_timer(app: &App) -> Timer {
    let minute = app.env.now().minute();
    for (minute, shard) in (minute..minute + 5).flat_map(|m| (0..16).map(move |s| (m, s))) {
        let page = app.table.timers_of_minute(minute, shard, None).await.expect("readable");
        if let Some(timer) = page.items.into_iter().next() {
            return timer;
        }
    }
    panic!("there is no timer");
}

#[test]
fn the_clock_finds_what_was_never_handed_over() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        post_without_a_hint(system).await;
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn a_page_of_a_broadcast_that_the_clock_has_found_too_often_is_a_dead_letter() {
    journey(async |system| {
        let app = &system.system.app;
        let (bot, broadcast) = (BotId::default_bot(), Slug::parse("news").expect("a slug"));
        let (id, now) = (app.env.id(), app.env.now());
        let page = Job::BroadcastPage { bot, broadcast, again: false };
        let page = NewJob { id, job: page, due: now, owner: None };
        let decision = Decision::new(app.env.id(), now, ()).job(page);
        app.table.commit(&decision).await.expect("committed");
        let timer = first_timer(app).await;
        // Its creator was to hand it over, and died.
        let left = timer.moved(now + Duration::from_mins(1), now, None);
        let left = Timer { moves: MAX_OVERDUE_MOVES, inline: true, ..left };
        assert_eq!(app.table.move_timer(&timer.key, &left).await, Ok(true));
        system.pass(Duration::from_mins(10)).await;
        let dead = app.table.dead_timers(None).await.expect("readable").items;
        assert_eq!(dead.iter().map(|it| it.timer.key.id).collect::<Vec<_>>(), [id]);
        assert_eq!(redrive(app, |_| true, |_| {}).await, Ok(1));
        system.settle().await;
        let dead = app.table.dead_timers(None).await.expect("readable").items;
        assert!(dead.is_empty(), "there is no such broadcast: {dead:?}");
    });
}

#[test]
fn a_dead_letter_comes_back_and_is_done() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        let timer = post_without_a_hint(system).await;
        let app = &system.system.app;
        assert!(app.table.bury_timer(&timer, "it was poison").await.expect("buried"));
        system.pass(Duration::from_mins(10)).await;
        assert_eq!(about(&system.received(ada.chat), 1), 0);
        let dead = app.table.dead_timers(None).await.expect("readable").items;
        assert_eq!((dead.len(), dead[0].reason.as_str()), (1, "it was poison"));
        let mut seen = Vec::new();
        assert_eq!(redrive(app, |_| true, |count| seen.push(count)).await, Ok(1));
        assert_eq!(seen, [1]);
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn a_refused_token_stops_the_bot_and_its_messages_come_when_it_returns() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let bob = system.watcher("bob", &[BIKES]).await;
        let app = &system.system.app;
        let bot = BotId::default_bot();
        system
            .telegram()
            .inject(FaultPlan { per_mille: Some(1_000), ..Fault::Unauthorized.into() });
        system.post(&offer(BIKES, 1)).await;
        system.pass(Duration::from_mins(10)).await;
        let refused = system.telegram().entries(0, usize::MAX).len();
        system.post(&offer(BIKES, 2)).await;
        system.pass(Duration::from_hours(2)).await;
        assert_eq!(
            system.telegram().entries(0, usize::MAX).len(),
            refused,
            "a stopped bot does not ask again"
        );
        let parked = app.table.parked_timers(&bot, None).await.expect("readable").items;
        assert_eq!(parked.len(), 2, "{parked:?}");

        system.telegram().clear_faults();
        let mut seen = Vec::new();
        let resumed = resume_bot(app, &bot, |count| seen.push(count)).await;
        assert_eq!((resumed.expect("it returns"), seen), (2, vec![1, 2]));
        system.settle().await;
        for chat in [ada.chat, bob.chat] {
            let received = system.received(chat);
            assert_eq!((about(&received, 1), about(&received, 2)), (1, 1), "{received:?}");
            assert!(!received.iter().any(|text| text.contains(REPEAT_MARK)), "{received:?}");
        }
        let channel = format!("/api/notifications/channels/{}", ada.channel);
        assert_eq!(ada.browser.get(&channel).await.must_be(200)["status"], "ACTIVE");
    });
}

#[test]
fn an_offer_of_two_pages_passes_over_a_blocked_watcher_of_both() {
    const WHEELS: &str = "https://shop.example/wheels";
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES, WHEELS]).await;
        let bob = system.watcher("bob", &[BIKES, WHEELS]).await;
        system.telegram().block(SIMULATED_BOT, ada.chat).expect("it is blocked");
        system.settle().await;
        let batch = json!({ "offers": [offer(BIKES, 1), offer(WHEELS, 1)] });
        system.scraper().post("/api/internal/offers/batch", &batch).await.must_be(200);
        system.settle().await;
        assert_eq!(about(&system.received(bob.chat), 1), 1);
        assert_eq!(about(&system.received(ada.chat), 1), 0);
    });
}

#[test]
fn a_hint_whose_worker_died_comes_back_and_the_offer_goes_once() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        let timer = post_without_a_hint(system).await;
        let queue = &system.system.queue;
        let hint = Hint::of(&timer, system.system.app.env.now());
        queue.send(vec![hint]).now_or_never().expect("it takes no time");
        // Taken, and never deleted.
        assert_eq!(queue.receive(timer.lane(), 10).len(), 1);
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn an_answer_that_telegram_puts_off_comes_when_it_may() {
    journey(async |system| {
        let chat = system.phone("ada");
        // The first wait is handed over by whoever moves the timer, the second by the clock.
        for (seconds, answers) in [(60, 1), (1_200, 2)] {
            system.telegram().inject(Fault::TooManyRequests { retry_after: seconds });
            let before = system.system.app.env.now();
            system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
            system.settle().await;
            assert_eq!(system.received(chat).len(), answers);
            let waited = system.system.app.env.now().since(before);
            assert!(waited >= Duration::from_secs(seconds), "{waited:?}");
        }
    });
}
