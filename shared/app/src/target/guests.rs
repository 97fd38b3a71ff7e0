//! Guests of a target: a target names them, and each has a record of it. Both go together.

use domain::channel::Channel;
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use domain::invite::GuestTarget;
use domain::watch::{Target, rewrite};
use table::keys;

use crate::{App, AppError};

/// Takes away the records of those who are no longer among a target's guests.
pub(crate) async fn farewells(
    app: &App,
    before: &Target,
    after: Option<&Target>,
) -> Result<Vec<Write>, AppError> {
    let stays =
        |user: UserId| after.is_some_and(|it| it.guests.iter().any(|at| at.user_id == user));
    let gone = before.guests.iter().filter(|guest| !stays(guest.user_id));
    let places: Vec<_> = gone.map(|it| keys::guest_target(it.user_id, before.id)).collect();
    let mut found = app.table.get_all(&places).await?;
    let mut writes = Vec::new();
    for place in &places {
        writes.extend(found.take::<GuestTarget>(place)?.map(|it| Write::Remove(it.into())));
    }
    Ok(writes)
}

/// The writes that take a guest off a target of somebody else's.
pub(crate) async fn leaving(app: &App, guest: GuestTarget) -> Result<Vec<Write>, AppError> {
    let place = keys::guest_target(guest.user_id, guest.target_id);
    let there = app.table.get::<GuestTarget>(&place).await?;
    let mut writes: Vec<Write> = there.map(|it| Write::Remove(it.into())).into_iter().collect();
    let key = keys::target(guest.owner_id, guest.target_id);
    if let Some(target) = app.table.get::<Target>(&key).await? {
        let mut left = target.clone();
        left.guests.retain(|it| it.user_id != guest.user_id);
        writes.extend(rewrite(Some(&target), Some(&left)));
    }
    Ok(writes)
}

/// Takes a channel that is to go off one of the targets that its user is a guest of; `None` when it is on
/// none.
pub(crate) async fn depart(
    app: &App,
    channel: &Channel,
) -> Result<Option<Decision<bool>>, AppError> {
    let pk = keys::user(channel.user_id).pk;
    let guest: Vec<GuestTarget> = app.table.query_all(&pk, keys::GUEST_TARGETS).await?;
    for guest in guest {
        let key = keys::target(guest.owner_id, guest.target_id);
        let target = app.table.get::<Target>(&key).await?;
        let heard = |target: Target| target.guests.iter().any(|it| it.channel_id == channel.id);
        if target.is_some_and(heard) {
            let mut decision = Decision::new(app.env.id(), app.env.now(), false);
            decision.writes = leaving(app, guest).await?;
            return Ok(Some(decision));
        }
    }
    Ok(None)
}
