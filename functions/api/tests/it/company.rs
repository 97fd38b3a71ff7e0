use std::time::Duration;

use app::alert::{AlertText, SendAlert, send_alert};
use app::engine::{Incoming, run_batch};
use app::link::{BindLink, Bound, Category, TelegramLink, bind_link};
use domain::account::{COMPANY_INVITATIONS, Invitation, Role, SecretHash};
use domain::alert::AlertMessage;
use domain::bot::{Bot, BotStatus};
use domain::engine::{Job, Record};
use domain::ids::BotId;
use domain::link::{BoundBy, LINKS_PER_COMPANY};
use futures::future::{join, join_all};
use serde_json::json;

use crate::world::{Ask, World, ask};

const COMPANY: &str = "/api/public/company";
const MEMBERS: &str = "/api/public/company/members";
const INVITATIONS: &str = "/api/public/company/invitations";

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

fn colleague(email: &str) -> Ask {
    ask("POST", INVITATIONS).json(&json!({ "email": email }))
}

/// The open invitations of the company of whoever has this cookie.
fn open_invitations(world: &World, cookie: &str) -> Vec<Invitation> {
    let pk = table::keys::company(world.user_of(cookie).company_id).pk;
    let open = world.app.table.query_all(&pk, table::keys::INVITATIONS);
    world.fixture.run(open).expect("readable")
}

/// How many invitations are counted today for the company of whoever has this cookie.
fn invitations_counted(world: &World, cookie: &str) -> u64 {
    let company = SecretHash::of(&world.user_of(cookie).company_id.to_string());
    let scope = format!("invitation-company#{}", company.0);
    let one_more = world.app.table.count_attempt(&scope, Duration::from_hours(24));
    world.fixture.run(one_more).expect("counted").attempts - 1
}

#[test]
fn a_whole_team_is_invited_at_once() {
    let world = World::slow(Duration::from_millis(10)).mailing();
    let ann = world.person("ann");
    let invite = |n| world.answer(colleague(&format!("{n}@example.com")).by(&ann));
    let answers = world.fixture.run(join_all((0..20).map(invite)));
    let statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
    assert_eq!(statuses, [201; 20]);
    assert_eq!(open_invitations(&world, &ann).len(), 20);
    assert_eq!(invitations_counted(&world, &ann), 20);
}

#[test]
fn of_two_invitations_of_one_address_at_once_one_stays() {
    for _ in 0..5 {
        let world = World::racing().mailing();
        let ann = world.person("ann");
        let invite = |email: &str| world.answer(colleague(email).by(&ann));
        let both = join(invite("bob@example.com"), invite("BOB@example.com"));
        let (one, other) = world.fixture.run(both);
        assert_eq!([one.status, other.status].map(|it| it.as_u16()), [201, 201], "{}", other.text);
        assert_eq!(open_invitations(&world, &ann).len(), 1, "the other link is void");
    }
}

#[test]
fn an_invitation_that_is_asked_for_again_under_its_key_is_one_and_sends_one_mail() {
    let world = World::limited(|site| site.attempts.invitations_per_company = 2).mailing();
    let ann = world.person("ann");
    let mails = || world.fixture.timers().len();
    let before = mails();
    let invite = |email: &str| world.send(colleague(email).by(&ann).key("bob"));
    let made = invite("bob@example.com");
    assert_eq!(made.status, 201);
    for _ in 0..3 {
        let again = invite("bob@example.com");
        assert_eq!((again.status.as_u16(), &again.text), (201, &made.text));
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    assert_eq!(mails(), before + 1);
    assert_eq!(open_invitations(&world, &ann).len(), 1);
    assert_eq!(invite("eve@example.com").code(), (409, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    assert_eq!(world.send(colleague("eve@example.com").by(&ann)).status, 201, "one was counted");
}

#[test]
fn of_two_who_race_for_the_last_invitation_one_gets_it() {
    for _ in 0..5 {
        let world = World::racing().mailing();
        let ann = world.person("ann");
        assert_eq!(world.send(colleague("bob@example.com").by(&ann)).status, 201);
        let bob = open_invitations(&world, &ann).remove(0);
        let others = (2..COMPANY_INVITATIONS).map(|n| {
            let email = format!("{n}@example.com");
            Record::from(Invitation { id: world.app.env.id(), email, ..bob.clone() })
        });
        world.fixture.put(others);
        let invite = |email: &str| world.answer(colleague(email).by(&ann));
        let both = join(invite("eve@example.com"), invite("zoe@example.com"));
        let (one, other) = world.fixture.run(both);
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 403], "{} {}", one.text, other.text);
        assert_eq!(open_invitations(&world, &ann).len(), COMPANY_INVITATIONS);
        assert_eq!(invitations_counted(&world, &ann), 2, "what is refused is not counted");
        let again = world.send(colleague("Bob@example.com").by(&ann));
        assert_eq!(again.status, 201, "who is invited already takes no other's place");
    }
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

/// Makes a link of somebody's own; its token.
fn link(world: &World, cookie: &str) -> String {
    let link = world.send(ask("POST", "/api/telegram-links").by(cookie).json(&json!({})));
    assert_eq!(link.status, 201, "{}", link.text);
    link.text("link_token")
}

fn bind(world: &World, token: &str, chat_id: i64) -> Bound {
    let by = BoundBy { bot: BotId::default_bot(), company_id: None, chat_id };
    let command = BindLink { by, token: token.to_owned(), extra_writes: Vec::new() };
    world.fixture.run(bind_link(&world.app, command)).expect("an answer")
}

/// Runs the alerts that wait, and nothing else.
fn run_alerts(world: &World) {
    let alerts = world.fixture.timers().into_iter();
    let alerts = alerts.filter(|timer| matches!(timer.job, Job::AlertFanout { .. }));
    let hints: Vec<Incoming> =
        alerts.map(|timer| Incoming { timer: timer.key, receives: 1 }).collect();
    assert_eq!(hints.len(), 1);
    let deadline = world.app.env.now() + Duration::from_secs(28);
    world.fixture.run(run_batch(&world.app, &hints, deadline));
}

#[test]
fn who_has_left_is_told_and_links_nothing_even_before_the_job_has_run() {
    let world = World::new();
    let ann = world.person("ann");
    let bob = world.colleague(&ann, "bob");
    let company_id = world.user_of(&ann).company_id;
    for (who, chat) in [(&ann, 41), (&bob, 42), (&bob, -43)] {
        assert_eq!(bind(&world, &link(&world, who), chat), Bound::Linked);
    }
    let waiting = link(&world, &bob);
    assert_eq!(world.send(ask("DELETE", path(&world, &bob)).by(&bob)).status, 204);
    let jobs = world.fixture.timers().into_iter();
    let erasing = jobs.filter(|timer| matches!(timer.job, Job::Erase { .. })).count();
    assert_eq!(erasing, 1, "it has not run");
    let before = world.telegram.chats().len();
    let message = AlertMessage { title: "Hello".to_owned(), ..AlertMessage::default() };
    let command = SendAlert {
        company_id,
        category: Category::Alerts,
        text: AlertText::Words(message),
        bot: None,
        throttle: None,
        keep: None,
    };
    world.fixture.run(send_alert(&world.app, command)).expect("it is taken");
    run_alerts(&world);
    let mut told = world.telegram.chats().split_off(before);
    told.sort_unstable();
    assert_eq!(told, [-43, 41]);
    assert_eq!(bind(&world, &waiting, 44), Bound::Unusable);
    let links: Vec<TelegramLink> = world.fixture.run(world.app.table.scan()).expect("readable");
    assert_eq!(links.len(), 4, "the job takes them away, not the alert");
}

#[test]
fn a_company_has_so_many_links_and_no_more() {
    let world = World::new();
    let ann = world.person("ann");
    link(&world, &ann);
    let links: Vec<TelegramLink> = world.fixture.run(world.app.table.scan()).expect("readable");
    let one = links[0].clone();
    let more = || TelegramLink { id: world.app.env.id(), ..one.clone() };
    for _ in 0..(LINKS_PER_COMPANY - 2).div_ceil(50) {
        world.fixture.put((0..50).map(|_| more().into()));
    }
    let refused = world.send(ask("POST", "/api/telegram-links").by(&ann).json(&json!({})));
    assert_eq!(refused.code(), (403, "QUOTA_EXCEEDED".to_owned()), "{}", refused.text);
    let path = format!("/api/telegram-links/{}", one.id);
    assert_eq!(world.send(ask("DELETE", path).by(&ann)).status, 204);
}

#[test]
fn a_link_is_made_for_a_bot_that_answers() {
    let world = World::new();
    let ann = crate::scenarios::admin(&world);
    let bots: Vec<Bot> = world.fixture.run(world.app.table.scan()).expect("readable");
    let off = Bot { status: BotStatus::Inactive, ..bots[0].clone() };
    let ask_for = |bot: &str| {
        world.send(ask("POST", "/api/telegram-links").by(&ann).json(&json!({ "bot": bot })))
    };
    assert_eq!(ask_for(&off.id.0).status, 201);
    world.fixture.put([off.clone().into()]);
    for bot in [&*off.id.0, "nobody"] {
        let refused = ask_for(bot);
        assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["bot".to_owned()]));
    }
}
