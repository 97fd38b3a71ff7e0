//! Decisions about targets.

use thiserror::Error;

use crate::account::User;
use crate::channel::{Channel, ChatLink};
use crate::engine::{Decision, Write};
use crate::ids::{ChannelId, DecisionId, TargetId};
use crate::time::Timestamp;
use crate::watch::{
    CHANNELS_PER_TARGET, Guest, Rules, Target, TargetPage, TargetStatus, TargetWish, rewire,
    rewrite,
};

/// A target's change has at most this many writes, which leaves a transaction room for what comes
/// along: the user, the channel, a kept answer.
pub const WRITES_AT_MOST: usize = 90;

/// How much a user's tier allows, and what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Targets.
    pub targets: usize,
    /// Pages over all targets, disabled ones included.
    pub pages: usize,
}

impl Amount {
    /// What these targets come to.
    pub fn of(targets: &[Target]) -> Self {
        Self { targets: targets.len(), pages: targets.iter().map(|it| it.pages.len()).sum() }
    }

    fn within(self, quota: Self) -> Result<(), TargetError> {
        if self.targets > quota.targets {
            return Err(TargetError::TooManyTargets(quota.targets));
        }
        if self.pages > quota.pages {
            return Err(TargetError::TooManyPages(quota.pages));
        }
        Ok(())
    }
}

/// Why a target is not changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// The tier allows no more targets.
    #[error("your plan allows {0} targets")]
    TooManyTargets(usize),
    /// The tier allows no more pages.
    #[error("your plan allows {0} pages over all targets")]
    TooManyPages(usize),
    /// One transaction cannot take so many changes.
    #[error("changes too many pages at once; add or remove at most 20 at a time")]
    TooMuchAtOnce,
    /// The target has as many channels as it may have.
    #[error("a target has at most {CHANNELS_PER_TARGET} channels")]
    TooManyChannels,
}

/// Who hears of a new target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hears {
    /// The user's own channels.
    pub channels: Vec<ChannelId>,
    /// Others.
    pub guests: Vec<Guest>,
}

/// What a new target is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTarget {
    /// What it is called.
    pub name: String,
    /// What it watches.
    pub pages: Vec<TargetPage>,
    /// What of that is told, and when.
    pub rules: Rules,
}

/// A new target that nobody hears of yet, as [`decide_create_for`] makes it.
pub fn decide_create(
    ids: (DecisionId, TargetId),
    now: Timestamp,
    user: &User,
    amounts: (Amount, Amount),
    new: NewTarget,
) -> Result<Decision<Target>, TargetError> {
    decide_create_for(ids, now, user, amounts, new, Hears::default())
}

/// A new target, active at once. The user's record guards the quota: of two that race for the last
/// place one finds the user changed and decides again.
pub fn decide_create_for(
    (id, target_id): (DecisionId, TargetId),
    now: Timestamp,
    user: &User,
    (existing, quota): (Amount, Amount),
    NewTarget { name, pages, rules }: NewTarget,
    Hears { channels, guests }: Hears,
) -> Result<Decision<Target>, TargetError> {
    let more = Amount { targets: existing.targets + 1, pages: existing.pages + pages.len() };
    more.within(quota)?;
    let target = Target {
        id: target_id,
        user_id: user.id,
        name,
        pages,
        channels,
        guests,
        rules,
        status: TargetStatus::Active,
        created_at: now,
        version: 0,
    };
    let mut decision = Decision::new(id, now, target);
    decision.writes = rewrite(None, Some(&decision.reply));
    Ok(decision.write(Write::Replace(user.clone().into())))
}

/// A target with another name, other pages or other rules. Only growth is held against the quota: who has too
/// much, after a downgrade, may still make it less.
pub fn decide_change(
    id: DecisionId,
    now: Timestamp,
    user: &User,
    (existing, quota): (Amount, Amount),
    (target, wish): (&Target, TargetWish),
) -> Result<Decision<Target>, TargetError> {
    let changed = Target {
        name: wish.name.unwrap_or_else(|| target.name.clone()),
        pages: wish.pages.unwrap_or_else(|| target.pages.clone()),
        rules: wish.rules.over(&target.rules),
        ..target.clone()
    };
    let grows = changed.pages.len() > target.pages.len();
    if grows {
        let pages = existing.pages.saturating_sub(target.pages.len()) + changed.pages.len();
        Amount { targets: 0, pages }.within(quota)?;
    }
    let decision = to(id, now, target, changed)?;
    Ok(if grows { decision.write(Write::Replace(user.clone().into())) } else { decision })
}

/// A target that is watched, or is not. Nothing is written when that is so already.
pub fn decide_status(
    id: DecisionId,
    now: Timestamp,
    target: &Target,
    status: TargetStatus,
) -> Result<Decision<Target>, TargetError> {
    to(id, now, target, Target { status, ..target.clone() })
}

/// A target that is gone.
pub fn decide_remove(id: DecisionId, now: Timestamp, target: &Target) -> Decision {
    let mut decision = Decision::new(id, now, ());
    decision.writes = rewrite(Some(target), None);
    decision
}

/// A target whose news a channel hears. The channel is written, too: its removal meanwhile must
/// not leave its id behind.
pub fn decide_link(
    id: DecisionId,
    now: Timestamp,
    target: &Target,
    channel: &Channel,
) -> Result<Decision<Target>, TargetError> {
    let linked = target.linked(channel.id)?;
    if linked == *target {
        return Ok(Decision::new(id, now, linked));
    }
    Ok(to(id, now, target, linked)?.write(Write::Replace(channel.clone().into())))
}

/// A target whose news a channel does not hear any more: one of the user's own, or a guest's.
pub fn decide_unlink(
    id: DecisionId,
    now: Timestamp,
    target: &Target,
    channel_id: ChannelId,
) -> Result<Decision<Target>, TargetError> {
    let mut without = target.rewired(channel_id, None);
    without.guests.retain(|guest| guest.channel_id != channel_id);
    to(id, now, target, without)
}

impl Target {
    /// The target with one more channel; the same when it has it already.
    pub fn linked(&self, channel_id: ChannelId) -> Result<Self, TargetError> {
        let mut linked = self.clone();
        if !linked.channels.contains(&channel_id) {
            linked.channels.push(channel_id);
        }
        if linked.recipients().count() > CHANNELS_PER_TARGET {
            return Err(TargetError::TooManyChannels);
        }
        Ok(linked)
    }
}

fn to(
    id: DecisionId,
    now: Timestamp,
    before: &Target,
    after: Target,
) -> Result<Decision<Target>, TargetError> {
    let writes = rewrite(Some(before), Some(&after));
    if writes.len() > WRITES_AT_MOST {
        return Err(TargetError::TooMuchAtOnce);
    }
    let mut decision = Decision::new(id, now, after);
    decision.writes = writes;
    Ok(decision)
}

/// One step of a channel's removal: out of as many targets as fit, and when that is all, gone
/// itself. The reply says whether it is.
pub fn decide_remove_channel(
    id: DecisionId,
    now: Timestamp,
    (channel, link): (&Channel, Option<ChatLink>),
    targets: &[Target],
) -> Decision<bool> {
    let (writes, all) = rewire(targets, channel.id, None, WRITES_AT_MOST);
    let mut decision = Decision::new(id, now, all);
    decision.writes = writes;
    if all {
        decision.writes.push(Write::Remove(channel.clone().into()));
        decision.writes.extend(link.map(|link| Write::Remove(link.into())));
        decision.writes.extend(channel.stop(now).map(|stop| Write::Put(stop.into())));
    }
    decision
}

#[cfg(test)]
mod tests;
