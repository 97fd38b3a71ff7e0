//! Deliveries: twenty-five claims or records in one call, a unit each.

use std::time::Duration;

use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, KEPT, Recipient};
use domain::ids::RunId;
use runtime::virtual_time::START;
use table::Written;
use table::deliveries::{BATCH, DeliveryWrite};

use crate::fixtures::{bot, claim, delivery_key, id};
use crate::world::{Cost, World};

fn insert(n: u128, run: u128) -> DeliveryWrite {
    DeliveryWrite { key: delivery_key(n), read: None, next: claim(run, START) }
}

fn one(world: &World, n: u128) -> Option<Delivery> {
    world.run(world.table.deliveries(&[delivery_key(n)])).expect("readable").remove(0)
}

fn sent(read: &Delivery) -> Delivery {
    Delivery {
        status: DeliveryStatus::Sent,
        at: START + Duration::from_secs(1),
        until: START + Duration::from_secs(1),
        message_id: Some(77),
        ..read.clone()
    }
}

#[test]
fn twenty_five_claims_are_one_call_and_a_unit_each() {
    let world = World::new();
    let claims: Vec<DeliveryWrite> = (0..25).map(|n| insert(n, 1)).collect();
    let (written, cost) = world.cost(world.table.write_deliveries(&claims));
    assert_eq!(written, Ok(vec![Written::Yes; BATCH]));
    assert_eq!(cost, Cost::writes(25.0));
}

#[test]
fn a_claim_of_what_is_claimed_is_refused_and_the_others_hold() {
    let world = World::new();
    world.run(world.table.write_deliveries(&[insert(1, 1)])).expect("written");
    let claims = [insert(0, 2), insert(1, 2), insert(2, 2)];
    let written = world.run(world.table.write_deliveries(&claims));
    assert_eq!(written, Ok(vec![Written::Yes, Written::No, Written::Yes]));
    assert_eq!(one(&world, 1).map(|it| it.run), Some(id::<RunId>(1)));
}

#[test]
fn a_delivery_is_read_as_it_was_written_in_the_order_asked_for() {
    let world = World::new();
    world.run(world.table.write_deliveries(&[insert(0, 1), insert(1, 1)])).expect("written");
    let keys = [delivery_key(1), delivery_key(9), delivery_key(0), delivery_key(1)];
    let (read, cost) = world.cost(world.table.deliveries(&keys));
    let expected = |n| Some(Delivery { key: Some(delivery_key(n)), ..claim(1, START) });
    assert_eq!(read, Ok(vec![expected(1), None, expected(0), expected(1)]));
    assert_eq!(cost, Cost::reads(3.0), "the same key is read once");
}

#[test]
fn a_record_replaces_the_claim_it_was_made_on_for_one_unit() {
    let world = World::new();
    world.run(world.table.write_deliveries(&[insert(0, 1)])).expect("written");
    let read = one(&world, 0).expect("there");
    let write = DeliveryWrite { key: delivery_key(0), read: Some(read.clone()), next: sent(&read) };
    let (written, cost) = world.cost(world.table.write_deliveries(std::slice::from_ref(&write)));
    assert_eq!((written, cost), (Ok(vec![Written::Yes]), Cost::writes(1.0)));
    assert_eq!(one(&world, 0), Some(sent(&read)));
    let again = world.run(world.table.write_deliveries(&[write]));
    assert_eq!(again, Ok(vec![Written::No]), "it is no longer as it was read");
}

#[test]
fn a_record_is_refused_when_run_status_or_time_differ() {
    let world = World::new();
    world.run(world.table.write_deliveries(&[insert(0, 1)])).expect("written");
    let read = one(&world, 0).expect("there");
    for other in [
        Delivery { run: id(2), ..read.clone() },
        Delivery { status: DeliveryStatus::Waiting, ..read.clone() },
        Delivery { at: START + Duration::from_millis(1), ..read.clone() },
    ] {
        let write = DeliveryWrite { key: delivery_key(0), read: Some(other), next: sent(&read) };
        let written = world.run(world.table.write_deliveries(&[write]));
        assert_eq!(written, Ok(vec![Written::No]));
    }
    let absent =
        DeliveryWrite { key: delivery_key(5), read: Some(read.clone()), next: sent(&read) };
    assert_eq!(world.run(world.table.write_deliveries(&[absent])), Ok(vec![Written::No]));
    assert_eq!(one(&world, 0), Some(read));
    assert_eq!(one(&world, 5), None, "a record makes no delivery");
}

#[test]
fn what_a_record_leaves_out_is_gone() {
    let world = World::new();
    let failed = Delivery { reason: Some("no".to_owned()), message_id: Some(3), ..claim(1, START) };
    let write = DeliveryWrite { key: delivery_key(0), read: None, next: failed };
    world.run(world.table.write_deliveries(&[write])).expect("written");
    let read = one(&world, 0).expect("there");
    let next = Delivery { reason: None, message_id: None, target_id: None, ..sent(&read) };
    let write = DeliveryWrite { key: delivery_key(0), read: Some(read), next: next.clone() };
    assert_eq!(world.run(world.table.write_deliveries(&[write])), Ok(vec![Written::Yes]));
    assert_eq!(one(&world, 0), Some(next));
}

#[test]
fn an_expired_delivery_is_seen_until_the_table_deletes_it() {
    let world = World::new();
    world.run(world.table.write_deliveries(&[insert(0, 1)])).expect("written");
    world.clock.pass(KEPT + Duration::from_secs(1));
    let read = one(&world, 0).expect("it would stand in the way of a claim");
    let next = Delivery::claim(id(2), None, world.now());
    let write = DeliveryWrite { key: delivery_key(0), read: Some(read), next };
    assert_eq!(world.run(world.table.write_deliveries(&[write])), Ok(vec![Written::Yes]));
}

#[test]
fn a_chats_deliveries_and_a_channels_are_apart_and_parts_and_revisions_too() {
    let world = World::new();
    let chat = Recipient::Chat { bot: bot(), chat_id: 42 };
    let base = DeliveryKey { to: chat, thing: "job".to_owned(), revision: 1, part: 0 };
    let keys = [
        base.clone(),
        DeliveryKey { part: 1, ..base.clone() },
        DeliveryKey { revision: 2, ..base.clone() },
        DeliveryKey { to: delivery_key(42).to, ..base },
    ];
    let claims: Vec<DeliveryWrite> = keys
        .iter()
        .map(|key| DeliveryWrite { key: key.clone(), read: None, next: claim(1, START) })
        .collect();
    let written = world.run(world.table.write_deliveries(&claims));
    assert_eq!(written, Ok(vec![Written::Yes; 4]));
}

#[test]
fn no_writes_are_no_call() {
    let world = World::new();
    let (written, cost) = world.cost(world.table.write_deliveries(&[]));
    assert_eq!((written, cost), (Ok(Vec::new()), Cost { read: 0.0, write: 0.0, calls: 0 }));
}
