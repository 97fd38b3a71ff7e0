//! Commands that work on a system: the one on AWS that the environment names, or a local one.

pub mod api_key;
mod bots;
pub mod doctor;
pub mod migration;
pub mod queue;
pub mod user;
pub mod webhook;

use std::path::PathBuf;
use std::sync::Arc;

use ::queue::MemoryQueue;
use app::aws::Function;
use app::bot::NoToken;
use app::photo::Photos;
use app::{App, AppError};
use domain::ids::CompanyId;
use runtime::config::{self, Environment, Source};
use runtime::objects::Folder;
use runtime::{Env, telemetry};
use table::{CommitError, TableError};
use thiserror::Error;

use crate::cli::Place;
use crate::dev::{Peer, Settings, StartError, Wire, state};
use crate::{http_client, local};

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub enum CommandError {
    /// There is no local system here.
    #[error(
        "there is no system in {} yet: start `hoopoe dev`, or name another with --state, or set HOOPOE_TABLE",
        .0.display()
    )]
    NoSystem(PathBuf),
    /// Nobody plays Telegram here.
    #[error(
        "no `hoopoe dev` runs on {}, and neither HOOPOE_SECRET nor TELEGRAM_BOT_TOKEN names a bot",
        .0.display()
    )]
    NoDev(PathBuf),
    /// There is no such bot.
    #[error("there is no bot {0}")]
    NoBot(String),
    /// There is no such company.
    #[error("there is no company {0}")]
    NoCompany(CompanyId),
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(String),
    /// The bot's token cannot be had.
    #[error(transparent)]
    Token(#[from] NoToken),
    /// Telegram cannot be told where to go.
    #[error("say where Telegram reaches Hoopoe: --base-url, TELEGRAM_WEBHOOK_BASE_URL or SITE_URL")]
    NoBaseUrl,
    /// Something is wrong with the system; the checks say what.
    #[error("{0} of the checks failed")]
    Unwell(usize),
    /// The local system cannot be opened.
    #[error(transparent)]
    Local(#[from] StartError),
    /// The system on AWS cannot be used.
    #[error("{0}")]
    Aws(String),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The use case said no.
    #[error("{}", refusal(.0))]
    Refused(AppError),
    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Files hold what cannot be taken; they were named.
    #[error("nothing was imported: the files have {0} errors")]
    BadFiles(usize),
    /// An export would stand among other files, which would be read with it.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The environment names no bucket for pictures.
    #[error(
        "nothing was imported: HOOPOE_PHOTOS does not name the bucket that the {0} pictures go to"
    )]
    NoStore(usize),
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(std::io::Error),
}

impl From<AppError> for CommandError {
    fn from(error: AppError) -> Self {
        Self::Refused(error)
    }
}

/// All faulty fields at once.
fn refusal(error: &AppError) -> String {
    match error {
        AppError::Invalid(fields) => {
            let fields = fields.iter().map(|it| format!("{}: {}", it.field, it.message));
            fields.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

/// What commands need of a system on AWS: not the right to read the bot's secret.
const COMMAND: Function = Function { name: "hoopoe", knows_bots: false, delivers: false };

/// The system that a command works on.
pub(crate) struct System {
    pub(crate) app: App,
    /// The state directory, when it is a local one.
    local: Option<PathBuf>,
    /// Whether it has a place for photos.
    keeps_photos: bool,
}

impl System {
    /// The one on AWS when `HOOPOE_TABLE` is set, else the local one.
    pub(crate) async fn open(place: &Place) -> Result<Self, CommandError> {
        telemetry::start(telemetry::LogFormat::Text, "warn");
        if Self::is_on_aws() {
            let app = app::aws::from_environment(COMMAND)
                .await
                .map_err(|error| CommandError::Aws(error.to_string()))?;
            let keeps_photos = config::photos_bucket(&Environment).is_some();
            return Ok(Self { app, local: None, keeps_photos });
        }
        let file = state::database(&place.state);
        if !file.exists() {
            return Err(CommandError::NoSystem(place.state.clone()));
        }
        let env = Env::system();
        let table = local::table(&local::database(Some(&file))?, env.clone()).await?;
        let app = local_app(table, env.clone())?;
        let app = match Environment.get("SEAL_KEY") {
            None => state::read_secret(&place.state, state::SEAL_KEY).map_err(StartError::from)?,
            key => key,
        }
        .map_or_else(|| Ok(app.clone()), |key| sealing(&app, key, env))?;
        let store = Folder::new(&state::objects(&place.state));
        let app = app.keeping(Photos::kept_by(Arc::new(store)));
        Ok(Self { app, local: Some(place.state.clone()), keeps_photos: true })
    }

    /// Whether the environment names a system on AWS.
    pub(crate) fn is_on_aws() -> bool {
        Environment.get("HOOPOE_TABLE").is_some()
    }

    /// Tells the `hoopoe dev` that runs on the same state, if one does, that there is work.
    /// Without one, its next start finds it.
    pub(crate) async fn tell_dev(&self) {
        let Some(url) = self.local.as_deref().and_then(state::running) else { return };
        let Ok(client) = http_client::client() else { return };
        let url = format!("{url}/dev/hand-over");
        // What is not handed over now, the clock finds.
        let told = http_client::call(&client, http::Method::POST, &url, &[], None).await;
        if let Err(error) = told {
            tracing::warn!(%error, "`hoopoe dev` could not be told; its clock will find the jobs");
        }
    }
}

/// The app with the key of the local state.
fn sealing(app: &App, key: String, env: Env) -> Result<App, StartError> {
    Ok(app.clone().sealing(app::aws::local_sealer(&key.into(), env)?))
}

/// Use cases over a local table; they neither receive nor send.
fn local_app(table: table::Table, env: Env) -> Result<App, StartError> {
    let peer = Peer::Simulator(Wire::Http);
    let url = "http://127.0.0.1:8080";
    let settings = Settings::environment()
        .set("TELEGRAM_BOT_TOKEN", crate::dev::SIMULATED_TOKEN)
        .set("TELEGRAM_BOT_USERNAME", crate::dev::SIMULATED_BOT)
        .set("TELEGRAM_WEBHOOK_SECRET", "unused")
        .default_to("SITE_URL", url);
    let bots = Arc::new(config::Telegram::read(&settings)?);
    let site = Arc::new(config::Site::read(&settings)?);
    let telegram = crate::dev::telegram_api(&peer, url)?;
    Ok(App::new(table, Arc::new(MemoryQueue::new(env.clock)), telegram, bots, site))
}
