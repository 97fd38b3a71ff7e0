//! Broadcasts over the API: written, tried, sent, and what became of them for each contact.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use simulators::telegram::{Fault, FaultPlan};
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const BOT: &str = "/api/telegram/bots/course";
const BROADCASTS: &str = "/api/telegram/bots/course/broadcasts";
const NEWS: &str = "/api/telegram/bots/course/broadcasts/news";
const TASKS: &str = "/api/scheduled-tasks";

/// An admin whose company's bot `course` has a scenario of one message; the bot's name in Telegram.
async fn admin(system: &TestSystem) -> (Browser, String) {
    let mut admin = system.sign_up("ada").await;
    let (_, bot) = add_bot(system, &mut admin, "course").await;
    let basic = json!({ "name": "Basic" });
    admin.post(&format!("{BOT}/scenarios"), &basic).await.must_be(201);
    let step = json!({ "text": "Welcome", "timing": {} });
    admin.post(&format!("{BOT}/scenarios/basic/steps"), &step).await.must_be(201);
    (admin, bot)
}

/// So many people who have started the bot, and have been welcomed.
async fn contacts(system: &TestSystem, bot: &str, count: u32) -> Vec<i64> {
    let mut chats = Vec::new();
    for number in 0..count {
        let chat = system.phone(&format!("P{number}"));
        system.telegram().start(bot, chat, None).expect("it starts");
        chats.push(chat);
    }
    system.pass(Duration::from_secs(5 + u64::from(count / 20))).await;
    chats
}

/// The broadcast `news`, a draft for everyone.
async fn news(admin: &mut Browser) {
    let body = json!({ "name": "News", "text": "News for {{ user.user_name }}" });
    assert_eq!(admin.post(BROADCASTS, &body).await.must_be(201)["slug"], "news");
}

async fn act(admin: &mut Browser, broadcast: &str, verb: &str) -> Value {
    admin.act(&format!("{broadcast}/{verb}")).await.must_be(200)
}

/// How often each of these chats has a text that begins so.
fn copies(system: &TestSystem, bot: &str, chats: &[i64], text: &str) -> BTreeMap<i64, usize> {
    let count = |chat: &i64| {
        let texts = received(system, bot, *chat);
        (*chat, texts.iter().filter(|it| it.starts_with(text)).count())
    };
    chats.iter().map(count).filter(|(_, count)| *count > 0).collect()
}

/// Presses the button that ends broadcasts, below the last message of a chat.
fn unsubscribe(system: &TestSystem, bot: &str, chat: i64) {
    press(system, bot, chat, "unsubscribe");
}

/// Presses this button below the last message of a chat.
fn press(system: &TestSystem, bot: &str, chat: i64, data: &str) {
    let messages = system.telegram().messages(bot, chat).expect("a chat");
    let last = messages.last().expect("a message").message_id;
    system.telegram().press(bot, chat, last, data).expect("the button is there");
}

/// Whether the owner is told that a contact wants no broadcasts.
async fn is_unsubscribed(admin: &mut Browser, chat: i64) -> bool {
    let contact = admin.get(&format!("{BOT}/contacts/{chat}")).await.must_be(200);
    contact["unsubscribed"].as_bool().expect("it is told")
}

/// What became of it for each contact, by the chat; read a few at a time.
async fn outcomes(admin: &mut Browser, broadcast: &str, query: &str) -> BTreeMap<i64, Value> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("{broadcast}/deliveries?limit=40{query}{cursor}");
        let page = admin.get(&path).await.must_be(200);
        let items = page["items"].as_array().expect("a list");
        assert!(items.len() <= 40);
        for item in items {
            let chat = item["chat_id"].as_i64().expect("a chat");
            assert_eq!(all.insert(chat, item.clone()), None, "a contact is told once");
        }
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

fn count<T>(of: &BTreeMap<i64, T>) -> u64 {
    u64::try_from(of.len()).expect("a number")
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("errors");
    errors.iter().map(|it| it["field"].as_str().expect("a field")).collect()
}

#[test]
fn a_broadcast_is_written_tried_sent_paused_and_resumed_and_each_contact_gets_it_once() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 250).await;
        let sale = json!({
            "name": "Summer sale", "text": "Everything",
            "targeting": { "conditions": ["no_active_scenario", "has_not_paid"] },
        });
        let made = admin.post(BROADCASTS, &sale).await.must_be(201);
        assert_eq!((&made["slug"], &made["status"]), (&json!("summer-sale"), &json!("draft")));
        assert_eq!((&made["targeting"], &made["progress"]), (&sale["targeting"], &Value::Null));
        let sale = format!("{BROADCASTS}/summer-sale");
        let text = json!({ "text": "Half price, *{{ user.user_name }}*" });
        let changed = admin.json(Method::PATCH, &sale, &text).await.must_be(200);
        assert_eq!((&changed["name"], &changed["text"]), (&json!("Summer sale"), &text["text"]));

        let audience = admin.get(&format!("{sale}/audience")).await.must_be(200);
        assert_eq!(audience, json!({ "contacts": 250, "seconds": 9 }));
        let tried = act(&mut admin, &sale, "dry-run").await;
        assert_eq!((&tried["contacts"], &tried["seconds"]), (&json!(250), &json!(9)));
        let samples = tried["samples"].as_array().expect("samples");
        assert_eq!(samples.len(), 3);
        for sample in samples {
            let (name, part) = (sample["user_name"].as_str().expect("a name"), &sample["parts"][0]);
            assert_eq!(part["html"], format!("Half price, <i>{name}</i>"));
            assert_eq!(part["plain"], format!("Half price, {name}"));
            assert_eq!(part["buttons"][0][0]["callback_data"], "unsubscribe");
        }
        system.settle().await;
        assert_eq!(copies(system, &bot, &chats, "Half price").len(), 0, "nothing is sent");

        let sent = act(&mut admin, &sale, "send").await;
        assert_eq!(
            (&sent["status"], &sent["progress"]["audience"]),
            (&json!("sending"), &json!(250))
        );
        assert_eq!(sent["progress"]["seconds_left"], 9);
        system.pass(Duration::from_secs(2)).await;
        assert_eq!(act(&mut admin, &sale, "pause").await["status"], "paused");
        let twice = admin.act(&format!("{sale}/send")).await.must_be(409);
        assert_eq!(twice["code"], "INVALID_BROADCAST_STATE");
        system.pass(Duration::from_mins(1)).await;
        let halfway = copies(system, &bot, &chats, "Half price");
        assert!((32..220).contains(&halfway.len()), "{}", halfway.len());
        let told = outcomes(&mut admin, &sale, "").await;
        assert!(told.keys().eq(halfway.keys()), "those who have it, and nobody else");
        assert!(told.values().all(|it| it["status"] == "sent" && it["reason"].is_null()));
        let waiting = admin.get(&sale).await.must_be(200);
        let counted = waiting["progress"]["sent"].as_u64().expect("a number");
        assert!((1..=count(&halfway)).contains(&counted), "{waiting}");
        assert!(waiting["progress"]["seconds_left"].as_u64().is_some_and(|it| it > 0), "{waiting}");

        act(&mut admin, &sale, "resume").await;
        system.pass(Duration::from_secs(30)).await;
        let done = admin.get(&sale).await.must_be(200);
        assert_eq!((&done["status"], &done["progress"]["sent"]), (&json!("done"), &json!(250)));
        assert!(
            done["progress"]["ended_at"].is_string() && done["progress"]["seconds_left"].is_null()
        );
        let all = copies(system, &bot, &chats, "Half price");
        assert!(all.len() == 250 && all.values().all(|it| *it == 1), "each once");
        assert_eq!(outcomes(&mut admin, &sale, "&status=sent").await.len(), 250);
        assert_eq!(outcomes(&mut admin, &sale, "&status=waiting").await.len(), 0);
    });
}

#[test]
fn what_became_of_it_is_told_for_each_contact_and_whoever_blocked_the_bot_is_not_tried_again() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 12).await;
        let (blocked, failed, unknown, leaves) = (chats[0], chats[1], chats[2], chats[3]);
        let words = |text: &str| text.to_owned();
        for (chat, fault) in [
            (blocked, Fault::Forbidden { description: words("bot was blocked by the user") }),
            (failed, Fault::BadRequest { description: words("message thread not found") }),
            (unknown, Fault::ErrorAfter),
        ] {
            system.telegram().inject(FaultPlan { chat_id: Some(chat), ..FaultPlan::from(fault) });
        }
        news(&mut admin).await;
        act(&mut admin, NEWS, "send").await;
        system.pass(Duration::from_mins(2)).await;
        let done = admin.get(NEWS).await.must_be(200);
        let progress = &done["progress"];
        let counts = ["sent", "failed", "blocked", "unknown"].map(|it| progress[it].clone());
        assert_eq!((&done["status"], counts), (&json!("done"), [9, 1, 1, 1].map(|it| json!(it))));

        let told = outcomes(&mut admin, NEWS, "").await;
        assert_eq!(told.len(), 12);
        for (chat, status, reason) in [
            (blocked, "blocked", "blocked by the user"),
            (failed, "failed", "thread not found"),
            (unknown, "unknown", ""),
        ] {
            let told = &told[&chat];
            assert_eq!(told["status"], status, "{told}");
            assert!(told["reason"].as_str().is_some_and(|it| it.contains(reason)), "{told}");
        }
        let of_blocked = outcomes(&mut admin, NEWS, "&status=blocked").await;
        assert!(of_blocked.keys().eq([&blocked]), "{of_blocked:?}");
        let refused = admin.get(&format!("{NEWS}/deliveries?status=lost")).await.must_be(422);
        assert_eq!(fields(&refused), ["status"]);
        let had = copies(system, &bot, &chats, "News");
        assert!(had.len() == 10 && had[&unknown] == 1, "it is held, not sent again: {had:?}");

        unsubscribe(system, &bot, leaves);
        system.pass(Duration::from_secs(5)).await;
        let copy = admin.act(&format!("{NEWS}/copy")).await.must_be(201);
        assert_eq!((&copy["slug"], &copy["status"]), (&json!("news-2"), &json!("draft")));
        assert_eq!((&copy["text"], &copy["progress"]), (&done["text"], &Value::Null));
        let again = format!("{BROADCASTS}/news-2");
        let audience = admin.get(&format!("{again}/audience")).await.must_be(200);
        assert_eq!(audience["contacts"], 10, "neither who blocked the bot nor who unsubscribed");
        act(&mut admin, &again, "send").await;
        system.pass(Duration::from_mins(1)).await;
        let counted = admin.get(&again).await.must_be(200)["progress"]["sent"].clone();
        assert_eq!(counted, 10);
        let had = copies(system, &bot, &chats, "News");
        assert_eq!((had.get(&blocked), had[&leaves], had[&failed]), (None, 1, 1));
        assert!(!outcomes(&mut admin, &again, "").await.contains_key(&blocked));
        let of_another_list = admin.get(&format!("{BROADCASTS}?limit=1")).await.must_be(200);
        let cursor = of_another_list["next_cursor"].as_str().expect("there is more");
        let refused = admin.get(&format!("{NEWS}/deliveries?cursor={cursor}")).await.must_be(422);
        assert_eq!(fields(&refused), ["cursor"]);
    });
}

#[test]
fn whoever_has_unsubscribed_may_subscribe_again_and_the_owner_sees_both() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 2).await;
        let leaves = chats[0];
        news(&mut admin).await;
        act(&mut admin, NEWS, "send").await;
        system.pass(Duration::from_mins(1)).await;
        // The button is below the broadcast, and then below the answer to it.
        for (data, unsubscribed, had) in [("unsubscribe", true, 1), ("subscribe", false, 2)] {
            press(system, &bot, leaves, data);
            system.pass(Duration::from_secs(5)).await;
            assert_eq!(is_unsubscribed(&mut admin, leaves).await, unsubscribed);
            let listed = admin.get(&format!("{BOT}/contacts?unsubscribed=true")).await;
            let listed = listed.must_be(200)["items"].as_array().map(Vec::len);
            assert_eq!(listed, Some(usize::from(unsubscribed)));
            let copy = admin.act(&format!("{NEWS}/copy")).await.must_be(201);
            let copy = format!("{BROADCASTS}/{}", copy["slug"].as_str().expect("a slug"));
            act(&mut admin, &copy, "send").await;
            system.pass(Duration::from_mins(1)).await;
            assert_eq!(copies(system, &bot, &chats, "News")[&leaves], had, "{data}");
        }
    });
}

#[test]
fn who_unsubscribes_while_the_bot_was_told_to_wait_does_not_get_it_and_is_not_counted() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 80).await;
        news(&mut admin).await;
        act(&mut admin, NEWS, "send").await;
        system.pass(Duration::from_secs(30)).await;
        admin.act(&format!("{NEWS}/copy")).await.must_be(201);
        let again = format!("{BROADCASTS}/news-2");
        // One partition's contacts, the first ones that it goes to.
        let page: Vec<i64> = chats.iter().copied().filter(|chat| chat % 8 == 0).collect();
        let (first, leaves) = (page[0], page[page.len() - 1]);
        let too_many = FaultPlan::from(Fault::TooManyRequests { retry_after: 30 });
        system.telegram().inject(FaultPlan { chat_id: Some(first), ..too_many });
        act(&mut admin, &again, "send").await;
        system.pass(Duration::from_secs(5)).await;
        let waiting = outcomes(&mut admin, &again, "&status=waiting").await;
        assert!(waiting.contains_key(&leaves), "{waiting:?}");
        unsubscribe(system, &bot, leaves);
        system.pass(Duration::from_mins(2)).await;

        let done = admin.get(&again).await.must_be(200);
        assert_eq!((&done["status"], &done["progress"]["sent"]), (&json!("done"), &json!(79)));
        let had = copies(system, &bot, &chats, "News");
        assert_eq!((had[&leaves], had[&first], count(&had)), (1, 2, 80));
        let told = outcomes(&mut admin, &again, "").await;
        assert!(told.len() == 79 && !told.contains_key(&leaves), "{told:?}");
    });
}

#[test]
fn a_cancelled_broadcast_goes_to_nobody_more_and_leaves_nothing_when_it_is_deleted() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 180).await;
        news(&mut admin).await;
        let refused = admin.act(&format!("{NEWS}/pause")).await.must_be(409);
        assert_eq!(refused["code"], "INVALID_BROADCAST_STATE", "it is a draft");
        act(&mut admin, NEWS, "send").await;
        system.pass(Duration::from_secs(1)).await;
        act(&mut admin, NEWS, "pause").await;
        let (delete, nothing) = (Method::DELETE, json!({}));
        for (method, body) in [(Method::PATCH, json!({ "text": "x" })), (delete, nothing)] {
            let refused = admin.json(method, NEWS, &body).await.must_be(409);
            assert_eq!(refused["code"], "INVALID_BROADCAST_STATE", "it is under way");
        }
        let cancelled = act(&mut admin, NEWS, "cancel").await;
        let ended = &cancelled["progress"]["ended_at"];
        assert!(cancelled["status"] == "cancelled" && ended.is_string(), "{cancelled}");
        system.pass(Duration::from_mins(1)).await;
        let had = copies(system, &bot, &chats, "News");
        assert!((1..180).contains(&had.len()), "{}", had.len());
        let sent = admin.get(NEWS).await.must_be(200)["progress"]["sent"].clone();
        assert_eq!(sent, count(&had), "those of the page that was stopped count, too");
        admin.act(&format!("{NEWS}/resume")).await.must_be(409);

        assert_eq!(admin.json(Method::DELETE, NEWS, &json!({})).await.status, 204);
        for path in [NEWS.to_owned(), format!("{NEWS}/deliveries"), format!("{NEWS}/audience")] {
            admin.get(&path).await.must_be(404);
        }
        let left = system.items.all().into_keys();
        let left: Vec<_> = left.filter(|(_, sk)| sk.starts_with("BROADCAST#")).collect();
        assert!(left.is_empty(), "{left:?}");
        // Another one of its name is another one: whoever had the first gets it too.
        news(&mut admin).await;
        act(&mut admin, NEWS, "send").await;
        system.pass(Duration::from_secs(30)).await;
        let both = copies(system, &bot, &chats, "News");
        assert_eq!(both.len(), 180);
        assert!(both.iter().all(|(chat, count)| *count == 1 + usize::from(had.contains_key(chat))));
    });
}

#[test]
fn all_faults_of_a_broadcast_are_named_at_once_and_none_is_sent_with_them() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        let faulty = json!({
            "slug": "Not one", "text": "{{ scenario.name }}\n{{ user.nobody }}", "photos": [{}],
            "buttons": { "button_set_ref": "none" },
            "targeting": { "conditions": [
                "everyone", { "in_scenario": "gone" }, "has_paid", "has_not_paid",
            ] },
        });
        let refused = admin.post(BROADCASTS, &faulty).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED");
        let refused = refused.must_be(422);
        let expected = [
            "name",
            "slug",
            "photos[0]",
            "targeting.conditions[0]",
            "text",
            "text",
            "buttons.button_set_ref",
            "targeting.conditions[1]",
            "targeting.conditions[3]",
        ];
        assert_eq!(fields(&refused), expected, "{refused}");
        for (fault, begins) in [(4, "line 1, column 1: "), (5, "line 2, column 1: ")] {
            let message = refused["errors"][fault]["message"].as_str().unwrap_or_default();
            assert!(message.starts_with(begins), "{message}");
        }
        let unknown = json!({ "name": "News", "txt": "x", "targeting": { "all": true } });
        let refused = admin.post(BROADCASTS, &unknown).await.must_be(422);
        let mut named = fields(&refused);
        named.sort_unstable();
        assert_eq!(named, ["targeting.all", "txt"]);
        let listed = admin.get(BROADCASTS).await.must_be(200);
        assert_eq!(listed["items"], json!([]), "nothing was saved");

        news(&mut admin).await;
        let again = json!({ "name": "News", "slug": "news", "text": "Again" });
        assert_eq!(admin.post(BROADCASTS, &again).await.must_be(409)["code"], "TAKEN");
        let copy = json!({ "slug": "news" });
        assert_eq!(admin.post(&format!("{NEWS}/copy"), &copy).await.must_be(409)["code"], "TAKEN");
        let club = format!("{BOT}/scenarios/club");
        admin.post(&format!("{BOT}/scenarios"), &json!({ "name": "Club" })).await.must_be(201);
        let targeting = json!({ "targeting": { "conditions": [{ "in_scenario": "club" }] } });
        admin.json(Method::PATCH, NEWS, &targeting).await.must_be(200);
        assert_eq!(admin.json(Method::DELETE, &club, &json!({})).await.status, 204);
        // It was right when it was saved.
        for verb in ["dry-run", "send"] {
            let refused = admin.act(&format!("{NEWS}/{verb}")).await.must_be(422);
            assert_eq!(fields(&refused), ["targeting.conditions[0]"]);
        }
        assert_eq!(admin.get(NEWS).await.must_be(200)["status"], "draft");
        let everyone = json!({ "targeting": {} });
        let changed = admin.json(Method::PATCH, NEWS, &everyone).await.must_be(200);
        assert_eq!(changed["targeting"]["conditions"], json!([]));
    });
}

#[test]
fn broadcasts_are_listed_by_slug_and_are_their_companys_alone() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        for name in ["News", "News", "Albums"] {
            let body = json!({ "name": name, "text": "x" });
            admin.post(BROADCASTS, &body).await.must_be(201);
        }
        let first = admin.get(&format!("{BROADCASTS}?limit=2")).await.must_be(200);
        let cursor = first["next_cursor"].as_str().expect("there is more");
        let second = admin.get(&format!("{BROADCASTS}?cursor={cursor}")).await.must_be(200);
        let slugs = |page: &Value| {
            let items = page["items"].as_array().cloned().unwrap_or_default();
            items.into_iter().map(|it| it["slug"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(slugs(&first), ["albums", "news"]);
        assert_eq!(slugs(&second), ["news-2"]);
        assert_eq!(second["next_cursor"], Value::Null);

        let mut eve = system.sign_up("eve").await;
        for path in [BROADCASTS, NEWS, "/api/telegram/bots/default/broadcasts"] {
            assert_eq!(eve.get(path).await.must_be(404)["code"], "NOT_FOUND", "{path}");
        }
        for verb in ["send", "dry-run", "copy"] {
            eve.act(&format!("{NEWS}/{verb}")).await.must_be(404);
            system.stranger().act(&format!("{NEWS}/{verb}")).await.must_be(401);
        }
        admin.get("/api/telegram/bots/default/broadcasts").await.must_be(404);
    });
}

/// The runs of the task `weekly`, the latest first.
async fn runs(admin: &mut Browser) -> Vec<Value> {
    let runs = admin.get(&format!("{TASKS}/weekly/runs")).await.must_be(200);
    runs["items"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_task_sends_a_fresh_copy_of_a_broadcast_each_time_it_runs() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let chats = contacts(system, &bot, 5).await;
        news(&mut admin).await;
        let task = |bot: &str, broadcast: &str| {
            json!({
                "name": "Weekly", "task": "send_broadcast",
                "kwargs": { "bot": bot, "broadcast": broadcast },
                "schedule": { "interval": { "every": 1, "period": "hours" } },
            })
        };
        for (body, field) in [
            (task("default", "news"), "kwargs.bot"),
            (task("course", "gone"), "kwargs.broadcast"),
            (task("course", "No"), "kwargs.broadcast"),
        ] {
            assert_eq!(fields(&admin.post(TASKS, &body).await.must_be(422)), [field]);
        }
        admin.post(TASKS, &task("course", "news")).await.must_be(201);
        system.pass(Duration::from_secs(2 * 3_600 + 30)).await;
        assert!(copies(system, &bot, &chats, "News").values().eq([2; 5].iter()));
        let both = runs(&mut admin).await;
        assert_eq!(both.len(), 2);
        for run in &both {
            assert_eq!((&run["status"], &run["reason"]), (&json!("sent"), &Value::Null));
            let slug = run["broadcast"].as_str().expect("a broadcast");
            let copy = admin.get(&format!("{BROADCASTS}/{slug}")).await.must_be(200);
            assert_eq!((&copy["status"], &copy["progress"]["sent"]), (&json!("done"), &json!(5)));
        }
        assert_ne!(both[0]["broadcast"], both[1]["broadcast"]);
        assert_eq!(admin.get(NEWS).await.must_be(200)["status"], "draft", "it is but the model");

        unsubscribe(system, &bot, chats[0]);
        let text = json!({ "text": "Fresh news" });
        admin.json(Method::PATCH, NEWS, &text).await.must_be(200);
        system.pass(Duration::from_hours(1)).await;
        let fresh = copies(system, &bot, &chats, "Fresh");
        assert!(fresh.len() == 4 && !fresh.contains_key(&chats[0]), "{fresh:?}");

        assert_eq!(admin.json(Method::DELETE, NEWS, &json!({})).await.status, 204);
        system.pass(Duration::from_hours(1)).await;
        let failed = runs(&mut admin).await.swap_remove(0);
        assert_eq!((&failed["status"], &failed["broadcast"]), (&json!("failed"), &Value::Null));
        assert_eq!(failed["reason"], "there is no such broadcast");
        news(&mut admin).await;
        system.pass(Duration::from_hours(1)).await;
        assert_eq!(runs(&mut admin).await[0]["status"], "sent", "the schedule has gone on");
        let gone = admin.json(Method::DELETE, &format!("{TASKS}/weekly"), &json!({})).await;
        assert_eq!(gone.status, 204);
    });
}
