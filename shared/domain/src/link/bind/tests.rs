use std::time::Duration;

use uuid::Uuid;

use super::super::{LINK_TOKEN_LIFE, OptIns};
use super::*;
use crate::account::SecretHash;
use crate::engine::Record;
use crate::ids::{LinkId, UserId};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn by() -> BoundBy {
    BoundBy { bot: BotId("b".to_owned()), company_id: Some(id(1)), chat_id: 42 }
}

fn link(n: u128) -> TelegramLink {
    TelegramLink {
        id: LinkId(Uuid::from_u128(n)),
        company_id: id(1),
        user_id: Some(UserId(Uuid::from_u128(n))),
        created_by: Some(id(2)),
        bot: BotId::default_bot(),
        chat_id: None,
        status: ChannelStatus::Pending,
        reason: None,
        opt_ins: OptIns { alerts: true, reports: true, device_events: false },
        token: Some(SecretHash::of("t")),
        token_expires_at: Some(NOW + LINK_TOKEN_LIFE),
        linked_at: None,
        created_at: NOW,
        version: 0,
    }
}

fn linked(n: u128, bot: &str, chat_id: i64) -> TelegramLink {
    TelegramLink {
        bot: BotId(bot.to_owned()),
        chat_id: Some(chat_id),
        status: ChannelStatus::Blocked,
        token: None,
        token_expires_at: None,
        opt_ins: OptIns::default(),
        ..link(n)
    }
}

fn binding(link: TelegramLink, held: Option<TelegramLink>) -> Binding {
    let token = LinkToken {
        hash: SecretHash::of("t"),
        company_id: link.company_id,
        link_id: link.id,
        expires_at: NOW + LINK_TOKEN_LIFE,
    };
    let holder = held
        .map(|held| Holder { place: held.in_company().expect("it has a chat"), link: Some(held) });
    Binding { token, link, company: "Ada".to_owned(), holder }
}

fn decide(found: &Binding) -> Decision<Bound> {
    decide_bind((id(8), id(9)), NOW, &by(), Some(found))
}

fn replaced(decision: &Decision<Bound>) -> &TelegramLink {
    let replaced = decision.writes.iter().find_map(|write| match write {
        Write::Replace(Record::TelegramLink(link)) => Some(link),
        _ => None,
    });
    replaced.expect("a link")
}

/// Places of the table are written once each, or DynamoDB refuses the whole.
fn must_be_distinct(decision: &Decision<Bound>) {
    let mut places: Vec<String> = decision
        .writes
        .iter()
        .filter_map(|write| match write.record()? {
            Record::CompanyChat(it) => Some(format!("company {}", it.chat_id)),
            Record::ChatCompany(it) => Some(format!("chat {} {}", it.bot, it.chat_id)),
            Record::TelegramLink(it) => Some(format!("link {}", it.id)),
            _ => None,
        })
        .collect();
    let all = places.len();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), all, "{:#?}", decision.writes);
}

#[test]
fn a_token_links_the_chat_and_is_spent() {
    let decision = decide(&binding(link(3), None));
    assert_eq!(decision.reply, Bound::Linked);
    let now = replaced(&decision);
    assert_eq!((now.chat_id, now.bot.as_str()), (Some(42), "b"));
    assert_eq!((now.token.as_ref(), now.token_expires_at), (None, None));
    assert_eq!(now.status, ChannelStatus::Active);
    assert!(matches!(decision.writes[0], Write::Remove(Record::LinkToken(_))));
    let unique = |write: &Write| matches!(write, Write::Create(Record::CompanyChat(_)));
    assert!(decision.writes.iter().any(unique), "two that race for the chat meet here");
    must_be_distinct(&decision);
}

#[test]
fn a_chat_that_is_linked_already_stays_that_link_with_the_new_wishes() {
    for bot in ["b", "default"] {
        let decision = decide(&binding(link(3), Some(linked(4, bot, 42))));
        let now = replaced(&decision);
        assert_eq!((now.id, now.opt_ins.reports), (id(4), true));
        assert_eq!((now.status, now.reason.as_ref()), (ChannelStatus::Active, None));
        assert_eq!((now.bot.as_str(), now.user_id), ("b", Some(id(3))));
        let gone = |write: &Write| matches!(write, Write::Remove(Record::TelegramLink(it)) if it.id == id(3));
        assert!(decision.writes.iter().any(gone));
        must_be_distinct(&decision);
    }
}

#[test]
fn a_link_that_moves_to_another_chat_leaves_the_one_that_it_was() {
    let before = TelegramLink { token: Some(SecretHash::of("t")), ..linked(3, "default", 7) };
    for held in [None, Some(linked(4, "b", 42)), Some(linked(4, "default", 42))] {
        let decision = decide(&binding(before.clone(), held));
        let left = |write: &Write| match write {
            Write::Remove(Record::ChatCompany(it)) => it.chat_id == 7,
            _ => false,
        };
        assert!(decision.writes.iter().any(left));
        must_be_distinct(&decision);
    }
}

#[test]
fn used_replaced_expired_and_foreign_tokens_link_nothing_and_are_told_apart_by_nothing() {
    let fresh = binding(link(3), None);
    let mut used = fresh.clone();
    used.link.token = None;
    let mut replaced = fresh.clone();
    replaced.link.token = Some(SecretHash::of("newer"));
    let mut expired = fresh.clone();
    expired.token.expires_at = NOW;
    let mut foreign = fresh;
    foreign.link.company_id = id(77);
    let mut answers: Vec<_> = [used, replaced, expired, foreign].iter().map(decide).collect();
    answers.push(decide_bind((id(8), id(9)), NOW, &by(), None));
    for decision in &answers {
        assert_eq!(decision, &answers[0]);
        assert_eq!((decision.reply, decision.writes.len()), (Bound::Unusable, 0));
    }
}

#[test]
fn the_platforms_bot_links_for_every_company() {
    let platform = BoundBy { bot: BotId::default_bot(), company_id: None, chat_id: 42 };
    let found = binding(link(3), None);
    assert!(found.usable(&platform, NOW));
    assert!(!found.usable(&platform, NOW + LINK_TOKEN_LIFE + Duration::from_millis(1)));
}
