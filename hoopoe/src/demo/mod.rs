//! `hoopoe demo`: the main job, step by step, against a running `hoopoe dev`.

mod chat;
mod curl;
mod offers;
mod walk;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use runtime::Env;
use runtime::http::TransportError;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::dev::state::{self, StateError};
use crate::{http_client, show};
use offers::Offers;
use walk::{Phone, Walk};

/// Signs up, watches pages, connects Telegram through the deep link, posts offers, and shows the
/// messages. Each step is printed as the curl command for it.
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Where `hoopoe dev` listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Offers to post, one JSON object a line
    #[arg(long, value_name = "FILE")]
    offers: Option<PathBuf>,
    /// Directory of the state, where the scraper's key is
    #[arg(long, value_name = "DIR", default_value = ".hoopoe")]
    state: PathBuf,
    /// Print nothing but a summary as JSON
    #[arg(long)]
    json: bool,
}

/// Why the demo stopped.
#[derive(Debug, Error)]
pub enum DemoError {
    /// Nobody is there.
    #[error("nothing answers at {0}: start `hoopoe dev` first ({1})")]
    Absent(String, TransportError),
    /// There is no key.
    #[error("there is no scraper key in {}: give the state directory of that `hoopoe dev` with --state", .0.display())]
    NoKey(PathBuf),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// A file of ours cannot be written.
    #[error("cannot write {}: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    /// The offers cannot be read.
    #[error("the offers of {0} cannot be used: {1}")]
    Offers(String, String),
    /// A request failed on its way.
    #[error("{0}")]
    Transport(#[from] TransportError),
    /// A step was refused.
    #[error("{0}: {1}")]
    Refused(&'static str, String),
    /// Messages are missing.
    #[error("{0} of {1} offers arrived")]
    Missing(usize, usize),
    /// Nobody opened the link.
    #[error("nobody opened the link in two minutes")]
    NotOpened,
}

/// Messages of one chat are a second apart; beyond that it may take this long.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs the demo.
pub async fn run(arguments: DemoArguments) -> Result<(), DemoError> {
    let env = Env::system();
    let run = env.id::<Uuid>().simple().to_string().split_off(24);
    let offers = offers::read(arguments.offers.as_deref(), &run)?;
    let key = state::read_secret(&arguments.state, state::SCRAPER_KEY)?;
    let key = key.ok_or_else(|| DemoError::NoKey(arguments.state.clone()))?;
    let client = http_client::client()?;
    let mut walk = Walk::new(&arguments, env, client, key);
    walk.must_be_there().await?;
    let started = walk.env.now();

    walk.sign_up(&run).await?;
    let target = walk.watch(&offers.pages).await?;
    let link = walk.telegram_link(&target).await?;
    let phone = walk.open_link(&link, &target).await?;
    let bar = show::bar(arguments.json, offers.found.len(), "offers");
    let created = walk.post_offers(&offers, &bar).await?;
    bar.finish();
    let messages = match &phone {
        Phone::Simulated(chat) => {
            if !arguments.json {
                show::line(
                    "\n# What comes at once in numbers becomes one message, within a minute",
                );
            }
            let bar = show::bar(arguments.json, offers.distinct, "offers told");
            let messages = chat.wait_for(&walk, offers.distinct, PATIENCE, &bar).await?;
            bar.finish();
            messages
        }
        Phone::Real => Vec::new(),
    };
    let seconds = walk.env.now().since(started).as_secs_f64();
    if arguments.json {
        show::line(summary(&run, &target, created, &messages, seconds).to_string());
    } else {
        tell(&offers, &phone, &messages, seconds);
    }
    // The first message is the confirmation.
    let arrived = chat::offers_in(&messages);
    if matches!(phone, Phone::Simulated(_)) && arrived < offers.distinct {
        return Err(DemoError::Missing(arrived, offers.distinct));
    }
    Ok(())
}

fn summary(run: &str, target: &str, offers: usize, messages: &[Value], seconds: f64) -> Value {
    let texts: Vec<&str> = messages.iter().filter_map(|message| message["text"].as_str()).collect();
    json!({
        "username": walk::username(run),
        "target_id": target,
        "offers_created": offers,
        "messages": texts,
        "seconds": seconds,
    })
}

fn tell(offers: &Offers, phone: &Phone, messages: &[Value], seconds: f64) {
    let Phone::Simulated(chat) = phone else {
        show::line(format!("\n{} messages are on their way to your phone.", offers.distinct));
        return;
    };
    show::line("\nWhat arrived on the phone:\n");
    for message in messages {
        show::line(chat::bubble(message));
    }
    let arrived = chat::offers_in(messages);
    show::line(format!(
        "{arrived} of {} offers arrived, after the confirmation, in {seconds:.1} s.",
        offers.distinct
    ));
    show::line(format!("The chat, to type into: {}", chat.page()));
}
