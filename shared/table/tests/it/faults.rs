//! Lost answers, throttling, conflicts: a commit happens once or says that it did not.

use std::time::Duration;

use domain::account::ApiKey;
use domain::engine::delivery::{Delivery, DeliveryStatus};
use domain::engine::rate::{Rates, SendSlots, SlotRequest};
use domain::engine::{Lane, Write};
use domain::watch::{Page, PageLease};
use runtime::virtual_time::START;
use serde_json::{Value, json};
use table::deliveries::DeliveryWrite;
use table::{CommitError, Table, TableError, Written, keys};

use crate::fixtures::{
    api_key, bot, bot_state, claim, delivery_key, fanout, id, page, page_id, page_url,
};
use crate::wires::{Mishap, Mishaps, conflicted, throttled};
use crate::world::World;

const COMMIT: &str = "TransactWriteItems";
const BATCH: &str = "BatchExecuteStatement";

fn join_page() -> Write {
    Write::CountTarget { page_id: page_id(), url: page_url(), joined: true }
}

#[test]
fn a_commit_whose_answer_is_lost_happens_once() {
    let world = World::new();
    let wire = Mishaps::of(COMMIT, vec![Mishap::AnswerLost, Mishap::AnswerLost]);
    let table = world.over(wire.clone());
    let decision = world.decision(vec![join_page(), Write::Create(api_key().into())]);
    assert!(world.run(table.commit(&decision)).is_ok());
    assert_eq!(wire.left(), 0);
    assert_eq!(world.get(&keys::page(&page_id())), Some(page()), "counted once");
    assert!(world.get::<ApiKey>(&keys::api_key(&api_key().hash)).is_some());
}

#[test]
fn a_commit_that_was_lost_on_the_way_is_sent_again() {
    let world = World::new();
    let wire = Mishaps::of(COMMIT, vec![Mishap::RequestLost]);
    let table = world.over(wire.clone());
    assert!(world.run(table.commit(&world.decision(vec![join_page()]))).is_ok());
    assert_eq!(wire.left(), 0);
    assert_eq!(world.get::<Page>(&keys::page(&page_id())), Some(page()));
}

#[test]
fn a_decision_that_stands_already_is_known_by_its_own_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.db");
    let world = World::in_file(&path, 1);
    let decision = world.decision(vec![Write::Create(api_key().into())]);
    assert!(world.run(world.table.commit(&decision)).is_ok());
    // Another engine on the same file does not remember the token, as DynamoDB does not after
    // ten minutes: only the mark on the item tells.
    let later = World::in_file(&path, 2);
    assert!(later.run(later.table.commit(&decision)).is_ok(), "our own");
    let other = Write::Create(api_key().into());
    assert_eq!(later.commit(vec![other]), Err(CommitError::Changed(vec![0])), "someone else's");
}

#[test]
fn a_throttled_commit_waits_and_goes_through() {
    let world = World::new();
    let wire = Mishaps::of(COMMIT, vec![throttled(), throttled(), throttled()]);
    let table = world.over(wire.clone());
    assert!(world.run(table.commit(&world.decision(vec![join_page()]))).is_ok());
    assert_eq!(wire.left(), 0);
    let waited = world.now().since(START);
    assert!(
        waited >= Duration::from_millis(70) && waited < Duration::from_millis(211),
        "{waited:?}"
    );
}

#[test]
fn a_commit_that_meets_another_is_tried_again() {
    let world = World::new();
    let wire = Mishaps::of(COMMIT, vec![conflicted(), conflicted()]);
    let table = world.over(wire.clone());
    let writes = vec![join_page(), Write::Put(bot_state().into())];
    assert!(world.run(table.commit(&world.decision(writes))).is_ok());
    assert_eq!(wire.left(), 0);
}

#[test]
fn a_commit_gives_up_after_ten_seconds() {
    let world = World::new();
    let wire = Mishaps::of(COMMIT, (0..1_000).map(|_| throttled()).collect());
    let table = world.over(wire);
    let given_up = world.run(table.commit(&world.decision(vec![join_page()])));
    let unavailable = TableError::Unavailable("ThrottlingException".to_owned());
    assert_eq!(given_up, Err(CommitError::Table(unavailable)));
    assert!(world.now().since(START) <= Duration::from_secs(10));
    assert!(world.now().since(START) > Duration::from_secs(8));
}

#[test]
fn what_dynamodb_does_not_understand_is_not_tried_again() {
    let world = World::new();
    let refusal = json!({"__type": "x#ValidationException", "message": "no"});
    let table = world.over(Mishaps::of(COMMIT, vec![Mishap::Refused(refusal)]));
    let refused = world.run(table.commit(&world.decision(vec![join_page()])));
    let message = "ValidationException: no".to_owned();
    assert_eq!(refused, Err(CommitError::Table(TableError::Refused(message))));
    assert_eq!(world.now(), START, "without waiting");
}

fn claims(run: u128, count: u128) -> Vec<DeliveryWrite> {
    let write = |n| DeliveryWrite { key: delivery_key(n), read: None, next: claim(run, START) };
    (0..count).map(write).collect()
}

fn standing(table: &Table, world: &World, count: u128) -> Vec<Option<Delivery>> {
    let keys: Vec<_> = (0..count).map(delivery_key).collect();
    world.run(table.deliveries(&keys)).expect("readable")
}

#[test]
fn claims_whose_answer_is_lost_are_ours() {
    let world = World::new();
    world.run(world.table.write_deliveries(&claims(1, 1))).expect("written");
    let table = world.over(Mishaps::of(BATCH, vec![Mishap::AnswerLost]));
    let written = world.run(table.write_deliveries(&claims(2, 3))).expect("written");
    assert_eq!(written, [Written::No, Written::Yes, Written::Yes], "the first is another run's");
}

#[test]
fn records_whose_answer_is_lost_are_written() {
    let world = World::new();
    let claimed = claim(1, START);
    world.run(world.table.write_deliveries(&claims(1, 2))).expect("written");
    let sent = Delivery { status: DeliveryStatus::Sent, ..claimed.clone() };
    let write =
        |n| DeliveryWrite { key: delivery_key(n), read: Some(claimed.clone()), next: sent.clone() };
    let table = world.over(Mishaps::of(BATCH, vec![Mishap::AnswerLost, Mishap::AnswerLost]));
    let written = world.run(table.write_deliveries(&[write(0), write(1), write(2)]));
    assert_eq!(written.expect("written"), [Written::Yes, Written::Yes, Written::No]);
}

/// The second statement is throttled, though in truth it was carried out.
fn second_throttled(body: &mut Value) {
    body["Responses"][1] = json!({"Error": {"Code": "ThrottlingError", "Message": "slow down"}});
}

#[test]
fn a_statement_that_fails_alone_is_tried_again_alone() {
    let world = World::new();
    let wire = Mishaps::of(BATCH, vec![Mishap::Rewritten(second_throttled)]);
    let table = world.over(wire);
    table.meter().take();
    let written = world.run(table.write_deliveries(&claims(1, 3))).expect("written");
    assert_eq!(written, [Written::Yes, Written::Yes, Written::Yes]);
    assert_eq!(table.meter().take().calls["BatchExecuteStatement"], 2);
    assert!(standing(&table, &world, 3).iter().all(Option::is_some));
}

/// Half of what was found is said to be unprocessed.
fn half_unprocessed(body: &mut Value) {
    let found = body["Responses"]["hoopoe"].as_array_mut().expect("items");
    let kept = found.split_off(found.len() / 2);
    let keys: Vec<Value> = std::mem::replace(found, kept)
        .into_iter()
        .map(|item| json!({keys::PK: item[keys::PK], keys::SK: item[keys::SK]}))
        .collect();
    body["UnprocessedKeys"] = json!({"hoopoe": {"Keys": keys}});
}

#[test]
fn keys_that_a_batch_leaves_out_are_asked_for_again() {
    let world = World::new();
    for chunk in claims(1, 50).chunks(25) {
        world.run(world.table.write_deliveries(chunk)).expect("written");
    }
    let mishaps = (0..3).map(|_| Mishap::Rewritten(half_unprocessed)).collect();
    let wire = Mishaps::of("BatchGetItem", mishaps);
    let table = world.over(wire.clone());
    assert!(standing(&table, &world, 50).iter().all(Option::is_some));
    assert_eq!(wire.left(), 0);
}

#[test]
fn keys_that_are_never_processed_end_in_an_error() {
    let world = World::new();
    world.run(world.table.write_deliveries(&claims(1, 1))).expect("written");
    let mishaps = (0..1_000).map(|_| Mishap::Rewritten(half_unprocessed_of_one)).collect();
    let table = world.over(Mishaps::of("BatchGetItem", mishaps));
    let answer = world.run(table.deliveries(&[delivery_key(0)]));
    assert!(matches!(answer, Err(TableError::Unavailable(_))), "{answer:?}");
    assert!(world.now().since(START) <= Duration::from_secs(10));
}

fn half_unprocessed_of_one(body: &mut Value) {
    let item = body["Responses"]["hoopoe"][0].take();
    body["Responses"]["hoopoe"] = json!([]);
    let key = json!({keys::PK: item[keys::PK], keys::SK: item[keys::SK]});
    body["UnprocessedKeys"] = json!({"hoopoe": {"Keys": [key]}});
}

#[test]
fn a_move_or_an_end_whose_answer_is_lost_is_still_ours() {
    let world = World::new();
    let timer = world.commit_jobs(vec![fanout(9, START)]).timers.remove(0);
    let table = world.over(Mishaps::of(COMMIT, vec![Mishap::AnswerLost, Mishap::AnswerLost]));
    let moved = timer.moved(START + Duration::from_mins(1), START, None);
    assert_eq!(world.run(table.move_timer(&timer.key, &moved)), Ok(true));
    let table = world.over(Mishaps::of(COMMIT, vec![Mishap::AnswerLost]));
    let finished = world.run(table.finish_timer(&moved.key, vec![fanout(10, START)]));
    assert_eq!(finished.expect("readable").map(|committed| committed.timers.len()), Some(1));
}

#[test]
fn a_plain_deletion_whose_answer_is_lost_counts_as_someone_elses() {
    let world = World::new();
    let timer = world.commit_jobs(vec![fanout(9, START)]).timers.remove(0);
    let table = world.over(Mishaps::of("DeleteItem", vec![Mishap::AnswerLost]));
    // Nothing follows from it either way: the timer is gone.
    assert_eq!(world.run(table.delete_timer(&timer.key)), Ok(false));
    assert_eq!(world.run(table.timers(&[timer.key])), Ok(vec![None]));
}

#[test]
fn a_booking_whose_answer_is_lost_wastes_slots_and_doubles_none() {
    let world = World::new();
    let request = SlotRequest { chat_id: 1, reserved: false };
    let book = |slots: &SendSlots| slots.book(START, Lane::Bulk, &[request], Rates::default()).0;
    let first = book(&SendSlots::default());
    let table = world.over(Mishaps::of("PutItem", vec![Mishap::AnswerLost]));
    let lost = world.run(table.book_slots(&bot(), &first)).expect("readable");
    assert_eq!(lost, Err(first.clone()), "it may be another's who computed the same");
    let second = book(&first);
    assert!(second.free_us >= first.free_us);
    assert_eq!(world.run(table.book_slots(&bot(), &second)), Ok(Ok(())));
}

#[test]
fn a_lease_whose_answer_is_lost_is_ours() {
    let world = World::new();
    world.commit(vec![join_page()]).expect("counted");
    let table = world.over(Mishaps::of("UpdateItem", vec![Mishap::AnswerLost]));
    let lease = PageLease { job_id: id(77), until: START + Duration::from_mins(1) };
    assert_eq!(world.run(table.lease_page(&page_id(), &lease)), Ok(true));
}
