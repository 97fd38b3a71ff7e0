//! A company's bots as it sees them.

use std::collections::HashMap;

use domain::bot::{Bot, BotSlug, BotStatus, DefaultBot};
use domain::engine::decision::BotState;
use domain::ids::{BotId, CompanyId};
use table::{Page, TableError, keys};

use super::companys_bot;
use crate::listing::list;
use crate::{App, AppError};

/// A bot as its company sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotView {
    /// The bot.
    pub bot: Bot,
    /// Why it does not send, although it is switched on: Telegram refused its token.
    pub stopped: Option<String>,
    /// Whether its company speaks through it where none is named.
    pub is_default: bool,
}

/// All slugs of a company.
pub(super) async fn slugs(app: &App, company_id: CompanyId) -> Result<Vec<BotSlug>, TableError> {
    app.table.query_all(&keys::company(company_id).pk, keys::COMPANY_BOTS).await
}

/// One page of a company's bots, by slug.
pub async fn list_bots(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<BotView>, AppError> {
    let pk = keys::company(company_id).pk;
    let page = list::<BotSlug>(app, &pk, keys::COMPANY_BOTS, limit, after).await?;
    let mut views = views(app, company_id, page.items.iter().map(|it| &it.bot)).await?;
    let items = page.items.iter().filter_map(|it| views.remove(&it.bot)).collect();
    Ok(Page { items, next: page.next })
}

/// One of a company's own bots, by slug or id.
///
/// # Errors
/// [`AppError::NotFound`], also for the platform's.
pub async fn get_bot(app: &App, company_id: CompanyId, name: &str) -> Result<BotView, AppError> {
    let found = companys_bot(app, company_id, Some(name)).await?;
    let mut views = views(app, company_id, [&found.id].into_iter()).await?;
    views.remove(&found.id).ok_or(AppError::NotFound("bot"))
}

async fn views<'a>(
    app: &App,
    company_id: CompanyId,
    ids: impl Iterator<Item = &'a BotId>,
) -> Result<HashMap<BotId, BotView>, TableError> {
    let ids: Vec<BotId> = ids.cloned().collect();
    let default = keys::default_bot(company_id);
    let mut wanted: Vec<_> =
        ids.iter().flat_map(|id| [keys::bot(id), keys::bot_state(id)]).collect();
    wanted.push(default.clone());
    let mut found = app.table.get_all(&wanted).await?;
    let default = found.take::<DefaultBot>(&default)?.map(|it| it.bot);
    let mut views = HashMap::with_capacity(ids.len());
    for id in ids {
        let Some(bot) = found.take::<Bot>(&keys::bot(&id))? else { continue };
        let state = found.take::<BotState>(&keys::bot_state(&id))?;
        let stopped = state.filter(|_| bot.status == BotStatus::Active).and_then(|it| it.stopped);
        let is_default = default.as_ref() == Some(&id);
        views.insert(id, BotView { bot, stopped, is_default });
    }
    Ok(views)
}
