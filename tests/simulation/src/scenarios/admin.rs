//! An admin who edits scenarios while people are in them, and writes a broadcast to all.

use std::time::Duration;

use app::scenario::author::{
    AddStep, ChangeStep, Whose, add_step, change_step, delete_step, move_step,
};
use app::scenario::broadcasts::move_broadcast;
use app::{App, AppError};
use domain::broadcast::{Broadcast, BroadcastMove, BroadcastStatus};
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::scenario::{ContentDraft, Scenario, SpotDraft};
use domain::slug::Slug;
use domain::time::Timestamp;
use futures::FutureExt;
use table::keys;

use super::log::{BROADCAST, Change, Ms, Name, Spot};
use super::shop::{BOT, Shop, company, content, scenario, step, timing};
use crate::harness::Harness;
use crate::process::insist;
use crate::world::World;

/// A scenario keeps at least so many steps.
const LEAST: usize = 8;
/// The judge knows so many steps of a scenario.
const MOST: u16 = 128;

/// What the admin knows of a scenario.
#[derive(Clone, Debug)]
struct Known {
    order: Vec<u16>,
    /// The text of each step.
    versions: Vec<u32>,
}

/// Edits at these times.
pub(crate) async fn edit(
    harness: Harness,
    shop: Shop,
    bot: BotId,
    (delays, times): (Vec<Vec<Ms>>, Vec<Ms>),
) {
    let known = |delays: &Vec<Ms>| Known {
        order: (0..).take(delays.len()).collect(),
        versions: vec![0; delays.len()],
    };
    let mut all: Vec<Known> = delays.iter().map(known).collect();
    for at in times {
        harness.world.sleep_until(Timestamp::from_millis(at)).await;
        let count = all.len() as u64;
        let of = usize::try_from(harness.world.between(0, count)).unwrap_or(0);
        let (step, change) = draw(&harness.world, &all[of], &delays[of]);
        once(&harness, &shop, &bot, Name { of, step }, change, &mut all[of]).await;
    }
}

fn draw(world: &World, known: &Known, delays: &[Ms]) -> (u16, Change) {
    let pick = |from: usize| usize::try_from(world.between(0, from as u64)).unwrap_or(0);
    let order = &known.order;
    let step = order[pick(order.len())];
    let delay = delays[pick(delays.len())];
    let spot = |but: Option<u16>| {
        let others: Vec<u16> = order.iter().copied().filter(|it| Some(*it) != but).collect();
        match pick(5) {
            0 => Spot::End,
            n if n % 2 == 0 => Spot::Before(others[pick(others.len())]),
            _ => Spot::After(others[pick(others.len())]),
        }
    };
    let next = u16::try_from(known.versions.len()).unwrap_or(MOST);
    match pick(100) {
        0..25 if next < MOST => (next, Change::Insert(spot(None), delay)),
        25..40 if order.len() > LEAST => (step, Change::Delete),
        40..60 => (step, Change::Move(spot(Some(step)))),
        60..85 => (step, Change::Delay(delay)),
        _ => (step, Change::Text),
    }
}

async fn once(
    harness: &Harness,
    shop: &Shop,
    bot: &BotId,
    name: Name,
    change: Change,
    known: &mut Known,
) {
    let now = || harness.world.now().as_millis();
    match change {
        Change::Insert(..) => known.versions.push(0),
        Change::Text => known.versions[usize::from(name.step)] += 1,
        Change::Delay(_) | Change::Delete | Change::Move(_) => {}
    }
    let version = known.versions[usize::from(name.step)];
    let done = shop.log.edits(now(), name, change);
    let notes = harness.clone();
    insist(harness, 0, |app| {
        let notes = notes.clone();
        async move {
            match carry_out(app, name, change, version).await {
                // The same may have been asked for before, by a process that died.
                Ok(()) | Err(AppError::Taken { .. } | AppError::Scenario { .. }) => Some(()),
                Err(AppError::Unavailable(_)) => None,
                Err(error) => {
                    notes.notes().wrong.push(format!("{change:?} of {name:?}: {error}"));
                    Some(())
                }
            }
        }
        .boxed()
    })
    .await;
    done.set(now());
    let slug = |text: &str| Slug::parse(text).expect("a slug");
    let key = keys::scenario(bot, &slug(&scenario(name.of)));
    let Ok(Some(found)) = harness.table.get::<Scenario>(&key).await else { return };
    let called = slug(&step(name.step));
    let places = found.outline.places().iter().filter(|place| place.step == called);
    if let Some(first) = places.map(|place| place.place).min() {
        shop.log.set_first(name, first);
    }
    known.order = found.outline.steps().filter_map(|(step, _)| number(step)).collect();
}

fn number(step: &Slug) -> Option<u16> {
    step.as_str().strip_prefix('k')?.parse().ok()
}

async fn carry_out(app: &App, name: Name, change: Change, version: u32) -> Result<(), AppError> {
    let whose = Whose { company_id: company(), bot: BOT };
    let (of, called) = (scenario(name.of), step(name.step));
    let which = (of.as_str(), called.as_str());
    let draft = |spot| match spot {
        Spot::Before(it) => SpotDraft { before: Some(step(it)), after: None },
        Spot::After(it) => SpotDraft { before: None, after: Some(step(it)) },
        Spot::End => SpotDraft::default(),
    };
    match change {
        Change::Insert(spot, delay) => {
            let new = AddStep {
                company_id: company(),
                bot: BOT.to_owned(),
                scenario: of.clone(),
                slug: Some(called.clone()),
                content: content(name, version, 0),
                timing: Some(timing(delay)),
                spot: draft(spot),
                keep: None,
            };
            add_step(app, new).await.map(drop)
        }
        Change::Delete => delete_step(app, whose, which).await,
        Change::Move(spot) => move_step(app, whose, which, draft(spot)).await.map(drop),
        Change::Delay(delay) => {
            let change = ChangeStep { timing: Some(timing(delay)), ..ChangeStep::default() };
            change_step(app, whose, which, change).await.map(drop)
        }
        Change::Text => {
            let text = content(name, version, 0).text;
            let content = ContentDraft { text, ..ContentDraft::default() };
            let change = ChangeStep { content, ..ChangeStep::default() };
            change_step(app, whose, which, change).await.map(drop)
        }
    }
}

/// A broadcast's name.
const NEWS: &str = "news";

/// Writes a broadcast to all contacts at this time, stops it on its way and lets it go on.
pub(crate) async fn broadcast(harness: Harness, bot: BotId, at: Ms) {
    harness.world.sleep_until(Timestamp::from_millis(at)).await;
    let made = serde_json::json!({
        "bot_id": &bot, "slug": NEWS, "name": "News", "text": BROADCAST, "created_at": harness.world.now(),
    });
    let made: Broadcast =
        serde_json::from_value(made).expect("a broadcast of the simulation's own");
    let env = harness.table.env();
    let decision = Decision::new(env.id(), env.now(), ()).write(Write::Put(made.into()));
    harness.table.commit(&decision).await.expect("the table itself does not fail");
    let moves = [
        (BroadcastMove::Send, Duration::from_secs(5)),
        (BroadcastMove::Pause, Duration::from_mins(1)),
        (BroadcastMove::Resume, Duration::ZERO),
    ];
    for (wanted, wait) in moves {
        insist(&harness, 0, |app| {
            let bot = bot.clone();
            async move {
                match move_broadcast(app, &bot, NEWS, wanted).await {
                    // Of few contacts all may have it by then; and a process that died has moved it, perhaps.
                    Ok(_) | Err(AppError::Conflict { .. }) => Some(()),
                    Err(_) => None,
                }
            }
            .boxed()
        })
        .await;
        harness.world.sleep_until(harness.world.now() + wait).await;
    }
}

/// Whether the broadcast has come to its end.
pub(crate) async fn is_told(harness: &Harness, bot: &BotId) -> bool {
    let key = keys::broadcast(bot, &Slug::parse(NEWS).expect("a slug"));
    let found = harness.table.get::<Broadcast>(&key).await;
    found.is_ok_and(|it| it.is_some_and(|it| it.status == BroadcastStatus::Done))
}
