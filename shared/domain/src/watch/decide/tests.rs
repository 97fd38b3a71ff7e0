use uuid::Uuid;

use super::*;
use crate::account::{Role, Tier};
use crate::channel::{ChannelDetails, ChannelStatus, STOPPED, StoppedChat};
use crate::engine::Record;
use crate::ids::{BotId, CompanyId, UserId};
use crate::url::{CanonicalUrl, PageId};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const QUOTA: Amount = Amount { targets: 3, pages: 10 };

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn user() -> User {
    User {
        id: id(1),
        company_id: CompanyId(Uuid::nil()),
        username: "ann".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: NOW,
        version: 5,
    }
}

fn pages(range: std::ops::Range<usize>) -> Vec<TargetPage> {
    range
        .filter_map(|n| CanonicalUrl::parse(&format!("https://e.com/{n}")).ok())
        .map(|url| TargetPage { id: PageId::of(&url), url })
        .collect()
}

fn target(range: std::ops::Range<usize>) -> Target {
    Target {
        id: id(2),
        user_id: UserId(Uuid::from_u128(1)),
        name: "Shoes".to_owned(),
        pages: pages(range),
        channels: Vec::new(),
        guests: Vec::new(),
        rules: crate::watch::Rules::default(),
        status: TargetStatus::Active,
        created_at: NOW,
        version: 0,
    }
}

fn channel(n: u128) -> Channel {
    Channel {
        id: id(n),
        user_id: id(1),
        name: "phone".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(4) },
        status: ChannelStatus::Active,
        reason: None,
        created_at: NOW,
        target_id: None,
        generation: 0,
        version: 0,
    }
}

fn guards(decision: &Decision<Target>) -> bool {
    decision.writes.iter().any(|write| matches!(write, Write::Replace(Record::User(_))))
}

#[test]
fn a_new_target_is_held_against_the_quota_by_the_users_record() {
    let create = |targets, used, new: usize| {
        let existing = Amount { targets, pages: used };
        let named =
            NewTarget { name: "Shoes".to_owned(), pages: pages(0..new), ..NewTarget::default() };
        decide_create((id(8), id(9)), NOW, &user(), (existing, QUOTA), named)
    };
    assert!(create(2, 9, 1).is_ok_and(|decision| guards(&decision)));
    assert_eq!(create(3, 9, 1).err(), Some(TargetError::TooManyTargets(3)));
    assert_eq!(create(2, 9, 2).err(), Some(TargetError::TooManyPages(10)));
}

#[test]
fn less_is_allowed_even_to_who_has_too_much() {
    let change = |from, to: usize| {
        let existing = Amount { targets: 5, pages: 30 };
        let wish = TargetWish { pages: Some(pages(0..to)), ..TargetWish::default() };
        decide_change(id(8), NOW, &user(), (existing, QUOTA), (&target(0..from), wish))
    };
    assert!(change(4, 3).is_ok_and(|decision| !guards(&decision)));
    assert_eq!(change(3, 4).err(), Some(TargetError::TooManyPages(10)));
}

#[test]
fn a_change_that_one_transaction_cannot_take_is_refused() {
    let plenty = Amount { targets: 100, pages: 1_000 };
    let exchange = |to: std::ops::Range<usize>| {
        let wish = TargetWish { pages: Some(pages(to)), ..TargetWish::default() };
        let existing = Amount { targets: 1, pages: 40 };
        decide_change(id(8), NOW, &user(), (existing, plenty), (&target(0..40), wish))
    };
    assert_eq!(exchange(40..80).err(), Some(TargetError::TooMuchAtOnce));
    assert!(exchange(20..60).is_ok(), "twenty go and twenty come");
}

#[test]
fn the_largest_target_fits_one_transaction_with_what_comes_along() {
    let plenty = Amount { targets: 100, pages: 1_000 };
    let named = NewTarget { name: "Shoes".to_owned(), pages: pages(0..40), ..NewTarget::default() };
    let made = decide_create((id(8), id(9)), NOW, &user(), (Amount::default(), plenty), named);
    assert!(made.is_ok_and(|decision| decision.writes.len() < 99));
}

#[test]
fn a_status_that_is_so_already_writes_nothing() {
    let same = decide_status(id(8), NOW, &target(0..2), TargetStatus::Active);
    assert!(same.is_ok_and(|decision| decision.writes.is_empty()));
}

#[test]
fn linking_twice_is_linking_once_and_there_is_a_last_place() {
    let mut full = target(0..1);
    for n in 0..20 {
        let linked = decide_link(id(8), NOW, &full, &channel(n)).map(|it| it.reply);
        full = linked.expect("there is room");
    }
    let again = decide_link(id(8), NOW, &full, &channel(3));
    assert!(again.is_ok_and(|decision| decision.writes.is_empty()));
    assert_eq!(
        decide_link(id(8), NOW, &full, &channel(20)).err(),
        Some(TargetError::TooManyChannels)
    );
}

#[test]
fn a_channel_of_many_targets_goes_in_steps() {
    let mut targets = Vec::new();
    for n in 0..5_u128 {
        let mut it = target(0..30);
        (it.id, it.channels) = (id(n), vec![id(7)]);
        targets.push(it);
    }
    let mut steps = 0;
    loop {
        steps += 1;
        let step = decide_remove_channel(id(8), NOW, (&channel(7), None), &targets);
        assert!(step.writes.len() < 99);
        for write in &step.writes {
            if let Write::Replace(Record::Target(done)) = write {
                targets.retain(|it| it.id != done.id);
            }
        }
        if step.reply {
            break;
        }
    }
    assert_eq!((steps, targets.len()), (3, 0));
}

#[test]
fn a_channel_that_goes_leaves_its_chats_stop_behind() {
    let stopped = Channel {
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(42) },
        status: ChannelStatus::Blocked,
        reason: Some(STOPPED.to_owned()),
        ..channel(7)
    };
    let removed = decide_remove_channel(id(8), NOW, (&stopped, None), &[]);
    let stop = StoppedChat { bot: BotId::default_bot(), chat_id: 42, kept_at: NOW };
    assert_eq!(removed.writes, [Write::Remove(stopped.clone().into()), Write::Put(stop.into())]);
    let removed = Channel { reason: Some("blocked".to_owned()), ..stopped };
    let removed = decide_remove_channel(id(8), NOW, (&removed, None), &[]);
    assert_eq!(removed.writes.len(), 1, "a block is no stop");
}
