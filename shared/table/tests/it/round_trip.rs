//! Whatever a record holds, it is read as it was written.

use domain::account::{
    ApiKey, ClaimKind, Company, CompanyApiKey, FormerGuest, Invitation, InvitationToken,
    KnownNetwork, Member, NameClaim, PasswordReset, Role, Scope, Session,
};
use domain::channel::{ChatLink, StoppedChat};
use domain::engine::decision::{BotState, KeptUpdate, SavedAnswer, SeenUpdate};
use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, Recipient};
use domain::invite::{ChatPerson, GuestTarget, InviteToken};
use domain::offer::{Listing, Offer};
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, OfferId, PageId};
use domain::watch::{Page, PageLease, Watcher};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use table::deliveries::DeliveryWrite;
use table::items::Item;
use table::{Cursor, DeadTimer, ParkedTimer, Written};

use crate::strategies::{
    at, bot, channel, guests, hash, id, invite, offer, registration_token, rules, runner, survives,
    target, text, timer, url, user,
};
use crate::world::World;

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
    survives((id(), id(), at()).prop_map(|(company_id, user_id, left_at)| FormerGuest {
        company_id,
        user_id,
        left_at,
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
    survives((hash(), id(), id(), at(), at(), option::of(text()), option::of(hash())).prop_map(
        |(hash, id, user_id, created_at, expires_at, device, network)| Session {
            hash,
            id,
            user_id,
            created_at,
            expires_at,
            device,
            network,
        },
    ));
    survives((id(), hash(), at()).prop_map(|(user_id, network, expires_at)| KnownNetwork {
        user_id,
        network,
        expires_at,
    }));
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
    survives((bot(), any::<i64>(), id(), id(), any::<bool>()).prop_map(
        |(bot, chat_id, channel_id, user_id, claimed)| ChatLink {
            bot,
            chat_id,
            channel_id,
            user_id,
            claimed,
        },
    ));
    survives((bot(), any::<i64>(), at()).prop_map(|(bot, chat_id, kept_at)| StoppedChat {
        bot,
        chat_id,
        kept_at,
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
        channel_id in id(), link_id in option::of(id()),
        chat in option::of((bot(), any::<i64>())), thing in "[a-z0-9-]{1,64}",
        revision in any::<u32>(), part in any::<u16>(),
    ) -> DeliveryKey {
        let to = match (chat, link_id) {
            (Some((bot, chat_id)), _) => Recipient::Chat { bot, chat_id },
            (None, Some(link_id)) => Recipient::Link { link_id },
            (None, None) => Recipient::Channel { channel_id },
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
        dropped: None,
        recorded_at: Timestamp::from_millis(0),
    };
    assert_eq!(Offer::decode(offer.encode().expect("encoded")), Ok(offer));
}
