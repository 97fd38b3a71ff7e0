use serde_json::Value;

use super::*;
use crate::channel::ChannelDetails;
use crate::engine::Delivery;
use crate::offer::Listing;
use crate::payment::{Order, OrderNumber, OrderStatus};
use crate::url::CanonicalUrl;

const PAGE: &str = include_str!("../../../../docs/events.md");
const AT: Timestamp = Timestamp::from_millis(1_700_000_000_123);

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn channel(n: u128, status: ChannelStatus) -> Channel {
    Channel {
        id: ChannelId(uuid(n)),
        user_id: UserId(uuid(2)),
        name: "phone".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(4_242) },
        status,
        reason: (status == ChannelStatus::Blocked)
            .then(|| "Forbidden: bot was blocked by the user".to_owned()),
        target_id: None,
        created_at: AT,
        generation: 0,
        version: 0,
    }
}

fn offer() -> Offer {
    let url = CanonicalUrl::parse("https://shop.example/shoes").expect("a URL");
    let page_url = CanonicalUrl::parse("https://shop.example/new").expect("a URL");
    Offer {
        offer_id: OfferId::of(&url),
        page_id: PageId::of(&page_url),
        page_url,
        url,
        listing: Listing {
            title: "Shoes".to_owned(),
            price: None,
            currency: None,
            image_url: None,
            description: None,
            attributes: BTreeMap::new(),
        },
        revision: 1,
        previous_price: None,
        dropped: None,
        recorded_at: AT,
    }
}

fn to_channel() -> (Subject, DeliveryKey) {
    let subject = Subject::Offer {
        offer_id: offer().offer_id,
        revision: 1,
        user_id: UserId(uuid(2)),
        channel_id: ChannelId(uuid(6)),
        target_id: Some(TargetId(uuid(5))),
    };
    let to = Recipient::Channel { channel_id: ChannelId(uuid(6)) };
    (subject, DeliveryKey { to, thing: offer().offer_id.to_string(), revision: 1, part: 0 })
}

fn to_chat() -> (Subject, DeliveryKey) {
    let (bot, job_id) = (BotId::default_bot(), JobId(uuid(9)));
    let to = Recipient::Chat { bot: bot.clone(), chat_id: 4_242 };
    let key = DeliveryKey { to, thing: job_id.to_string(), revision: 0, part: 1 };
    (Subject::Answer { bot, job_id, part: 1 }, key)
}

fn to_watcher() -> (Subject, DeliveryKey) {
    let (channel_id, page_id) = (ChannelId(uuid(6)), offer().page_id);
    let (user_id, target_id) = (UserId(uuid(2)), Some(TargetId(uuid(5))));
    let to = Recipient::Channel { channel_id };
    let key = DeliveryKey { to, thing: format!("baseline.{page_id}"), revision: 0, part: 0 };
    (Subject::Baseline { page_id, user_id, channel_id, target_id }, key)
}

fn to_link() -> (Subject, DeliveryKey) {
    let (company_id, link_id) = (CompanyId(uuid(10)), LinkId(uuid(12)));
    let (alert_id, bot) = (AlertId(uuid(11)), BotId::default_bot());
    let to = Recipient::Chat { bot, chat_id: 4_242 };
    let key = DeliveryKey { to, thing: alert_id.to_string(), revision: 0, part: 0 };
    (Subject::Alert { company_id, alert_id, link_id }, key)
}

fn of_task() -> (Subject, DeliveryKey) {
    let (task_id, run_id) = (TaskId(uuid(13)), TaskRunId(uuid(14)));
    let to = Recipient::Chat { bot: BotId::default_bot(), chat_id: 4_242 };
    let key = DeliveryKey { to, thing: run_id.to_string(), revision: 0, part: 0 };
    (Subject::Task { task_id, run_id }, key)
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn to_contact(thing: &str, part: u16) -> DeliveryKey {
    let to = Recipient::Chat { bot: BotId::default_bot(), chat_id: 4_242 };
    DeliveryKey { to, thing: thing.to_owned(), revision: 0, part }
}

fn of_step() -> (Subject, DeliveryKey) {
    let (scenario, step) = (slug("premium"), slug("msg_1"));
    let subject = Subject::Step { bot: BotId::default_bot(), scenario, step, part: 0 };
    (subject, to_contact("step.premium.0", 0))
}

fn of_words() -> (Subject, DeliveryKey) {
    let (bot, scenario) = (BotId::default_bot(), slug("premium"));
    let subject = Subject::Words { bot, scenario, words: "summary".to_owned(), part: 0 };
    (subject, to_contact(&JobId(uuid(9)).to_string(), 0))
}

fn of_broadcast() -> (Subject, DeliveryKey) {
    let (bot, broadcast) = (BotId::default_bot(), slug("sale"));
    (Subject::Broadcast { bot, broadcast, part: 1 }, to_contact("broadcast.sale", 1))
}

fn order(status: OrderStatus) -> Order {
    let whose = (BotId::default_bot(), 4_242, slug("premium"));
    let sold = ("Shoes".to_owned(), 1_500.into());
    Order { status, ..Order::new(OrderNumber::from_random([7; 16]), whose, sold, AT) }
}

fn order_event(status: OrderStatus) -> Event {
    let changes = order_changes(&[], &[Write::Replace(order(status).into())]);
    let [change] = &changes[..] else { panic!("{changes:?}") };
    Event::order(change.clone(), AT)
}

fn delivery(status: DeliveryStatus) -> Delivery {
    let (message_id, reason, unknowns) = match status {
        DeliveryStatus::Sent => (Some(77), None, 0),
        DeliveryStatus::Failed => (None, Some("Bad Request: message is too long \"Shoes\""), 0),
        _ => (None, Some("the worker stopped while sending"), 6),
    };
    Delivery {
        status,
        message_id,
        unknowns,
        reason: reason.map(str::to_owned),
        ..Delivery::claim(uuid(8).into(), Some(TargetId(uuid(5))), AT)
    }
}

fn message((subject, key): (Subject, DeliveryKey), status: DeliveryStatus) -> Event {
    Event::message(subject, &key, &delivery(status)).expect("it has its end")
}

fn change(status: ChannelStatus) -> Event {
    let change = ChannelChange::of(&channel(6, status)).expect("it is told");
    Event::channel(change, AT)
}

fn mail_that_came_back() -> Event {
    let details = ChannelDetails::Email { address: "ada@example.com".to_owned() };
    let reason = Some("the mail came back: BOUNCED".to_owned());
    let address = Channel { details, reason, ..channel(7, ChannelStatus::Blocked) };
    Event::channel(ChannelChange::of(&address).expect("it is told"), AT)
}

/// One of each kind, and a message of each sort that was sent.
fn samples() -> Vec<Event> {
    vec![
        Event::offer_recorded(&offer(), 1, AT),
        message(to_channel(), DeliveryStatus::Sent),
        message(to_chat(), DeliveryStatus::Sent),
        message(to_watcher(), DeliveryStatus::Sent),
        message(to_link(), DeliveryStatus::Sent),
        message(of_task(), DeliveryStatus::Sent),
        message(of_step(), DeliveryStatus::Sent),
        message(of_words(), DeliveryStatus::Sent),
        message(of_broadcast(), DeliveryStatus::Sent),
        message(to_channel(), DeliveryStatus::Failed),
        message(to_channel(), DeliveryStatus::Unknown),
        change(ChannelStatus::Active),
        change(ChannelStatus::Blocked),
        mail_that_came_back(),
        order_event(OrderStatus::Paid),
        order_event(OrderStatus::Refunded),
    ]
}

/// The part of the page under an event's heading.
fn section(kind: EventKind) -> &'static str {
    let heading = format!("{}\n", kind.detail_type());
    let sections = PAGE.split("\n## ").flat_map(|part| part.split("\n### "));
    let mut found = sections.filter(|section| section.starts_with(&heading));
    found.next().unwrap_or_else(|| panic!("docs/events.md has no section on {heading}"))
}

fn examples(section: &str) -> Vec<Value> {
    let blocks = section.split("```json\n").skip(1);
    let block = |text: &str| text.split("```").next().map(serde_json::from_str::<Value>);
    blocks.map(|text| block(text).expect("a block").expect("JSON")).collect()
}

#[test]
fn the_page_shows_each_event_as_it_is_written() {
    for event in samples() {
        let written: Value = serde_json::from_str(&event.detail()).expect("JSON");
        let shown = examples(section(event.kind()));
        assert!(shown.contains(&written), "docs/events.md lacks {written:#}");
    }
    let shown: usize = EventKind::ALL.into_iter().map(|kind| examples(section(kind)).len()).sum();
    assert_eq!(shown, samples().len(), "each example is one of ours");
}

#[test]
fn the_page_explains_each_field_and_no_other() {
    let row = |line: &str| line.strip_prefix("| `")?.split('`').next().map(str::to_owned);
    let common: Vec<String> = {
        let part = PAGE.split("\n## Fields of every event").nth(1).expect("the heading");
        part.split("\n## ").next().expect("a part").lines().filter_map(row).collect()
    };
    for kind in EventKind::ALL {
        let section = section(kind);
        let mut explained: Vec<String> = section.lines().filter_map(row).collect();
        explained.extend(common.iter().cloned());
        explained.sort();
        let mut written: Vec<String> = samples()
            .iter()
            .filter(|event| event.kind() == kind)
            .flat_map(|event| {
                let detail: Value = serde_json::from_str(&event.detail()).expect("JSON");
                detail.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
            })
            .collect();
        written.extend(optional(kind));
        written.sort();
        written.dedup();
        assert_eq!(explained, written, "{}", kind.detail_type());
    }
}

/// Fields of some sorts of messages, which the samples show once for all kinds of ends.
fn optional(kind: EventKind) -> Vec<String> {
    let message = matches!(
        kind,
        EventKind::MessageSent | EventKind::MessageFailed | EventKind::MessageUnknown
    );
    let fields = [
        "alert_id",
        "bot",
        "broadcast",
        "company_id",
        "job_id",
        "link_id",
        "page_id",
        "part",
        "run_id",
        "scenario",
        "step",
        "task_id",
        "words",
    ];
    if message { fields.map(str::to_owned).to_vec() } else { Vec::new() }
}

#[test]
fn the_page_names_each_switch() {
    for kind in EventKind::ALL {
        assert!(PAGE.contains(&format!("`{}`", kind.as_str())), "{}", kind.as_str());
    }
}

#[test]
fn the_page_names_each_kind_of_channel() {
    for kind in [EventKind::ChannelActivated, EventKind::ChannelBlocked] {
        let mut rows = section(kind).lines().filter(|line| line.starts_with("| `channel_type`"));
        let row = rows.next().expect("a row");
        for name in ChannelDetails::kinds() {
            assert!(row.contains(&format!("`{name}`")), "{name}: {row}");
        }
    }
}

#[test]
fn no_event_tells_a_chat_or_a_name() {
    for event in samples() {
        let detail = event.detail();
        assert!(!detail.contains("4242") && !detail.contains("phone"), "{detail}");
        assert!(!detail.contains("Shoes") && !detail.contains("ada@"), "{detail}");
    }
}

#[test]
fn an_event_has_the_same_id_whenever_it_is_made_and_another_has_another() {
    let (first, second) = (samples(), samples());
    assert_eq!(first, second);
    let mut ids: Vec<Uuid> = first.iter().map(|event| event.id).collect();
    assert!(ids.iter().all(|id| id.get_version_num() == 8));
    let later =
        Delivery { at: AT + std::time::Duration::from_millis(1), ..delivery(DeliveryStatus::Sent) };
    ids.extend(message_id(&to_channel().0, &to_channel().1, &later));
    ids.push(Event::offer_recorded(&offer(), 2, AT).id);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), samples().len() + 2);
}

#[test]
fn one_alert_to_two_links_of_one_moment_is_two_events() {
    let ((subject, key), sent) = (to_link(), delivery(DeliveryStatus::Sent));
    let Subject::Alert { company_id, alert_id, .. } = subject else { panic!("an alert") };
    let id = |n| {
        let subject = Subject::Alert { company_id, alert_id, link_id: LinkId(uuid(n)) };
        message_id(&subject, &key, &sent)
    };
    assert_ne!(id(1), id(2));
}

#[test]
fn one_step_to_two_contacts_in_one_moment_is_two_events_and_no_id_can_be_made_of_a_chat() {
    let sent = delivery(DeliveryStatus::Sent);
    for (subject, key) in [of_step(), of_words(), of_broadcast()] {
        let to = Recipient::Chat { bot: BotId::default_bot(), chat_id: 4_243 };
        let other = DeliveryKey { to, ..key.clone() };
        let id = message_id(&subject, &key, &sent);
        assert_ne!(id, message_id(&subject, &other, &sent));
        let run = Delivery { run: uuid(9).into(), ..sent.clone() };
        assert_ne!(id, message_id(&subject, &key, &run), "the run is nobody's to know");
    }
}

#[test]
fn orders_tell_of_what_changed_for_them() {
    use OrderStatus::{Open, Paid, Refunded};
    for (before, after, told) in [
        (None, Open, None),
        (None, Paid, Some(EventKind::OrderPaid)),
        (Some(Open), Paid, Some(EventKind::OrderPaid)),
        (Some(Paid), Paid, None),
        (Some(Paid), Refunded, Some(EventKind::OrderRefunded)),
        (Some(Refunded), Paid, Some(EventKind::OrderPaid)),
        (Some(Open), Open, None),
    ] {
        let before: Vec<Order> = before.map(order).into_iter().collect();
        let changes = order_changes(&before, &[Write::Replace(order(after).into())]);
        let kinds: Vec<_> = changes.iter().map(OrderChange::kind).collect();
        assert_eq!(kinds, told.into_iter().collect::<Vec<_>>(), "{before:?} -> {after:?}");
    }
}

#[test]
fn a_delivery_without_an_end_or_one_that_was_skipped_tells_nothing() {
    let (subject, key) = to_channel();
    for status in [DeliveryStatus::Claimed, DeliveryStatus::Waiting, DeliveryStatus::Skipped] {
        assert_eq!(Event::message(subject.clone(), &key, &delivery(status)), None);
        assert_eq!(message_id(&subject, &key, &delivery(status)), None);
    }
}

#[test]
fn channels_tell_of_what_changed_for_them() {
    use ChannelStatus::{Active, Blocked, Disabled, Pending};
    for (before, after, told) in [
        (None, Active, Some(EventKind::ChannelActivated)),
        (None, Pending, None),
        (Some(Pending), Active, Some(EventKind::ChannelActivated)),
        (Some(Blocked), Active, Some(EventKind::ChannelActivated)),
        (Some(Active), Blocked, Some(EventKind::ChannelBlocked)),
        (Some(Active), Active, None),
        (Some(Blocked), Blocked, None),
        (Some(Active), Disabled, None),
    ] {
        let before: Vec<Channel> = before.map(|status| channel(6, status)).into_iter().collect();
        let writes = [Write::Replace(channel(6, after).into())];
        let changes = channel_changes(&before, &writes);
        let kinds: Vec<_> = changes.iter().map(ChannelChange::kind).collect();
        assert_eq!(kinds, told.into_iter().collect::<Vec<_>>(), "{before:?} -> {after:?}");
    }
    assert!(channel_changes(&[], &[Write::Remove(channel(6, Active).into())]).is_empty());
}

#[test]
fn kinds_are_read_from_a_list() {
    assert_eq!(EventKinds::parse("all"), Ok(EventKinds::ALL));
    assert_eq!(EventKinds::parse(" none "), Ok(EventKinds::NONE));
    let two = EventKinds::parse("message_sent, channel_blocked").expect("two kinds");
    let on: Vec<_> = EventKind::ALL.into_iter().filter(|kind| two.has(*kind)).collect();
    assert_eq!(on, [EventKind::MessageSent, EventKind::ChannelBlocked]);
    for text in ["", "offers", "message_sent,", "all,none"] {
        assert_eq!(EventKinds::parse(text), Err(UnknownEventKind), "{text:?}");
    }
    assert!(EventKind::ALL.into_iter().all(|kind| EventKinds::ALL.has(kind)));
}
