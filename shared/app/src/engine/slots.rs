//! Booking: read, compute, set on version. The last slots seen serve as the reading, so that a
//! booking is one call, and a refusal none.

use domain::engine::Lane;
use domain::engine::rate::{Grant, SlotRequest};
use domain::ids::BotId;
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use table::TableError;

use crate::App;

/// Bookings that collide are computed again this often; then the askers wait.
const COLLISIONS: u32 = 6;

/// Books slots for the requests, or says when to ask again.
pub(crate) async fn book(
    app: &App,
    bot: &BotId,
    lane: Lane,
    requests: &[SlotRequest],
) -> Result<Vec<Grant>, TableError> {
    let _alone = app.pace.booking(bot).await;
    let mut slots = match app.table.known_slots(bot) {
        Some(slots) => slots,
        None => app.table.send_slots(bot).await?,
    };
    let mut grants = Vec::new();
    for _ in 0..COLLISIONS {
        let now = app.env.now();
        let rates = app.pace.rates(app.bots.rates);
        let (next, computed) = slots.book(now, lane, requests, rates);
        grants = computed;
        // Nothing was granted and nothing promised: there is nothing to write.
        if next.free_us == slots.free_us && next.promises_as(&slots) {
            return Ok(grants);
        }
        let booked = app.table.book_slots(bot, &next).await?;
        app.pace.booking_took(app.env.now().since(now));
        match booked {
            Ok(()) => return Ok(grants),
            Err(current) => slots = current,
        }
    }
    let now = app.env.now();
    Ok(grants.iter().map(|_| Grant::Later(slots.asks_again(now))).collect())
}

/// After a 429: the bot's clock moves forward, for everyone.
pub(crate) async fn throttle(app: &App, bot: &BotId, until: Timestamp) -> Result<(), TableError> {
    if broken(Rule::ThrottleHolds) {
        return Ok(());
    }
    let mut slots = app.table.send_slots(bot).await?;
    for _ in 0..COLLISIONS * 4 {
        let next = slots.throttled(until);
        if next.free_us == slots.free_us {
            return Ok(());
        }
        match app.table.book_slots(bot, &next).await? {
            Ok(()) => return Ok(()),
            Err(current) => slots = current,
        }
    }
    Err(TableError::Unavailable("the bot's clock could not be moved".to_owned()))
}
