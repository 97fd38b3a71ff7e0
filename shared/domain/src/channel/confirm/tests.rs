use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::account::SecretHash;
use crate::channel::TOKEN_LIFE;
use crate::engine::Record;
use crate::ids::{TargetId, UserId};
use crate::url::{CanonicalUrl, PageId};
use crate::watch::{TargetPage, TargetStatus};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn channel(n: u128, status: ChannelStatus, chat_id: Option<i64>) -> Channel {
    Channel {
        id: id(n),
        user_id: id(1),
        name: "phone".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id },
        status,
        reason: None,
        target_id: None,
        created_at: NOW,
        generation: 2,
        version: 0,
    }
}

fn target(n: u128, channels: &[u128]) -> Target {
    let url = CanonicalUrl::parse("https://e.com").expect("a URL");
    Target {
        id: id(n),
        user_id: UserId(Uuid::from_u128(1)),
        name: "Shoes".to_owned(),
        pages: vec![TargetPage { id: PageId::of(&url), url }],
        channels: channels.iter().map(|&n| id(n)).collect(),
        guests: Vec::new(),
        rules: crate::watch::Rules::default(),
        status: TargetStatus::Active,
        created_at: NOW,
        version: 0,
    }
}

fn found(target_id: Option<TargetId>, targets: Vec<Target>) -> Confirmation {
    Confirmation {
        token: RegistrationToken {
            hash: SecretHash::of("token"),
            user_id: id(1),
            channel_id: id(5),
            target_id,
            bot: Some(BotId::default_bot()),
            created_at: NOW,
            expires_at: NOW + TOKEN_LIFE,
            generation: 2,
        },
        pending: channel(5, ChannelStatus::Pending, None),
        chat_id: 42,
        linked: None,
        targets,
    }
}

fn decide(found: &Confirmation) -> Decision<Confirmed> {
    decide_confirm((id(8), id(9)), NOW, &BotId::default_bot(), found)
}

fn told(decision: &Decision<Confirmed>) -> Vec<Notice> {
    let notices = decision.jobs.iter().flat_map(|job| match &job.job {
        Job::Messages { notices, .. } => notices.clone(),
        _ => Vec::new(),
    });
    notices.collect()
}

#[test]
fn whatever_makes_a_token_unusable_is_answered_alike_and_writes_nothing() {
    let fresh = || found(None, Vec::new());
    let (mut expired, mut void, mut spent, mut other) = (fresh(), fresh(), fresh(), fresh());
    expired.token.expires_at = NOW;
    void.pending.generation = 3;
    spent.pending.status = ChannelStatus::Active;
    other.token.bot = Some(BotId("other".to_owned()));
    let unknown = decide_unusable((id(8), id(9)), NOW, &BotId::default_bot(), 42);
    assert_eq!((unknown.writes.len(), told(&unknown)), (0, vec![Notice::TokenUnusable]));
    for unusable in [expired, void, spent, other] {
        assert_eq!(decide(&unusable), unknown);
    }
    let mut last = fresh();
    last.token.expires_at = NOW + Duration::from_millis(1);
    assert_eq!(decide(&last).reply, Confirmed::Connected(id(5)));
}

#[test]
fn a_new_chat_is_connected_and_spends_the_token() {
    let found = found(Some(id(7)), vec![target(7, &[])]);
    let decision = decide(&found);
    assert_eq!(decision.reply, Confirmed::Connected(id(5)));
    assert_eq!(told(&decision), [Notice::ChannelConnected { target_name: Some("Shoes".into()) }]);
    assert!(decision.writes.contains(&Write::Remove(found.token.clone().into())));
    assert!(decision.writes.iter().any(|write| matches!(write,
        Write::Create(Record::ChatLink(link)) if link.chat_id == 42 && link.channel_id == id(5))));
    assert!(decision.writes.iter().any(|write| matches!(write,
        Write::Replace(Record::Channel(it)) if it.status == ChannelStatus::Active
            && it.chat() == Some((&BotId::default_bot(), 42)))));
    assert!(decision.writes.iter().any(|write| matches!(write,
        Write::Put(Record::Watcher(watcher)) if watcher.channels == [id(5)])));
}

#[test]
fn a_chat_that_is_known_takes_the_pending_channels_place_everywhere() {
    let mut found = found(Some(id(7)), vec![target(7, &[]), target(6, &[5, 3])]);
    let existing = channel(4, ChannelStatus::Blocked, Some(42));
    found.linked = existing.link().map(|link| (link, Some(existing.clone())));
    let decision = decide(&found);
    assert_eq!(decision.reply, Confirmed::AlreadyConnected(id(4)));
    assert!(decision.writes.contains(&Write::Remove(found.pending.clone().into())));
    let channels = decision.writes.iter().filter_map(|write| match write {
        Write::Replace(Record::Target(target)) => Some(target.channels.clone()),
        _ => None,
    });
    assert_eq!(channels.collect::<Vec<_>>(), [vec![id(4), id(3)], vec![id(4)]]);
    let back = Write::Replace(channel(4, ChannelStatus::Active, Some(42)).into());
    assert!(decision.writes.contains(&back), "whoever connects wants messages again");
}

#[test]
fn a_link_without_its_channel_is_replaced() {
    let mut found = found(None, Vec::new());
    let gone = channel(4, ChannelStatus::Active, Some(42));
    found.linked = gone.link().map(|link| (link, None));
    let decision = decide(&found);
    assert_eq!(decision.reply, Confirmed::Connected(id(5)));
    let replaced = |write: &Write| matches!(write, Write::Replace(Record::ChatLink(_)));
    assert!(decision.writes.iter().any(replaced));
}
