//! Any record at all, for tests over whatever one holds.

use domain::account::{Role, SecretHash, Tier, User};
use domain::channel::{Channel, ChannelDetails, ChannelStatus, Hook, HookKind, RegistrationToken};
use domain::correlation::CorrelationId;
use domain::engine::timer::Owner;
use domain::engine::{Job, Record, Timer, TimerKey, Write};
use domain::event::{About, ChannelChange};
use domain::ids::BotId;
use domain::invite::{InviteUse, OnboardingInvite};
use domain::mail::Mail;
use domain::message::Notice;
use domain::offer::{Dropped, Listing, Offer};
use domain::seal::Sealed;
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, OfferId, PageId};
use domain::watch::{
    Baseline, Digest, Filter, Guest, NotifyOn, Rules, Target, TargetPage, TargetStatus,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;
use std::fmt::Debug;
use table::items::Item;
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

pub(crate) fn url() -> impl Strategy<Value = CanonicalUrl> {
    "https://[a-z]{1,8}\\.example/[a-z0-9]{0,30}"
        .prop_map(|url| CanonicalUrl::parse(&url).expect("a URL"))
}

pub(crate) fn price() -> impl Strategy<Value = Decimal> {
    (0_i64..1_000_000_000_000, 0_u32..6).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

prop_compose! {
    pub(crate) fn listing()(
        title in text(), price in option::of(price()), currency in option::of("[A-Z]{3}"),
        image_url in option::of(text()), description in option::of("\\PC{0,2000}"),
        attributes in btree_map("\\PC{1,40}", text(), 0..10),
    ) -> Listing {
        Listing { title, price, currency, image_url, description, attributes }
    }
}

prop_compose! {
    pub(crate) fn offer()(
        page_url in url(), url in url(), listing in listing(), revision in 1_u32..,
        previous_price in option::of(price()), dropped in option::of((any::<u32>(), price())),
        recorded_at in at(),
    ) -> Offer {
        Offer {
            offer_id: OfferId::of(&url), page_id: PageId::of(&page_url), page_url, url, listing,
            revision, previous_price,
            dropped: dropped.map(|(revision, from)| Dropped { revision, from }), recorded_at,
        }
    }
}

prop_compose! {
    pub(crate) fn user()(
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

pub(crate) fn guests() -> impl Strategy<Value = Vec<Guest>> {
    vec((id(), id()).prop_map(|(user_id, channel_id)| Guest { user_id, channel_id }), 0..4)
}

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
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

pub(crate) fn invite_use() -> impl Strategy<Value = InviteUse> {
    (at(), id(), id(), id()).prop_map(|(at, user_id, channel_id, target_id)| InviteUse {
        at,
        user_id,
        channel_id,
        target_id,
    })
}

prop_compose! {
    pub(crate) fn invite()(
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
    pub(crate) fn target()(
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

pub(crate) fn details() -> impl Strategy<Value = ChannelDetails> {
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
    pub(crate) fn channel()(
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
    pub(crate) fn registration_token()(
        hash in hash(), user_id in id(), channel_id in id(), target_id in option::of(id()),
        bot in option::of(bot()), generation in any::<u32>(), created_at in at(), expires_at in at(),
    ) -> RegistrationToken {
        RegistrationToken {
            hash, user_id, channel_id, target_id, bot, generation: generation.into(), created_at,
            expires_at,
        }
    }
}

pub(crate) fn about() -> impl Strategy<Value = About> {
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

pub(crate) fn job() -> impl Strategy<Value = Job> {
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
        (url(), vec((id(), id(), id()), 0..4))
            .prop_map(|(page, to)| Job::BaselineApart { page_id: PageId::of(&page), to }),
        (id(), id()).prop_map(|(user_id, channel_id)| Job::SendMail {
            mail: Mail::ConfirmChannel { user_id, channel_id },
        }),
        about().prop_map(|about| Job::PublishEvents { about }),
    ]
}

prop_compose! {
    pub(crate) fn timer()(
        id in id(), at in at(), shard in 0_u8..16, due in at(), job in job(),
        owner in option::of((id(), id(), any::<u32>())), inline in any::<bool>(),
        counts in any::<[u16; 4]>(),
        (waits, links_since) in (btree_map(text(), at_any(), 0..5), option::of(at_any())),
        correlation in option::of("[a-zA-Z0-9._=-]{1,64}"),
    ) -> Timer {
        let owner = owner.map(|(user_id, channel_id, generation)| Owner {
            user_id, channel_id, generation: generation.into(),
        });
        Timer {
            key: TimerKey { at, shard, id }, due, job, owner, inline, moves: counts[0].into(),
            runs: counts[1].into(), receives: counts[2].into(),
            failures: counts[3].into(), waits, links_since,
            correlation: correlation.as_deref().and_then(CorrelationId::parse),
        }
    }
}

pub(crate) fn at_any() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}
