//! The steps.

use std::fs;
use std::path::Path;
use std::time::Duration;

use http::Method;
use indicatif::ProgressBar;
use runtime::Env;
use runtime::http::HttpClient;
use serde_json::{Value, json};

use super::chat::Chat;
use super::curl::{By, Purse, Step, problem, quote};
use super::offers::Offers;
use super::{DemoArguments, DemoError};
use crate::{http_client, show};

/// A person gets so long to open a link on a real phone.
const TO_OPEN: Duration = Duration::from_mins(2);

/// Where the messages go.
#[derive(Debug)]
pub(super) enum Phone {
    /// A chat of the simulator.
    Simulated(Chat),
    /// Somebody's own.
    Real,
}

/// A demo under way.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) env: Env,
    pub(super) client: HttpClient,
    base: String,
    directory: std::path::PathBuf,
    purse: Purse,
    quiet: bool,
}

/// The user of a run.
pub(super) fn username(run: &str) -> String {
    format!("demo-{run}")
}

impl Walk {
    pub(super) fn new(
        arguments: &DemoArguments,
        env: Env,
        client: HttpClient,
        key: String,
    ) -> Self {
        let directory = arguments.state.join("demo");
        let text = |path: &Path| path.display().to_string();
        let purse = Purse {
            jar: text(&directory.join("cookies")),
            key_file: text(&arguments.state.join(crate::dev::state::SCRAPER_KEY)),
            key,
            cookie: None,
        };
        let base = arguments.url.trim_end_matches('/').to_owned();
        Self { env, client, base, directory, purse, quiet: arguments.json }
    }

    /// Fails with advice when nobody listens.
    pub(super) async fn must_be_there(&self) -> Result<(), DemoError> {
        let url = format!("{}/healthz", self.base);
        let asked = http_client::call(&self.client, Method::GET, &url, &[], None).await;
        asked.map(drop).map_err(|error| DemoError::Absent(self.base.clone(), error))
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            show::line(text);
        }
    }

    /// Shows a step and makes its request, which must succeed.
    async fn step(&mut self, title: &'static str, step: Step<'_>) -> Result<Value, DemoError> {
        self.say(&format!("\n# {title}\n{}", step.command(&self.purse)));
        let answer = step.send(&self.client, &mut self.purse).await?;
        if !answer.status.is_success() {
            return Err(DemoError::Refused(title, problem(answer.status, &answer.body)));
        }
        Ok(answer.body)
    }

    pub(super) async fn sign_up(&mut self, run: &str) -> Result<(), DemoError> {
        let file = |error| DemoError::File(self.directory.clone(), error);
        fs::create_dir_all(&self.directory).map_err(file)?;
        let url = format!("{}/api/public/auth/signup", self.base);
        let body = json!({
            "username": username(run),
            "email": format!("{}@example.com", username(run)),
            "password": format!("demo password {run}"),
        });
        let step = Step { by: By::Newcomer, method: Method::POST, url: &url, body: Some(&body) };
        self.step("Sign up", step).await.map(drop)
    }

    /// A target on these pages; its id.
    pub(super) async fn watch(&mut self, pages: &[String]) -> Result<String, DemoError> {
        let url = format!("{}/api/public/targets", self.base);
        let body = json!({ "name": "Demo", "page_urls": pages });
        let step = Step { by: By::Session, method: Method::POST, url: &url, body: Some(&body) };
        let target = self.step("Watch pages", step).await?;
        Ok(target["id"].as_str().unwrap_or_default().to_owned())
    }

    /// The deep link that connects Telegram.
    pub(super) async fn telegram_link(&mut self, target: &str) -> Result<String, DemoError> {
        let url = format!("{}/api/public/targets/{target}/telegram-link", self.base);
        let step = Step { by: By::Session, method: Method::POST, url: &url, body: None };
        let link = self.step("Ask for a link that connects Telegram", step).await?;
        let link = link["url"].as_str().unwrap_or_default().to_owned();
        self.say(&format!("→ {link}"));
        Ok(link)
    }

    /// Opens the link: on a simulated phone, or by asking the person for it.
    pub(super) async fn open_link(&mut self, link: &str, target: &str) -> Result<Phone, DemoError> {
        let Some(mut chat) = Chat::of_link(link) else {
            self.say("\n# Open that link on your phone and press START");
            self.wait_until_opened(target).await?;
            return Ok(Phone::Real);
        };
        let url = format!("{}/chats", chat.api);
        let body = json!({ "kind": "private", "name": "Ada" });
        let step = Step { by: By::Phone, method: Method::POST, url: &url, body: Some(&body) };
        let made = self.step("A person with a phone, in the simulator", step).await?;
        chat.id = made["id"].as_i64().unwrap_or_default();
        let url = format!("{}/chats/{}/start", chat.api, chat.id);
        let body = json!({ "bot": chat.bot, "payload": chat.payload });
        let step = Step { by: By::Phone, method: Method::POST, url: &url, body: Some(&body) };
        self.step("She opens the link and presses START", step).await?;
        // Offers posted before the channel is active are not for it.
        self.wait_until_opened(target).await?;
        Ok(Phone::Simulated(chat))
    }

    async fn wait_until_opened(&mut self, target: &str) -> Result<(), DemoError> {
        let url = format!("{}/api/notifications/channels", self.base);
        let until = self.env.now() + TO_OPEN;
        while self.env.now() < until {
            let step = Step { by: By::Session, method: Method::GET, url: &url, body: None };
            let channels = step.send(&self.client, &mut self.purse).await?.body;
            let mut channels = channels["items"].as_array().into_iter().flatten();
            if channels.any(|channel| channel["status"] == "ACTIVE") {
                tracing::debug!(target, "connected");
                return Ok(());
            }
            self.env.clock.sleep(Duration::from_millis(50)).await;
        }
        Err(DemoError::NotOpened)
    }

    /// Posts each offer; how many were new.
    pub(super) async fn post_offers(
        &mut self,
        offers: &Offers,
        bar: &ProgressBar,
    ) -> Result<usize, DemoError> {
        let file = self.directory.join("offers.jsonl");
        let lines: Vec<String> = offers.found.iter().map(ToString::to_string).collect();
        let lines = lines.join("\n") + "\n";
        fs::write(&file, lines).map_err(|error| DemoError::File(file.clone(), error))?;
        let url = format!("{}/api/internal/offers", self.base);
        self.say(&format!(
            "\n# The scraper posts what it finds, {} offers\nwhile read -r offer; do\n  curl -sS -H \
             \"Authorization: Bearer $(cat {})\" -H 'Content-Type: application/json' -d \"$offer\" {url}\n\
             done < {}",
            offers.found.len(),
            quote(&self.purse.key_file),
            quote(&file.display().to_string()),
        ));
        if offers.left_out > 0 {
            self.say(&format!(
                "(a new user may watch 10 pages: {} offers of others are left out)",
                offers.left_out
            ));
        }
        let mut created = 0;
        for offer in &offers.found {
            let step = Step { by: By::Scraper, method: Method::POST, url: &url, body: Some(offer) };
            let answer = step.send(&self.client, &mut self.purse).await?;
            if !answer.status.is_success() {
                let reason = problem(answer.status, &answer.body);
                return Err(DemoError::Refused("Post an offer", reason));
            }
            created += usize::from(answer.body["created"] == true);
            bar.inc(1);
        }
        Ok(created)
    }
}
