//! What is written and read is written the same.

use proptest::prelude::*;

use super::files::{complete, single};
use super::*;
use crate::broadcast::{BroadcastStatus, Condition, Sending, Targeting};
use crate::button::{Button, Buttons, Does, Row};
use crate::contact::Language;
use crate::payment::GroupAccess;
use crate::scenario::{ACCEPT, OnRefund, Outline, Product, Spot, StepContent, decide_advance};

/// Files as they read, so that a difference does.
fn texts(files: &Files) -> BTreeMap<&str, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    files.iter().map(|(path, bytes)| (path.as_str(), text(bytes))).collect()
}

fn again(files: &Files) -> Files {
    let (migration, report) = read_with(files, &ProductSettings::default());
    assert_eq!(report.errors, []);
    assert_eq!(report.warnings, []);
    assert_eq!(report.unread, [""; 0]);
    write(&migration)
}

#[test]
fn files_of_both_layouts_are_written_in_the_new_one_and_read_back() {
    for files in [single(), complete()] {
        let (migration, _) = read_sound(&files);
        let written = write(&migration);
        assert_eq!(again(&written), written);
        let bot = BotId::default_bot();
        let none = ProductSettings::default();
        let (back, _) = read(&written, &Setup { bot: &bot, now: now(), product: &none });
        assert_eq!(back.contacts, migration.contacts);
        assert_eq!(back.photos, migration.photos);
    }
}

/// One edit of an outline, or one step that a contact takes.
#[derive(Clone, Debug)]
enum Deed {
    Insert(usize, u32),
    Move(usize, usize),
    Delete(usize),
    Take,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..6usize, 0..100_000u32).prop_map(|(at, delay)| Deed::Insert(at, delay)),
        (0..6usize, 0..6usize).prop_map(|(from, to)| Deed::Move(from, to)),
        (0..6usize).prop_map(Deed::Delete),
        Just(Deed::Take),
        Just(Deed::Take),
    ]
}

/// An outline that was edited while a contact went through it.
fn lived(deeds: &[Deed]) -> (Outline, ScenarioState) {
    let mut outline = Outline::default();
    let started = ScenarioState {
        status: ScenarioStatus::Active,
        counts_from: Some(now()),
        ..ScenarioState::default()
    };
    let (mut run, mut made) = (started, 0);
    for deed in deeds {
        let steps: Vec<_> = outline.steps().map(|(it, _)| it.clone()).collect();
        let spot = |at: usize| steps.get(at).map_or(Spot::End, |it| Spot::Before(it.clone()));
        match deed {
            Deed::Insert(at, delay) => {
                made += 1;
                outline.insert(slug(&format!("s{made}")), *delay, &spot(*at)).expect("it fits");
            }
            Deed::Move(from, to) if *from < steps.len() => {
                outline.move_to(&steps[*from], &spot(*to)).expect("it moves");
            }
            Deed::Delete(at) if *at < steps.len() => outline.delete(&steps[*at]).expect("it goes"),
            Deed::Take => {
                let place = outline.next(&run).map(|it| it.place);
                if let Some((next, _)) =
                    place.and_then(|it| decide_advance(&outline, &run, it, now()))
                {
                    run = ScenarioState { status: ScenarioStatus::Active, ..next };
                    run.counts_from = Some(now());
                }
            }
            Deed::Move(..) | Deed::Delete(_) => {}
        }
    }
    (outline, run)
}

fn status() -> impl Strategy<Value = ScenarioStatus> {
    prop::sample::select(vec![
        ScenarioStatus::NotStarted,
        ScenarioStatus::Active,
        ScenarioStatus::Stopped,
        ScenarioStatus::Completed,
    ])
}

fn content() -> impl Strategy<Value = StepContent> {
    let photo = prop_oneof![
        "[a-z]{1,8}".prop_map(Photo::FileId),
        Just(Photo::Object("2e5fe7f0.png".to_owned())),
    ];
    let url = Button {
        text: "Купить {{scenario.product_name}}".to_owned(),
        does: Does::Url { url: "{{user.payment_link}}".to_owned() },
    };
    let inline = Buttons::Inline(Rows { rows: vec![Row { buttons: vec![url] }] });
    let set = Buttons::Set { button_set_ref: slug("pay") };
    let buttons = prop_oneof![Just(None), Just(Some(inline)), Just(Some(set))];
    let text = "Привет[ а-яa-z\n]{0,20}(\\{\\{ ?user\\.user_name ?\\}\\})?\n{0,2}";
    (text, prop::collection::vec(photo, 0..4), buttons)
        .prop_map(|(text, photos, buttons)| StepContent { text, photos, buttons })
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(Timestamp::from_millis)
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec(deed(), 0..25)
}

/// The name of a scenario, or none.
fn one_of_two() -> impl Strategy<Value = Option<Slug>> {
    prop::sample::select(vec![None, Some(slug("course")), Some(slug("club"))])
}

/// What a scenario asks before it begins.
fn consent() -> impl Strategy<Value = StepContent> {
    content().prop_map(|content| {
        let does = Does::Callback { callback_data: ACCEPT.to_owned() };
        let accept = Button { text: "Да".to_owned(), does };
        let rows = Rows { rows: vec![Row { buttons: vec![accept] }] };
        StepContent { buttons: Some(Buttons::Inline(rows)), ..content }
    })
}

prop_compose! {
    /// A scenario without its steps.
    fn scenario()(
        name in "[А-Я][а-я]{0,8}",
        is_active in any::<bool>(),
        created_at in instant(),
        price in prop::option::of(1..100_000_000_i64),
        paid_content in "[а-я ]{0,10}",
        group in prop::option::of(1_000_000_000..2_000_000_000_i64),
        on_payment in prop::sample::select(vec![OnPayment::Continue, OnPayment::Complete]),
        on_refund in prop::sample::select(vec![OnRefund::Revoke, OnRefund::Keep]),
        consent in prop::option::of(consent()),
        summary in prop::option::of(content()),
    ) -> Scenario {
        let product = price.map(|price| Product {
            name: "Курс".to_owned(),
            price: rust_decimal::Decimal::new(price, 2),
            paid_content,
        });
        Scenario {
            name, is_active, product, on_payment, on_refund, consent, summary,
            private_group_id: group.map(|group| -1_000_000_000_000 - group),
            ..Scenario::new(BotId::default_bot(), slug("course"), created_at)
        }
    }
}

/// Conditions that do not contradict each other.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    prop::sample::select(vec![
        vec![],
        vec![Condition::NoActiveScenario, Condition::HasNotPaid],
        vec![Condition::InScenario(slug("club")), Condition::HasPaid, Condition::JoinedGroup],
        vec![Condition::RegisteredAfter(now())],
        vec![Condition::RegisteredBefore(now())],
    ])
}

prop_compose! {
    fn sending()(
        shard in 0..8_u8,
        after in prop::option::of("CONTACT#[0-9]{1,6}"),
        audience in prop::option::of(any::<u32>()),
        started_at in instant(),
        ended_at in prop::option::of(instant()),
    ) -> Sending {
        Sending { shard, after, audience, started_at, ended_at, ..Sending::default() }
    }
}

prop_compose! {
    fn broadcast()(
        content in content(),
        conditions in conditions(),
        status in prop::sample::select(vec![
            BroadcastStatus::Draft, BroadcastStatus::Sending, BroadcastStatus::Paused,
            BroadcastStatus::Done, BroadcastStatus::Cancelled,
        ]),
        sending in prop::option::of(sending()),
        created_at in instant(),
    ) -> Broadcast {
        Broadcast {
            bot_id: BotId::default_bot(), slug: slug("news"), name: "Новости".to_owned(), content,
            targeting: Targeting { conditions }, status, sending, created_at, version: 1,
        }
    }
}

prop_compose! {
    /// What a run has beside its place.
    fn way()(
        counts_from in instant(),
        last_sent_at in prop::option::of(instant()),
        started_at in prop::option::of(instant()),
        completed_at in prop::option::of(instant()),
        payment_date in prop::option::of(instant()),
        payment_link in prop::option::of("https://pay\\.example/[a-z]{1,6}"),
        invite_link in prop::option::of("https://t\\.me/[a-z]{1,6}"),
        joined_at in prop::option::of(instant()),
        flags in any::<[bool; 2]>(),
    ) -> ScenarioState {
        let [joined_group, removed] = flags;
        ScenarioState {
            counts_from: Some(counts_from), last_sent_at, started_at, completed_at, payment_date,
            payment_link, invite_link, access: GroupAccess { joined_group, joined_at, removed },
            ..ScenarioState::default()
        }
    }
}

prop_compose! {
    /// A contact without runs.
    fn contact()(
        user_name in prop::option::of("[a-z]{1,8}"),
        registered_at in instant(),
        active in one_of_two(),
        asked in one_of_two(),
        flags in any::<[bool; 3]>(),
    ) -> Contact {
        let [unsubscribed, blocked, russian] = flags;
        Contact {
            user_name, active, asked, unsubscribed,
            blocked: blocked.then(|| "blocked by the user".to_owned()),
            language: if russian { Language::Ru } else { Language::En },
            ..Contact::new(BotId::default_bot(), 77, registered_at)
        }
    }
}

prop_compose! {
    fn migration()(
        deeds in [deeds(), deeds()],
        statuses in [status(), status()],
        ways in [way(), way()],
        settings in [scenario(), scenario()],
        content in content(),
        broadcast in broadcast(),
        contact in contact(),
        default_scenario in one_of_two(),
        (waited, made_at) in (prop::option::of(0..1_000_000_u64), instant()),
        (zone, forward_replies) in (any::<Option<bool>>(), any::<Option<bool>>()),
    ) -> Migration {
        let bot_id = BotId::default_bot();
        let timezone = zone.map(|east| if east { "Asia/Omsk" } else { "UTC" }.to_owned());
        let mut migration =
            Migration { default_scenario, timezone, forward_replies, ..Migration::default() };
        migration.variables.insert("shop".to_owned(), "Лавка".to_owned());
        migration.photos.insert("2e5fe7f0.png".to_owned(), PNG.to_vec());
        let rows = match Some(&content.buttons) { Some(Some(Buttons::Inline(it))) => it.clone(), _ => Rows::default() };
        let pay = ButtonSet { bot_id: bot_id.clone(), slug: slug("pay"), rows, created_at: made_at, version: 3 };
        migration.button_sets.insert(slug("pay"), pay);
        migration.broadcasts.insert(slug("news"), broadcast);
        let mut contact = contact;
        for (n, name) in ["course", "club"].into_iter().enumerate() {
            let (outline, lived) = lived(&deeds[n]);
            let run = ScenarioState {
                status: statuses[n],
                position: lived.position,
                received: lived.received,
                waited: waited.filter(|_| statuses[n] == ScenarioStatus::Stopped),
                ..ways[n].clone()
            };
            contact.runs.insert(slug(name), run);
            let step = |it: &Slug| Step {
                bot_id: bot_id.clone(), scenario: slug(name), slug: it.clone(), content: content.clone(),
                created_at: made_at, version: 1,
            };
            let steps = outline.steps().map(|(it, _)| step(it)).collect();
            let scenario = Scenario { slug: slug(name), outline, version: 9, ..settings[n].clone() };
            migration.scenarios.insert(slug(name), (scenario, steps));
        }
        migration.contacts.insert(77, contact);
        migration
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_and_written_the_same(migration in migration()) {
        let written = write(&migration);
        let (back, report) = read_with(&written, &ProductSettings::default());
        prop_assert!(report.errors.is_empty(), "{:#?}", lines(&report.errors));
        prop_assert_eq!(&back.timezone, &migration.timezone);
        prop_assert_eq!(back.forward_replies, migration.forward_replies);
        let again = write(&back);
        prop_assert_eq!(texts(&again), texts(&written));
    }

    #[test]
    fn a_contact_has_the_same_messages_ahead_in_what_is_read(migration in migration()) {
        let (back, _) = read_with(&write(&migration), &ProductSettings::default());
        for (name, (scenario, _)) in &migration.scenarios {
            let run = migration.contacts[&77].run(name);
            if run.status != ScenarioStatus::NotStarted {
                let read = back.contacts[&77].run(name);
                let outline = &back.scenarios[name].0.outline;
                prop_assert_eq!(left_of(outline, &read), left_of(&scenario.outline, &run));
            }
        }
    }

    #[test]
    fn a_run_in_another_outline_has_the_same_ahead(deeds in prop::collection::vec(deed(), 0..25)) {
        let (outline, run) = lived(&deeds);
        let mut plain = Outline::default();
        for (step, delay) in outline.steps() {
            plain.insert(step.clone(), delay, &Spot::End).expect("it fits");
        }
        let there = rebase_run(&outline, &plain, &run);
        prop_assert_eq!(left_of(&plain, &there), left_of(&outline, &run));
    }

    #[test]
    fn a_contact_who_is_here_is_never_set_back_and_twice_is_once(a in migration(), b in migration()) {
        let (here, read) = (&a.contacts[&77], &b.contacts[&77]);
        if let Some(merged) = merge_contact(here, read, now()) {
            for (slug, run) in &here.runs {
                let after = merged.run(slug);
                prop_assert_eq!(after.received.with(&run.received), after.received.clone());
                prop_assert!(after.payment_date.is_some() || run.payment_date.is_none());
            }
            prop_assert_eq!(merge_contact(&merged, read, now()), None);
        }
    }
}
