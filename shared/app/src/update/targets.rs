//! Targets in the chat: `/targets` and `/add <url>`, for people who need no web page.

use std::collections::BTreeSet;

use domain::account::User;
use domain::channel::{Channel, ChannelStatus};
use domain::field_error::FieldError;
use domain::ids::{ChannelId, TargetId, UserId};
use domain::invite::GuestTarget;
use domain::message::{ListedTarget, Notice};
use domain::update::Effects;
use domain::watch::{
    Amount, Hears, NewTarget, Rules, Target, TargetError, TargetPage, TargetStatus, TargetWish,
    decide_change, decide_create_for,
};
use table::keys;

use crate::target::account;
use crate::{App, AppError};

/// So many targets fit a message with a button for each.
const LISTED: usize = 20;

/// The targets that this chat hears of, oldest first: its users' own, and those that they were
/// invited to.
pub(crate) async fn targets_of(app: &App, channels: &[Channel]) -> Result<Vec<Target>, AppError> {
    let ids: BTreeSet<ChannelId> = channels.iter().map(|channel| channel.id).collect();
    let users: BTreeSet<UserId> = channels.iter().map(|channel| channel.user_id).collect();
    let mut targets = Vec::new();
    for &user_id in &users {
        let pk = keys::user(user_id).pk;
        targets.extend(app.table.query_all::<Target>(&pk, keys::TARGETS).await?);
        let guest: Vec<GuestTarget> = app.table.query_all(&pk, keys::GUEST_TARGETS).await?;
        let places: Vec<_> =
            guest.iter().map(|it| keys::target(it.owner_id, it.target_id)).collect();
        let mut found = app.table.get_all(&places).await?;
        for key in &places {
            targets.extend(found.take::<Target>(key)?);
        }
    }
    let hears = |target: &Target| target.recipients().any(|(_, channel)| ids.contains(&channel));
    targets.retain(hears);
    targets.sort_by_key(|target| target.id);
    targets.dedup_by_key(|target| target.id);
    Ok(targets)
}

/// `/targets`
pub(super) async fn list(app: &App, channels: &[Channel]) -> Result<Effects, AppError> {
    if channels.is_empty() {
        return Ok(Effects::say(Notice::Welcome));
    }
    let targets = targets_of(app, channels).await?;
    let more = targets.len().saturating_sub(LISTED);
    let listed = targets.into_iter().take(LISTED).map(|target| ListedTarget {
        target_id: target.id,
        target_name: target.name,
        active: target.status == TargetStatus::Active,
        pages: u32::try_from(target.pages.len()).unwrap_or(u32::MAX),
    });
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    Ok(Effects::say(Notice::Targets { targets: listed.collect(), more }))
}

/// `/add <url>`: one more page for the watch that the person was invited to last, or else a watch of
/// their own.
pub(super) async fn add(
    app: &App,
    channels: &[Channel],
    url: Option<&str>,
    new: TargetId,
) -> Result<Effects, AppError> {
    let active = channels.iter().find(|channel| channel.status == ChannelStatus::Active);
    let Some(channel) = active else { return Ok(Effects::say(Notice::Welcome)) };
    let Some(url) = url else { return Ok(Effects::say(Notice::AddWhat)) };
    let page = match TargetWish::check(None, Some(&[url.to_owned()]), false) {
        Ok(TargetWish { pages: Some(pages), .. }) if !pages.is_empty() => pages[0].clone(),
        Ok(_) => return Ok(Effects::say(Notice::AddWhat)),
        Err(faults) => return Ok(refused(&faults)),
    };
    let targets = targets_of(app, channels).await?;
    if let Some(there) = targets.iter().find(|it| it.pages.iter().any(|it| it.id == page.id)) {
        let target_name = there.name.clone();
        return Ok(Effects::say(Notice::AlreadyWatched { target_name }));
    }
    let invited = |it: &&Target| it.guests.iter().any(|guest| guest.channel_id == channel.id);
    match targets.iter().rev().find(invited) {
        Some(target) => extend(app, target, page).await,
        None => create(app, channel, page, new).await,
    }
}

/// The page counts towards the plan of whoever has the target.
async fn extend(app: &App, target: &Target, page: TargetPage) -> Result<Effects, AppError> {
    let (owner, amounts) = account(app, target.user_id).await?;
    let url = page.url.to_string();
    let pages = target.pages.iter().cloned().chain([page]).collect();
    let wish = TargetWish { pages: Some(pages), ..TargetWish::default() };
    if target.pages.len() >= domain::watch::PAGES_PER_TARGET {
        let most = domain::watch::PAGES_PER_TARGET;
        return Ok(say_no(format!("a watch has at most {most} pages")));
    }
    let (id, now) = (app.env.id(), app.env.now());
    Ok(match decide_change(id, now, &owner, amounts, (target, wish)) {
        Ok(decision) => added(decision.writes, target.id, target.name.clone(), url),
        Err(error) => say_no(said(error)),
    })
}

async fn create(
    app: &App,
    channel: &Channel,
    page: TargetPage,
    new: TargetId,
) -> Result<Effects, AppError> {
    let (user, amounts): (User, (Amount, Amount)) = account(app, channel.user_id).await?;
    let (url, name) = (page.url.to_string(), host(&page));
    let hears = Hears { channels: vec![channel.id], guests: Vec::new() };
    let what = NewTarget { name: name.clone(), pages: vec![page], rules: Rules::default() };
    let (ids, now) = ((app.env.id(), new), app.env.now());
    Ok(match decide_create_for(ids, now, &user, amounts, what, hears) {
        Ok(mut decision) => {
            // Written, so that its removal meanwhile leaves no target with it behind.
            decision.writes.push(domain::engine::Write::Replace(channel.clone().into()));
            added(decision.writes, new, name, url)
        }
        Err(error) => say_no(error.to_string()),
    })
}

/// What a watch is called that nobody has named.
fn host(page: &TargetPage) -> String {
    let rest = page.url.as_str().split("://").nth(1).unwrap_or_default();
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

fn added(
    writes: Vec<domain::engine::Write>,
    target_id: TargetId,
    target_name: String,
    url: String,
) -> Effects {
    Effects { writes, notices: vec![Notice::PageAdded { target_id, target_name, url }] }
}

/// A guest hears that the plan is not theirs.
fn said(error: TargetError) -> String {
    match error {
        TargetError::TooManyPages(pages) => {
            format!("the plan of whoever invited you allows {pages} pages over all watches")
        }
        other => other.to_string(),
    }
}

fn refused(faults: &[FieldError]) -> Effects {
    let reason = faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
    say_no(format!("the address {reason}"))
}

fn say_no(reason: String) -> Effects {
    Effects::say(Notice::AddRefused { reason })
}
