//! `hoopoe import` and `hoopoe export`

mod directory;

use std::path::PathBuf;

use app::AppError;
use app::bot::{bot_named, find_bot};
use app::migration::{Applied, Mode};
use domain::ids::BotId;
use domain::migration::{Finding, Migration, ProductSettings, Report, Setup, read, write};
use indicatif::ProgressBar;
use serde_json::json;

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// So many findings of a kind are shown; with --json all are.
const SHOWN: usize = 40;

/// What to import.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Import {
    /// The directory of the bot's files: the one that holds messages.json, or scenarios/, or data/ with these
    dir: PathBuf,
    /// Whose they become: `default`, or a company's bot by its id or slug
    #[arg(long, value_name = "ID", default_value = "default")]
    bot: String,
    /// Do it; without this, only say what would be done
    #[arg(long)]
    apply: bool,
    /// A file with the settings of a bot of one scenario, as in `PRODAMUS_PRODUCT_NAME=Course`
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// What a bot of one scenario sells
    #[arg(long, value_name = "NAME")]
    product_name: Option<String>,
    /// For how many roubles
    #[arg(long, value_name = "PRICE")]
    product_price: Option<String>,
    /// What is said to whoever has paid
    #[arg(long, value_name = "TEXT")]
    paid_content: Option<String>,
    /// The group that whoever has paid is invited to
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    private_group_id: Option<String>,
}

/// What to export.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Export {
    /// The directory to write; it must be empty or absent
    dir: PathBuf,
    /// Whose: `default`, or a company's bot by its id or slug
    #[arg(long, value_name = "ID", default_value = "default")]
    bot: String,
}

/// Reads files, says what they hold, and brings them to a bot if that is wanted.
pub(crate) async fn import(place: &Place, import: &Import) -> Result<(), CommandError> {
    let files = directory::read(&import.dir)?;
    let product = settings(import)?;
    let system = System::open(place).await?;
    let bot = bot(&system, &import.bot).await?;
    let setup = Setup { bot: &bot, now: system.app.env.now(), product: &product };
    let (migration, report) = read(&files, &setup);
    if !report.errors.is_empty() {
        say(place, &report, None, import.apply);
        return Err(CommandError::BadFiles(report.errors.len()));
    }
    if !system.keeps_photos && !migration.photos.is_empty() {
        return Err(CommandError::NoStore(migration.photos.len()));
    }
    let mode = if import.apply { Mode::Apply } else { Mode::DryRun };
    let applied = apply(&system, (&bot, mode), &migration, place.json).await?;
    if import.apply && applied.timers > 0 {
        system.tell_dev().await;
    }
    say(place, &report, Some(&applied), import.apply);
    Ok(())
}

/// Writes a bot's scenarios and contacts to files.
pub(crate) async fn export(place: &Place, export: &Export) -> Result<(), CommandError> {
    let system = System::open(place).await?;
    let bot = bot(&system, &export.bot).await?;
    let collected = app::migration::export(&system.app, &bot, system.app.photos.store()).await?;
    let files = write(&collected.migration);
    directory::write(&export.dir, &files)?;
    let migration = &collected.migration;
    if place.json {
        let result = json!({
            "files": files.len(),
            "scenarios": migration.scenarios.len(),
            "broadcasts": migration.broadcasts.len(),
            "contacts": migration.contacts.len(),
            "missing_photos": collected.missing,
        });
        show::line(result.to_string());
        return Ok(());
    }
    show::line(format!(
        "{} files in {}: {} scenarios, {} broadcasts, {} contacts",
        files.len(),
        export.dir.display(),
        migration.scenarios.len(),
        migration.broadcasts.len(),
        migration.contacts.len(),
    ));
    for key in &collected.missing {
        show::line(format!(
            "the picture {key} is not in the store: its message names a file that is missing"
        ));
    }
    Ok(())
}

/// Options come before the file.
fn settings(import: &Import) -> Result<ProductSettings, CommandError> {
    let named = ProductSettings {
        name: import.product_name.clone(),
        price: import.product_price.clone(),
        paid_content: import.paid_content.clone(),
        private_group_id: import.private_group_id.clone(),
    };
    let Some(path) = &import.env else { return Ok(named) };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| CommandError::File { path: path.clone(), source })?;
    Ok(named.or(ProductSettings::of_env(&text)))
}

/// The bot of an id or a slug.
async fn bot(system: &System, name: &str) -> Result<BotId, CommandError> {
    let id = BotId(name.to_owned());
    if system.app.bots.bot(&id).is_some() {
        return Ok(id);
    }
    let none = || CommandError::NoBot(name.to_owned());
    let id = bot_named(&system.app, name).await?.ok_or_else(none)?;
    let found = find_bot(&system.app, &id).await?.ok_or_else(none)?;
    Ok(found.id)
}

async fn apply(
    system: &System,
    (bot, mode): (&BotId, Mode),
    migration: &Migration,
    quiet: bool,
) -> Result<Applied, AppError> {
    let total = u64::try_from(migration.contacts.len()).unwrap_or(u64::MAX);
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(total) };
    let mut progress = |done: usize, _| bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    let with = (system.app.photos.store(), mode);
    let applied = app::migration::import(&system.app, bot, migration, with, &mut progress).await;
    bar.finish_and_clear();
    applied
}

fn say(place: &Place, report: &Report, applied: Option<&Applied>, done: bool) {
    if place.json {
        let result = json!({
            "applied": done && applied.is_some(),
            "report": report,
            "result": applied,
        });
        return show::line(result.to_string());
    }
    show::line(format!("{} files read", report.read.len()));
    findings("error", &report.errors);
    findings("warning", &report.warnings);
    let Some(applied) = applied else { return };
    let counts = [
        ("scenarios", format!("{} new, with {} messages", applied.scenarios, applied.steps)),
        ("button sets", format!("{} new", applied.button_sets)),
        ("broadcasts", format!("{} new", applied.broadcasts)),
        ("pictures", format!("{} new", applied.photos)),
        (
            "contacts",
            format!(
                "{} new, {} further along in the files, {} unchanged",
                applied.contacts_made, applied.contacts_changed, applied.contacts_unchanged
            ),
        ),
        (
            "next messages",
            format!(
                "{}, of these {} overdue: sent one after the other",
                applied.timers, applied.overdue
            ),
        ),
    ];
    for (name, count) in counts {
        show::line(format!("{name:<14} {count}"));
    }
    for kept in &applied.kept {
        show::line(format!(
            "the {kept} is here already and says something else: it stays as it is here"
        ));
    }
    if !done {
        show::line("Nothing was changed. The same with --apply does it.");
    }
}

fn findings(kind: &str, findings: &[Finding]) {
    for finding in findings.iter().take(SHOWN) {
        show::line(format!("{kind}: {finding}"));
    }
    if findings.len() > SHOWN {
        show::line(format!("{kind}: and {} more; --json shows all", findings.len() - SHOWN));
    }
}
