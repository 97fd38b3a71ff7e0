//! One page of an offer's watchers, and what was set apart from it.

use domain::engine::delivery::{DeliveryKey, LEFT_OUT, Recipient};
use domain::engine::{Job, Timer};
use domain::ids::{ChannelId, TargetId, UserId};
use domain::message::OfferMessage;
use domain::mutation::{Rule, broken};
use domain::offer::Offer;
use domain::watch::{Baseline, Digest, News, Rules, Verdict, Watcher};
use table::TableError;

use crate::App;
use crate::engine::burst::Lately;
use crate::engine::digest::{self, Waiting};
use crate::engine::load::ready;
use crate::engine::work::{Send, To, What};
use crate::engine::{tell, watchers};

/// News for one channel of a watcher.
struct Heard<'a> {
    key: DeliveryKey,
    watcher: &'a Watcher,
    to: (UserId, ChannelId),
    /// Why its target's filter leaves it out, if it does.
    left_out: Option<&'static str>,
    /// The digest that it waits for, if it waits.
    digest: Option<Digest>,
}

/// One page of an offer's watchers: whole watchers, at most a page's worth of channels.
pub(super) async fn fanout(
    app: &App,
    timer: &Timer,
    offer: &Offer,
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let Job::OfferFanout { offer_id, page_id, revision, after, baseline } = &timer.job else {
        return Ok((Vec::new(), None));
    };
    let Some(news) = News::of(*revision, offer) else { return Ok((Vec::new(), None)) };
    let told = offer.as_of(*revision);
    let (watchers, next) = watchers::some(app, page_id, after.as_deref()).await?;
    let hear = |it: &&Watcher| !(*baseline && it.rules.baseline == Baseline::Summary);
    let mut heard = Vec::new();
    for watcher in watchers.iter().filter(hear) {
        hears(&mut heard, (offer, *revision, news), watcher);
    }
    gathers(app, (timer, offer), news, &mut heard).await?;
    let (mut sends, mut waiting): (Vec<Send>, _) = (Vec::new(), Vec::new());
    for it in heard {
        // A user's targets stand together: a channel that several share is told here once.
        if sends.iter().any(|send| send.key == it.key) {
            continue;
        }
        let ((user_id, channel_id), watcher) = (it.to, it.watcher);
        let (owner_id, target_id) = (watcher.user_id, watcher.target_id);
        if let Some(digest) = it.digest {
            waiting.push(Waiting { owner_id, target_id, user_id, channel_id, digest });
            continue;
        }
        let message = || OfferMessage::new(&told, target_id, watcher.target_name.clone());
        sends.push(Send {
            key: it.key,
            to: To::Channel(user_id, channel_id),
            what: it.left_out.map_or_else(|| What::Message(message().into()), What::LeftOut),
            target_id: Some(target_id),
            subject: Some(tell::news(offer_id, *revision, (user_id, channel_id))),
            apart: false,
            stopped: None,
            state: ready(timer),
            end: None,
        });
    }
    digest::gather(app, (offer, *revision), waiting).await?;
    let next = next.map(|after| Job::OfferFanout {
        offer_id: offer_id.clone(),
        page_id: page_id.clone(),
        revision: *revision,
        after: Some(after),
        baseline: *baseline,
    });
    Ok((sends, next))
}

/// Adds the channels that hear of news from a watcher, or would but for its filter.
fn hears<'a>(
    heard: &mut Vec<Heard<'a>>,
    (offer, revision, news): (&Offer, u32, News),
    watcher: &'a Watcher,
) {
    let left_out = match watcher.rules.judge(news, &offer.listing) {
        Verdict::Pass => return,
        Verdict::Tell => None,
        Verdict::LeaveOut(reason) => Some(reason),
    };
    for to in watcher.recipients() {
        let key = DeliveryKey {
            to: Recipient::Channel { channel_id: to.1 },
            thing: if broken(Rule::OfferOnce) {
                format!("{}{}", offer.offer_id, offer.page_id)
            } else {
                offer.offer_id.to_string()
            },
            revision,
            part: if left_out.is_some() { LEFT_OUT } else { 0 },
        };
        heard.push(Heard { key, watcher, to, left_out, digest: None });
    }
}

/// Whether its target asks for digests.
fn gathers_always(it: &Heard<'_>) -> bool {
    it.left_out.is_none() && it.watcher.rules.digest != Digest::Immediate
}

/// Whether it is new, and told at once unless too much comes.
fn may_be_one_too_many(it: &Heard<'_>, news: News) -> bool {
    news == News::New && it.left_out.is_none() && it.watcher.rules.digest == Digest::Immediate
}

/// Finds what waits for a digest: its target's, or, of what is told at once, the next one, because too much
/// came for one chat: from this page, or from several as far as this process knows. What a run before has begun
/// to send is sent.
async fn gathers(
    app: &App,
    (timer, offer): (&Timer, &Offer),
    news: News,
    heard: &mut [Heard<'_>],
) -> Result<(), TableError> {
    let (most, now) = (app.site.bundle_above, app.env.now());
    let new = heard.iter().filter(|it| may_be_one_too_many(it, news));
    let asked: Vec<&Rules> = new.map(|it| &it.watcher.rules).collect();
    let lately = Lately::read(app, offer, &asked).await?;
    let too_many = |it: &Heard<'_>| {
        lately.as_ref().is_some_and(|lately| lately.is_burst(&it.watcher.rules))
            || app.pace.is_burst(it.to.1, &offer.offer_id, now, most)
    };
    let mut bundled = Vec::new();
    for (place, it) in heard.iter_mut().enumerate() {
        if gathers_always(it) {
            it.digest = Some(it.watcher.rules.digest);
        } else if may_be_one_too_many(it, news) && too_many(it) {
            bundled.push(place);
        }
    }
    let begun = if timer.is_fresh() {
        vec![None; bundled.len()]
    } else {
        let keys: Vec<DeliveryKey> = bundled.iter().map(|it| heard[*it].key.clone()).collect();
        app.table.deliveries(&keys).await?
    };
    for (place, begun) in bundled.into_iter().zip(begun) {
        if begun.is_none() {
            heard[place].digest = Some(Digest::Immediate);
        }
    }
    Ok(())
}

/// What was set apart from a page.
pub(super) async fn apart(
    app: &App,
    timer: &Timer,
    offer: &Offer,
    to: &[(UserId, ChannelId, TargetId)],
) -> Result<(Vec<Send>, Option<Job>), TableError> {
    let Job::OfferApart { revision, .. } = timer.job else { return Ok((Vec::new(), None)) };
    let told = offer.as_of(revision);
    let mut sends = Vec::with_capacity(to.len());
    // A target that is gone has no name any more; who watched hears the rest all the same.
    for ((user_id, channel_id, target_id), name) in to.iter().zip(watchers::names(app, to).await?) {
        sends.push(Send {
            key: DeliveryKey {
                to: Recipient::Channel { channel_id: *channel_id },
                thing: offer.offer_id.to_string(),
                revision,
                part: 0,
            },
            to: To::Channel(*user_id, *channel_id),
            what: What::Message(OfferMessage::new(&told, *target_id, name).into()),
            target_id: Some(*target_id),
            subject: Some(tell::news(&offer.offer_id, revision, (*user_id, *channel_id))),
            apart: true,
            stopped: None,
            state: ready(timer),
            end: None,
        });
    }
    Ok((sends, None))
}
