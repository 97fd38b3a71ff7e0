//! `hoopoe doctor`: looks at every part of a system, and says what to do about what is not well.

mod bot;
mod companies;
mod engine;
mod peers;
mod stores;

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// What the system should be like.
#[derive(Clone, Debug, clap::Args)]
pub struct Expected {
    /// Where Telegram reaches Hoopoe; unless given, the site's own address
    #[arg(long, value_name = "URL", env = "TELEGRAM_WEBHOOK_BASE_URL")]
    base_url: Option<String>,
    /// Look at the platform's bot alone: to find those of companies the whole table is read
    #[arg(long)]
    platform_only: bool,
}

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    name: Cow<'static, str>,
    verdict: Verdict,
    /// What was found.
    says: String,
    /// What to do about it; empty when all is well.
    todo: String,
}

impl Check {
    fn ok(name: impl Into<Cow<'static, str>>, says: impl Into<String>) -> Self {
        let (name, says) = (name.into(), says.into());
        Self { name, verdict: Verdict::Ok, says, todo: String::new() }
    }

    fn warn(
        name: impl Into<Cow<'static, str>>,
        says: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Warn, todo: todo.into(), ..Self::ok(name, says) }
    }

    fn fail(
        name: impl Into<Cow<'static, str>>,
        says: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Fail, todo: todo.into(), ..Self::ok(name, says) }
    }

    fn as_json(&self) -> Value {
        let todo = Some(&self.todo).filter(|todo| !todo.is_empty());
        json!({
            "name": self.name,
            "verdict": self.verdict.as_str(),
            "says": self.says,
            "todo": todo,
        })
    }
}

/// Looks at everything, and fails when something fails.
pub(crate) async fn doctor(place: &Place, expected: &Expected) -> Result<(), CommandError> {
    let mut checks = Vec::new();
    let table = if System::is_on_aws() {
        stores::on_aws(&mut checks).await
    } else {
        Some(stores::local(place, &mut checks).await?)
    };
    if let Some(table) = &table {
        engine::check(table, place, &mut checks).await;
    }
    if let Some(bots) = bot::check(place, expected.base_url.as_deref(), &mut checks).await
        && table.is_some()
        && !expected.platform_only
    {
        companies::check(place, &bots, expected.base_url.as_deref(), &mut checks).await;
    }
    peers::check(&mut checks).await;
    report(place, &checks)
}

fn report(place: &Place, checks: &[Check]) -> Result<(), CommandError> {
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Fail).count();
    if place.json {
        let items: Vec<_> = checks.iter().map(Check::as_json).collect();
        show::line(json!({ "ok": failed == 0, "checks": items }).to_string());
    } else {
        for check in checks {
            show::line(format!("{:<5} {:<20} {}", check.verdict.as_str(), check.name, check.says));
            if !check.todo.is_empty() {
                show::line(format!("{:<26} → {}", "", check.todo));
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(CommandError::Unwell(failed)) }
}
