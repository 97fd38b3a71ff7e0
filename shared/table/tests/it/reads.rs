//! Reads: single items, batches, pages of a partition.

use domain::account::User;
use domain::channel::{Channel, ChatLink};
use domain::engine::Write;
use domain::ids::UserId;
use domain::offer::{Listing, Offer};
use domain::watch::{Target, Watcher};
use table::keys::{self, Key};
use table::{Page, Range};

use crate::fixtures::{
    bot, channel, chat_link, id, kept_update, listing, offer, page_id, records, target, user,
    watcher,
};
use crate::world::{Cost, World};

#[test]
fn a_strong_read_costs_one_unit_and_a_glance_half() {
    let world = World::new();
    world.commit(vec![Write::Create(user().into())]).expect("created");
    let key = keys::user(id(2));
    let (read, cost) = world.cost(world.table.get::<User>(&key));
    assert_eq!((read, cost), (Ok(Some(user())), Cost::reads(1.0)));
    let (read, cost) = world.cost(world.table.glance::<User>(&key));
    assert_eq!((read, cost), (Ok(Some(user())), Cost::reads(0.5)));
    let (read, cost) = world.cost(world.table.get::<User>(&keys::user(id(99))));
    assert_eq!((read, cost), (Ok(None), Cost::reads(1.0)), "nothing costs as much");
}

#[test]
fn every_record_is_found_at_its_key() {
    let world = World::new();
    let writes = records().into_iter().map(|(_, record, _)| Write::Create(record)).collect();
    world.commit(writes).expect("created");
    let places: Vec<Key> = records().into_iter().map(|(_, _, key)| key).collect();
    let (found, cost) = world.cost(world.table.get_all(&places));
    let mut found = found.expect("readable");
    let units: f64 = records().iter().map(|_| 1.0).sum();
    assert_eq!(cost, Cost::reads(units));
    assert_eq!(found.take::<User>(&keys::user(id(2))), Ok(Some(user())));
    assert_eq!(found.take::<User>(&keys::user(id(2))), Ok(None), "taken");
    assert_eq!(found.take::<Target>(&keys::target(id(2), id(5))), Ok(Some(target())));
}

#[test]
fn a_batch_of_more_than_a_hundred_keys_is_two_calls() {
    let world = World::new();
    let places: Vec<Key> = (0..150).map(|n| keys::user(id(n))).collect();
    world.commit(vec![Write::Create(user().into())]).expect("created");
    let (found, cost) = world.cost(world.table.get_all(&places));
    assert_eq!(found.expect("readable").take::<User>(&keys::user(id(2))), Ok(Some(user())));
    assert_eq!(cost, Cost { read: 150.0, write: 0.0, calls: 2 });
    let (_, cost) = world.cost(world.table.get_all(&[]));
    assert_eq!(cost.calls, 0);
}

fn targets(world: &World, count: u128) -> String {
    for n in 1..=count {
        let target = Target { id: id(n), ..target() };
        world.commit(vec![Write::Create(target.into())]).expect("created");
    }
    world.commit(vec![Write::Create(user().into())]).expect("created");
    world.commit(vec![Write::Create(channel().into())]).expect("created");
    keys::user(id(2)).pk
}

fn numbers(page: &Page<Target>) -> Vec<u128> {
    page.items.iter().map(|target| target.id.0.as_u128()).collect()
}

fn page_of_two<'a>(pk: &'a str, after: Option<&'a str>, backward: bool) -> Range<'a> {
    Range { pk, prefix: keys::TARGETS, after, limit: 2, backward }
}

#[test]
fn a_users_targets_come_in_pages_without_their_neighbours() {
    let world = World::new();
    let pk = targets(&world, 5);
    let mut seen = Vec::new();
    let mut after = None::<String>;
    loop {
        let (page, cost) =
            world.cost(world.table.query(&page_of_two(&pk, after.as_deref(), false)));
        let page = page.expect("readable");
        assert_eq!(cost, Cost::reads(1.0));
        seen.extend(numbers(&page));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    let last = world.run(world.table.query(&page_of_two(&pk, None, true))).expect("readable");
    assert_eq!(numbers(&last), [5, 4]);
    let before = world.run(world.table.query(&page_of_two(&pk, last.next.as_deref(), true)));
    assert_eq!(numbers(&before.expect("readable")), [3, 2]);
    let all: Vec<Target> = world.run(world.table.query_all(&pk, keys::TARGETS)).expect("readable");
    assert_eq!(all.len(), 5);
    let all: Vec<Channel> =
        world.run(world.table.query_all(&pk, keys::CHANNELS)).expect("readable");
    assert_eq!(all, [channel()]);
}

#[test]
fn a_page_may_begin_after_anything() {
    let world = World::new();
    let pk = targets(&world, 2);
    let long = format!("{}{}", keys::TARGETS, "я".repeat(2_000));
    for (after, forward, backward) in [
        ("", vec![1, 2], vec![2, 1]),
        ("\0", vec![1, 2], vec![]),
        ("A", vec![1, 2], vec![]),
        ("TARGET", vec![1, 2], vec![]),
        ("TARGET#", vec![1, 2], vec![]),
        ("TARGET#00000000-0000-0000-0000-000000000001", vec![2], vec![]),
        ("TARGET#zzz", vec![], vec![2, 1]),
        (long.as_str(), vec![], vec![2, 1]),
        ("Z", vec![], vec![2, 1]),
        ("😀", vec![], vec![2, 1]),
    ] {
        for (backward, expected) in [(false, forward), (true, backward)] {
            let after = Some(after);
            let range = Range { pk: &pk, prefix: keys::TARGETS, after, limit: 9, backward };
            let page = world.run(world.table.query(&range)).expect("never refused");
            assert_eq!(numbers(&page), expected, "after {after:?}, backward {backward}");
        }
    }
}

#[test]
fn a_pages_watchers_come_user_by_user() {
    let world = World::new();
    let watch = |user: u128, target: u128| {
        let watcher = Watcher { user_id: id::<UserId>(user), target_id: id(target), ..watcher() };
        world.commit(vec![Write::Create(watcher.into())]).expect("created");
    };
    for (user, target) in [(2, 9), (1, 8), (2, 3), (3, 4), (1, 10)] {
        watch(user, target);
    }
    let pk = keys::watchers(&page_id());
    let range = |after| Range { pk: &pk, prefix: keys::WATCHERS, after, limit: 3, backward: false };
    let (page, cost) = world.cost(world.table.query::<Watcher>(&range(None)));
    let page = page.expect("readable");
    assert_eq!(cost, Cost::reads(1.0));
    let pairs = |page: &Page<Watcher>| -> Vec<(u128, u128)> {
        let pair = |it: &Watcher| (it.user_id.0.as_u128(), it.target_id.0.as_u128());
        page.items.iter().map(pair).collect()
    };
    assert_eq!(pairs(&page), [(1, 8), (1, 10), (2, 3)]);
    let rest = world.run(world.table.query::<Watcher>(&range(page.next.as_deref())));
    assert_eq!(pairs(&rest.expect("readable")), [(2, 9), (3, 4)]);
}

#[test]
fn a_chats_links_and_its_waiting_updates_share_a_partition_and_do_not_mix() {
    let world = World::new();
    for update_id in [900, 7, 1_000_000] {
        let kept = domain::engine::decision::KeptUpdate { update_id, ..kept_update() };
        world.commit(vec![Write::Create(kept.into())]).expect("created");
    }
    world.commit(vec![Write::Create(chat_link().into())]).expect("created");
    let pk = keys::chat(&bot(), 42);
    let links: Vec<ChatLink> = world.run(world.table.query_all(&pk, keys::CHAT_LINKS)).expect("ok");
    assert_eq!(links, [chat_link()]);
    let kept = world.run(world.table.query_all(&pk, keys::KEPT_UPDATES)).expect("readable");
    let order: Vec<i64> =
        kept.iter().map(|it: &domain::engine::decision::KeptUpdate| it.update_id).collect();
    assert_eq!(order, [7, 900, 1_000_000], "in Telegram's order");
}

fn long_offer(words: usize) -> Offer {
    let words: Vec<String> = (0..words).map(|n| format!("word{}", n * 7_919 % 997)).collect();
    Offer { listing: Listing { description: Some(words.join(" ")), ..listing() }, ..offer() }
}

#[test]
fn a_long_listing_is_kept_deflated_and_read_as_it_was() {
    let world = World::new();
    let offer = long_offer(180);
    let bytes = serde_json::to_vec(&offer.listing).expect("JSON").len();
    assert!(bytes > 1_300, "{bytes}");
    let decision = world.decision(vec![Write::Create(offer.clone().into())]);
    let (_, cost) = world.cost(world.table.commit(&decision));
    assert_eq!(cost, Cost::writes(2.0), "one unit, twice for the transaction");
    let key = keys::offer(&offer.offer_id, &offer.page_id);
    let (read, cost) = world.cost(world.table.get::<Offer>(&key));
    assert_eq!((read, cost), (Ok(Some(offer)), Cost::reads(1.0)));
}

#[test]
fn the_longest_listing_goes_through() {
    let world = World::new();
    let description: String = (0..10_000_u32).filter_map(|n| char::from_u32(0x4e00 + n)).collect();
    let listing = Listing { description: Some(description), ..listing() };
    let offer = Offer { listing, ..offer() };
    world.commit(vec![Write::Create(offer.clone().into())]).expect("created");
    assert_eq!(world.get(&keys::offer(&offer.offer_id, &offer.page_id)), Some(offer));
}
