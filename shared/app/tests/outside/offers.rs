//! Recording offers.

use app::AppError;
use app::answer::Keep;
use app::offer::{FindOffer, OfferResult, find_offer, record_offer, record_offers};
use domain::account::SecretHash;
use domain::engine::{Job, Lane};
use domain::offer::{NewSighting, Recorded, Recording};
use domain::watch::{NotifyOn, Rules};
use fixture::Fixture;
use fixture::wire::{Cuttable, Racing};
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::world::World;

fn posted(n: u32, price: &str) -> Value {
    json!({
        "page_url": "https://shop.example/list", "url": format!("https://shop.example/{n}"),
        "title": "A lamp", "price": price, "currency": "EUR",
    })
}

fn sighting(n: u32, price: &str) -> NewSighting {
    NewSighting::check(posted(n, price)).expect("a correct offer")
}

#[test]
fn a_new_offer_costs_six_write_units_no_read_and_one_call() {
    let fixture = Fixture::new();
    let (recorded, cost) = fixture.cost(record_offer(&fixture.app, sighting(1, "10"), None));
    assert_eq!(recorded.expect("recorded").recording, Recording::Created);
    assert!((cost.write - 6.0).abs() < f64::EPSILON, "{cost:?}");
    assert!(cost.read.abs() < f64::EPSILON, "{cost:?}");
    assert_eq!(cost.total_calls(), 1);
    let timers = fixture.timers();
    assert!(matches!(timers[..], [ref timer] if matches!(timer.job, Job::OfferFanout { .. })));
    assert_eq!((fixture.queue.len(Lane::Bulk), fixture.queue.len(Lane::People)), (1, 0));
}

#[test]
fn the_same_offer_again_makes_no_second_message_unless_its_price_has_changed() {
    let fixture = Fixture::new();
    let post = |price| fixture.run(record_offer(&fixture.app, sighting(1, price), None));
    let first = post("10").expect("recorded");
    let again = post("10").expect("recorded");
    assert_eq!(fixture.timers().len(), 1);
    assert_eq!(again, Recorded { recording: Recording::Unchanged, ..first.clone() });
    let cheaper = post("9").expect("recorded");
    assert_eq!(cheaper, Recorded { recording: Recording::PriceChanged, revision: 2, ..first });
    assert_eq!(fixture.timers().len(), 2);
    assert_eq!(fixture.queue.len(Lane::Bulk), 2);
}

#[test]
fn a_drop_is_told_to_all_who_ask_for_drops_also_when_the_price_rises_before_all_have_heard() {
    let mut world = World::silent();
    world.app.page_recipients = 1;
    for chat in 1..=3 {
        world.watcher_by(chat, Rules { notify_on: NotifyOn::PriceDrop, ..Rules::default() });
    }
    let post = |price| {
        let recorded = record_offer(&world.app, sighting(1, price), None);
        world.fixture.run(recorded).expect("recorded");
    };
    post("100");
    world.settle();
    assert_eq!(world.phones.received().len(), 3, "it is there");
    post("50");
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received().len(), 4, "the first of them has heard");
    post("60");
    world.settle();
    let mut received = world.phones.received();
    received.sort_unstable();
    assert_eq!(received, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn of_posts_that_race_exactly_one_creates() {
    let fixture = Fixture::new();
    let app = fixture.over(Racing);
    let posts = (0..8).map(|_| record_offer(&app, sighting(1, "10"), None));
    let recorded = fixture.run(join_all(posts));
    let created = |r: &&Result<Recorded, _>| {
        r.as_ref().is_ok_and(|recorded| recorded.recording == Recording::Created)
    };
    assert_eq!(recorded.iter().filter(created).count(), 1, "{recorded:?}");
    assert!(recorded.iter().all(Result::is_ok), "{recorded:?}");
    assert_eq!(fixture.timers().len(), 1);
}

#[test]
fn a_price_that_changes_in_a_race_is_recorded_in_some_order() {
    let fixture = Fixture::new();
    fixture.run(record_offer(&fixture.app, sighting(1, "10"), None)).expect("recorded");
    let app = fixture.over(Racing);
    let posts = ["8", "9"].map(|price| record_offer(&app, sighting(1, price), None));
    let revisions = fixture.run(join_all(posts)).into_iter().map(|r| r.expect("recorded").revision);
    let mut revisions: Vec<u32> = revisions.collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3]);
}

#[test]
fn an_answer_is_kept_with_the_offer_or_not_at_all() {
    let fixture = Fixture::new();
    let keep = |_: u8| {
        Some(Keep {
            key: SecretHash::of("key"),
            request: SecretHash::of("request"),
            render: Arc::new(|recorded: &Recorded| (201, recorded.offer_id.to_string())),
        })
    };
    let first = fixture.run(record_offer(&fixture.app, sighting(1, "10"), keep(0)));
    assert!(first.is_ok());
    let again = fixture.run(record_offer(&fixture.app, sighting(2, "10"), keep(1)));
    assert_eq!(again, Err(AppError::Repeated));
    assert_eq!(fixture.timers().len(), 1, "the second offer was not recorded");
}

#[test]
fn each_offer_of_a_batch_counts_for_itself_in_order() {
    let fixture = Fixture::new();
    fixture.run(record_offer(&fixture.app, sighting(3, "10"), None)).expect("recorded");
    let batch = vec![
        posted(1, "10"),
        json!({"url": "x", "colour": "red"}),
        posted(1, "10"),
        posted(2, "10"),
        posted(3, "9"),
        json!("no offer"),
        posted(1, "11"),
    ];
    let (results, cost) = fixture.cost(record_offers(&fixture.app, batch, None));
    let told: Vec<String> = results.expect("recorded").iter().map(name).collect();
    let expected =
        ["Created", "faulty 4", "Unchanged", "Created", "PriceChanged", "faulty 1", "PriceChanged"];
    assert_eq!(told, expected);
    assert_eq!(cost.calls["BatchGetItem"], 1, "{cost:?}");
    // One is read again after a sighting of this batch created it.
    assert_eq!(
        fixture.queue.len(Lane::Bulk),
        5,
        "one hint for each created offer and changed price"
    );
}

fn name(result: &OfferResult) -> String {
    match result {
        Ok(recorded) => format!("{:?}", recorded.recording),
        Err(AppError::Invalid(faults)) => format!("faulty {}", faults.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_batch_is_one_to_a_hundred_offers() {
    let fixture = Fixture::new();
    for count in [0, 101] {
        let batch = vec![posted(1, "10"); count];
        let refused = fixture.run(record_offers(&fixture.app, batch, None));
        assert!(matches!(refused, Err(AppError::Invalid(_))), "{count}");
    }
}

#[test]
fn nothing_is_recorded_while_the_table_does_not_answer() {
    let fixture = Fixture::new();
    let wire = Cuttable::for_writes();
    let app = fixture.over(wire.clone());
    wire.cut(true);
    let refused = fixture.run(record_offer(&app, sighting(1, "10"), None));
    assert!(matches!(refused, Err(AppError::Unavailable(_))), "{refused:?}");
    assert!(fixture.queue.is_empty(Lane::Bulk));
    wire.cut(false);
    let recorded = fixture.run(record_offer(&app, sighting(1, "10"), None)).expect("recorded");
    assert_eq!(recorded.recording, Recording::Created);
}

#[test]
fn a_new_offer_is_not_found_and_a_known_one_is_on_its_pages() {
    let fixture = Fixture::new();
    let find = |url: &str, page_url: Option<&str>| {
        let find = FindOffer {
            url: url.to_owned(),
            page_url: page_url.map(str::to_owned),
            limit: 10,
            after: None,
        };
        fixture.run(find_offer(&fixture.app, find)).map(|found| found.items.len())
    };
    let known = "https://shop.example/1?utm_source=mail";
    assert_eq!(find(known, None), Err(AppError::NotFound("offer")));
    fixture.run(record_offer(&fixture.app, sighting(1, "10"), None)).expect("recorded");
    assert_eq!(find(known, None), Ok(1));
    assert_eq!(find(known, Some("https://shop.example/list#top")), Ok(1));
    let elsewhere = find(known, Some("https://shop.example/other"));
    assert_eq!(elsewhere, Err(AppError::NotFound("offer")));
    let Err(AppError::Invalid(faults)) = find("x", Some("y")) else { panic!("both are faulty") };
    assert_eq!(faults.len(), 2);
}
