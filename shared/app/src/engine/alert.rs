//! One page of an alert: the company's links that want to hear of it, and what became of that.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::account::{Member, User};
use domain::alert::{Alert, AlertCountKey, AlertCounts, day_of};
use domain::contact::Language;
use domain::engine::delivery::{DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::{Job, Timer, Write};
use domain::event::Subject;
use domain::ids::{BotId, CompanyId, LinkId};
use domain::link::{Category, TelegramLink};
use domain::message::Content;
use domain::time::Timestamp;
use table::{Range, TableError, keys};

use crate::App;
use crate::engine::load::ready;
use crate::engine::work::{Send, To, What, Work};

/// Why a link that wanted the alert when its page began is not told it.
const UNWANTED: &str = "the link does not want it any more";

/// What a page of an alert owes.
pub(super) struct Page {
    pub(super) sends: Vec<Send>,
    pub(super) next: Option<Job>,
    pub(super) counted: Option<(CompanyId, Category)>,
}

/// Reads the alert and one page of its company's links.
pub(super) async fn page(app: &App, timer: &Timer) -> Result<Page, TableError> {
    let nothing = Page { sends: Vec::new(), next: None, counted: None };
    let Job::AlertFanout { company_id, alert_id, after } = &timer.job else { return Ok(nothing) };
    let alert = app.table.get::<Alert>(&keys::alert(*company_id, *alert_id)).await?;
    // It has expired: what was not sent by then is old news.
    let Some(alert) = alert else { return Ok(nothing) };
    let links = app
        .table
        .query::<TelegramLink>(&Range {
            pk: &keys::company(*company_id).pk,
            prefix: keys::COMPANY_LINKS,
            after: after.as_deref(),
            limit: app.page_recipients,
            backward: false,
        })
        .await?;
    let wanting = links.items.iter().filter(|it| it.wants(alert.category, alert.bot.as_ref()));
    let wanting: Vec<&TelegramLink> = wanting.collect();
    let left = of_who_has_left(app, &wanting).await?;
    let languages = languages(app, &alert, &wanting).await?;
    let wanting: HashSet<LinkId> =
        wanting.into_iter().map(|it| it.id).filter(|id| !left.contains(id)).collect();
    let others = links.items.iter().filter(|it| !wanting.contains(&it.id));
    let begun = begun(app, timer, &alert, others).await?;
    let sends = links.items.iter().filter_map(|link| {
        let language = languages.get(&link.id).copied().unwrap_or_default();
        let message = || What::Message(Content::from(alert.message_in(language).clone()));
        let what = wanting.contains(&link.id).then(message);
        let what = what.or_else(|| begun.contains(&link.id).then_some(What::LeftOut(UNWANTED)))?;
        send(timer, &alert, link, what)
    });
    let sends = sends.collect();
    let next = links.next.map(|after| Job::AlertFanout {
        company_id: *company_id,
        alert_id: *alert_id,
        after: Some(after),
    });
    Ok(Page { sends, next, counted: Some((*company_id, alert.category)) })
}

/// The links to the chats of people who have left the company: a job takes them away, perhaps a moment
/// after this.
async fn of_who_has_left(
    app: &App,
    links: &[&TelegramLink],
) -> Result<HashSet<LinkId>, TableError> {
    let place = |link: &TelegramLink| Some(keys::member(link.company_id, link.reader()?));
    let places: Vec<_> = links.iter().copied().filter_map(place).collect();
    let members = app.table.get_all(&places).await?;
    let mut left = HashSet::new();
    for &link in links {
        if let Some(place) = place(link)
            && members.peek::<Member>(&place)?.is_none()
        {
            left.insert(link.id);
        }
    }
    Ok(left)
}

/// The language that each link is told in, where there are words in more than one: that of whose chat it is, and
/// in a group that of who linked it.
async fn languages(
    app: &App,
    alert: &Alert,
    links: &[&TelegramLink],
) -> Result<HashMap<LinkId, Language>, TableError> {
    if alert.russian.is_none() {
        return Ok(HashMap::new());
    }
    let reader =
        |link: &TelegramLink| Some((link.id, keys::user(link.user_id.or(link.created_by)?)));
    let readers: Vec<_> = links.iter().copied().filter_map(reader).collect();
    let users: Vec<_> = readers.iter().map(|(_, user)| user.clone()).collect();
    let found = app.table.get_all(&users).await?;
    let mut languages = HashMap::new();
    for (link, user) in readers {
        languages.extend(found.peek::<User>(&user)?.map(|it| (link, it.language())));
    }
    Ok(languages)
}

/// Those of the links that an earlier run of the page has begun to tell. They are no less the page's since
/// they have refused, or want it no more: what became of them is told and counted, and nothing is sent.
async fn begun<'a>(
    app: &App,
    timer: &Timer,
    alert: &Alert,
    links: impl Iterator<Item = &'a TelegramLink>,
) -> Result<HashSet<LinkId>, TableError> {
    if timer.is_fresh() {
        return Ok(HashSet::new());
    }
    let ids: Vec<LinkId> = links.filter(|it| it.chat_id.is_some()).map(|it| it.id).collect();
    let wanted: Vec<DeliveryKey> = ids.iter().map(|id| key(alert, *id)).collect();
    let found = app.table.deliveries(&wanted).await?;
    Ok(ids.into_iter().zip(found).filter(|(_, it)| it.is_some()).map(|(id, _)| id).collect())
}

/// The message's delivery: the link's, whose chat may move while the page is under way.
fn key(alert: &Alert, link_id: LinkId) -> DeliveryKey {
    let to = Recipient::Link { link_id };
    DeliveryKey { to, thing: alert.id.to_string(), revision: 0, part: 0 }
}

fn send(timer: &Timer, alert: &Alert, link: &TelegramLink, what: What) -> Option<Send> {
    let (bot, chat_id) = (link.bot.clone(), link.chat_id?);
    let (company_id, alert_id, link_id) = (link.company_id, alert.id, link.id);
    Some(Send {
        key: key(alert, link_id),
        to: To::Chat(bot, chat_id),
        what,
        target_id: None,
        subject: Some(Subject::Alert { company_id, alert_id, link_id }),
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    })
}

/// What became of a page that is done: written once, in the transaction in which its timer goes.
pub(super) fn counts(work: &Work, now: Timestamp) -> Vec<Write> {
    let Some((company_id, category)) = work.counted else { return Vec::new() };
    let mut by_bot: BTreeMap<BotId, AlertCounts> = BTreeMap::new();
    for send in &work.sends {
        let To::Chat(bot, _) = &send.to else { continue };
        let counts = by_bot.entry(bot.clone()).or_default();
        // What was skipped has no end.
        match send.end.as_ref().map(|end| end.status) {
            Some(DeliveryStatus::Sent) => counts.sent += 1,
            _ => counts.failed += 1,
        }
    }
    let day = day_of(now);
    let count = |(bot, counts)| Write::CountAlerts {
        key: AlertCountKey { company_id, day: day.clone(), category, bot },
        counts,
    };
    by_bot.into_iter().map(count).collect()
}
