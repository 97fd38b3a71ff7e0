use domain::account::Role;
use futures::future::join;
use serde_json::json;

use crate::world::{World, ask};

const COMPANY: &str = "/api/public/company";
const MEMBERS: &str = "/api/public/company/members";

fn names(world: &World, cookie: &str) -> Vec<String> {
    let listed = world.send(ask("GET", MEMBERS).by(cookie));
    assert_eq!(listed.status, 200, "{}", listed.text);
    let items = listed.json["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|it| format!("{} {}", it["username"], it["role"]).replace('"', "")).collect()
}

fn path(world: &World, cookie: &str) -> String {
    format!("{MEMBERS}/{}", world.user_of(cookie).id)
}

#[test]
fn who_signs_up_is_the_admin_of_a_company_of_their_own() {
    let world = World::new();
    let ann = world.person("ann");
    let company = world.send(ask("GET", COMPANY).by(&ann));
    assert_eq!((company.status.as_u16(), company.text("name")), (200, "ann".to_owned()));
    assert_eq!(names(&world, &ann), ["ann admin"]);
    let renamed =
        world.send(ask("PATCH", COMPANY).by(&ann).json(&json!({ "name": " Shoes  Ltd " })));
    assert_eq!((renamed.status.as_u16(), renamed.text("name")), (200, "Shoes Ltd".to_owned()));
    let faulty = world.send(ask("PATCH", COMPANY).by(&ann).json(&json!({ "name": "" })));
    assert_eq!((faulty.status.as_u16(), faulty.fields()), (422, vec!["name".to_owned()]));
    assert_eq!(world.send(ask("GET", COMPANY).by(&ann)).text("name"), "Shoes Ltd");
}

#[test]
fn admins_make_members_admins_and_the_other_way_round() {
    let world = World::new();
    let ann = world.person("ann");
    let bob = world.colleague(&ann, "bob");
    assert_eq!(names(&world, &ann), ["ann admin", "bob member"]);
    let role = |of: &str, by: &str, role: &str| {
        let body = json!({ "role": role });
        world.send(ask("PATCH", path(&world, of)).by(by).json(&body))
    };
    assert_eq!(role(&bob, &bob, "admin").code(), (403, "ADMIN_NEEDED".to_owned()));
    assert_eq!(role(&bob, &ann, "owner").fields(), ["role"]);
    assert_eq!(role(&bob, &ann, "admin").text("role"), "admin");
    assert_eq!(role(&bob, &ann, "admin").status, 200, "twice is once");
    assert_eq!(role(&ann, &bob, "member").text("role"), "member");
    assert_eq!(role(&bob, &bob, "member").code(), (409, "LAST_ADMIN".to_owned()));
    assert_eq!(names(&world, &bob), ["ann member", "bob admin"]);
}

#[test]
fn of_two_admins_who_take_each_others_role_at_once_one_stays() {
    for _ in 0..5 {
        let world = World::racing();
        let ann = world.person("ann");
        let bob = world.colleague(&ann, "bob");
        let admin = json!({ "role": "admin" });
        world.send(ask("PATCH", path(&world, &bob)).by(&ann).json(&admin));
        let (of_ann, of_bob) = (path(&world, &ann), path(&world, &bob));
        let demote = |path: &str, by: &str| {
            world.answer(ask("PATCH", path).by(by).json(&json!({ "role": "member" })))
        };
        let (one, other) = world.fixture.run(join(demote(&of_bob, &ann), demote(&of_ann, &bob)));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        // Whoever is second is no admin any more, or would be the last.
        assert!(statuses[0] == 200 && matches!(statuses[1], 403 | 409), "{statuses:?}");
        let roles = [&ann, &bob].map(|who| world.user_of(who).role);
        assert_eq!(roles.iter().filter(|role| **role == Role::Admin).count(), 1);
    }
}

#[test]
fn who_is_removed_keeps_what_is_theirs_in_a_company_of_their_own() {
    let world = World::new();
    let ann = world.person("ann");
    let bob = world.colleague(&ann, "bob");
    let target = world.target(&bob, &["https://shop.example/a"]);
    assert_eq!(world.send(ask("DELETE", path(&world, &bob)).by(&ann)).status, 204);
    assert_eq!(world.send(ask("DELETE", path(&world, &bob)).by(&ann)).status, 404);
    assert_eq!(names(&world, &ann), ["ann admin"]);
    assert_eq!(names(&world, &bob), ["bob admin"]);
    let own = world.send(ask("GET", format!("/api/public/targets/{target}")).by(&bob));
    assert_eq!(own.status, 200);
}

#[test]
fn members_may_leave_and_the_last_admin_may_not() {
    let world = World::new();
    let ann = world.person("ann");
    let bob = world.colleague(&ann, "bob");
    let leave = |who: &str| world.send(ask("DELETE", path(&world, who)).by(who));
    assert_eq!(leave(&ann).code(), (409, "LAST_ADMIN".to_owned()));
    let other = world.send(ask("DELETE", path(&world, &ann)).by(&bob));
    assert_eq!(other.code(), (403, "ADMIN_NEEDED".to_owned()));
    assert_eq!(leave(&bob).status, 204);
    assert_eq!(names(&world, &ann), ["ann admin"]);
}

#[test]
fn members_of_other_companies_are_not_there() {
    let world = World::new();
    let (ann, eve) = (world.person("ann"), world.person("eve"));
    for path in [path(&world, &ann), format!("{MEMBERS}/x")] {
        let body = json!({ "role": "member" });
        assert_eq!(world.send(ask("PATCH", &path).by(&eve).json(&body)).status, 404);
        assert_eq!(world.send(ask("DELETE", &path).by(&eve)).status, 404);
    }
    assert_eq!(names(&world, &ann), ["ann admin"]);
}
