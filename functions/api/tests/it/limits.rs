//! What is limited, and per what.

use std::time::Duration;

use serde_json::json;

use crate::world::{Ask, World, ask, sign_up};

const CHANNELS: &str = "/api/notifications/channels";

/// What is done, and how.
type Row = (&'static str, fn() -> Ask);

fn email(address: &str) -> Ask {
    let body = json!({ "channel_type": "EMAIL", "details": { "address": address } });
    ask("POST", CHANNELS).json(&body)
}

fn colleague(address: &str) -> Ask {
    ask("POST", "/api/public/company/invitations").json(&json!({ "email": address }))
}

#[test]
fn what_costs_or_could_harm_waits_for_its_caller_alone_and_goes_on_after_the_wait() {
    let world = World::limited(|site| {
        let limits = &mut site.attempts;
        limits.confirmations_per_user = 1;
        limits.registrations_per_user = 1;
        limits.invitations_per_company = 1;
        limits.invites_per_company = 1;
        limits.bot_tokens_per_company = 1;
        limits.payment_pages_per_user = 1;
        limits.api_keys_per_company = 1;
    })
    .mailing();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let rows: [Row; 8] = [
        ("confirmation mails", || email("second@example.com")),
        ("links that connect a chat", || {
            ask("POST", CHANNELS).json(&json!({ "channel_type": "TELEGRAM" }))
        }),
        ("colleagues", || colleague("third@example.com")),
        ("invites through Telegram", || {
            ask("POST", "/api/telegram/invites").json(&json!({ "target_name": "Shoes" }))
        }),
        ("tokens of bots", || ask("POST", "/api/telegram/bots").json(&json!({ "token": "guess" }))),
        ("pages to pay on", || ask("POST", "/api/public/subscriptions/create-checkout-session")),
        ("API keys", || {
            ask("POST", "/api/public/company/api-keys")
                .json(&json!({ "name": "CRM", "scopes": ["events"] }))
        }),
        ("other tokens of a bot", || {
            ask("PATCH", "/api/telegram/bots/news").json(&json!({ "token": "guess" }))
        }),
    ];
    for (what, request) in rows {
        assert_ne!(world.send(request().by(&ann)).status, 429, "{what}: the first");
        let held = world.send(request().by(&ann));
        assert_eq!(held.code(), (429, "TOO_MANY_ATTEMPTS".to_owned()), "{what}: one too many");
        let wait: u64 = held.header("retry-after").parse().expect("seconds");
        assert_ne!(world.send(request().by(&bob)).status, 429, "{what}: somebody else's");
        world.fixture.clock.pass(Duration::from_secs(wait));
        let after = world.send(request().by(&ann)).status;
        assert_ne!(after, 429, "{what}: after the wait");
        assert_ne!(after, 401, "{what}: asked by someone who is logged in");
        // The next row may count with this one.
        world.fixture.clock.pass(Duration::from_hours(24));
    }
}

#[test]
fn mails_are_limited_by_where_they_are_asked_for_and_where_they_go() {
    let world = World::limited(|site| {
        site.attempts.confirmations_per_address = 1;
        // The mail of a sign-up counts, too.
        site.attempts.confirmations_per_email = 1;
        site.attempts.invitations_per_address = 1;
        site.attempts.invitations_per_email = 1;
    })
    .mailing();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let from = |by: &str, ask: Ask, ip: &str| {
        world.send(ask.by(by).header("x-forwarded-for", ip)).status.as_u16()
    };
    for mail in [email, colleague] {
        assert_ne!(from(&ann, mail("a@example.com"), "1.1.1.1"), 429);
        assert_eq!(from(&bob, mail("b@example.com"), "1.1.1.1"), 429, "other accounts do not help");
        assert_ne!(from(&bob, mail("b@example.com"), "1.1.1.2"), 429);
        assert_eq!(from(&ann, mail("B@example.com"), "1.1.1.3"), 429, "nor do other networks");
    }
    let again = email("bob@example.com");
    assert_eq!(from(&ann, again, "1.1.1.4"), 429, "his sign-up sent one");
}

#[test]
fn sign_ups_that_are_refused_use_up_nobodys_confirmation_mails() {
    let world = World::limited(|site| site.attempts.confirmations_per_email = 2);
    let ann = world.person("ann");
    for (username, email) in [("eve", "ann@example.com"), ("ann", "bob@example.com")] {
        let body = json!({ "username": username, "email": email, "password": "correct horse" });
        for _ in 0..3 {
            let refused = world.send(ask("POST", "/api/public/auth/signup").json(&body));
            assert_eq!(refused.code(), (409, "TAKEN".to_owned()), "{username} {email}");
        }
        assert_ne!(world.send(self::email(email).by(&ann)).status, 429, "{email}");
    }
    assert_eq!(world.send(sign_up("bob")).status, 201);
    assert_eq!(world.send(email("bob@example.com").by(&ann)).status, 429, "those were two");
}

/// The status of an invitation to this address, from that network.
fn invite_from(world: &World, by: &str, (to, ip): (&str, &str)) -> u16 {
    world.send(colleague(to).by(by).header("x-forwarded-for", ip)).status.as_u16()
}

#[test]
fn invitations_beyond_the_limit_of_one_are_not_counted_for_the_others() {
    let world = World::limited(|site| {
        site.attempts.invitations_per_company = 2;
        site.attempts.invitations_per_address = 3;
        site.attempts.invitations_per_email = 2;
    })
    .mailing();
    let people = ["ann", "bob", "eve"].map(|name| world.person(name));
    let [ann, bob, eve] = &people;
    let invite = |by: &str, to: &str, ip: &str| invite_from(&world, by, (to, ip));
    let first = ["c@example.com", "d@example.com"].map(|to| invite(ann, to, "1.1.1.1"));
    assert_eq!(first, [201, 201]);
    let beyond = ["e@example.com"; 3].map(|to| invite(ann, to, "1.1.1.1"));
    assert_eq!(beyond, [429; 3], "the company has sent its two");
    assert_eq!(invite(bob, "e@example.com", "1.1.1.1"), 201, "others send where it sent none");
    let beyond = ["e@example.com"; 3].map(|to| invite(bob, to, "1.1.1.1"));
    assert_eq!(beyond, [429; 3], "those were three from one network");
    assert_eq!(invite(bob, "e@example.com", "1.1.1.2"), 201, "and that was no mail of anybody's");
    assert_eq!(invite(eve, "e@example.com", "1.1.1.3"), 429, "the address has had its two");
}

#[test]
fn invitations_of_an_address_that_has_had_its_mails_use_up_those_of_the_company_alone() {
    let world = World::limited(|site| {
        site.attempts.invitations_per_company = 3;
        site.attempts.invitations_per_address = 2;
        site.attempts.invitations_per_email = 1;
    })
    .mailing();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let invite = |by: &str, to: &str| invite_from(&world, by, (to, "1.1.1.1"));
    let again = ["c@example.com"; 3].map(|to| invite(&ann, to));
    assert_eq!(again, [201, 429, 429], "the address has had its mail");
    assert_eq!(invite(&ann, "d@example.com"), 429, "nobody asks for ever");
    assert_eq!(invite(&bob, "d@example.com"), 201, "whoever shares the network still can");
    world.fixture.clock.pass(Duration::from_hours(24));
    assert_eq!(invite(&ann, "c@example.com"), 201, "the next day owes nothing");
}

#[test]
fn invitations_that_are_refused_are_not_counted() {
    let limited = || World::limited(|site| site.attempts.invitations_per_company = 1);
    let world = limited().mailing();
    let ann = world.person("ann");
    for _ in 0..3 {
        let refused = world.send(colleague("nobody").by(&ann));
        assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["email".to_owned()]));
    }
    assert_eq!(world.send(colleague("bob@example.com").by(&ann)).status, 201);
    assert_eq!(world.send(colleague("bob@example.com").by(&ann)).status, 429);

    let silent = limited();
    let ann = silent.person("ann");
    for _ in 0..3 {
        let refused = silent.send(colleague("bob@example.com").by(&ann));
        assert_eq!(refused.code(), (409, "MAIL_NOT_CONFIGURED".to_owned()));
    }
}
