//! `hoopoe queue dead` and `hoopoe queue redrive`

use app::engine::redrive;
use domain::ids::BotId;
use serde_json::json;
use table::{DeadTimer, UnreadAside};

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// What to bring back.
#[derive(Clone, Debug, clap::Args)]
pub struct Redrive {
    /// Only say what would come back
    #[arg(long)]
    dry_run: bool,
    /// Only jobs of this bot; starts the bot again if it was stopped
    #[arg(long, value_name = "ID", value_parser = bot)]
    bot: Option<BotId>,
}

#[expect(clippy::unnecessary_wraps, reason = "clap's signature")]
fn bot(id: &str) -> Result<BotId, std::convert::Infallible> {
    Ok(BotId(id.to_owned()))
}

/// Lists the dead letters.
pub(crate) async fn dead(place: &Place) -> Result<(), CommandError> {
    let system = System::open(place).await?;
    let listed = all(&system, |_| true).await?;
    show_all(place, &listed);
    Ok(())
}

/// Brings dead letters back.
pub(crate) async fn redrive(place: &Place, redrive: &Redrive) -> Result<(), CommandError> {
    let system = System::open(place).await?;
    let wanted =
        |dead: &DeadTimer| redrive.bot.as_ref().is_none_or(|bot| dead.timer.job.bot() == *bot);
    if redrive.dry_run {
        let listed = all(&system, wanted).await?;
        show_all(place, &listed);
        return Ok(());
    }
    let Listed { dead, mut unread } = all(&system, wanted).await?;
    let bar = show::bar(place.json, dead.len(), "dead letters");
    let progress = |count: usize| bar.set_position(u64::try_from(count).unwrap_or(u64::MAX));
    let brought_back = redrive::redrive(&system.app, wanted, progress).await;
    bar.finish_and_clear();
    let brought_back = brought_back?;
    let unparked = match &redrive.bot {
        Some(bot) => {
            let (waiting, others) = parked(&system, bot).await?;
            unread.extend(others);
            resume(&system, bot, waiting, place.json).await?
        }
        None => 0,
    };
    if brought_back + unparked > 0 {
        system.tell_dev().await;
    }
    if place.json {
        let unread: Vec<_> = unread.iter().map(unread_as_json).collect();
        let done = json!({ "redriven": brought_back, "resumed": unparked, "unread": unread });
        show::line(done.to_string());
    } else {
        show::line(format!("{brought_back} dead letters brought back"));
        if redrive.bot.is_some() {
            show::line(format!("{unparked} jobs of the stopped bot resumed"));
        }
        show_unread(&unread);
    }
    Ok(())
}

/// Starts a bot again, with the jobs that wait for it.
async fn resume(
    system: &System,
    bot: &BotId,
    waiting: usize,
    quiet: bool,
) -> Result<usize, CommandError> {
    let bar = show::bar(quiet, waiting, "jobs of the stopped bot");
    let progress = |count: usize| bar.set_position(u64::try_from(count).unwrap_or(u64::MAX));
    let resumed = redrive::resume_bot(&system.app, bot, progress).await;
    bar.finish_and_clear();
    Ok(resumed?)
}

/// How many jobs that can be read wait for a bot, and the others.
async fn parked(system: &System, bot: &BotId) -> Result<(usize, Vec<UnreadAside>), CommandError> {
    let (mut count, mut unread, mut after) = (0, Vec::new(), None::<String>);
    loop {
        let page = system.app.table.parked_timers(bot, after.as_deref()).await?;
        count += page.items.len();
        unread.extend(page.unread);
        after = page.next;
        if after.is_none() {
            return Ok((count, unread));
        }
    }
}

/// The dead letters.
struct Listed {
    /// Those that can be read and are wanted.
    dead: Vec<DeadTimer>,
    /// Those that cannot be read: nobody can say whether they are wanted.
    unread: Vec<UnreadAside>,
}

async fn all(system: &System, wanted: impl Fn(&DeadTimer) -> bool) -> Result<Listed, CommandError> {
    let (mut all, mut after) = (Listed { dead: Vec::new(), unread: Vec::new() }, None::<String>);
    loop {
        let page = system.app.table.dead_timers(after.as_deref()).await?;
        all.dead.extend(page.items.into_iter().filter(&wanted));
        all.unread.extend(page.unread);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn show_all(place: &Place, Listed { dead, unread }: &Listed) {
    if place.json {
        let items: Vec<_> = dead.iter().map(as_json).collect();
        let unread: Vec<_> = unread.iter().map(unread_as_json).collect();
        show::line(json!({ "items": items, "unread": unread }).to_string());
        return;
    }
    if dead.is_empty() && unread.is_empty() {
        show::line("no dead letters");
    }
    if !dead.is_empty() {
        let rows = dead.iter().map(|it| {
            vec![
                it.timer.key.id.to_string(),
                it.timer.job.name().to_owned(),
                it.timer.job.bot().to_string(),
                it.died_at.rfc3339(),
                it.reason.clone(),
            ]
        });
        show::table(&["JOB", "KIND", "BOT", "DIED", "REASON"], rows);
    }
    show_unread(unread);
}

fn show_unread(unread: &[UnreadAside]) {
    if unread.is_empty() {
        return;
    }
    let count = unread.len();
    show::line(format!(
        "{count} jobs stay: another version wrote them, and this one cannot read them"
    ));
    let rows = unread.iter().map(|it| vec![it.job.clone(), it.reason.clone()]);
    show::table(&["JOB", "REASON"], rows);
}

fn unread_as_json(unread: &UnreadAside) -> serde_json::Value {
    json!({ "job": unread.job, "reason": unread.reason })
}

fn as_json(dead: &DeadTimer) -> serde_json::Value {
    json!({
        "job": dead.timer.key.id,
        "kind": dead.timer.job.name(),
        "bot": dead.timer.job.bot(),
        "due": dead.timer.due.rfc3339(),
        "died_at": dead.died_at.rfc3339(),
        "reason": dead.reason,
    })
}
