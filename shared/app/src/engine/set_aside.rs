//! Counting what was set aside: dead letters, and the jobs of stopped bots. Nobody hears of them
//! otherwise until someone asks.

use std::collections::BTreeSet;

use domain::ids::BotId;
use table::TableError;

use crate::App;

/// How much was set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// Dead letters.
    pub dead: u64,
    /// Timers that wait with stopped bots.
    pub parked: u64,
}

/// Counts it, page by page, with what another version wrote and this one cannot read.
pub async fn count_set_aside(app: &App) -> Result<SetAside, TableError> {
    let (mut count, mut after) = (SetAside::default(), None::<String>);
    loop {
        let page = app.table.dead_timers(after.as_deref()).await?;
        count.dead += (page.items.len() + page.unread.len()) as u64;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    // The clock on AWS is told of no bot; the default one has its timers all the same.
    let bots = app.bots.bots.iter().map(|bot| bot.id.clone());
    for bot in bots.chain([BotId::default_bot()]).collect::<BTreeSet<_>>() {
        loop {
            let page = app.table.parked_timers(&bot, after.as_deref()).await?;
            count.parked += (page.items.len() + page.unread.len()) as u64;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(count)
}
