//! What people do over the weeks: start, switch, come back, ask again, stop, block, return, pay.

use std::time::Duration;

use app::payment::{NewOrder, payment_link};
use domain::ids::BotId;
use domain::slug::Slug;
use domain::time::Timestamp;
use futures::FutureExt;
use simulators::prodamus::{Deed as PayDeed, Payer};
use simulators::telegram::NewChat;

use super::log::{Deed, Log, Ms, PRODUCT};
use super::shop::{Shop, USERNAME, scenario};
use crate::harness::Harness;
use crate::process::insist;
use crate::world::{BEGIN, World};

/// What a person may do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Start(usize),
    /// A name that the bot does not have.
    Unknown,
    Agree,
    Stop,
    Block,
    Unblock,
    Pay(usize),
}

/// Somebody's plans: when, in order, and what.
#[derive(Debug)]
pub(crate) struct Life {
    /// Their chat.
    pub(crate) chat: i64,
    acts: Vec<(Ms, Act)>,
}

/// Nobody does two things within this time.
const APART: Ms = 45_000;

/// What someone will do. `span` is how long the whole run lasts.
pub(crate) fn draw(world: &World, number: u64, span: Ms, scenarios: usize) -> Life {
    let chat = 1_000_000 + i64::try_from(number).unwrap_or_default();
    let begin = BEGIN.as_millis();
    let within = |low: Ms, high: Ms| {
        let high = high.max(low + 1).unsigned_abs();
        i64::try_from(world.between(low.unsigned_abs(), high)).unwrap_or_default()
    };
    let arrived = begin + arrival(&within, span);
    // Most follow a link to one of the scenarios, the rest mean the default one.
    let first = usize::try_from(world.between(0, scenarios as u64)).unwrap_or(0);
    let other = (first + 1) % scenarios;
    let mut acts = vec![(arrived, Act::Start(first))];
    let agree = |acts: &mut Vec<(Ms, Act)>, at: Ms| {
        // Some press twice.
        let presses = if world.chance(0.9) { 1 + usize::from(world.chance(0.1)) } else { 0 };
        for press in (1..=2).take(presses) {
            acts.push((at + press * APART, Act::Agree));
        }
    };
    if first == 2 {
        agree(&mut acts, arrived);
    }
    let later =
        |low: Ms, high: Ms| arrived + 4 * APART + within(span * low / 100, span * high / 100);
    if world.chance(0.25) {
        let at = later(0, 30);
        acts.push((at, Act::Start(other)));
        if other == 2 {
            agree(&mut acts, at);
        }
        if world.chance(0.7) {
            acts.push((at + APART + within(0, span / 10), Act::Start(first)));
        }
    }
    if world.chance(0.2) {
        acts.push((later(0, 40), Act::Start(first)));
    }
    if world.chance(0.08) {
        let at = later(0, 25);
        acts.push((at, Act::Stop));
        if world.chance(0.7) {
            acts.push((at + APART + within(0, span / 8), Act::Start(first)));
        }
    }
    if world.chance(0.08) {
        let at = later(0, 25);
        acts.push((at, Act::Block));
        if world.chance(0.75) {
            let how = if world.chance(0.5) { Act::Unblock } else { Act::Start(first) };
            acts.push((at + APART + within(0, span / 8), how));
        }
    }
    if world.chance(0.03) {
        acts.push((later(0, 40), Act::Unknown));
    }
    if world.chance(0.15) {
        acts.push((later(0, 35), Act::Pay(first)));
    }
    Life { chat, acts: apart(acts) }
}

/// One in ten comes in one of three bursts, the rest by day more than by night.
fn arrival(within: &impl Fn(Ms, Ms) -> Ms, span: Ms) -> Ms {
    let third = span / 3;
    if within(0, 10) == 0 {
        let burst = within(0, 3) * third / 4 + third / 10;
        return burst + within(0, 120_000.min(third / 20 + 1));
    }
    let (days, day) = (10, third / 10);
    let hours = within(0, day).max(within(0, day));
    within(0, days) * day + hours
}

fn apart(mut acts: Vec<(Ms, Act)>) -> Vec<(Ms, Act)> {
    acts.sort_by_key(|(at, _)| *at);
    let mut free = Ms::MIN;
    for (at, _) in &mut acts {
        *at = (*at).max(free);
        free = *at + APART;
    }
    acts
}

/// Does what was planned.
pub(crate) async fn live(harness: Harness, shop: Shop, bot: BotId, life: Life) {
    let mut blocked = false;
    for (number, (at, act)) in life.acts.iter().enumerate() {
        harness.world.sleep_until(Timestamp::from_millis(*at)).await;
        if number == 0 {
            let new = NewChat::person(Some(life.chat), "Contact");
            harness.telegram.add_chat(&new).expect("a chat that nobody has");
        }
        act_once(&harness, &shop, &bot, (life.chat, *act), &mut blocked).await;
    }
}

async fn act_once(
    harness: &Harness,
    shop: &Shop,
    bot: &BotId,
    (chat, act): (i64, Act),
    blocked: &mut bool,
) {
    let (log, telegram) = (&shop.log, &harness.telegram);
    let did = |deed| log.did(harness.world.now().as_millis(), chat, deed);
    match act {
        Act::Start(_) | Act::Unknown => {
            let name = match act {
                Act::Start(0) => None,
                Act::Start(of) => Some(scenario(of)),
                _ => Some("no-such-thing".to_owned()),
            };
            if std::mem::take(blocked) {
                did(Deed::Return);
            }
            did(Deed::Start(if let Act::Start(of) = act { of } else { 0 }));
            telegram.start(USERNAME, chat, name.as_deref()).expect("anybody may start");
        }
        Act::Agree => agree(harness, log, chat),
        Act::Stop if !*blocked => {
            did(Deed::Stop);
            telegram.say(USERNAME, chat, "/stop", None).expect("they are together");
        }
        Act::Block if !*blocked => {
            *blocked = true;
            did(Deed::Block);
            telegram.block(USERNAME, chat).expect("a known chat");
        }
        Act::Unblock if *blocked => {
            *blocked = false;
            did(Deed::Return);
            telegram.unblock(USERNAME, chat).expect("a known chat");
        }
        Act::Pay(of) if !*blocked => pay(harness, shop, bot, (chat, of)).await,
        Act::Stop | Act::Block | Act::Unblock | Act::Pay(_) => {}
    }
}

/// Presses the button below the last question, if it has come.
fn agree(harness: &Harness, log: &Log, chat: i64) {
    let Some(message) = log.asked(chat) else { return };
    if harness.telegram.press(USERNAME, chat, message, "accept").is_ok() {
        log.did(harness.world.now().as_millis(), chat, Deed::Agree);
    }
}

/// Asks for a link, and pays there; some fail to at first. What is told of it may be told twice.
async fn pay(harness: &Harness, shop: &Shop, bot: &BotId, (chat, of): (i64, usize)) {
    let new = NewOrder {
        bot: bot.clone(),
        chat_id: chat,
        scenario: Slug::parse(&scenario(of)).expect("a slug"),
        product: PRODUCT.to_owned(),
        price: 1_500_u32.into(),
    };
    let (link, _) = insist(harness, 0, |app| {
        let new = new.clone();
        async move { payment_link(app, &new).await.ok() }.boxed()
    })
    .await;
    let Some(link) = link.rsplit('/').next() else { return };
    let world = &harness.world;
    if world.chance(0.2) {
        let _ = shop.prodamus.act(link, PayDeed::Fail, &Payer::default());
        world.sleep_until(world.now() + Duration::from_secs(30)).await;
    }
    shop.prodamus.copies(u32::try_from(world.between(1, 4)).unwrap_or(1));
    if shop.prodamus.act(link, PayDeed::Pay, &Payer::default()).is_ok() {
        world.count("paid");
    }
}
