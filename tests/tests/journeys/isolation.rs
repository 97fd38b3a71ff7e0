//! Who may call what: every route as nobody, as another user, as another company's admin, as a member, as
//! an API key of each scope, and as whoever owns the thing that it is about.
//!
//! The list of routes is taken from the routers, also of those that the description leaves out: one
//! without a row in `rows` fails the test. A row
//! names the route, says who gets which answer ([`Access`]), and has a body that succeeds for the
//! owner. Ids in its path are of things that the owner makes just before ([`people::People::thing`]).
//!
//! Whoever is refused must have changed nothing, and whoever comes from outside must be told nothing
//! of the owner's: everything of theirs bears [`people::MARK`].

mod access;
mod people;
mod rows;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::Value;
use tests::{TestSystem, journey};

use access::{CALLERS, Caller, Row};
use people::{MARK, People, Things};

use crate::garbage::routes;

/// The routes as rows name them.
fn served() -> BTreeSet<String> {
    routes().into_iter().map(|(method, path)| format!("{method} {path}")).collect()
}

#[test]
fn every_route_has_a_row_that_says_who_may_call_it() {
    let rows: Vec<String> = rows::all().into_iter().map(|row| row.route.to_owned()).collect();
    let known: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(known.len(), rows.len(), "a route has two rows");
    let missing: Vec<String> = served().difference(&known).cloned().collect();
    assert!(
        missing.is_empty(),
        "add a row to tests/tests/journeys/isolation/rows.rs for each of these routes, saying who \
         may call it: {missing:#?}"
    );
    let gone: Vec<String> = known.difference(&served()).cloned().collect();
    assert!(gone.is_empty(), "these rows are of routes that are not served: {gone:#?}");
}

#[test]
fn everyone_gets_the_answers_that_the_rows_state() {
    journey(async |system| {
        let mut people = People::gather(system).await;
        for row in rows::all().iter().filter(|row| !row.alone) {
            check(system, &mut people, row).await;
        }
    });
}

#[test]
fn everyone_gets_the_stated_answers_of_routes_that_end_their_sessions() {
    for row in rows::all().into_iter().filter(|row| row.alone) {
        journey(async |system| {
            let mut people = People::gather(system).await;
            check(system, &mut people, &row).await;
        });
    }
}

/// What a caller sends, and of which type it is.
fn content(row: &Row, things: &Things) -> Option<(&'static str, Bytes)> {
    if let Some(form) = row.form {
        return Some(("application/x-www-form-urlencoded", Bytes::from(form(things))));
    }
    let raw = row.raw.map(|(kind, body)| (kind, Bytes::from_static(body)));
    let json = |body: Value| ("application/json", Bytes::from(body.to_string()));
    raw.or_else(|| (row.body)(things).map(json))
}

/// Calls one route as everyone; the owner last, whose call may use the thing up.
async fn check(system: &TestSystem, people: &mut People, row: &Row) {
    let (method, template) = row.route.split_once(' ').expect("a method and a path");
    let method: Method = method.parse().expect("a method");
    let mut things = people.things(system, template).await;
    let path = format!("{}{}", things.fill(template), row.query);
    for caller in CALLERS {
        let expected = row.access.of(caller);
        people.hand(system, (caller, row.need), &mut things).await;
        let (kind, body) = content(row, &things).unzip();
        let headers: Vec<_> = kind.map(|kind| (CONTENT_TYPE, kind)).into_iter().collect();
        let before = system.items.records();
        let browser = people.by(caller);
        let cookie = browser.cookie.clone();
        let answer = browser.send(method.clone(), &path, &headers, body.unwrap_or_default()).await;
        if row.logs_in {
            browser.cookie = cookie;
        }
        let status = answer.status.as_u16();
        let shown = format!("{} as {caller:?}: {status} {}", row.route, answer.body);
        assert!(expected.fits(status), "{shown}, not {expected:?}");
        let leads = answer.headers.get(LOCATION).and_then(|it| it.to_str().ok());
        assert!(!leads.is_some_and(|it| it.ends_with("/failed")), "{shown} leads to {leads:?}");
        if answer.status.is_client_error() {
            assert_eq!(system.items.records(), before, "{shown}, and yet something changed");
            assert!(row.refusal.is_none_or(|code| answer.code() == code), "{shown}");
        }
        if caller.is_outside() {
            assert!(!answer.body.to_string().contains(MARK), "{shown} tells of the owner");
        }
        system.settle().await;
    }
    assert!(CALLERS.last() == Some(&Caller::Owner), "the owner is last");
}
