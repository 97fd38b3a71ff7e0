//! Companies' own bots: each that is switched on, by its token and its webhook.

use app::App;
use app::bot::credentials;
use domain::bot::{Bot, BotStatus};
use domain::engine::decision::BotState;
use table::{TableError, keys};

use super::Check;
use super::bot::{Subject, look};
use crate::cli::Place;
use crate::commands::bots::Bots;
use crate::commands::{CommandError, System};

/// The name of the check that says how many there are.
const NAME: &str = "companies' bots";

/// Looks at all of them.
pub(super) async fn check(
    place: &Place,
    bots: &Bots,
    base_url: Option<&str>,
    checks: &mut Vec<Check>,
) {
    let (app, known) = match all(place).await {
        Ok(found) => found,
        Err(error) => {
            let todo = "check your right to dynamodb:Scan, or leave them out: --platform-only";
            checks.push(Check::fail(NAME, error.to_string(), todo));
            return;
        }
    };
    let active: Vec<&Bot> = known.iter().filter(|bot| bot.status == BotStatus::Active).collect();
    let off = known.len() - active.len();
    checks.push(Check::ok(NAME, format!("{} active, {off} switched off", active.len())));
    for bot in active {
        one(&app, bots, bot, base_url, checks).await;
    }
}

async fn all(place: &Place) -> Result<(App, Vec<Bot>), CommandError> {
    let System { app, .. } = System::open(place).await?;
    let mut known: Vec<Bot> = app.table.scan().await?;
    known.sort_by(|one, other| one.username.cmp(&other.username));
    Ok((app, known))
}

async fn one(app: &App, bots: &Bots, bot: &Bot, base_url: Option<&str>, checks: &mut Vec<Check>) {
    let name = format!("bot @{}", bot.username);
    match stopped(app, bot).await {
        Ok(None) => {}
        Ok(Some(reason)) => {
            let todo =
                "an admin of its company gives it a new token from @BotFather: its jobs wait";
            checks.push(Check::fail(name, format!("it is stopped: {reason}"), todo));
            return;
        }
        Err(error) => {
            checks.push(Check::fail(name, error.to_string(), "try again"));
            return;
        }
    }
    match credentials(app, &bot.id).await {
        Ok(opened) => {
            let subject =
                Subject { id: &opened.id, username: &opened.username, token: &opened.token };
            look(bots, &subject, base_url, checks).await;
        }
        Err(error) => {
            let todo = "check HOOPOE_KMS_KEY or SEAL_KEY, and your right to kms:Decrypt";
            checks.push(Check::fail(name, error.to_string(), todo));
        }
    }
}

/// Why it sends nothing although it is switched on.
async fn stopped(app: &App, bot: &Bot) -> Result<Option<String>, TableError> {
    let state = app.table.get::<BotState>(&keys::bot_state(&bot.id)).await?;
    Ok(state.and_then(|state| state.stopped))
}
