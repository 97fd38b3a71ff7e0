//! Scenarios: what a contact receives, and when.

use std::time::Duration;

use domain::broadcast::{Broadcast, BroadcastMove, BroadcastStatus, Targeting, decide_move};
use domain::contact::Contact;
use domain::engine::{Decision, Record, Write};
use domain::ids::BotId;
use domain::scenario::{
    BotScenarios, Outline, Photo, Scenario, ScenarioStatus, Spot, Step, StepContent,
};
use domain::slug::Slug;
use domain::time::Timestamp;
use hoopoe::dev::SIMULATED_BOT;
use simulators::telegram::Fault;
use table::keys;
use tests::{TestSystem, journey};

const HOUR: Duration = Duration::from_hours(1);
/// Ten seconds less than an hour.
const NEARLY: Duration = Duration::from_secs(3_590);

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn content(text: &str) -> StepContent {
    StepContent { text: text.to_owned(), ..StepContent::default() }
}

/// Three steps: at once, an hour later, an hour after that.
fn scenario(name: &str) -> (Scenario, Vec<Step>) {
    let (bot_id, created_at) = (BotId::default_bot(), Timestamp::default());
    let (mut outline, mut steps) = (Outline::default(), Vec::new());
    for (step, delay) in [("one", 0), ("two", 3_600), ("three", 3_600)] {
        outline.insert(slug(step), delay, &Spot::End).expect("it fits");
        steps.push(Step {
            bot_id: bot_id.clone(),
            scenario: slug(name),
            slug: slug(step),
            content: content(&format!("{name} **{step}** for {{{{ user.user_name }}}}")),
            created_at,
            version: 0,
        });
    }
    let scenario = Scenario {
        summary: Some(content(&format!("{name} summary"))),
        outline,
        ..Scenario::new(bot_id, slug(name), created_at)
    };
    (scenario, steps)
}

async fn save(system: &TestSystem, records: Vec<Record>) {
    let app = &system.system.app;
    let mut decision = Decision::new(app.env.id(), app.env.now(), ());
    decision.writes = records.into_iter().map(Write::Put).collect();
    app.commit(decision).await.expect("committed");
}

/// Saves these scenarios; the first is the default one.
async fn publish(system: &TestSystem, scenarios: Vec<(Scenario, Vec<Step>)>) {
    let default = scenarios.first().map(|(scenario, _)| scenario.slug.clone());
    let new = BotScenarios::new(BotId::default_bot());
    let settings = BotScenarios { default_scenario: default, ..new };
    save(system, vec![settings.into()]).await;
    for (scenario, steps) in scenarios {
        let steps = steps.into_iter().map(Record::from);
        save(system, std::iter::once(Record::from(scenario)).chain(steps).collect()).await;
    }
}

fn start(system: &TestSystem, chat: i64, payload: Option<&str>) {
    system.telegram().start(SIMULATED_BOT, chat, payload).expect("it starts");
}

#[test]
fn steps_come_at_their_times_once_and_then_the_summary() {
    journey(async |system| {
        publish(system, vec![scenario("course")]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(system.received(chat), ["course one for ada"]);
        system.pass(NEARLY).await;
        assert_eq!(system.received(chat).len(), 1, "not before its time");
        system.pass(Duration::from_secs(11)).await;
        assert_eq!(system.received(chat).len(), 2);
        system.pass(HOUR).await;
        let all = ["course one for ada", "course two for ada", "course three for ada"];
        assert_eq!(system.received(chat), all);
        system.pass(HOUR * 5).await;
        assert_eq!(system.received(chat).len(), 3);
        start(system, chat, None);
        system.settle().await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course summary"));
        let (course, _) = scenario("course");
        save(system, vec![Scenario { summary: None, ..course }.into()]).await;
        start(system, chat, None);
        system.settle().await;
        let said = system.received(chat);
        assert_eq!((said.len(), said[4].as_str()), (5, "You have received all of this already."));
    });
}

#[test]
fn a_contact_switches_comes_back_and_waits_what_was_left() {
    journey(async |system| {
        publish(system, vec![scenario("course"), scenario("club")]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(HOUR / 2).await;
        start(system, chat, Some("club"));
        system.pass(HOUR * 3 / 4).await;
        assert_eq!(system.received(chat), ["course one for ada", "club one for ada"]);
        start(system, chat, Some("course"));
        system.pass(HOUR / 2 + Duration::from_secs(5)).await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course two for ada"));
        start(system, chat, Some("course"));
        system.pass(Duration::from_secs(5)).await;
        let again = system.received(chat);
        assert_eq!(again.len(), 4, "the last one once more: {again:?}");
        assert_eq!(again[3], "course two for ada");
        start(system, chat, Some("nowhere"));
        system.pass(Duration::from_secs(5)).await;
        let said = system.received(chat);
        assert!(said.iter().any(|text| text.contains("leads to nothing")), "{said:?}");
        system.pass(HOUR * 2).await;
        let said = system.received(chat);
        assert_eq!(said.iter().filter(|text| *text == "course three for ada").count(), 1);
        assert!(!said.iter().any(|text| text.starts_with("club two")), "{said:?}");
    });
}

#[test]
fn whoever_blocks_the_bot_misses_no_step_when_they_return() {
    journey(async |system| {
        publish(system, vec![scenario("course")]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(Duration::from_secs(5)).await;
        system.telegram().block(SIMULATED_BOT, chat).expect("blocked");
        system.pass(HOUR * 8).await;
        assert_eq!(system.received(chat).len(), 1);
        system.telegram().unblock(SIMULATED_BOT, chat).expect("unblocked");
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course two for ada"));
        system.pass(HOUR + Duration::from_secs(5)).await;
        assert_eq!(system.received(chat).len(), 3);
    });
}

#[test]
fn stop_ends_the_course_and_start_takes_it_up_again() {
    journey(async |system| {
        publish(system, vec![scenario("course")]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(HOUR / 2).await;
        system.telegram().say(SIMULATED_BOT, chat, "/stop", None).expect("said");
        system.pass(HOUR * 3).await;
        let said = system.received(chat);
        assert!(!said.iter().any(|text| text.starts_with("course two")), "{said:?}");
        start(system, chat, None);
        system.pass(HOUR / 2 + Duration::from_secs(5)).await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course two for ada"));
        system.pass(HOUR + Duration::from_secs(5)).await;
    });
}

#[test]
fn a_step_that_is_on_its_way_to_whoever_stops_is_received() {
    journey(async |system| {
        publish(system, vec![scenario("course")]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(HOUR / 2).await;
        system.telegram().inject(Fault::Slow { ms: 5_000 });
        system.pass(HOUR / 2 + Duration::from_secs(1)).await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course two for ada"));
        system.telegram().say(SIMULATED_BOT, chat, "/stop", None).expect("said");
        system.pass(Duration::from_secs(20)).await;
        let key = keys::contact(&BotId::default_bot(), chat);
        let contact: Contact =
            system.system.app.table.get(&key).await.expect("readable").expect("it is");
        let run = contact.run(&Slug::parse("course").expect("a slug"));
        assert_eq!((run.status, run.position), (ScenarioStatus::Stopped, Some(1)));
        start(system, chat, None);
        system.pass(NEARLY).await;
        assert_eq!(
            system.received(chat).iter().filter(|it| *it == "course three for ada").count(),
            0
        );
        system.pass(Duration::from_secs(20)).await;
        assert_eq!(system.received(chat).last().map(String::as_str), Some("course three for ada"));
    });
}

#[test]
fn a_step_with_photos_has_its_text_below_them() {
    journey(async |system| {
        let (scenario, mut steps) = scenario("course");
        let photo = |n| Photo::FileId(format!("https://img.example/{n}.png"));
        steps[0].content.photos = vec![photo(1), photo(2)];
        steps[1].content.photos = vec![photo(3)];
        steps[2].content.photos = vec![Photo::FileId("gone".to_owned())];
        publish(system, vec![(scenario, steps)]).await;
        let chat = system.phone("ada");
        start(system, chat, None);
        system.pass(HOUR * 2 + Duration::from_secs(10)).await;
        let messages = system.telegram().messages(SIMULATED_BOT, chat).expect("a chat");
        let sent: Vec<_> = messages.iter().filter(|it| it.is_outgoing()).collect();
        let shape: Vec<_> = sent
            .iter()
            .map(|it| (it.photo.as_ref().and_then(|it| it.url.as_deref()), it.text.as_str()))
            .collect();
        assert_eq!(
            shape,
            [
                (Some("https://img.example/1.png"), "course one for ada"),
                (Some("https://img.example/2.png"), ""),
                (Some("https://img.example/3.png"), "course two for ada"),
                (None, "course three for ada"),
            ],
            "and a picture that is gone takes no words with it"
        );
    });
}

fn news(name: &str) -> Broadcast {
    Broadcast {
        bot_id: BotId::default_bot(),
        slug: slug(name),
        name: name.to_owned(),
        content: content(&format!("{name} for {{{{ user.user_name }}}}")),
        targeting: Targeting::default(),
        status: BroadcastStatus::Draft,
        sending: None,
        created_at: Timestamp::default(),
        version: 0,
    }
}

async fn act(system: &TestSystem, name: &str, wanted: BroadcastMove) -> Broadcast {
    let app = &system.system.app;
    let key = table::keys::broadcast(&BotId::default_bot(), &slug(name));
    app.decide(|| async {
        let broadcast = app.table.get::<Broadcast>(&key).await?.expect("it is there");
        let (now, job) = (app.env.now(), app.env.id());
        let (moved, job) = decide_move(&broadcast, wanted, now, job).expect("it may");
        let mut decision = Decision::new(app.env.id(), now, moved.clone());
        decision.jobs.extend(job);
        Ok::<_, app::AppError>(decision.write(Write::Replace(moved.into())))
    })
    .await
    .expect("committed")
}

async fn state(system: &TestSystem, name: &str) -> Broadcast {
    let key = table::keys::broadcast(&BotId::default_bot(), &slug(name));
    let found = system.system.app.table.get::<Broadcast>(&key).await.expect("readable");
    found.expect("it is there")
}

fn having(system: &TestSystem, chats: &[i64], text: &str) -> usize {
    let has = |chat: &&i64| system.received(**chat).iter().any(|it| it.starts_with(text));
    chats.iter().filter(has).count()
}

#[test]
fn a_broadcast_reaches_each_contact_once_also_when_it_is_paused_on_its_way() {
    journey(async |system| {
        publish(system, vec![scenario("course")]).await;
        let mut chats = Vec::new();
        for number in 0..60 {
            let chat = system.phone(&format!("p{number}"));
            start(system, chat, None);
            chats.push(chat);
        }
        system.pass(Duration::from_secs(20)).await;
        system.telegram().block(SIMULATED_BOT, chats[0]).expect("blocked");
        let opted_out = chats[1];
        let message = system.telegram().messages(SIMULATED_BOT, opted_out).expect("a chat");
        let number = message.last().expect("a message").message_id;
        save(system, vec![news("first").into(), news("second").into()]).await;
        act(system, "first", BroadcastMove::Send).await;
        system.pass(Duration::from_secs(1)).await;
        act(system, "first", BroadcastMove::Pause).await;
        system.pass(Duration::from_mins(1)).await;
        let halfway = having(system, &chats, "first");
        assert!((5..55).contains(&halfway), "{halfway}");
        system.pass(Duration::from_mins(1)).await;
        assert_eq!(having(system, &chats, "first"), halfway, "it waits");
        act(system, "first", BroadcastMove::Resume).await;
        system.pass(Duration::from_secs(30)).await;
        assert_eq!(having(system, &chats, "first"), 59);
        for chat in &chats {
            let of_it = system.received(*chat);
            assert!(of_it.iter().filter(|it| it.starts_with("first")).count() <= 1, "{of_it:?}");
        }
        let done = state(system, "first").await;
        assert_eq!(done.status, BroadcastStatus::Done);
        let counts = done.sending.expect("it was sent").counts;
        assert_eq!((counts.sent, counts.failed, counts.unknown), (59, 0, 0));
        let pressed = system.telegram().press(SIMULATED_BOT, opted_out, number, "unsubscribe");
        assert!(pressed.is_err(), "the step has no such button");
        let message = system.telegram().messages(SIMULATED_BOT, opted_out).expect("a chat");
        let number = message.last().expect("a message").message_id;
        system
            .telegram()
            .press(SIMULATED_BOT, opted_out, number, "unsubscribe")
            .expect("the broadcast has it");
        system.pass(Duration::from_secs(5)).await;
        act(system, "second", BroadcastMove::Send).await;
        system.pass(Duration::from_secs(30)).await;
        assert_eq!(having(system, &chats, "second"), 58);
        assert_eq!(having(system, &[opted_out], "second"), 0);
        system.pass(HOUR * 3).await;
    });
}
