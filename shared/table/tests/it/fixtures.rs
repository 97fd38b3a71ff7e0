//! One of each record, with fixed ids: the chart's examples are made of these.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::account::{
    ApiKey, ClaimKind, Company, CompanyApiKey, Invitation, InvitationToken, Member, NameClaim,
    PasswordReset, Role, Scope, SecretHash, Session, Tier, User,
};
use domain::alert::{
    Alert, AlertCount, AlertCountKey, AlertCounts, AlertMessage, AlertTemplate, Throttle, day_of,
};
use domain::bot::{Bot, BotName, BotSlug, BotStatus, DefaultBot, TelegramBot};
use domain::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink, RegistrationToken};
use domain::digest::DigestEntry;
use domain::engine::decision::{BotState, KeptUpdate, SavedAnswer, SeenUpdate};
use domain::engine::delivery::{Delivery, DeliveryKey, Recipient};
use domain::engine::{Job, NewJob, Record, Timer};
use domain::ids::{BotId, JobId, RunId};
use domain::invite::{ChatPerson, GuestTarget, OnboardingInvite};
use domain::link::{Category, ChatCompany, CompanyChat, LinkToken, OptIns, TelegramLink};
use domain::mail::{MailStatus, Receipt};
use domain::offer::{Listing, Offer, PageOffer};
use domain::schedule::{Interval, Period, Schedule};
use domain::seal::Sealed;
use domain::slug::Slug;
use domain::subscription::{
    Billing, Customer, OpenCheckout, SeenEvent, Subscription, SubscriptionStatus,
};
use domain::task::{Act, NextRun, RunMessage, RunStatus, Say, ScheduledTask, TaskRun, Trigger};
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, OfferId, PageId};
use domain::watch::{Page, PageScrapes, Target, TargetPage, TargetStatus, Watcher};
use runtime::virtual_time::START;
use table::items::Item;
use table::keys::{self, Key};
use table::{Cursor, DeadTimer, ParkedTimer};
use uuid::Uuid;

/// The id of this number.
pub(crate) fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

pub(crate) fn hash(c: char) -> SecretHash {
    SecretHash(c.to_string().repeat(64))
}

pub(crate) fn bot() -> BotId {
    BotId::default_bot()
}

pub(crate) fn page_url() -> CanonicalUrl {
    CanonicalUrl::parse("https://shop.example/new").expect("a URL")
}

pub(crate) fn page_id() -> PageId {
    PageId::of(&page_url())
}

pub(crate) fn offer_url() -> CanonicalUrl {
    CanonicalUrl::parse("https://shop.example/shoes").expect("a URL")
}

pub(crate) fn offer_id() -> OfferId {
    OfferId::of(&offer_url())
}

pub(crate) fn company() -> Company {
    Company { id: id(1), name: "Ada".to_owned(), created_at: START, admins: 1, version: 0 }
}

pub(crate) fn user() -> User {
    User {
        id: id(2),
        company_id: id(1),
        username: "Ada".to_owned(),
        email: Some("Ada@example.com".to_owned()),
        password_hash: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned()),
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: START,
        version: 0,
    }
}

pub(crate) fn name_claim() -> NameClaim {
    NameClaim { kind: ClaimKind::Username, name: "ada".to_owned(), user_id: id(2) }
}

pub(crate) fn session() -> Session {
    Session {
        hash: hash('a'),
        id: id(3),
        user_id: id(2),
        created_at: START,
        expires_at: START + Duration::from_mins(10),
    }
}

pub(crate) fn api_key() -> ApiKey {
    ApiKey {
        hash: hash('b'),
        id: id(4),
        company_id: None,
        name: "scraper".to_owned(),
        scopes: vec![Scope::Scraper],
        created_at: START,
    }
}

pub(crate) fn company_api_key() -> CompanyApiKey {
    CompanyApiKey {
        company_id: id(1),
        id: id(4),
        hash: hash('b'),
        name: "alerts".to_owned(),
        scopes: vec![Scope::Alerts],
        created_at: START,
        version: 0,
    }
}

pub(crate) fn member() -> Member {
    Member { company_id: id(1), user_id: id(2), joined_at: START }
}

pub(crate) fn target() -> Target {
    Target {
        id: id(5),
        user_id: id(2),
        name: "Shoes".to_owned(),
        pages: vec![TargetPage { id: page_id(), url: page_url() }],
        channels: vec![id(6)],
        guests: Vec::new(),
        rules: domain::watch::Rules::default(),
        status: TargetStatus::Active,
        created_at: START,
        version: 0,
    }
}

pub(crate) fn page_scrapes() -> PageScrapes {
    PageScrapes {
        page_id: page_id(),
        ends_by: Some(id(9)),
        baseline: Some(3),
        succeeded_at: Some(START),
        failing_since: Some(START),
        failure: Some("HTTP 503".to_owned()),
        since: START,
        version: 0,
    }
}

pub(crate) fn digest_entry() -> DigestEntry {
    DigestEntry {
        channel_id: id(6),
        due: START,
        offer_id: offer_id(),
        page_id: page_id(),
        revision: 1,
        owner_id: id(2),
        target_id: id(5),
        gathered_at: START,
    }
}

pub(crate) fn page_offer() -> PageOffer {
    PageOffer { page_id: page_id(), offer_id: offer_id(), seen_at: START }
}

pub(crate) fn watcher() -> Watcher {
    target().watcher(&page_id())
}

pub(crate) fn page() -> Page {
    Page { id: page_id(), url: page_url(), active_targets: 1, lease: None }
}

pub(crate) fn channel() -> Channel {
    Channel {
        id: id(6),
        user_id: id(2),
        name: "My chat".to_owned(),
        details: ChannelDetails::Telegram { bot: bot(), chat_id: Some(42) },
        status: ChannelStatus::Active,
        reason: None,
        created_at: START,
        target_id: None,
        generation: 0,
        version: 0,
    }
}

pub(crate) fn chat_link() -> ChatLink {
    ChatLink { bot: bot(), chat_id: 42, channel_id: id(6), user_id: id(2) }
}

pub(crate) fn password_reset() -> PasswordReset {
    let expires_at = START + Duration::from_hours(1);
    PasswordReset { hash: hash('a'), user_id: id(2), replaces: hash('b'), expires_at }
}

pub(crate) fn invitation() -> Invitation {
    Invitation {
        id: id(7),
        company_id: id(1),
        email: "bob@example.com".to_owned(),
        role: Role::Member,
        invited_by: id(2),
        created_at: START,
        expires_at: START + Duration::from_hours(1),
    }
}

pub(crate) fn invitation_token() -> InvitationToken {
    let expires_at = START + Duration::from_hours(1);
    InvitationToken { hash: hash('a'), company_id: id(1), invitation_id: id(7), expires_at }
}

pub(crate) fn invite() -> OnboardingInvite {
    OnboardingInvite {
        id: id(7),
        company_id: id(1),
        admin_id: id(2),
        bot: bot(),
        hash: hash('a'),
        target_name: "Shoes".to_owned(),
        pages: vec![TargetPage { id: page_id(), url: page_url() }],
        created_at: START,
        expires_at: START + Duration::from_hours(1),
        revoked_at: None,
        used: None,
        version: 0,
    }
}

pub(crate) fn chat_person() -> ChatPerson {
    ChatPerson { bot: bot(), chat_id: 42, user_id: id(2), version: 0 }
}

pub(crate) fn guest_target() -> GuestTarget {
    GuestTarget { user_id: id(2), target_id: id(5), owner_id: id(8) }
}

pub(crate) fn registration_token() -> RegistrationToken {
    RegistrationToken {
        hash: hash('c'),
        user_id: id(2),
        channel_id: id(6),
        target_id: None,
        bot: Some(bot()),
        generation: 0,
        created_at: START,
        expires_at: START + Duration::from_mins(15),
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt {
        reference: "1-2-3".to_owned(),
        delivery: delivery_key(6),
        channel: Some((id(2), id(6))),
        status: MailStatus::Sent,
        at: START,
        version: 0,
    }
}

pub(crate) fn listing() -> Listing {
    Listing {
        title: "Shoes".to_owned(),
        price: Some("120.00".parse().expect("a price")),
        currency: Some("EUR".to_owned()),
        image_url: None,
        description: None,
        attributes: BTreeMap::new(),
    }
}

pub(crate) fn offer() -> Offer {
    Offer {
        offer_id: offer_id(),
        page_id: page_id(),
        page_url: page_url(),
        url: offer_url(),
        listing: listing(),
        revision: 1,
        previous_price: None,
        recorded_at: START,
    }
}

pub(crate) fn seen_update() -> SeenUpdate {
    SeenUpdate { bot: bot(), update_id: 7, seen_at: START }
}

pub(crate) fn kept_update() -> KeptUpdate {
    KeptUpdate {
        bot: bot(),
        chat_id: 42,
        update_id: 7,
        body: "{}".to_owned(),
        kept_at: START,
        set_aside: false,
    }
}

pub(crate) fn bot_state() -> BotState {
    BotState { bot: bot(), stopped: None, changed_at: START }
}

pub(crate) fn companys_bot() -> Bot {
    Bot {
        id: companys_bot_id(),
        company_id: id(1),
        slug: slug(),
        telegram_id: 7_000_000_002,
        username: "AlertsBot".to_owned(),
        secrets: Sealed::new("v1.local.a.b"),
        webhook_secret: hash('f'),
        status: BotStatus::Active,
        default_chat: Some(42),
        created_at: START,
        version: 0,
    }
}

pub(crate) fn companys_bot_id() -> BotId {
    BotId(Uuid::from_u128(7).to_string())
}

pub(crate) fn slug() -> Slug {
    Slug::parse("alerts").expect("a slug")
}

pub(crate) fn bot_slug() -> BotSlug {
    BotSlug { company_id: id(1), slug: slug(), bot: companys_bot_id() }
}

pub(crate) fn bot_name() -> BotName {
    BotName { slug: slug(), bot: companys_bot_id() }
}

pub(crate) fn telegram_bot() -> TelegramBot {
    TelegramBot { telegram_id: 7_000_000_002, bot: companys_bot_id() }
}

pub(crate) fn default_bot() -> DefaultBot {
    DefaultBot { company_id: id(1), bot: companys_bot_id() }
}

pub(crate) fn telegram_link() -> TelegramLink {
    TelegramLink {
        id: id(8),
        company_id: id(1),
        user_id: Some(id(2)),
        created_by: id(2),
        bot: bot(),
        chat_id: Some(42),
        status: ChannelStatus::Active,
        reason: None,
        opt_ins: OptIns::default(),
        token: None,
        token_expires_at: None,
        linked_at: Some(START),
        created_at: START,
        version: 0,
    }
}

pub(crate) fn company_chat() -> CompanyChat {
    CompanyChat { company_id: id(1), chat_id: 42, link_id: id(8) }
}

pub(crate) fn chat_company() -> ChatCompany {
    ChatCompany { bot: bot(), chat_id: 42, company_id: id(1), link_id: id(8) }
}

pub(crate) fn link_token() -> LinkToken {
    let expires_at = START + Duration::from_mins(15);
    LinkToken { hash: hash('c'), company_id: id(1), link_id: id(8), expires_at }
}

pub(crate) fn alert() -> Alert {
    let message = AlertMessage { title: "Down".to_owned(), ..AlertMessage::default() };
    Alert {
        id: id(9),
        company_id: id(1),
        category: Category::Alerts,
        message,
        bot: None,
        created_at: START,
    }
}

pub(crate) fn alert_template() -> AlertTemplate {
    AlertTemplate {
        company_id: id(1),
        key: slug(),
        title: "{device} is offline".to_owned(),
        body: String::new(),
        sections: Vec::new(),
        created_at: START,
        changed_at: START,
        version: 0,
    }
}

pub(crate) fn throttle() -> Throttle {
    Throttle {
        company_id: id(1),
        key: hash('d'),
        until: START + Duration::from_mins(5),
        version: 0,
    }
}

pub(crate) fn alert_count() -> AlertCount {
    let (company_id, category) = (id(1), Category::Alerts);
    let key = AlertCountKey { company_id, day: day_of(START), category, bot: bot() };
    AlertCount { key, counts: AlertCounts { sent: 1, throttled: 2, failed: 3 } }
}

pub(crate) fn saved_answer() -> SavedAnswer {
    SavedAnswer {
        key: hash('d'),
        request: hash('e'),
        status: 201,
        body: "{}".to_owned(),
        expires_at: START + Duration::from_hours(24),
    }
}

pub(crate) fn scheduled_task() -> ScheduledTask {
    let say = Say { text: "Good morning".to_owned(), bot_name: None, chat_id: Some(42) };
    ScheduledTask {
        id: id(10),
        company_id: id(1),
        slug: Slug::parse("digest").expect("a slug"),
        name: "Digest".to_owned(),
        act: Act::SendTelegramMessage(say),
        schedule: Schedule::Interval(Interval { every: 5, period: Period::Minutes }),
        enabled: true,
        begun: START,
        next: Some(NextRun { at: START + Duration::from_mins(5), job: id(9) }),
        last_run: Some(id(11)),
        created_at: START,
        version: 0,
    }
}

pub(crate) fn task_run() -> TaskRun {
    let message = RunMessage { bot: bot(), chat_id: 42, text: "Good morning".to_owned() };
    TaskRun {
        id: id(11),
        task_id: id(10),
        company_id: id(1),
        trigger: Trigger::Schedule,
        due: START,
        started_at: START,
        message: Some(message),
        status: RunStatus::Failed,
        reason: Some("there is no such chat".to_owned()),
        ended_at: Some(START),
    }
}

pub(crate) fn billing() -> Billing {
    Billing {
        user_id: id(2),
        customer: "cus_1".to_owned(),
        checkout: Some(OpenCheckout {
            id: "cs_1".to_owned(),
            url: "https://checkout.example/cs_1".to_owned(),
            expires_at: START + Duration::from_hours(24),
        }),
        subscriptions: vec![Subscription {
            id: "sub_1".to_owned(),
            status: SubscriptionStatus::PastDue,
            since: START,
            current_period_end: Some(START + Duration::from_hours(24)),
            cancel_at_period_end: false,
        }],
        check_at: Some(START + Duration::from_hours(168)),
        version: 0,
    }
}

pub(crate) fn customer() -> Customer {
    Customer { customer: "cus_1".to_owned(), user_id: id(2) }
}

pub(crate) fn seen_event() -> SeenEvent {
    SeenEvent { id: "evt_1".to_owned(), seen_at: START }
}

/// Each kind of record, with its name in the chart and its place.
pub(crate) fn records() -> Vec<(&'static str, Record, Key)> {
    vec![
        ("company", company().into(), keys::company(id(1))),
        ("user", user().into(), keys::user(id(2))),
        ("name_claim", name_claim().into(), keys::name_claim(ClaimKind::Username, "ada")),
        ("session", session().into(), keys::session(id(2), id(3))),
        ("api_key", api_key().into(), keys::api_key(&hash('b'))),
        ("company_api_key", company_api_key().into(), keys::company_api_key(id(1), id(4))),
        ("member", member().into(), keys::member(id(1), id(2))),
        ("target", target().into(), keys::target(id(2), id(5))),
        ("watcher", watcher().into(), keys::watcher(&page_id(), id(2), id(5))),
        ("page", page().into(), keys::page(&page_id())),
        ("channel", channel().into(), keys::channel(id(2), id(6))),
        ("chat_link", chat_link().into(), keys::chat_link(&bot(), 42, id(2))),
        ("password_reset", password_reset().into(), keys::password_reset(&hash('a'))),
        ("invitation", invitation().into(), keys::invitation(id(1), id(7))),
        ("invitation_token", invitation_token().into(), keys::invitation_token(&hash('a'))),
        ("invite", invite().into(), keys::invite(id(1), id(7))),
        ("invite_token", invite().token().into(), keys::invite_token(&hash('a'))),
        ("chat_person", chat_person().into(), keys::chat_person(&bot(), 42)),
        ("guest_target", guest_target().into(), keys::guest_target(id(2), id(5))),
        ("registration_token", registration_token().into(), keys::registration_token(&hash('c'))),
        ("offer", offer().into(), keys::offer(&offer_id(), &page_id())),
        ("page_scrapes", page_scrapes().into(), keys::page_scrapes(&page_id())),
        (
            "digest_entry",
            digest_entry().into(),
            keys::digest_entry(id(6), START, (&offer_id(), 1), id(5)),
        ),
        ("page_offer", page_offer().into(), keys::page_offer(&page_id(), START, &offer_id())),
        ("receipt", receipt().into(), keys::receipt("1-2-3")),
        ("seen_update", seen_update().into(), keys::seen_update(&bot(), 7)),
        ("kept_update", kept_update().into(), keys::kept_update(&bot(), 42, 7)),
        ("bot_state", bot_state().into(), keys::bot_state(&bot())),
        ("saved_answer", saved_answer().into(), keys::saved_answer(&hash('d'))),
        (
            "scheduled_task",
            scheduled_task().into(),
            keys::scheduled_task(id(1), &scheduled_task().slug),
        ),
        ("task_run", task_run().into(), keys::task_run(id(10), id(11))),
        ("bot", companys_bot().into(), keys::bot(&companys_bot_id())),
        ("bot_slug", bot_slug().into(), keys::bot_slug(id(1), &slug())),
        ("bot_name", bot_name().into(), keys::bot_name(&slug())),
        ("telegram_bot", telegram_bot().into(), keys::telegram_bot(7_000_000_002)),
        ("default_bot", default_bot().into(), keys::default_bot(id(1))),
        ("telegram_link", telegram_link().into(), keys::telegram_link(id(1), id(8))),
        ("company_chat", company_chat().into(), keys::company_chat(id(1), 42)),
        ("chat_company", chat_company().into(), keys::chat_company(&bot(), 42, id(1))),
        ("link_token", link_token().into(), keys::link_token(&hash('c'))),
        ("alert", alert().into(), keys::alert(id(1), id(9))),
        ("alert_template", alert_template().into(), keys::alert_template(id(1), &slug())),
        ("throttle", throttle().into(), keys::throttle(id(1), &hash('d'))),
        ("billing", billing().into(), keys::billing(id(2))),
        ("customer", customer().into(), keys::customer("cus_1")),
        ("seen_event", seen_event().into(), keys::seen_event("evt_1")),
    ]
}

/// A fan-out of the offer, due at this instant.
pub(crate) fn fanout(n: u128, due: Timestamp) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(n)),
        job: Job::OfferFanout {
            offer_id: offer_id(),
            page_id: page_id(),
            revision: 1,
            after: None,
            baseline: false,
        },
        due,
        owner: None,
    }
}

/// The n-th watcher's delivery of the offer.
pub(crate) fn delivery_key(n: u128) -> DeliveryKey {
    DeliveryKey {
        to: Recipient::Channel { channel_id: id(n) },
        thing: offer_id().as_str().to_owned(),
        revision: 1,
        part: 0,
    }
}

/// A claim by this run.
pub(crate) fn claim(run: u128, at: Timestamp) -> Delivery {
    Delivery::claim(id::<RunId>(run), Some(id(5)), at)
}

/// The names of the attributes that each record's item has.
pub(crate) fn attributes() -> Vec<(&'static str, BTreeSet<String>)> {
    fn of<T: Item>(record: &T) -> BTreeSet<String> {
        record.encode().expect("encoded").into_keys().collect()
    }
    let timer = Timer::new(fanout(9, START), START, None);
    vec![
        ("company", of(&company())),
        ("user", of(&user())),
        ("name_claim", of(&name_claim())),
        ("session", of(&session())),
        ("api_key", of(&api_key())),
        ("company_api_key", of(&company_api_key())),
        ("member", of(&member())),
        ("target", of(&target())),
        ("watcher", of(&watcher())),
        ("page", of(&page())),
        ("channel", of(&channel())),
        ("chat_link", of(&chat_link())),
        ("password_reset", of(&password_reset())),
        ("invitation", of(&invitation())),
        ("invitation_token", of(&invitation_token())),
        ("invite", of(&invite())),
        ("invite_token", of(&invite().token())),
        ("chat_person", of(&chat_person())),
        ("guest_target", of(&guest_target())),
        ("registration_token", of(&registration_token())),
        ("offer", of(&offer())),
        ("page_offer", of(&page_offer())),
        ("page_scrapes", of(&page_scrapes())),
        ("digest_entry", of(&digest_entry())),
        ("receipt", of(&receipt())),
        ("seen_update", of(&seen_update())),
        ("kept_update", of(&kept_update())),
        ("bot_state", of(&bot_state())),
        ("saved_answer", of(&saved_answer())),
        ("scheduled_task", of(&scheduled_task())),
        ("task_run", of(&task_run())),
        ("bot", of(&companys_bot())),
        ("bot_slug", of(&bot_slug())),
        ("bot_name", of(&bot_name())),
        ("telegram_bot", of(&telegram_bot())),
        ("default_bot", of(&default_bot())),
        ("telegram_link", of(&telegram_link())),
        ("company_chat", of(&company_chat())),
        ("chat_company", of(&chat_company())),
        ("link_token", of(&link_token())),
        ("alert", of(&alert())),
        ("alert_template", of(&alert_template())),
        ("throttle", of(&throttle())),
        ("alert_count", of(&alert_count())),
        ("billing", of(&billing())),
        ("customer", of(&customer())),
        ("seen_event", of(&seen_event())),
        ("timer", of(&timer)),
        ("cursor", of(&Cursor { forward: 1, backward: 0 })),
        (
            "heartbeat",
            of(&domain::heartbeat::Heartbeat::new(60, domain::time::Timestamp::from_millis(0))),
        ),
        ("dead", of(&DeadTimer { timer: timer.clone(), reason: String::new(), died_at: START })),
        ("parked", of(&ParkedTimer { bot: bot(), timer })),
    ]
}
