//! Updates, handled when they come.

use app::bot::KnownBot;
use std::time::Duration;

use app::App;
use app::update::{Received, receive_update};
use channels::telegram::IncomingUpdate;
use domain::account::{Role, SecretHash, Tier, User};
use domain::channel::{
    Channel, ChannelDetails, ChannelStatus, ChatLink, RegistrationToken, STOPPED, StoppedChat,
    TOKEN_LIFE,
};
use domain::contact::Contact;
use domain::engine::Job;
use domain::ids::{BotId, CompanyId, UserId};
use domain::invite::ChatPerson;
use domain::message::Notice;
use domain::scenario::{Scenario, ScenarioState};
use domain::schedule::{Interval, Period, Schedule};
use domain::slug::Slug;
use domain::task::{Act, Say, ScheduledTask};
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, PageId};
use domain::watch::{Page, Target, TargetPage, TargetStatus, Watcher, rewrite};
use fixture::Fixture;
use fixture::wire::Racing;
use futures::future::join;
use serde_json::{Value, json};
use table::keys;

pub(crate) const CHAT: i64 = 42;

pub(crate) fn says(update_id: i64, text: &str) -> Value {
    let chat = json!({"id": CHAT, "type": "private"});
    json!({"update_id": update_id, "message": {"chat": chat, "from": {"id": CHAT}, "text": text}})
}

pub(crate) fn presses(update_id: i64, data: &str) -> Value {
    let message = json!({"message_id": 1, "chat": {"id": CHAT, "type": "private"}});
    let query = json!({"id": "press-1", "from": {"id": CHAT}, "data": data, "message": message});
    json!({"update_id": update_id, "callback_query": query})
}

pub(crate) fn stands(update_id: i64, status: &str) -> Value {
    let chat = json!({"id": CHAT, "type": "private"});
    let member = json!({"chat": chat, "new_chat_member": {"status": status}});
    json!({"update_id": update_id, "my_chat_member": member})
}

pub(crate) async fn receive(app: &App, update: &Value) -> Received {
    let bot = &KnownBot::from(app.bots.bot(&BotId::default_bot()).expect("the default bot"));
    let read = IncomingUpdate::from_value(update).expect("an update");
    receive_update(app, bot, &read, &update.to_string()).await.expect("received")
}

/// What the chat is told, in the order of the answers.
pub(crate) fn told(fixture: &Fixture) -> Vec<Notice> {
    let jobs = fixture.timers().into_iter().filter_map(|timer| match timer.job {
        Job::Messages { notices, chat_id: CHAT, .. } => Some(notices),
        _ => None,
    });
    jobs.flatten().collect()
}

pub(crate) fn channel(fixture: &Fixture, status: ChannelStatus, chat_id: Option<i64>) -> Channel {
    let channel = Channel {
        id: fixture.app.env.id(),
        user_id: fixture.app.env.id(),
        name: "phone".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id },
        status,
        reason: None,
        created_at: fixture.app.env.now(),
        target_id: None,
        generation: 0,
        version: 0,
    };
    fixture.put([channel.clone().into()]);
    fixture.put(channel.link().map(Into::into));
    channel
}

fn now_of(fixture: &Fixture, channel: &Channel) -> Channel {
    fixture.get(&keys::channel(channel.user_id, channel.id)).expect("the channel")
}

fn target(fixture: &Fixture, user_id: UserId) -> Target {
    let url = CanonicalUrl::parse("https://shop.example/list").expect("a URL");
    let target = Target {
        id: fixture.app.env.id(),
        user_id,
        name: "Lamps".to_owned(),
        pages: vec![TargetPage { id: PageId::of(&url), url }],
        channels: Vec::new(),
        guests: Vec::new(),
        rules: domain::watch::Rules::default(),
        status: TargetStatus::Active,
        created_at: fixture.app.env.now(),
        version: 0,
    };
    fixture.write(rewrite(None, Some(&target)));
    target
}

#[test]
fn each_command_gets_its_answer() {
    let fixture = Fixture::new();
    let answers = [
        ("/start", Notice::Welcome),
        ("/start invite_abc", Notice::TokenUnusable),
        ("/start abc", Notice::TokenUnusable),
        ("/stop", Notice::NothingToStop),
        ("/help", Notice::Help),
        ("/dance", Notice::UnknownCommand),
        ("hello", Notice::NotUnderstood),
    ];
    for (update_id, (text, _)) in (1..).zip(&answers) {
        let received = fixture.run(receive(&fixture.app, &says(update_id, text)));
        assert_eq!(received, Received::Handled, "{text}");
        fixture.clock.pass(Duration::from_secs(1));
    }
    fixture.clock.pass(Duration::ZERO);
    let told = told(&fixture);
    for (_, notice) in &answers {
        assert!(told.contains(notice), "{notice:?}");
    }
    assert_eq!(told.len(), answers.len());
}

#[test]
fn a_stop_silences_the_chats_channels_until_a_start() {
    let fixture = Fixture::new();
    let phone = channel(&fixture, ChannelStatus::Active, Some(CHAT));
    fixture.run(receive(&fixture.app, &says(1, "/stop")));
    let stopped = now_of(&fixture, &phone);
    let standing = (stopped.status, stopped.reason.as_deref());
    assert_eq!(standing, (ChannelStatus::Blocked, Some(STOPPED)));
    fixture.run(receive(&fixture.app, &stands(2, "kicked")));
    fixture.run(receive(&fixture.app, &stands(3, "member")));
    assert_eq!(now_of(&fixture, &phone).status, ChannelStatus::Blocked, "a stop stays");
    fixture.clock.pass(Duration::from_secs(1));
    fixture.run(receive(&fixture.app, &says(4, "/start")));
    assert_eq!(now_of(&fixture, &phone).status, ChannelStatus::Active);
    assert_eq!(told(&fixture), [Notice::Stopped, Notice::Resumed]);
}

#[test]
fn a_block_of_the_bot_blocks_and_its_end_unblocks_without_a_word() {
    let fixture = Fixture::new();
    let phone = channel(&fixture, ChannelStatus::Active, Some(CHAT));
    fixture.run(receive(&fixture.app, &stands(1, "kicked")));
    assert_eq!(now_of(&fixture, &phone).status, ChannelStatus::Blocked);
    fixture.run(receive(&fixture.app, &stands(2, "member")));
    assert_eq!(now_of(&fixture, &phone).status, ChannelStatus::Active);
    assert!(told(&fixture).is_empty());
}

#[test]
fn a_repeated_update_does_nothing_twice() {
    let fixture = Fixture::new();
    let update = says(7, "/help");
    assert_eq!(fixture.run(receive(&fixture.app, &update)), Received::Handled);
    let (again, cost) = fixture.cost(receive(&fixture.app, &update));
    assert_eq!(again, Received::Repeated);
    assert!(cost.write.abs() < f64::EPSILON, "{cost:?}");
    assert_eq!(told(&fixture), [Notice::Help]);
}

#[test]
fn of_one_update_that_comes_twice_at_once_one_is_handled() {
    let fixture = Fixture::new();
    let app = fixture.over(Racing);
    let phone = channel(&fixture, ChannelStatus::Active, Some(CHAT));
    for (update_id, text) in [(1, "/help"), (2, "/stop"), (3, "/start"), (4, "/start abc")] {
        let update = says(update_id, text);
        let (one, other) = fixture.run(join(receive(&app, &update), receive(&app, &update)));
        let outcomes = [one, other];
        assert!(outcomes.contains(&Received::Handled), "{text}: {outcomes:?}");
        assert!(outcomes.contains(&Received::Repeated), "{text}: {outcomes:?}");
        fixture.clock.pass(Duration::from_secs(1));
    }
    assert_eq!(now_of(&fixture, &phone).status, ChannelStatus::Active);
    assert_eq!(told(&fixture).len(), 4);
}

#[test]
fn group_chatter_and_unknown_kinds_cost_nothing() {
    let fixture = Fixture::new();
    let group = json!({"id": -5, "type": "group"});
    for update in [
        json!({"update_id": 1, "message": {"chat": group, "text": "hello"}}),
        json!({"update_id": 2, "message": {"chat": group, "text": "/start@OtherBot"}}),
        json!({"update_id": 3, "poll": {}}),
        json!({"update_id": 4, "message": {"chat": {"id": 1, "type": "private"}, "photo": []}}),
    ] {
        let (received, cost) = fixture.cost(receive(&fixture.app, &update));
        assert_eq!((received, cost.total_calls()), (Received::Ignored, 0), "{update}");
    }
}

#[test]
fn an_answer_alone_costs_four_write_units() {
    let fixture = Fixture::new();
    let (_, cost) = fixture.cost(receive(&fixture.app, &says(1, "/help")));
    // SeenUpdate 2, timer 2.
    assert!((cost.write - 4.0).abs() < f64::EPSILON, "{cost:?}");
    let (_, cost) = fixture.cost(receive(&fixture.app, &says(2, "/start")));
    assert!((cost.write - 4.0).abs() < f64::EPSILON, "{cost:?}");
}

#[test]
fn a_token_connects_the_chat_once() {
    let fixture = Fixture::new();
    let pending = channel(&fixture, ChannelStatus::Pending, None);
    let token = RegistrationToken {
        hash: SecretHash::of("secret"),
        user_id: pending.user_id,
        channel_id: pending.id,
        target_id: None,
        bot: Some(BotId::default_bot()),
        created_at: fixture.app.env.now(),
        expires_at: fixture.app.env.now() + TOKEN_LIFE,
        generation: 0,
    };
    fixture.put([token.clone().into()]);
    let update = says(1, "/start confirm_secret");
    assert_eq!(fixture.run(receive(&fixture.app, &update)), Received::Handled);
    assert_eq!(now_of(&fixture, &pending).status, ChannelStatus::Active);
    assert_eq!(now_of(&fixture, &pending).chat().map(|(_, chat_id)| chat_id), Some(CHAT));
    assert_eq!(fixture.run(receive(&fixture.app, &update)), Received::Repeated);
    fixture.clock.pass(Duration::from_secs(1));
    fixture.run(receive(&fixture.app, &says(2, "/start confirm_secret")));
    let connected = Notice::ChannelConnected { target_name: None };
    assert_eq!(told(&fixture), [connected, Notice::TokenUnusable]);
}

#[test]
fn an_expired_token_is_answered_like_an_unknown_one() {
    let fixture = Fixture::new();
    let pending = channel(&fixture, ChannelStatus::Pending, None);
    let token = RegistrationToken {
        hash: SecretHash::of("secret"),
        user_id: pending.user_id,
        channel_id: pending.id,
        target_id: None,
        bot: Some(BotId::default_bot()),
        created_at: fixture.app.env.now(),
        expires_at: fixture.app.env.now() + TOKEN_LIFE,
        generation: 0,
    };
    fixture.put([token.into()]);
    fixture.clock.pass(TOKEN_LIFE);
    fixture.run(receive(&fixture.app, &says(1, "/start secret")));
    assert_eq!(now_of(&fixture, &pending).status, ChannelStatus::Pending);
    assert_eq!(told(&fixture), [Notice::TokenUnusable]);
}

#[test]
fn a_button_pauses_and_resumes_its_owners_target_and_no_one_elses() {
    let fixture = Fixture::new();
    let phone = channel(&fixture, ChannelStatus::Active, Some(CHAT));
    let own = target(&fixture, phone.user_id);
    let others = target(&fixture, fixture.app.env.id());
    let page_id = own.pages[0].id.clone();
    let press = |update_id, data: String| {
        assert_eq!(
            fixture.run(receive(&fixture.app, &presses(update_id, &data))),
            Received::Handled
        );
        fixture.clock.pass(Duration::from_secs(1));
    };
    let status = |target: &Target| {
        fixture.get::<Target>(&keys::target(target.user_id, target.id)).map(|it| it.status)
    };
    press(1, format!("pause:{}", others.id));
    assert_eq!(status(&others), Some(TargetStatus::Active));
    press(2, format!("pause:{}", own.id));
    press(3, format!("pause:{}", own.id));
    assert_eq!(status(&own), Some(TargetStatus::Disabled));
    let watcher = keys::watcher(&page_id, own.user_id, own.id);
    assert_eq!(fixture.get::<Watcher>(&watcher), None);
    assert_eq!(fixture.get::<Page>(&keys::page(&page_id)).map(|page| page.active_targets), Some(1));
    press(4, format!("resume:{}", own.id));
    assert_eq!(status(&own), Some(TargetStatus::Active));
    assert!(fixture.get::<Watcher>(&watcher).is_some());
    press(5, "dance".to_owned());
    let (target_id, target_name) = (own.id, own.name);
    let paused = Notice::TargetPaused { target_id, target_name: target_name.clone() };
    let resumed = Notice::TargetResumed { target_id, target_name };
    let expected = [Notice::TargetGone, paused.clone(), paused, resumed, Notice::ButtonOutdated];
    assert_eq!(told(&fixture), expected);
    let answered =
        |job: &Job| matches!(job, Job::Messages { callback: Some(id), .. } if id == "press-1");
    assert!(fixture.timers().iter().all(|timer| answered(&timer.job)));
}

/// An admin of a company.
pub(crate) fn admin(id: UserId, company_id: CompanyId, created_at: Timestamp) -> User {
    User {
        id,
        company_id,
        username: "ann".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at,
        version: 0,
    }
}

/// A task that writes to a group, of a company that a channel's user belongs to.
fn task(fixture: &Fixture, channel: &Channel, chat_id: i64) -> ScheduledTask {
    let (env, now) = (&fixture.app.env, fixture.app.env.now());
    let company_id = env.id();
    let user = admin(channel.user_id, company_id, now);
    let task = ScheduledTask {
        id: env.id(),
        company_id,
        slug: Slug::parse("digest").expect("a slug"),
        name: "Digest".to_owned(),
        act: says_to(chat_id),
        schedule: Schedule::Interval(Interval { every: 5, period: Period::Minutes }),
        enabled: false,
        begun: now,
        next: None,
        last_run: None,
        created_at: now,
        version: 0,
    };
    fixture.put([user.into(), task.clone().into()]);
    task
}

fn says_to(chat_id: i64) -> Act {
    let text = "Good morning".to_owned();
    Act::SendTelegramMessage(Say { text, bot_name: None, chat_id: Some(chat_id) })
}

#[test]
fn a_group_that_moves_keeps_its_channel_its_person_its_stop_its_tasks_and_its_scenarios() {
    let fixture = Fixture::new();
    let group = channel(&fixture, ChannelStatus::Active, Some(-5));
    let task = task(&fixture, &group, -5);
    let (bot, user_id) = (BotId::default_bot(), group.user_id);
    let stop = StoppedChat { bot: bot.clone(), chat_id: -5, kept_at: fixture.app.env.now() };
    let slug = Slug::parse("course").expect("a slug");
    let course = Scenario {
        private_group_id: Some(-5),
        ..Scenario::new(bot.clone(), slug.clone(), fixture.app.env.now())
    };
    let mut payer = Contact::new(bot.clone(), 77, fixture.app.env.now());
    let run = ScenarioState { group: Some(-5), ..ScenarioState::default() };
    payer.runs.insert(slug.clone(), run);
    let person = ChatPerson { bot, chat_id: -5, user_id, version: 0 };
    fixture.put([person.into(), stop.into(), course.into(), payer.into()]);
    let moves = json!({"update_id": 1, "message": {
        "chat": {"id": -5, "type": "group"}, "migrate_to_chat_id": -1005}});
    let told_again = json!({"update_id": 2, "message": {
        "chat": {"id": -1005, "type": "supergroup"}, "migrate_from_chat_id": -5}});
    for update in [&moves, &told_again, &moves] {
        fixture.run(receive(&fixture.app, update));
        assert_eq!(now_of(&fixture, &group).chat().map(|(_, id)| id), Some(-1005));
        let link = |chat_id| keys::chat_link(&BotId::default_bot(), chat_id, group.user_id);
        assert_eq!(fixture.get::<ChatLink>(&link(-5)), None);
        assert!(fixture.get::<ChatLink>(&link(-1005)).is_some());
        let person = |chat_id| {
            let key = keys::chat_person(&BotId::default_bot(), chat_id);
            fixture.get::<ChatPerson>(&key).map(|it| it.user_id)
        };
        assert_eq!((person(-5), person(-1005)), (None, Some(group.user_id)));
        let stop = |chat_id| {
            fixture.get::<StoppedChat>(&keys::stopped_chat(&BotId::default_bot(), chat_id))
        };
        assert_eq!((stop(-5).is_some(), stop(-1005).is_some()), (false, true));
        let task: Option<ScheduledTask> =
            fixture.get(&keys::scheduled_task(task.company_id, &task.slug));
        assert_eq!(task.map(|task| task.act), Some(says_to(-1005)));
        let course: Option<Scenario> = fixture.get(&keys::scenario(&BotId::default_bot(), &slug));
        assert_eq!(course.and_then(|it| it.private_group_id), Some(-1005));
        let payer: Option<Contact> = fixture.get(&keys::contact(&BotId::default_bot(), 77));
        assert_eq!(payer.and_then(|it| it.run(&slug).group), Some(-1005));
    }
}
