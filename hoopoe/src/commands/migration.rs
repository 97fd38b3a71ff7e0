//! `hoopoe import` and `hoopoe export`

mod bars;
mod directory;
mod tell;

use std::path::PathBuf;

use app::AppError;
use app::bot::{bot_named, find_bot};
use app::migration::{Applied, FormTaken, Mode, import_form};
use app::payment::NewForm;
use domain::ids::BotId;
use domain::migration::{
    Finding, FormSettings, Migration, ProductSettings, Report, Setup, read, write,
};
use serde_json::json;

use self::bars::Bars;
use self::tell::say;
use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

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
    let directory::Found { files, others } = directory::read(&import.dir)?;
    let env = env_file(import)?;
    let product = settings(import, env.as_deref());
    let system = System::open(place).await?;
    let bot = bot(&system, &import.bot).await?;
    let setup = Setup { bot: &bot, now: system.app.env.now(), product: &product };
    let (migration, mut report) = read(&files, &setup);
    report.unread.extend(others.into_iter().filter(|it| !is_env_file(import, it)));
    report.unread.sort();
    let form = form(import, env.as_deref(), &mut report);
    if !report.errors.is_empty() {
        say(place, &report, None, import.apply);
        return Err(CommandError::BadFiles(report.errors.len()));
    }
    if !system.keeps_photos && !migration.photos.is_empty() {
        return Err(CommandError::NoStore(migration.photos.len()));
    }
    let mode = if import.apply { Mode::Apply } else { Mode::DryRun };
    // One that is faulty is told of before anything is written.
    let form = match form {
        Some(form) => import_form(&system.app, &bot, form, mode).await?,
        None => FormTaken::None,
    };
    let applied = apply(&system, (&bot, mode), &migration, place.json).await?;
    let applied = Applied { form, ..applied };
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
    let mut bars = Bars::new(place.json);
    let mut progress = |at| bars.show(at);
    let store = system.app.photos.store();
    let collected = app::migration::export(&system.app, &bot, store, &mut progress).await?;
    drop(bars);
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

/// The text of the file of settings, if one was given.
fn env_file(import: &Import) -> Result<Option<String>, CommandError> {
    let Some(path) = &import.env else { return Ok(None) };
    let text = std::fs::read_to_string(path);
    text.map(Some).map_err(|source| CommandError::File { path: path.clone(), source })
}

/// Whether a path in the directory is the file of settings that was given.
fn is_env_file(import: &Import, path: &str) -> bool {
    let given = import.env.as_ref().and_then(|it| it.canonicalize().ok());
    given.is_some() && import.dir.join(path).canonicalize().ok() == given
}

/// Options come before the file.
fn settings(import: &Import, env: Option<&str>) -> ProductSettings {
    let named = ProductSettings {
        name: import.product_name.clone(),
        price: import.product_price.clone(),
        paid_content: import.paid_content.clone(),
        private_group_id: import.private_group_id.clone(),
    };
    named.or(env.map(ProductSettings::of_env).unwrap_or_default())
}

/// The form that the file names. Half of one is told of.
fn form(import: &Import, env: Option<&str>, report: &mut Report) -> Option<NewForm> {
    let at = match env.map(FormSettings::of_env).unwrap_or_default() {
        FormSettings { url: Some(url), key: Some(key) } => {
            return Some(NewForm { url, secret: key.into() });
        }
        FormSettings { url: None, key: None } => return None,
        FormSettings { key: None, .. } => "PRODAMUS_SECRET_KEY",
        FormSettings { url: None, .. } => "PRODAMUS_API_URL",
    };
    let file = import.env.as_ref().map(|it| it.display().to_string()).unwrap_or_default();
    let message = "is missing: the payment form is not imported".to_owned();
    report.warnings.push(Finding { file, at: at.to_owned(), message });
    None
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
    let mut bars = Bars::new(quiet);
    let mut progress = |at| bars.show(at);
    let with = (system.app.photos.store(), mode);
    app::migration::import(&system.app, bot, migration, with, &mut progress).await
}
