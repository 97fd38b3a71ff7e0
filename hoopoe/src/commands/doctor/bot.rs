//! The platform's bot: its secret, its token, its webhook. How a bot is looked at is the same for those of
//! companies.

use std::borrow::Cow;
use std::time::Duration;

use app::bot::{UPDATES, webhook_path};
use channels::telegram::{BotToken, TelegramError, WebhookInfo};
use domain::ids::BotId;
use domain::time::Timestamp;
use runtime::Env;
use runtime::config::{Environment, Secret};

use super::Check;
use crate::cli::Place;
use crate::commands::bots::{Bots, token};
use crate::commands::webhook::last_error;
use crate::commands::{CommandError, System};

/// More updates than this do not wait by chance.
const MANY: u64 = 100;
/// An error of Telegram's that is older is history.
const RECENT: Duration = Duration::from_hours(1);

/// A bot that is looked at.
pub(super) struct Subject<'a> {
    pub(super) id: &'a BotId,
    pub(super) username: &'a str,
    pub(super) token: &'a BotToken,
}

impl Subject<'_> {
    fn is_platforms(&self) -> bool {
        *self.id == BotId::default_bot()
    }

    /// The name of one of its checks.
    fn name(&self, what: &'static str) -> Cow<'static, str> {
        if self.is_platforms() {
            return what.into();
        }
        format!("{what} @{}", self.username).into()
    }
}

/// Looks at all three. Answers the way to Telegram, if there is one.
pub(super) async fn check(
    place: &Place,
    base_url: Option<&str>,
    checks: &mut Vec<Check>,
) -> Option<Bots> {
    let bots = match Bots::open(place).await {
        Ok(bots) => bots,
        Err(CommandError::NoDev(_)) if !System::is_on_aws() => {
            let says = "the simulated one answers while `hoopoe dev` runs";
            checks.push(Check::warn("bot", says, "start `hoopoe dev`"));
            return None;
        }
        Err(error) => {
            let todo = "put telegram_bot_token, telegram_bot_username and telegram_webhook_secret \
                        into the secret that HOOPOE_SECRET names";
            checks.push(Check::fail("secret", error.to_string(), todo));
            return None;
        }
    };
    checks.extend(secret());
    if let Some(bot) = bots.config.bot(&BotId::default_bot()) {
        if let Ok(token) = token(bot) {
            let subject = Subject { id: &bot.id, username: &bot.username, token: &token };
            look(&bots, &subject, base_url, checks).await;
        } else {
            let todo = "take the token from @BotFather as it is";
            checks.push(Check::fail("bot", "its token has not the form of one", todo));
        }
    }
    Some(bots)
}

/// Looks at a bot's token, and at its webhook where Telegram knows the token.
pub(super) async fn look(
    bots: &Bots,
    bot: &Subject<'_>,
    base_url: Option<&str>,
    checks: &mut Vec<Check>,
) {
    if !identity(bots, bot, checks).await {
        return;
    }
    let base = base_url.or(bots.base_url.as_deref()).map(|url| url.trim_end_matches('/'));
    let judged = match bots.api.get_webhook_info(bot.token).await {
        Ok(info) => judge_webhook(&info, base, bot.id, Env::system().now()),
        Err(error) => Check::fail("webhook", error.to_string(), "try again"),
    };
    checks.push(Check { name: bot.name("webhook"), ..judged });
}

fn secret() -> Option<Check> {
    if Secret::name(&Environment).is_some() {
        return Some(Check::ok("secret", "it can be read, and holds all that it must"));
    }
    System::is_on_aws().then(|| {
        let todo = "let HOOPOE_SECRET name a secret in Secrets Manager";
        Check::warn("secret", "the bot's token stands in the environment", todo)
    })
}

/// Whether Telegram knows the token.
async fn identity(bots: &Bots, bot: &Subject<'_>, checks: &mut Vec<Check>) -> bool {
    let name = bot.name("bot");
    let (rename, renew) = if bot.is_platforms() {
        (
            "set telegram_bot_username to the token's own",
            "take a new one from @BotFather, then `hoopoe queue redrive --bot default`",
        )
    } else {
        let renew = "an admin of its company gives it a new one from @BotFather";
        ("an admin of its company gives it its token again", renew)
    };
    let answer = bots.api.get_me(bot.token).await;
    let known = answer.is_ok();
    let url = &bots.config.api_url;
    checks.push(match answer {
        Ok(me) if me.username == bot.username => {
            Check::ok(name, format!("@{} at {url}", me.username))
        }
        Ok(me) => Check::fail(
            name,
            format!("the token is of @{}, deep links lead to @{}", me.username, bot.username),
            rename,
        ),
        Err(TelegramError::Unauthorized(words)) => {
            Check::fail(name, format!("Telegram refuses the token: {words}"), renew)
        }
        Err(error) => Check::fail(
            name,
            format!("{url} does not answer as it should: {error}"),
            "check TELEGRAM_API_URL and the network",
        ),
    });
    known
}

/// What to do about a webhook that is not as it should be.
fn register(bot: &BotId) -> String {
    if *bot == BotId::default_bot() {
        return "`hoopoe webhook register`".to_owned();
    }
    format!("`hoopoe webhook register --bot-id {bot}`")
}

fn judge_webhook(info: &WebhookInfo, base: Option<&str>, bot: &BotId, now: Timestamp) -> Check {
    const NAME: &str = "webhook";
    let is_platforms = *bot == BotId::default_bot();
    if info.url.is_empty() {
        let deaf = "there is none: nobody hears the bot";
        return if is_platforms && System::is_on_aws() {
            Check::fail(NAME, deaf, register(bot))
        } else if is_platforms {
            Check::ok(NAME, "none: `hoopoe dev` asks for updates")
        } else {
            // A company may want of a bot that it only speaks.
            Check::warn(NAME, deaf, register(bot))
        };
    }
    let is_ours = |base: &str| {
        let own = format!("{base}{}", webhook_path(bot));
        let of_default = format!("{base}/api/webhooks/telegram");
        info.url == own || (is_platforms && info.url == of_default)
    };
    if let Some(base) = base
        && !is_ours(base)
    {
        let says = format!("updates go to {}, not to {base}", info.url);
        return Check::fail(NAME, says, register(bot));
    }
    let age = |at: i64| now.since(Timestamp::from_millis(at.saturating_mul(1_000)));
    if info.last_error_date.is_some_and(|at| age(at) < RECENT) {
        let error = last_error(info).unwrap_or_default();
        let says = format!("{} waiting; last error: {error}", info.pending_update_count);
        return Check::warn(NAME, says, "read the logs of telegram-webhook");
    }
    if info.pending_update_count > MANY {
        let says = format!("{} updates wait", info.pending_update_count);
        return Check::warn(NAME, says, "read the logs of telegram-webhook");
    }
    let wanted = info.allowed_updates.as_deref().unwrap_or_default();
    if let Some(kind) = UPDATES.iter().find(|kind| !wanted.iter().any(|it| it == *kind)) {
        return Check::warn(NAME, format!("it does not ask for {kind}"), register(bot));
    }
    if base.is_none() {
        let todo = "say where Telegram reaches Hoopoe, with --base-url";
        return Check::warn(NAME, format!("updates go to {}", info.url), todo);
    }
    Check::ok(NAME, format!("{} waiting, at {}", info.pending_update_count, info.url))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn info() -> WebhookInfo {
        WebhookInfo {
            url: "https://h.example/api/telegram/webhook/default".to_owned(),
            pending_update_count: 2,
            last_error_date: None,
            last_error_message: None,
            max_connections: Some(40),
            allowed_updates: Some(UPDATES.map(str::to_owned).to_vec()),
        }
    }

    fn judged(info: &WebhookInfo, base: &str) -> Verdict {
        let now = Timestamp::from_millis(1_795_000_000_000);
        judge_webhook(info, Some(base), &BotId::default_bot(), now).verdict
    }

    #[test]
    fn a_webhook_must_lead_here_ask_for_enough_and_be_heard() {
        let base = "https://h.example";
        assert_eq!(judged(&info(), base), Verdict::Ok);
        assert_eq!(judged(&info(), "https://other.example"), Verdict::Fail);
        let many = WebhookInfo { pending_update_count: 101, ..info() };
        assert_eq!(judged(&many, base), Verdict::Warn);
        let few = WebhookInfo { allowed_updates: Some(vec!["message".to_owned()]), ..info() };
        assert_eq!(judged(&few, base), Verdict::Warn);
        let failed = |at| WebhookInfo {
            last_error_date: Some(at),
            last_error_message: Some("Wrong response: 502 Bad Gateway".to_owned()),
            ..info()
        };
        assert_eq!(judged(&failed(1_794_999_000), base), Verdict::Warn);
        assert_eq!(judged(&failed(1_794_990_000), base), Verdict::Ok);
    }

    #[test]
    fn a_companys_bot_has_a_path_of_its_own_and_may_be_deaf() {
        let (base, now) = ("https://h.example", Timestamp::from_millis(1_795_000_000_000));
        let judged = |url: &str, bot: &str| {
            let info = WebhookInfo { url: url.to_owned(), ..info() };
            judge_webhook(&info, Some(base), &BotId(bot.to_owned()), now).verdict
        };
        let common = "https://h.example/api/webhooks/telegram";
        assert_eq!(judged("https://h.example/api/telegram/webhook/ops", "ops"), Verdict::Ok);
        assert_eq!(judged("https://h.example/api/telegram/webhook/shop", "ops"), Verdict::Fail);
        assert_eq!(judged(common, "default"), Verdict::Ok);
        assert_eq!(judged(common, "ops"), Verdict::Fail);
        assert_eq!(judged("", "ops"), Verdict::Warn);
    }
}
