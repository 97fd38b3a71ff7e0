//! The work of a run: people, pages, offers, messages for later, answers, blocks and cancellations.

use std::sync::Arc;
use std::time::Duration;

use app::AppError;
use app::bot::KnownBot;
use channels::telegram::IncomingUpdate;
use domain::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink};
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::timer::Owner;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::heartbeat::Heartbeat;
use domain::ids::{BotId, ChannelId, JobId, TargetId, UserId};
use domain::message::Notice;
use domain::offer::{Listing, NewSighting};
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, OfferId, PageId};
use domain::watch::{Target, TargetPage, TargetStatus};
use futures::FutureExt;
use runtime::Env;
use simulators::telegram::{NewChat, Posting, WebhookAnswer, WebhookSender};
use table::{CommitError, keys};

use crate::harness::{Expected, Fate, Harness};
use crate::plan::Kind;
use crate::process::insist;
use crate::world::BEGIN;

/// After this, no more work comes and no more mishaps happen.
pub(crate) const WORK: Duration = Duration::from_secs(150);

/// A person of the run.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Their chat.
    pub(crate) chat_id: i64,
    /// Their user.
    pub(crate) user_id: UserId,
    /// Their channel.
    pub(crate) channel: Channel,
    /// Which pages they watch.
    pub(crate) pages: Vec<usize>,
    /// Whether they block the bot at some time.
    pub(crate) blocks: bool,
}

/// Everyone, and what they watch.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    /// The people.
    pub(crate) people: Vec<Person>,
    /// The pages.
    pub(crate) pages: Vec<CanonicalUrl>,
}

fn env(harness: &Harness) -> &Env {
    harness.table.env()
}

fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).expect("a URL of the simulation's own")
}

/// Writes people, channels and watches, with nothing going wrong.
pub(crate) async fn cast(harness: &Harness) -> Cast {
    harness.table.create_if_absent().await.expect("a fresh database");
    let world = &harness.world;
    let pages: Vec<CanonicalUrl> = (0..harness.plan.pages)
        .map(|page| url(&format!("https://shop.example/page/{page}")))
        .collect();
    let mut people = Vec::new();
    for number in 0..harness.plan.people {
        let chat_id = 1_000 + i64::try_from(number).unwrap_or(0);
        let name = format!("Person {number}");
        harness.telegram.add_chat(&NewChat::person(Some(chat_id), &name)).expect("a new chat");
        harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
        let often = if harness.plan.kind == Kind::Rush { 1.0 } else { 0.6 };
        let watched: Vec<usize> = (0..pages.len()).filter(|_| world.chance(often)).collect();
        // The first person is switched off, the second one blocks the bot.
        let status = if number == 0 { ChannelStatus::Disabled } else { ChannelStatus::Active };
        let channel = Channel {
            id: env(harness).id(),
            user_id: env(harness).id(),
            name,
            details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(chat_id) },
            status,
            reason: None,
            created_at: BEGIN,
            target_id: None,
            generation: 0,
            version: 0,
        };
        let blocks = number == 1 && harness.plan.kind == Kind::Mixed;
        let person = Person { chat_id, user_id: channel.user_id, channel, pages: watched, blocks };
        // Two targets of one user on the same page reach one channel once.
        for _ in 0..world.between(1, 3) {
            watch(harness, &person, &pages).await;
        }
        people.push(person);
    }
    Cast { people, pages }
}

async fn watch(harness: &Harness, person: &Person, pages: &[CanonicalUrl]) {
    let watched = person
        .pages
        .iter()
        .map(|&page| TargetPage { id: PageId::of(&pages[page]), url: pages[page].clone() });
    let target = Target {
        id: env(harness).id::<TargetId>(),
        user_id: person.user_id,
        name: "watch".to_owned(),
        pages: watched.collect(),
        channels: vec![person.channel.id],
        guests: Vec::new(),
        rules: domain::watch::Rules::default(),
        status: TargetStatus::Active,
        created_at: BEGIN,
        version: 0,
    };
    let link = ChatLink {
        bot: BotId::default_bot(),
        chat_id: person.chat_id,
        channel_id: person.channel.id,
        user_id: person.user_id,
        claimed: false,
    };
    let mut decision = Decision::new(env(harness).id(), harness.world.now(), ())
        .write(Write::Put(person.channel.clone().into()))
        .write(Write::Put(link.into()));
    for page in &target.pages {
        decision =
            decision.write(Write::Put(target.watcher(&page.id).into())).write(Write::CountTarget {
                page_id: page.id.clone(),
                url: page.url.clone(),
                joined: true,
            });
    }
    let decision = decision.write(Write::Create(target.into()));
    harness.table.commit(&decision).await.expect("nothing goes wrong yet");
}

/// A scraper posts an offer on a page, until it is answered.
pub(crate) async fn post(
    harness: Harness,
    cast: Arc<Cast>,
    number: usize,
    page: usize,
    at: Timestamp,
) {
    harness.world.sleep_until(at).await;
    let label = format!("offer-{number}");
    let sighting = NewSighting {
        page_url: cast.pages[page].clone(),
        url: url(&format!("https://shop.example/{label}")),
        listing: Listing {
            title: label.clone(),
            price: None,
            currency: None,
            image_url: None,
            description: None,
            attributes: std::collections::BTreeMap::default(),
        },
        job_id: None,
    };
    let offer_id = OfferId::of(&sighting.url);
    for person in cast.people.iter().filter(|person| person.pages.contains(&page)) {
        let name = (person.chat_id, label.clone());
        if harness.notes().expected.contains_key(&name) {
            continue;
        }
        let fate = match person.channel.status {
            ChannelStatus::Active if person.blocks => Fate::May,
            ChannelStatus::Active => Fate::Must,
            _ => Fate::MustNot,
        };
        let to = Recipient::Channel { channel_id: person.channel.id };
        let thing = offer_id.to_string();
        let key = DeliveryKey { to, thing, revision: 1, part: 0 };
        let asked = harness.world.now();
        let expected = Expected { key, due: at, asked, fate, people: false };
        harness.expect(name, expected);
    }
    // The process that takes the post may have a clock that was set back.
    let skew = if harness.plan.skewed && harness.world.mishap("clock set back", 0.4) {
        -600_000
    } else {
        0
    };
    let (recorded, clean) = insist(&harness, skew, |app| {
        let sighting = sighting.clone();
        let notes = harness.clone();
        async move {
            let recorded = app::offer::record_offer(app, sighting, None).await;
            if matches!(recorded, Err(AppError::Repeated)) {
                notes.notes().wrong.push("a post met its own write".to_owned());
            }
            recorded.ok()
        }
        .boxed()
    })
    .await;
    let created = matches!(recorded.recording, domain::offer::Recording::Created);
    let mut notes = harness.notes();
    let entry = notes.created.entry(format!("{label} on {page}")).or_insert((0, true));
    entry.0 += u64::from(created);
    entry.1 &= clean;
    drop(notes);
    harness.world.trace("posted", &format_args!("{label} created {created} clean {clean}"));
}

/// Something for later: owned by a channel of its own, perhaps cancelled before it is due.
pub(crate) async fn note(harness: Harness, number: usize) {
    let world = harness.world.clone();
    world.pause(0..60_000).await;
    let chat_id = 5_000 + i64::try_from(number).unwrap_or(0);
    harness.telegram.add_chat(&NewChat::person(Some(chat_id), "Later")).expect("a new chat");
    harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
    let channel = Channel {
        id: env(&harness).id::<ChannelId>(),
        user_id: env(&harness).id(),
        name: "later".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(chat_id) },
        status: ChannelStatus::Active,
        reason: None,
        created_at: BEGIN,
        target_id: None,
        generation: 0,
        version: 0,
    };
    let due = world.now() + Duration::from_millis(world.between(100, 12 * 60_000));
    let cancelled = world.chance(0.4);
    let job_id: JobId = env(&harness).id();
    schedule(&harness, &channel, job_id, chat_id, number, due, 1).await;
    if !cancelled {
        return;
    }
    world.pause(0..120_000).await;
    let key = keys::channel(channel.user_id, channel.id);
    let ((), _) = insist(&harness, 0, |app| {
        let key = key.clone();
        async move {
            let channel = app.table.get::<Channel>(&key).await.ok()??;
            if channel.generation > 0 {
                return Some(());
            }
            let cancelled = Channel { generation: 1, ..channel };
            let decision = Decision::new(app.env.id(), app.env.now(), ())
                .write(Write::Replace(cancelled.into()));
            app.commit(decision).await.ok()
        }
        .boxed()
    })
    .await;
    let mut notes = harness.notes();
    if let Some(expected) = notes.expected.get_mut(&(chat_id, format!("note-{number}-0"))) {
        let in_time = world.now() + Duration::from_secs(3) < due;
        expected.fate = if in_time { Fate::MustNot } else { Fate::May };
    }
}

/// Answers of several messages that someone waits for.
pub(crate) async fn reply(harness: Harness, number: usize) {
    let world = harness.world.clone();
    let (from, to) = if harness.plan.kind == Kind::Rush { (5_000, 13_000) } else { (0, 110_000) };
    world.pause(from..to).await;
    let chat_id = 7_000 + i64::try_from(number).unwrap_or(0);
    harness.telegram.add_chat(&NewChat::person(Some(chat_id), "Asks")).expect("a new chat");
    harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
    let number = 100 + number;
    let most = if harness.plan.kind == Kind::Sluggish { 9 } else { 4 };
    let parts = usize::try_from(world.between(2, most)).unwrap_or(2);
    let channel = Channel {
        id: env(&harness).id::<ChannelId>(),
        user_id: env(&harness).id(),
        name: "asks".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id: Some(chat_id) },
        status: ChannelStatus::Active,
        reason: None,
        created_at: BEGIN,
        target_id: None,
        generation: 0,
        version: 0,
    };
    let job_id: JobId = env(&harness).id();
    schedule(&harness, &channel, job_id, chat_id, number, world.now(), parts).await;
}

/// A job that recurs.
pub(crate) async fn heartbeat(harness: Harness) {
    harness.world.pause(0..20_000).await;
    insist(&harness, 0, |app| async move { app::heartbeat::start(app, 20).await.ok() }.boxed())
        .await;
}

/// Ends it, so that the run can come to rest; how it went is in the record.
pub(crate) async fn stop_heartbeat(harness: &Harness) -> Option<Heartbeat> {
    loop {
        let heartbeat = harness.table.get::<Heartbeat>(&keys::heartbeat()).await.ok()??;
        let decision = Decision::new(env(harness).id(), harness.world.now(), ())
            .write(Write::Remove(heartbeat.into()));
        if harness.table.commit(&decision).await.is_ok() {
            return Some(heartbeat);
        }
    }
}

/// A job that kills whoever runs it.
pub(crate) async fn poison(harness: Harness) {
    harness.world.pause(0..60_000).await;
    let job_id: JobId = env(&harness).id();
    let chat_id = harness.plan.poison_chat;
    insist(&harness, 0, |app| {
        async move {
            let job = NewJob {
                id: job_id,
                job: messages(chat_id, 999, 1),
                due: app.env.now(),
                owner: None,
            };
            let decision = Decision::new(app.env.id(), app.env.now(), ()).job(job);
            app.commit(decision).await.ok()
        }
        .boxed()
    })
    .await;
}

fn messages(chat_id: i64, number: usize, parts: usize) -> Job {
    let notices = (0..parts).map(|part| Notice::ChannelConnected {
        target_name: Some(format!("note-{number}-{part}")),
    });
    Job::Messages { bot: BotId::default_bot(), chat_id, notices: notices.collect(), callback: None }
}

/// Commits a job of messages owned by a channel, until it is in the table.
async fn schedule(
    harness: &Harness,
    channel: &Channel,
    job_id: JobId,
    chat_id: i64,
    number: usize,
    due: Timestamp,
    parts: usize,
) {
    for part in 0..parts {
        let to = Recipient::Chat { bot: BotId::default_bot(), chat_id };
        let key = DeliveryKey {
            to,
            thing: job_id.to_string(),
            revision: 0,
            part: u16::try_from(part).unwrap_or(0),
        };
        let asked = harness.world.now();
        let expected = Expected { key, due, asked, fate: Fate::Must, people: true };
        harness.expect((chat_id, format!("note-{number}-{part}")), expected);
    }
    insist(harness, 0, |app| {
        let channel = channel.clone();
        async move {
            let key = keys::channel(channel.user_id, channel.id);
            if app.table.get::<Channel>(&key).await.ok()?.is_some() {
                return Some(());
            }
            let owner = Owner {
                user_id: channel.user_id,
                channel_id: channel.id,
                generation: channel.generation,
            };
            let job = NewJob {
                id: job_id,
                job: messages(chat_id, number, parts),
                due,
                owner: Some(owner),
            };
            let decision = Decision::new(app.env.id(), app.env.now(), ())
                .write(Write::Create(channel.into()))
                .job(job);
            match app.commit(decision).await {
                Ok(()) | Err(CommitError::Changed(_)) => Some(()),
                Err(_) => None,
            }
        }
        .boxed()
    })
    .await;
}

/// Someone blocks the bot.
pub(crate) async fn block(harness: Harness, chat_id: i64) {
    harness.world.pause(10_000..100_000).await;
    harness.world.count("blocked by a person");
    harness.telegram.block("hoopoe_bot", chat_id).expect("a known chat");
}

/// Carries Telegram's updates into the use case that receives them.
pub(crate) struct Updates(pub(crate) Harness);

impl WebhookSender for Updates {
    fn post(&self, _: &str, _: Option<&str>, body: Vec<u8>) -> Posting {
        let harness = self.0.clone();
        Box::pin(async move {
            let process = crate::process::Process::start(&harness, 0);
            let app = &process.app;
            let text = String::from_utf8_lossy(&body).into_owned();
            let work = async {
                let update = IncomingUpdate::parse(&body).ok()?;
                let bot = KnownBot::from(app.bots.bot(&BotId::default_bot())?);
                app::update::receive_update(app, &bot, &update, &text).await.ok()
            };
            let end = crate::process::mortal(&harness, &process, work.boxed()).await;
            let status = match end {
                crate::process::End::Done(Some(_)) => 200,
                crate::process::End::Done(None) => 503,
                crate::process::End::Died => return Err("the connection broke".to_owned()),
            };
            Ok(WebhookAnswer { status, retry_after: None })
        })
    }
}
