//! Broadcasts as admins write them: a draft may be changed, and what went out may be copied.

use domain::broadcast::{Broadcast, BroadcastDraft, Condition};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId};
use domain::scenario::{ContentRules, Scenario, add_faults};
use domain::slug::Slug;
use table::{Page, keys};

use super::Whose;
use super::desk::{Desk, own_bot, sound};
use super::photos::with_photos;
use crate::answer::{self, Keep};
use crate::listing::list;
use crate::scenario::broadcasts::{find_broadcast, unfit};
use crate::{App, AppError};

/// What a broadcast is called whose name leaves nothing for a slug.
pub(super) const FALLBACK: &str = "broadcast";
/// So many names are tried for one that was not asked for.
const NAMES: usize = 100;

/// One page of a bot's broadcasts, by slug.
///
/// # Errors
/// [`AppError::NotFound`] for the bot.
pub async fn list_broadcasts(
    app: &App,
    whose: Whose<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Broadcast>, AppError> {
    let bot = own_bot(app, whose).await?;
    list(app, &keys::bot(&bot).pk, keys::BROADCASTS, limit, after).await
}

/// A broadcast of a company's bot.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast.
pub async fn companys_broadcast(
    app: &App,
    whose: Whose<'_>,
    name: &str,
) -> Result<Broadcast, AppError> {
    let bot = own_bot(app, whose).await?;
    find_broadcast(app, &bot, name).await
}

/// What an admin wants.
#[derive(Debug)]
pub struct CreateBroadcast {
    /// The admin's company.
    pub company_id: CompanyId,
    /// The bot's slug or id.
    pub bot: String,
    /// What it is called in addresses; made of its name where it is absent.
    pub slug: Option<String>,
    /// What it is to be.
    pub draft: BroadcastDraft,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Broadcast>>,
}

/// Makes a draft. Nothing is sent.
///
/// # Errors
/// [`AppError::NotFound`] for the bot; [`AppError::Invalid`] with all faults; [`AppError::Taken`] for the slug;
/// [`AppError::Repeated`].
pub async fn create_broadcast(app: &App, command: CreateBroadcast) -> Result<Broadcast, AppError> {
    let CreateBroadcast { company_id, bot, slug, draft, keep } = command;
    let bot = own_bot(app, Whose { company_id, bot: &bot }).await?;
    let now = app.env.now();
    let along = |made: &Broadcast| answer::writes(keep.as_ref(), made, now);
    app.decide_along(along, || decide(app, &bot, slug.as_deref(), draft.clone())).await
}

async fn decide(
    app: &App,
    bot: &BotId,
    slug: Option<&str>,
    draft: BroadcastDraft,
) -> Result<Decision<Broadcast>, AppError> {
    let (desk, now) = (Desk::of(app, bot).await?, app.env.now());
    let nameless = Slug::of_name("", FALLBACK);
    let mut broadcast = Broadcast::new(bot.clone(), nameless, String::new(), now);
    let mut errors = Vec::new();
    if draft.name.is_none() {
        errors.push(FieldError::new("name", "is required"));
    }
    let asked = parsed(slug, &mut errors);
    broadcast.content = with_photos(app, bot, &draft.content, &broadcast.content).await?;
    draft.apply(&mut broadcast, &mut errors);
    add_faults(&mut errors, faults(app, &desk, &broadcast).await?);
    sound(errors)?;
    let plain = Slug::of_name(&broadcast.name, FALLBACK);
    broadcast.slug = free_slug(app, bot, asked, &plain).await?;
    let decision = Decision::new(app.env.id(), now, broadcast.clone());
    Ok(decision.write(Write::Create(broadcast.into())).write(desk.turn()))
}

/// The slug that was asked for; what is wrong with it is added to `errors`.
fn parsed(slug: Option<&str>, errors: &mut Vec<FieldError>) -> Option<Slug> {
    match slug.map(Slug::parse) {
        Some(Ok(slug)) => Some(slug),
        Some(Err(error)) => {
            errors.push(FieldError::new("slug", error.to_string()));
            None
        }
        None => None,
    }
}

/// The slug that was asked for, or else `plain` or the first free number behind it.
pub(super) async fn free_slug(
    app: &App,
    bot: &BotId,
    asked: Option<Slug>,
    plain: &Slug,
) -> Result<Slug, AppError> {
    let candidates = if let Some(slug) = asked {
        vec![slug]
    } else {
        let numbered = (2..=NAMES).map(|number| plain.numbered(number));
        std::iter::once(plain.clone()).chain(numbered).collect()
    };
    let wanted: Vec<_> = candidates.iter().map(|slug| keys::broadcast(bot, slug)).collect();
    let found = app.table.get_all(&wanted).await?;
    for (slug, key) in candidates.into_iter().zip(&wanted) {
        if found.peek::<Broadcast>(key)?.is_none() {
            return Ok(slug);
        }
    }
    Err(AppError::Taken { fields: vec!["slug"] })
}

/// Changes a draft. What is absent stays.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Conflict`] for one that is no draft any
/// more; [`AppError::Invalid`] with all faults, also of what stays.
pub async fn change_broadcast(
    app: &App,
    whose: Whose<'_>,
    name: &str,
    draft: BroadcastDraft,
) -> Result<Broadcast, AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let desk = Desk::of(app, &bot).await?;
        let before = find_broadcast(app, &bot, name).await?;
        if !before.status.is_open() {
            return Err(unfit(before.status, "changed"));
        }
        let (mut changed, mut errors) = (before.clone(), Vec::new());
        changed.content = with_photos(app, &bot, &draft.content, &before.content).await?;
        draft.clone().apply(&mut changed, &mut errors);
        add_faults(&mut errors, faults(app, &desk, &changed).await?);
        sound(errors)?;
        let decision = Decision::new(app.env.id(), app.env.now(), changed.clone());
        if changed == before {
            return Ok(decision);
        }
        Ok::<_, AppError>(decision.write(Write::Replace(changed.into())).write(desk.turn()))
    })
    .await
}

/// Deletes a broadcast that is not under way. What it sent stays in the chats.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Conflict`] for one that is under way.
pub async fn delete_broadcast(app: &App, whose: Whose<'_>, name: &str) -> Result<(), AppError> {
    let bot = own_bot(app, whose).await?;
    app.decide(|| async {
        let broadcast = find_broadcast(app, &bot, name).await?;
        if broadcast.status.is_under_way() {
            return Err(unfit(broadcast.status, "deleted: cancel it first"));
        }
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        Ok::<_, AppError>(decision.write(Write::Remove(broadcast.into())))
    })
    .await
}

/// What an admin wants.
#[derive(Debug)]
pub struct CopyBroadcast {
    /// The admin's company.
    pub company_id: CompanyId,
    /// The bot's slug or id.
    pub bot: String,
    /// Which broadcast.
    pub broadcast: String,
    /// What the copy is called; the broadcast's name with a number where it is absent.
    pub slug: Option<String>,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Broadcast>>,
}

/// Makes a draft that says the same to the same, whatever became of the broadcast.
///
/// # Errors
/// [`AppError::NotFound`] for the bot and the broadcast; [`AppError::Invalid`] and [`AppError::Taken`] for the
/// slug; [`AppError::Repeated`].
pub async fn copy_broadcast(app: &App, command: CopyBroadcast) -> Result<Broadcast, AppError> {
    let CopyBroadcast { company_id, bot, broadcast: name, slug, keep } = command;
    let bot = own_bot(app, Whose { company_id, bot: &bot }).await?;
    let now = app.env.now();
    let along = |made: &Broadcast| answer::writes(keep.as_ref(), made, now);
    app.decide_along(along, || async {
        let desk = Desk::of(app, &bot).await?;
        let broadcast = find_broadcast(app, &bot, &name).await?;
        let mut errors = Vec::new();
        let asked = parsed(slug.as_deref(), &mut errors);
        sound(errors)?;
        let slug = free_slug(app, &bot, asked, &broadcast.slug).await?;
        let copy = broadcast.copy(slug, app.env.now());
        let decision = Decision::new(app.env.id(), app.env.now(), copy.clone());
        Ok(decision.write(Write::Create(copy.into())).write(desk.turn()))
    })
    .await
}

/// All that is wrong with a broadcast as things are now.
///
/// # Errors
/// [`AppError::Unavailable`].
pub(crate) async fn faults_of_broadcast(
    app: &App,
    broadcast: &Broadcast,
) -> Result<Vec<FieldError>, AppError> {
    let desk = Desk::of(app, &broadcast.bot_id).await?;
    faults(app, &desk, broadcast).await
}

async fn faults(
    app: &App,
    desk: &Desk,
    broadcast: &Broadcast,
) -> Result<Vec<FieldError>, AppError> {
    let sets = desk.sets(app, std::iter::once(&broadcast.content)).await?;
    let scenario = |condition: &Condition| match condition {
        Condition::InScenario(slug) => Some(keys::scenario(&broadcast.bot_id, slug)),
        _ => None,
    };
    let wanted: Vec<_> = broadcast.targeting.conditions.iter().filter_map(scenario).collect();
    let found = app.table.get_all(&wanted).await?;
    let mut there = Vec::new();
    for key in &wanted {
        there.extend(found.peek::<Scenario>(key)?.map(|it| it.slug));
    }
    let names = desk.names();
    let rules = ContentRules { names: &names, button_sets: &sets };
    Ok(domain::broadcast::check_broadcast(broadcast, rules, |slug| there.contains(slug)))
}
