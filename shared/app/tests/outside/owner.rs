//! What a bot's owner sees of its contacts and does for them.

use app::AppError;
use app::scenario::author::Whose;
use app::scenario::owner::{ContactsWanted, list_contacts, refund_scenario, start_contact};
use domain::account::SecretHash;
use domain::bot::Bot;
use domain::contact::{
    Contact, ContactFilter, Language, SentStep, decide_start_by_hand, decide_step_done,
    decide_stop_run,
};
use domain::engine::job::{AccessChange, Words};
use domain::engine::{Decision, Job, NewJob};
use domain::ids::{BotId, CompanyId};
use domain::message::{DeskNotice, Notice};
use domain::payment::{Grant, Order, OrderNumber, OrderStatus, decide_grant};
use domain::scenario::{Outline, Product, Scenario, ScenarioCode, Spot};
use domain::slug::Slug;
use fixture::Fixture;
use fixture::wire::Cuttable;
use rust_decimal::Decimal;
use serde_json::json;
use table::keys;

use crate::updates::{CHAT, told};
use crate::world::{REFUSES, World};

/// A company's bot.
pub(crate) struct School {
    pub(crate) fixture: Fixture,
    pub(crate) company_id: CompanyId,
    pub(crate) bot: BotId,
}

impl School {
    pub(crate) fn open() -> Self {
        let fixture = Fixture::new();
        let (company_id, id): (CompanyId, CompanyId) = (fixture.app.env.id(), fixture.app.env.id());
        let bot = BotId(id.to_string());
        let record = json!({
            "id": bot, "company_id": company_id, "slug": "school", "telegram_id": 7,
            "username": "SchoolBot", "secrets": "v1.local.a.b", "status": "ACTIVE",
            "webhook_secret": SecretHash::of("s"), "created_at": 0,
        });
        let record: Bot = serde_json::from_value(record).expect("a bot");
        fixture.put([record.into()]);
        Self { fixture, company_id, bot }
    }

    pub(crate) fn whose(&self) -> Whose<'_> {
        Whose { company_id: self.company_id, bot: &self.bot.0 }
    }

    pub(crate) fn contact(&self, chat_id: i64) -> Contact {
        Contact::new(self.bot.clone(), chat_id, self.fixture.app.env.now())
    }
}

#[test]
fn a_refund_reaches_an_order_that_only_the_run_remembers() {
    let school = School::open();
    let (app, now) = (&school.fixture.app, school.fixture.app.env.now());
    let course = Slug::parse("course").expect("a slug");
    let scenario = Scenario::new(school.bot.clone(), course.clone(), now);
    let number = OrderNumber::from_random([7; 16]);
    let grant =
        Grant { number: number.clone(), bot: school.bot.clone(), chat_id: CHAT, by: app.env.id() };
    let (order, _) = decide_grant(grant, &scenario, now);
    let mut contact = school.contact(CHAT);
    let mut run = contact.run(&course);
    (run.payment_date, run.orders) = (Some(now), [number.clone()].into());
    contact.runs.insert(course, run);
    school.fixture.put([scenario.into(), order.into(), contact.into()]);

    let refunded =
        school.fixture.run(refund_scenario(app, school.whose(), (CHAT, "course"))).expect("done");
    assert!(refunded.runs[0].state.payment_date.is_none());
    let order: Order = school.fixture.get(&keys::order(&school.bot, &number)).expect("it stands");
    assert_eq!(order.status, OrderStatus::Refunded, "it is no revenue");
}

#[test]
fn a_start_that_the_table_does_not_take_schedules_nothing_and_can_be_tried_again() {
    let school = School::open();
    let mut outline = Outline::default();
    let slug = |name: &str| Slug::parse(name).expect("a slug");
    outline.insert(slug("one"), 300, &Spot::End).expect("it fits");
    let now = school.fixture.app.env.now();
    let course = Scenario { outline, ..Scenario::new(school.bot.clone(), slug("course"), now) };
    school.fixture.put([course.into(), school.contact(CHAT).into()]);
    let wire = Cuttable::for_writes();
    let app = school.fixture.over(wire.clone());
    let start = || school.fixture.run(start_contact(&app, school.whose(), (CHAT, "course")));
    let code = |refused: AppError| match refused {
        AppError::Scenario { code, .. } => Some(code),
        _ => None,
    };
    wire.cut(true);
    let refused = start().expect_err("nothing is written");
    assert_eq!(code(refused), Some(ScenarioCode::ScheduleFailed));
    wire.cut(false);
    assert!(school.fixture.timers().is_empty());
    let started = start().expect("started");
    assert_eq!(started.contact.active, Some(slug("course")));
    assert_eq!(school.fixture.timers().len(), 1);
    let again = start().expect_err("once is enough");
    assert_eq!(code(again), Some(ScenarioCode::ScenarioAlreadyActive));
}

#[test]
fn a_start_by_hand_brings_the_links_that_a_contact_should_have_and_has_not() {
    const GROUP: i64 = -100_500;
    let slug = |name: &str| Slug::parse(name).expect("a slug");
    for has_paid in [false, true] {
        let school = School::open();
        let (app, now) = (&school.fixture.app, school.fixture.app.env.now());
        let mut outline = Outline::default();
        outline.insert(slug("one"), 0, &Spot::End).expect("it fits");
        outline.insert(slug("two"), 3_600, &Spot::End).expect("it fits");
        let product = Product {
            name: "Course".to_owned(),
            price: Decimal::from(1_500),
            paid_content: String::new(),
        };
        let course = Scenario {
            outline,
            product: Some(product),
            private_group_id: Some(GROUP),
            ..Scenario::new(school.bot.clone(), slug("course"), now)
        };
        // They have received the first message, and have stopped.
        let begun = decide_start_by_hand(&school.contact(CHAT), &course, now, app.env.id());
        let begun = begun.expect("it begins");
        let job = begun.job.expect("the first message").id;
        let sent = SentStep { place: 0, started_at: Some(now), job };
        let one = decide_step_done(&begun.contact, &course, sent, now, app.env.id());
        let mut contact =
            decide_stop_run(&one.expect("sent").contact, now).expect("stopped").contact;
        contact.runs.entry(slug("course")).or_default().payment_date = has_paid.then_some(now);
        school.fixture.put([course.into(), contact.into()]);

        let started = start_contact(app, school.whose(), (CHAT, "course"));
        school.fixture.run(started).expect("started");
        let jobs: Vec<Job> = school.fixture.timers().into_iter().map(|it| it.job).collect();
        let invites = jobs.iter().any(|job| {
            let renews = AccessChange::Renew { asked: true, by_hand: true };
            matches!(job, Job::GroupAccess { group: GROUP, change, .. } if *change == renews)
        });
        let again = Words::StepWithLink { step: slug("one") };
        let shows_form = jobs
            .iter()
            .any(|job| matches!(job, Job::ScenarioWords { words, .. } if *words == again));
        assert_eq!((invites, shows_form), (has_paid, !has_paid), "{jobs:?}");
    }
}

#[test]
fn a_page_of_contacts_reads_little_more_than_it_shows() {
    let school = School::open();
    // All of one partition; every fortieth cannot be written to.
    for some in (0..200_i64).collect::<Vec<_>>().chunks(50) {
        let contacts = some.iter().map(|n| Contact {
            user_name: Some("x".repeat(129)),
            blocked: (n % 40 == 0).then(|| "gone".to_owned()),
            ..school.contact(8 * n)
        });
        school.fixture.put(contacts.map(Into::into));
    }
    let page = |filter: &ContactFilter, limit, after: Option<&str>| {
        let wanted = ContactsWanted { filter, limit, read: 1_000, after };
        let listed = list_contacts(&school.fixture.app, school.whose(), wanted);
        let (page, cost) = school.fixture.cost(listed);
        let page = page.expect("listed");
        let chats: Vec<i64> = page.items.iter().map(|it| it.contact.chat_id).collect();
        (chats, page.next, cost.read)
    };
    let all = ContactFilter::default();
    let (shown, next, read) = page(&all, 10, None);
    assert_eq!(shown.len(), 10);
    assert!(read < 5.0, "the bot, and ten contacts: {read}");
    assert!(page(&all, 200, None).2 > 10.0, "all of them are more");
    assert!(!page(&all, 10, next.as_deref()).0.contains(&shown[9]));

    let blocked = ContactFilter { blocked: Some(true), ..all };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (shown, next, _) = page(&blocked, 2, after.as_deref());
        found.extend(shown);
        after = next;
        if after.is_none() {
            break;
        }
    }
    found.sort_unstable();
    assert_eq!(found, [0, 320, 640, 960, 1_280]);
    assert!(page(&blocked, 1, None).2 < 5.0, "the first is the first that is read");
}

#[test]
fn an_admin_hears_in_their_language_that_an_answer_did_not_arrive() {
    let answer = json!({
        "kind": "answer_reply", "bot": "default", "chat_id": REFUSES, "from_chat": CHAT,
        "message_id": 7,
    });
    let mut in_russian = answer.clone();
    in_russian["language"] = json!("ru");
    // The first is one that was written before there were languages.
    for (job, language) in [(answer, Language::En), (in_russian, Language::Ru)] {
        let world = World::silent();
        let job: Job = serde_json::from_value(job).expect("a job");
        let (id, due) = (world.app.env.id(), world.app.env.now());
        let decision = Decision::new(world.app.env.id(), due, ());
        let decision = decision.job(NewJob { id, job, due, owner: None });
        world.fixture.run(world.app.commit(decision)).expect("committed");
        world.hint(&world.app, 1);
        assert_eq!(told(&world.fixture), [Notice::Desk { said: DeskNotice::AnswerLost, language }]);
    }
}
