//! `hoopoe dev`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use runtime::Env;
use runtime::config::{Environment, Source};
use runtime::telemetry::{self, LogFormat};

use super::state::SCRAPER_KEY;
use super::{
    Options, Peer, REAL, Runs, SIMULATED_TOKEN, Settings, Split, StartError, Store, System, Wire,
};
use crate::show;

/// Runs of the deliver function that are under way may take this long to end: its own time
/// limit less its last claim's margin, and a little.
const LAST_RUNS: Duration = Duration::from_secs(16);

/// With a bot token in the environment, the real Telegram is asked for updates in place of the
/// simulator.
#[derive(Clone, Debug, Args)]
pub struct DevArguments {
    /// Port to listen on, at 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep nothing on disk but the scraper's key
    #[arg(long)]
    memory: bool,
    /// Directory of the state
    #[arg(long, value_name = "DIR", default_value = ".hoopoe")]
    state: PathBuf,
    /// A Telegram simulator outside, or another Bot API server that can reach our webhook
    #[arg(long, value_name = "URL")]
    telegram_api_url: Option<String>,
    /// Open the simulator's page in a browser
    #[arg(long)]
    open: bool,
    /// Run a recurring job every so many seconds; /dev/usage tells how late it was
    #[arg(long, value_name = "SECONDS")]
    heartbeat: Option<u32>,
    /// Answer as DynamoDB and SQS at /dev/aws, for functions that run outside
    #[arg(long)]
    aws: bool,
    /// Runs at once for what goes to many; as deployed, unless it is said
    #[arg(long, value_name = "RUNS")]
    bulk_runs: Option<usize>,
}

impl DevArguments {
    fn peer(&self, source: &impl Source) -> Peer {
        let token = source.get("TELEGRAM_BOT_TOKEN");
        let url = |url: String| url.trim_end_matches('/').to_owned();
        match (self.telegram_api_url.clone(), token) {
            (Some(api_url), token) => Peer::Webhook {
                api_url: url(api_url),
                token: token.unwrap_or_else(|| SIMULATED_TOKEN.to_owned()),
            },
            (None, Some(token)) => {
                let api_url = source.get("TELEGRAM_API_URL").unwrap_or_else(|| REAL.to_owned());
                Peer::Polling { api_url: url(api_url), token }
            }
            (None, None) => Peer::Simulator(Wire::Http),
        }
    }

    fn options(&self) -> Options {
        let runs = Runs::default();
        let store = if self.memory { Store::Memory } else { Store::Directory(self.state.clone()) };
        Options {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            store,
            peer: self.peer(&Environment),
            env: Env::system(),
            settings: Settings::environment(),
            key_directory: Some(self.state.clone()),
            metrics: None,
            split: Split::default(),
            aws: self.aws,
            runs: Runs { bulk: self.bulk_runs.unwrap_or(runs.bulk).max(1), ..runs },
        }
    }
}

/// Runs the system until Ctrl-C.
pub async fn run(arguments: DevArguments) -> Result<(), StartError> {
    let filter = Environment.get("HOOPOE_LOG").unwrap_or_else(|| "warn,hoopoe=info".to_owned());
    telemetry::start(LogFormat::Text, &filter);
    let mut interrupts = Interrupts::new().map_err(StartError::Signals)?;
    let system = tokio::select! {
        started = System::start(arguments.options()) => started?,
        () = interrupts.next() => return Ok(()),
    };
    greet(&arguments, &system);
    if let Some(seconds) = arguments.heartbeat
        && let Err(error) = app::heartbeat::start(&system.app, seconds).await
    {
        tracing::warn!(%error, "the heartbeat was not started");
    }
    if arguments.open {
        open(&format!("{}/simulator", system.base_url));
    }
    interrupts.next().await;
    if system.busy() > 0 {
        show::line("\nFinishing what is under way (Ctrl-C again to stop at once) …");
    }
    tokio::select! {
        finished = system.stop(LAST_RUNS) => {
            if !finished {
                show::line("Cut off; the next start goes on.");
            }
        }
        () = interrupts.next() => {}
    }
    Ok(())
}

fn greet(arguments: &DevArguments, system: &System) {
    let base = &system.base_url;
    let mut rows = vec![("API", base.clone()), ("Docs", format!("{base}/docs"))];
    if system.simulator.is_some() {
        rows.push(("Telegram", format!("{base}/simulator  (simulated)")));
    } else {
        let bot = system.app.bots.bots.first().map(|bot| bot.username.clone());
        let api_url = &system.app.bots.api_url;
        rows.push(("Telegram", format!("@{} at {api_url}", bot.unwrap_or_default())));
    }
    if system.mails.is_some() {
        rows.push(("Mail box", format!("{base}/simulator/courier  (simulated)")));
    }
    if system.stripe.is_some() {
        rows.push(("Payments", format!("{base}/simulator/stripe  (simulated)")));
    }
    rows.push(("Pay forms", format!("{base}/simulator/prodamus  (simulated)")));
    let hooks = ["discord", "slack", "webhook"].map(|name| format!("{base}/simulator/{name}"));
    rows.push(("Simulated", hooks.join("  ")));
    rows.push(("Events", format!("{base}/events")));
    let state = arguments.state.display();
    rows.push(("State", if arguments.memory { "in memory".to_owned() } else { state.to_string() }));
    rows.push(("Scraper key", arguments.state.join(SCRAPER_KEY).display().to_string()));
    if system.scraper_key_is_new {
        rows.push(("", system.scraper_key.clone()));
    }
    show::line("Hoopoe is running. Ctrl-C stops it; nothing is lost.\n");
    for (name, value) in rows {
        show::line(format!("  {name:<12} {value}"));
    }
    show::line("\nNow try, in another terminal: hoopoe demo\n");
}

/// Ctrl-C, and being told to end. Heard from when this is made.
struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupts {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Returns at the next one.
    #[cfg(unix)]
    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    /// Returns at the next one.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Best effort: the address is on the screen anyway.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(program).arg(url).spawn() {
        tracing::warn!(%error, "no browser could be opened");
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        dev: DevArguments,
    }

    fn peer(line: &[&str], settings: &Settings) -> Peer {
        Line::parse_from([&["dev"], line].concat()).dev.peer(settings)
    }

    #[test]
    fn a_bot_token_means_the_real_telegram_by_polling_unless_an_address_is_given() {
        let none = Settings::none();
        let token = Settings::none().set("TELEGRAM_BOT_TOKEN", "1:a");
        assert!(matches!(peer(&[], &none), Peer::Simulator(Wire::Http)));
        assert!(matches!(peer(&[], &token), Peer::Polling { api_url, .. } if api_url == REAL));
        let elsewhere = token.clone().set("TELEGRAM_API_URL", "http://sim/");
        assert!(
            matches!(peer(&[], &elsewhere), Peer::Polling { api_url, .. } if api_url == "http://sim")
        );
        let flag = ["--telegram-api-url", "http://sim"];
        assert!(
            matches!(peer(&flag, &none), Peer::Webhook { token, .. } if token == SIMULATED_TOKEN)
        );
        assert!(matches!(peer(&flag, &token), Peer::Webhook { token, .. } if token == "1:a"));
    }
}
