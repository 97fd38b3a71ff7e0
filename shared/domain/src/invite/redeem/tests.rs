use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::account::SecretHash;
use crate::channel::STOPPED;
use crate::engine::Record;
use crate::invite::{INVITE_LIFE, InviteError, decide_renew_invite, decide_revoke_invite};
use crate::url::{CanonicalUrl, PageId};
use crate::watch::{Target, TargetPage};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const CHAT: i64 = 42;

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn ids() -> RedeemIds {
    RedeemIds { decision: id(90), job: id(91), target: id(5), user: id(7), channel: id(6) }
}

fn page(n: usize) -> TargetPage {
    let url = CanonicalUrl::parse(&format!("https://shop.example/{n}")).expect("a URL");
    TargetPage { id: PageId::of(&url), url }
}

fn found(pages: usize, person: Person) -> Redemption {
    let admin = User {
        id: id(2),
        company_id: id(1),
        username: "ada".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "Europe/Berlin".to_owned(),
        locale: "ru".to_owned(),
        created_at: NOW,
        version: 3,
    };
    let company =
        Company { id: id(1), name: "Ada".to_owned(), created_at: NOW, admins: 1, version: 0 };
    let invite = OnboardingInvite {
        id: id(4),
        company_id: id(1),
        admin_id: id(2),
        bot: BotId::default_bot(),
        hash: SecretHash::of("token"),
        target_name: "Shoes".to_owned(),
        pages: (0..pages).map(page).collect(),
        created_at: NOW,
        expires_at: NOW + INVITE_LIFE,
        revoked_at: None,
        used: None,
        version: 0,
    };
    let quota = Amount { targets: 3, pages: 40 };
    let amounts = (Amount::default(), quota);
    Redemption { token: invite.token(), invite, admin, company, amounts, person }
}

fn channel(user: u128, status: ChannelStatus, reason: Option<&str>) -> Channel {
    Channel {
        id: id(16),
        user_id: id(user),
        name: "phone".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(CHAT) },
        status,
        reason: reason.map(str::to_owned),
        target_id: None,
        created_at: NOW,
        generation: 0,
        version: 2,
    }
}

fn redeem(found: &Redemption) -> Invited {
    decide_redeem(ids(), NOW, (&BotId::default_bot(), CHAT), found)
}

fn told(decision: &Invited) -> Notice {
    match &decision.jobs[0].job {
        Job::Messages { notices, chat_id: CHAT, .. } => notices[0].clone(),
        job => panic!("{job:?}"),
    }
}

fn target(decision: &Invited) -> Target {
    let created = decision.writes.iter().find_map(|write| match write {
        Write::Create(Record::Target(target)) => Some(target.clone()),
        _ => None,
    });
    created.expect("a target is made")
}

fn made(decision: &Invited, is: fn(&Record) -> bool) -> usize {
    let creates = decision.writes.iter().filter_map(|write| match write {
        Write::Create(record) => Some(record),
        _ => None,
    });
    creates.filter(|record| is(record)).count()
}

#[test]
fn a_chat_that_nobody_knows_gets_a_user_a_channel_and_the_admins_target() {
    let decision = redeem(&found(2, Person::New(None)));
    let target = target(&decision);
    assert_eq!((target.user_id, target.name.as_str(), target.pages.len()), (id(2), "Shoes", 2));
    assert_eq!(target.guests, [Guest { user_id: id(7), channel_id: id(6) }]);
    for (is, count) in [
        (
            (|it| matches!(it, Record::User(it) if it.password_hash.is_none() && it.role == Role::Member && it.locale == "ru"))
                as fn(&Record) -> bool,
            1,
        ),
        (
            |it| matches!(it, Record::Channel(it) if it.status == ChannelStatus::Active && it.chat().is_some()),
            1,
        ),
        (|it| matches!(it, Record::ChatLink(_)), 1),
        (|it| matches!(it, Record::Member(_)), 1),
        (|it| matches!(it, Record::ChatPerson(_)), 1),
        (|it| matches!(it, Record::GuestTarget(_)), 1),
    ] {
        assert_eq!(made(&decision, is), count);
    }
    assert!(matches!(told(&decision), Notice::Invited { pages: 2, .. }));
}

#[test]
fn everything_fits_one_transaction_with_what_comes_along() {
    let decision = redeem(&found(crate::invite::INVITE_PAGES, Person::New(None)));
    assert!(decision.writes.len() + decision.jobs.len() <= 80, "{}", decision.writes.len());
}

#[test]
fn a_chat_that_is_known_keeps_its_user_and_channel() {
    let stopped = channel(12, ChannelStatus::Blocked, Some(STOPPED));
    let decision = redeem(&found(1, Person::Known(stopped)));
    assert_eq!(target(&decision).guests, [Guest { user_id: id(12), channel_id: id(16) }]);
    assert_eq!(made(&decision, |it| matches!(it, Record::User(_) | Record::Channel(_))), 0);
    let again = decision.writes.iter().any(|write| {
        matches!(write, Write::Replace(Record::Channel(it)) if it.status == ChannelStatus::Active)
    });
    assert!(again, "who opens an invite wants messages again");
}

#[test]
fn an_admin_who_opens_their_own_invite_is_no_guest() {
    let decision = redeem(&found(1, Person::Known(channel(2, ChannelStatus::Active, None))));
    let target = target(&decision);
    assert_eq!((target.channels, target.guests), (vec![id(16)], Vec::new()));
    assert_eq!(made(&decision, |it| matches!(it, Record::GuestTarget(_))), 0);
}

#[test]
fn whatever_makes_an_invite_unusable_is_answered_alike_and_writes_nothing() {
    let spoil: [fn(&mut Redemption); 6] = [
        |it| it.invite.expires_at = NOW,
        |it| it.invite.revoked_at = Some(NOW),
        |it| {
            let (user_id, channel_id, target_id) = (id(1), id(1), id(1));
            it.invite.used = Some(InviteUse { at: NOW, user_id, channel_id, target_id });
        },
        |it| it.invite.hash = SecretHash::of("a newer one"),
        |it| it.invite.bot = BotId("other".to_owned()),
        |it| it.admin.role = Role::Member,
    ];
    for spoil in spoil {
        let mut found = found(1, Person::New(None));
        spoil(&mut found);
        let decision = redeem(&found);
        assert_eq!((decision.reply, decision.writes.len()), (Redeemed::Unusable, 0));
        assert_eq!(told(&decision), Notice::TokenUnusable);
    }
}

#[test]
fn without_room_in_the_admins_plan_the_invite_stays_open() {
    let mut found = found(1, Person::New(None));
    found.amounts.0 = Amount { targets: 3, pages: 3 };
    let decision = redeem(&found);
    assert_eq!((decision.reply, decision.writes.len()), (Redeemed::NoRoom, 0));
    assert_eq!(told(&decision), Notice::InviteWaits);
}

#[test]
fn an_invite_is_renewed_while_it_is_open_and_revoked_until_it_is_used() {
    let open = found(1, Person::New(None)).invite;
    let (revoked, expired) = (
        OnboardingInvite { revoked_at: Some(NOW), ..open.clone() },
        OnboardingInvite { expires_at: NOW, ..open.clone() },
    );
    let used = InviteUse { at: NOW, user_id: id(1), channel_id: id(1), target_id: id(1) };
    let used = OnboardingInvite { used: Some(used), ..open.clone() };
    for (invite, renewed, writes) in [
        (&open, None, Ok(1)),
        (&expired, Some(InviteError::Over), Ok(1)),
        (&revoked, Some(InviteError::Over), Ok(0)),
        (&used, Some(InviteError::Used), Err(InviteError::Used)),
    ] {
        let renewal = decide_renew_invite(id(9), NOW, invite, SecretHash::of("new"));
        assert_eq!(renewal.err(), renewed);
        let revocation = decide_revoke_invite(id(9), NOW, invite);
        assert_eq!(revocation.map(|it| it.writes.len()), writes);
    }
    assert_eq!(open.status(NOW + INVITE_LIFE - Duration::from_millis(1)), InviteStatus::Open);
}
