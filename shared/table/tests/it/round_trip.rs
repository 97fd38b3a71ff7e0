//! Whatever a record holds, it is read as it was written.

use std::collections::BTreeMap;
use std::fmt::Debug;

use domain::account::{
    ApiKey, ClaimKind, Company, CompanyApiKey, Invitation, InvitationToken, Member, NameClaim,
    PasswordReset, Role, Scope, SecretHash, Session, Tier, User,
};
use domain::channel::{
    Channel, ChannelDetails, ChannelStatus, ChatLink, Hook, HookKind, RegistrationToken,
};
use domain::correlation::CorrelationId;
use domain::engine::decision::{BotState, KeptUpdate, SavedAnswer, SeenUpdate};
use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::timer::Owner;
use domain::engine::{Job, Record, Timer, TimerKey, Write};
use domain::event::{About, ChannelChange};
use domain::ids::BotId;
use domain::invite::{ChatPerson, GuestTarget, InviteToken, InviteUse, OnboardingInvite};
use domain::mail::Mail;
use domain::message::Notice;
use domain::offer::{Listing, Offer};
use domain::seal::Sealed;
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, OfferId, PageId};
use domain::watch::{
    Baseline, Digest, Filter, Guest, NotifyOn, Page, PageLease, Rules, Target, TargetPage,
    TargetStatus, Watcher,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use table::deliveries::DeliveryWrite;
use table::items::Item;
use table::{Cursor, DeadTimer, ParkedTimer, Written};
use uuid::Uuid;

use crate::world::World;

const CASES: u32 = 48;

pub(crate) fn runner() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(CASES) })
}

/// Writes and reads each record that `records` makes.
pub(crate) fn survives<T>(records: impl Strategy<Value = T>)
where
    T: Item + Into<Record> + Clone + Debug + PartialEq,
{
    let world = World::new();
    let outcome = runner().run(&records, |record| {
        world.commit(vec![Write::Put(record.clone().into())]).expect("written");
        prop_assert_eq!(world.get::<T>(&record.key()), Some(record));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{}: {failure}", T::KIND));
}

pub(crate) fn id<T: From<Uuid> + Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|n| Uuid::from_u128(n).into())
}

/// Any text, without what no field of ours may hold.
pub(crate) fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("(?s)\\PC{0,40}").expect("a pattern")
}

/// Instants after the tests' present, so that nothing has expired.
pub(crate) fn at() -> impl Strategy<Value = Timestamp> {
    (1_800_000_000_000_i64..4_000_000_000_000).prop_map(Timestamp::from_millis)
}

pub(crate) fn hash() -> impl Strategy<Value = SecretHash> {
    text().prop_map(|secret| SecretHash::of(&secret))
}

pub(crate) fn bot() -> impl Strategy<Value = BotId> {
    "[a-z0-9_-]{1,48}".prop_map(BotId)
}

fn url() -> impl Strategy<Value = CanonicalUrl> {
    "https://[a-z]{1,8}\\.example/[a-z0-9]{0,30}"
        .prop_map(|url| CanonicalUrl::parse(&url).expect("a URL"))
}

fn price() -> impl Strategy<Value = Decimal> {
    (0_i64..1_000_000_000_000, 0_u32..6).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

prop_compose! {
    fn listing()(
        title in text(), price in option::of(price()), currency in option::of("[A-Z]{3}"),
        image_url in option::of(text()), description in option::of("\\PC{0,2000}"),
        attributes in btree_map("\\PC{1,40}", text(), 0..10),
    ) -> Listing {
        Listing { title, price, currency, image_url, description, attributes }
    }
}

prop_compose! {
    fn offer()(
        page_url in url(), url in url(), listing in listing(), revision in 1_u32..,
        previous_price in option::of(price()), recorded_at in at(),
    ) -> Offer {
        Offer {
            offer_id: OfferId::of(&url), page_id: PageId::of(&page_url), page_url, url, listing,
            revision, previous_price, recorded_at,
        }
    }
}

prop_compose! {
    fn user()(
        user_id in id(), company_id in id(), username in text(), email in option::of(text()),
        password_hash in option::of(text()), admin in any::<bool>(), pro in any::<bool>(),
        timezone in text(), locale in text(), created_at in at(), version in any::<u32>(),
    ) -> User {
        User {
            id: user_id, company_id, username, email, password_hash,
            role: if admin { Role::Admin } else { Role::Member },
            tier: if pro { Tier::Pro } else { Tier::Free },
            timezone, locale, created_at, version: version.into(),
        }
    }
}

fn guests() -> impl Strategy<Value = Vec<Guest>> {
    vec((id(), id()).prop_map(|(user_id, channel_id)| Guest { user_id, channel_id }), 0..4)
}

fn rules() -> impl Strategy<Value = Rules> {
    let price = || option::of(any::<u32>().prop_map(Decimal::from));
    let filter = (vec(text(), 0..3), vec(text(), 0..3), price(), price()).prop_map(
        |(keywords, excluded_keywords, min_price, max_price)| Filter {
            keywords,
            excluded_keywords,
            min_price,
            max_price,
        },
    );
    let notify_on =
        prop_oneof![Just(NotifyOn::New), Just(NotifyOn::PriceDrop), Just(NotifyOn::AnyChange)];
    let daily = (0_u8..24).prop_map(|hour| Digest::Daily { hour });
    let digest = prop_oneof![Just(Digest::Immediate), Just(Digest::Hourly), daily];
    let baseline = prop_oneof![Just(Baseline::Summary), Just(Baseline::All)];
    (filter, notify_on, digest, baseline).prop_map(|(filter, notify_on, digest, baseline)| Rules {
        filter,
        notify_on,
        digest,
        baseline,
    })
}

fn invite_use() -> impl Strategy<Value = InviteUse> {
    (at(), id(), id(), id()).prop_map(|(at, user_id, channel_id, target_id)| InviteUse {
        at,
        user_id,
        channel_id,
        target_id,
    })
}

prop_compose! {
    fn invite()(
        ids in (id(), id(), id()), bot in bot(), hash in hash(), target_name in text(),
        pages in vec(url(), 0..20), times in (at(), at(), option::of(at())),
        used in option::of(invite_use()), version in any::<u32>(),
    ) -> OnboardingInvite {
        let page = |url: CanonicalUrl| TargetPage { id: PageId::of(&url), url };
        OnboardingInvite {
            id: ids.0, company_id: ids.1, admin_id: ids.2, bot, hash, target_name,
            pages: pages.into_iter().map(page).collect(), created_at: times.0,
            expires_at: times.1, revoked_at: times.2, used, version: version.into(),
        }
    }
}

prop_compose! {
    fn target()(
        target_id in id(), user_id in id(), name in text(), pages in vec(url(), 0..40),
        channels in vec(id(), 0..20), guests in guests(), rules in rules(), active in any::<bool>(),
        created_at in at(), version in any::<u32>(),
    ) -> Target {
        let page = |url: CanonicalUrl| TargetPage { id: PageId::of(&url), url };
        Target {
            id: target_id, user_id, name, pages: pages.into_iter().map(page).collect(), channels, guests, rules,
            status: if active { TargetStatus::Active } else { TargetStatus::Disabled },
            created_at, version: version.into(),
        }
    }
}

fn details() -> impl Strategy<Value = ChannelDetails> {
    prop_oneof![
        (bot(), option::of(any::<i64>()))
            .prop_map(|(bot, chat_id)| ChannelDetails::Telegram { bot, chat_id }),
        text().prop_map(|address| ChannelDetails::Email { address }),
        (0_usize..HookKind::ALL.len(), text(), text(), hash(), option::of(text())).prop_map(
            |(kind, url, shown, digest, secret)| {
                ChannelDetails::Hook(Hook {
                    kind: HookKind::ALL[kind],
                    url: Sealed::new(url),
                    shown,
                    digest,
                    secret: secret.map(Sealed::new),
                })
            }
        ),
    ]
}

prop_compose! {
    fn channel()(
        channel_id in id(), user_id in id(), name in text(), details in details(), status in 0_usize..4, reason in option::of(text()),
        created_at in at(), generation in any::<u32>(), version in any::<u32>(),
    ) -> Channel {
        use ChannelStatus::{Active, Blocked, Disabled, Pending};
        Channel {
            id: channel_id, user_id, name, details,
            status: [Pending, Active, Blocked, Disabled][status], reason, created_at,
            target_id: None,
            generation: generation.into(), version: version.into(),
        }
    }
}

prop_compose! {
    fn registration_token()(
        hash in hash(), user_id in id(), channel_id in id(), target_id in option::of(id()),
        bot in option::of(bot()), generation in any::<u32>(), created_at in at(), expires_at in at(),
    ) -> RegistrationToken {
        RegistrationToken {
            hash, user_id, channel_id, target_id, bot, generation: generation.into(), created_at,
            expires_at,
        }
    }
}

fn about() -> impl Strategy<Value = About> {
    let change = (id(), id(), any::<bool>(), option::of(text())).prop_map(
        |(user_id, channel_id, active, reason)| ChannelChange {
            user_id,
            channel_id,
            channel_type: "TELEGRAM".to_owned(),
            status: if active { ChannelStatus::Active } else { ChannelStatus::Blocked },
            reason,
        },
    );
    prop_oneof![
        (url(), url(), any::<u32>(), option::of(at()), vec((id(), id()), 0..4)).prop_map(
            |(offer, page, revision, recorded_at, to)| About::Offer {
                offer_id: OfferId::of(&offer),
                page_id: PageId::of(&page),
                revision,
                recorded_at,
                to,
            }
        ),
        (bot(), any::<i64>(), id(), vec(any::<u16>(), 0..4)).prop_map(
            |(bot, chat_id, job_id, parts)| About::Answers { bot, chat_id, job_id, parts }
        ),
        (at(), vec(change, 0..4)).prop_map(|(at, changes)| About::Channels { at, changes }),
    ]
}

fn job() -> impl Strategy<Value = Job> {
    let notice = prop_oneof![
        Just(Notice::Welcome),
        (id(), text(), any::<u32>()).prop_map(|(target_id, target_name, offers)| {
            Notice::Watching { target_id, target_name, offers }
        }),
        option::of(text()).prop_map(|target_name| Notice::ChannelConnected { target_name }),
    ];
    prop_oneof![
        (url(), url(), any::<u32>(), option::of(text()), any::<bool>()).prop_map(
            |(offer, page, revision, after, baseline)| Job::OfferFanout {
                offer_id: OfferId::of(&offer),
                page_id: PageId::of(&page),
                revision,
                after,
                baseline,
            }
        ),
        (bot(), any::<i64>(), vec(notice, 0..4), option::of(text())).prop_map(
            |(bot, chat_id, notices, callback)| Job::Messages { bot, chat_id, notices, callback }
        ),
        (bot(), any::<i64>(), any::<i64>())
            .prop_map(|(bot, chat_id, update_id)| { Job::KeptUpdate { bot, chat_id, update_id } }),
        (url(), url(), any::<u32>(), vec((id(), id(), id()), 0..4)).prop_map(
            |(offer, page, revision, to)| Job::OfferApart {
                offer_id: OfferId::of(&offer),
                page_id: PageId::of(&page),
                revision,
                to,
            }
        ),
        (id(), id()).prop_map(|(user_id, channel_id)| Job::SendMail {
            mail: Mail::ConfirmChannel { user_id, channel_id },
        }),
        about().prop_map(|about| Job::PublishEvents { about }),
    ]
}

prop_compose! {
    fn timer()(
        id in id(), at in at(), shard in 0_u8..16, due in at(), job in job(),
        owner in option::of((id(), id(), any::<u32>())), inline in any::<bool>(),
        counts in any::<[u16; 3]>(), waits in btree_map(text(), at_any(), 0..5),
        correlation in option::of("[a-zA-Z0-9._=-]{1,64}"),
    ) -> Timer {
        let owner = owner.map(|(user_id, channel_id, generation)| Owner {
            user_id, channel_id, generation: generation.into(),
        });
        Timer {
            key: TimerKey { at, shard, id }, due, job, owner, inline, moves: counts[0].into(),
            runs: counts[1].into(), receives: counts[2].into(), waits,
            correlation: correlation.as_deref().and_then(CorrelationId::parse),
        }
    }
}

fn at_any() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

#[test]
fn accounts() {
    survives((id(), text(), at(), any::<u32>(), any::<u32>()).prop_map(
        |(id, name, created_at, admins, version)| Company {
            id,
            name,
            created_at,
            admins,
            version: version.into(),
        },
    ));
    survives((id(), id(), at()).prop_map(|(company_id, user_id, joined_at)| Member {
        company_id,
        user_id,
        joined_at,
    }));
    survives(user());
    survives((hash(), id(), hash(), at()).prop_map(|(hash, user_id, replaces, expires_at)| {
        PasswordReset { hash, user_id, replaces, expires_at }
    }));
    survives((id(), id(), text(), any::<bool>(), id(), at(), at()).prop_map(
        |(id, company_id, email, admin, invited_by, created_at, expires_at)| Invitation {
            id,
            company_id,
            email,
            role: if admin { Role::Admin } else { Role::Member },
            invited_by,
            created_at,
            expires_at,
        },
    ));
    survives((hash(), id(), id(), at()).prop_map(
        |(hash, company_id, invitation_id, expires_at)| InvitationToken {
            hash,
            company_id,
            invitation_id,
            expires_at,
        },
    ));
    survives((any::<bool>(), text(), id()).prop_map(|(email, name, user_id)| {
        let kind = if email { ClaimKind::Email } else { ClaimKind::Username };
        NameClaim { kind, name, user_id }
    }));
    survives((hash(), id(), id(), at(), at()).prop_map(
        |(hash, id, user_id, created_at, expires_at)| Session {
            hash,
            id,
            user_id,
            created_at,
            expires_at,
        },
    ));
    let scopes = Just(vec![Scope::Scraper, Scope::Events, Scope::Alerts, Scope::Admin])
        .prop_shuffle()
        .prop_flat_map(|scopes| (0..=4_usize).prop_map(move |n| scopes[..n].to_vec()));
    survives((id(), id(), hash(), text(), scopes.clone(), at(), any::<u32>()).prop_map(
        |(company_id, id, hash, name, scopes, created_at, version)| CompanyApiKey {
            company_id,
            id,
            hash,
            name,
            scopes,
            created_at,
            version: version.into(),
        },
    ));
    survives((hash(), id(), option::of(id()), text(), scopes, at()).prop_map(
        |(hash, id, company_id, name, scopes, created_at)| ApiKey {
            hash,
            id,
            company_id,
            name,
            scopes,
            created_at,
        },
    ));
}

#[test]
fn invites() {
    survives(invite());
    survives((hash(), id(), id(), at()).prop_map(|(hash, company_id, invite_id, expires_at)| {
        InviteToken { hash, company_id, invite_id, expires_at }
    }));
    survives((bot(), any::<i64>(), id(), any::<u32>()).prop_map(
        |(bot, chat_id, user_id, version)| ChatPerson {
            bot,
            chat_id,
            user_id,
            version: version.into(),
        },
    ));
    survives((id(), id(), id()).prop_map(|(user_id, target_id, owner_id)| GuestTarget {
        user_id,
        target_id,
        owner_id,
    }));
}

#[test]
fn watches() {
    survives(target());
    survives((url(), id(), id(), text(), vec(id(), 0..20), guests(), rules()).prop_map(
        |(page, user_id, target_id, target_name, channels, guests, rules)| Watcher {
            page_id: PageId::of(&page),
            user_id,
            target_id,
            target_name,
            channels,
            guests,
            rules,
        },
    ));
    survives((url(), any::<u32>(), option::of((id(), at()))).prop_map(
        |(url, active_targets, lease)| Page {
            id: PageId::of(&url),
            url,
            active_targets,
            lease: lease.map(|(job_id, until)| PageLease { job_id, until }),
        },
    ));
    survives(offer());
}

#[test]
fn channels() {
    survives(channel());
    survives((bot(), any::<i64>(), id(), id()).prop_map(|(bot, chat_id, channel_id, user_id)| {
        ChatLink { bot, chat_id, channel_id, user_id }
    }));
    survives(registration_token());
}

#[test]
fn updates_bots_and_answers() {
    survives((bot(), any::<i64>(), at()).prop_map(|(bot, update_id, seen_at)| SeenUpdate {
        bot,
        update_id,
        seen_at,
    }));
    survives((bot(), any::<i64>(), 0..i64::MAX, text(), at(), any::<bool>()).prop_map(
        |(bot, chat_id, update_id, body, kept_at, set_aside)| KeptUpdate {
            bot,
            chat_id,
            update_id,
            body,
            kept_at,
            set_aside,
        },
    ));
    survives((bot(), option::of(text()), at()).prop_map(|(bot, stopped, changed_at)| BotState {
        bot,
        stopped,
        changed_at,
    }));
    survives((hash(), hash(), any::<u16>(), text(), at()).prop_map(
        |(key, request, status, body, expires_at)| SavedAnswer {
            key,
            request,
            status,
            body,
            expires_at,
        },
    ));
}

/// What is no record of a decision survives as an item.
fn survives_as_item<T: Item + Clone + Debug + PartialEq>(records: impl Strategy<Value = T>) {
    let outcome = runner().run(&records, |record| {
        let item = record.encode().expect("encoded");
        prop_assert_eq!(T::decode(item), Ok(record));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{}: {failure}", T::KIND));
}

#[test]
fn timers_and_the_cursor() {
    survives_as_item(timer());
    survives_as_item((timer(), text(), at()).prop_map(|(timer, reason, died_at)| DeadTimer {
        timer,
        reason,
        died_at,
    }));
    survives_as_item((bot(), timer()).prop_map(|(bot, timer)| ParkedTimer { bot, timer }));
    survives_as_item(
        any::<(i64, i64)>().prop_map(|(forward, backward)| Cursor { forward, backward }),
    );
}

prop_compose! {
    fn delivery()(
        run in id(), status in 0_usize..6, times in (at(), at(), at()), attempts in any::<u32>(),
        unknowns in any::<u32>(), faults in any::<u32>(), message_id in option::of(any::<i64>()),
        reference in option::of(text()), reason in option::of(text()), target_id in option::of(id()),
    ) -> Delivery {
        use DeliveryStatus::{Claimed, Failed, Sent, Skipped, Unknown, Waiting};
        Delivery {
            key: None, status: [Claimed, Waiting, Sent, Failed, Skipped, Unknown][status], run,
            at: times.0, until: times.1, attempts, unknowns, faults, message_id, reference, reason,
            target_id, expires: times.2,
        }
    }
}

prop_compose! {
    fn delivery_key()(
        channel_id in id(), chat in option::of((bot(), any::<i64>())), thing in "[a-z0-9-]{1,64}",
        revision in any::<u32>(), part in any::<u16>(),
    ) -> DeliveryKey {
        let to = match chat {
            Some((bot, chat_id)) => Recipient::Chat { bot, chat_id },
            None => Recipient::Channel { channel_id },
        };
        DeliveryKey { to, thing, revision, part }
    }
}

#[test]
fn deliveries_claimed_and_recorded() {
    let world = World::new();
    let read = |key: &DeliveryKey| {
        let key = std::slice::from_ref(key);
        world.run(world.table.deliveries(key)).expect("readable").remove(0)
    };
    let write = |write| world.run(world.table.write_deliveries(&[write])).expect("written");
    let outcome = runner().run(&(delivery_key(), delivery(), delivery()), |(key, first, next)| {
        let known = |it: Delivery| Some(Delivery { key: Some(key.clone()), ..it });
        let claim = DeliveryWrite { key: key.clone(), read: None, next: first.clone() };
        prop_assert_eq!(write(claim), [Written::Yes]);
        prop_assert_eq!(read(&key), known(first.clone()));
        let record =
            DeliveryWrite { key: key.clone(), read: Some(first.clone()), next: next.clone() };
        prop_assert_eq!(write(record), [Written::Yes]);
        prop_assert_eq!(read(&key), known(next));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn an_empty_description_is_not_an_absent_one() {
    let listing = Listing {
        title: String::new(),
        price: None,
        currency: None,
        image_url: None,
        description: Some(String::new()),
        attributes: BTreeMap::new(),
    };
    let url = CanonicalUrl::parse("https://shop.example/a").expect("a URL");
    let offer = Offer {
        offer_id: OfferId::of(&url),
        page_id: PageId::of(&url),
        page_url: url.clone(),
        url,
        listing,
        revision: 1,
        previous_price: None,
        recorded_at: Timestamp::from_millis(0),
    };
    assert_eq!(Offer::decode(offer.encode().expect("encoded")), Ok(offer));
}
