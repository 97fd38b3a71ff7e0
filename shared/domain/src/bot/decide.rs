//! What becomes of a bot that is added, changed, switched on or off.

use super::{Bot, BotName, BotSlug, BotStatus, DefaultBot, TelegramBot};
use crate::account::SecretHash;
use crate::alert::{Alert, AlertMessage};
use crate::engine::decision::BotState;
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{AlertId, BotId, CompanyId, DecisionId, JobId};
use crate::link::Category;
use crate::message::Notice;
use crate::seal::Sealed;
use crate::slug::Slug;
use crate::time::Timestamp;

/// Why a bot is stopped that an admin has switched off.
pub const SWITCHED_OFF: &str = "switched off by an admin";

/// A bot as it is added.
#[derive(Clone, Debug)]
pub struct NewBot {
    /// Its id.
    pub id: BotId,
    /// Whose it becomes.
    pub company_id: CompanyId,
    /// What its company calls it.
    pub slug: Slug,
    /// Its id in Telegram.
    pub telegram_id: u64,
    /// Its username in Telegram.
    pub username: String,
    /// Its token and its webhook's secret, sealed.
    pub secrets: Sealed,
    /// Hash of the webhook's secret.
    pub webhook_secret: SecretHash,
    /// The chat that it writes to when none is named.
    pub default_chat: Option<i64>,
    /// Whether its company speaks through it where none is named.
    pub is_default: bool,
}

/// Adds a bot. `named` says that no bot of the deployment had its slug before: then the slug stands for
/// it in the path of its webhook, too.
pub fn decide_add(id: DecisionId, now: Timestamp, new: NewBot, named: bool) -> Decision<Bot> {
    let NewBot { company_id, telegram_id, is_default, .. } = new;
    let bot = Bot {
        id: new.id,
        company_id,
        slug: new.slug,
        telegram_id,
        username: new.username,
        secrets: new.secrets,
        webhook_secret: new.webhook_secret,
        form: None,
        earlier_forms: Vec::new(),
        form_revision: 0,
        status: BotStatus::Active,
        default_chat: new.default_chat,
        created_at: now,
        version: 0,
    };
    let slug = BotSlug { company_id, slug: bot.slug.clone(), bot: bot.id.clone() };
    let in_telegram = TelegramBot { telegram_id, bot: bot.id.clone() };
    let name = BotName { slug: bot.slug.clone(), bot: bot.id.clone() };
    let default = DefaultBot { company_id, bot: bot.id.clone() };
    let mut decision = Decision::new(id, now, bot.clone())
        .write(Write::Create(slug.into()))
        .write(Write::Create(in_telegram.into()))
        .write(Write::Create(bot.into()));
    if named {
        decision = decision.write(Write::Create(name.into()));
    }
    if is_default {
        decision = decision.write(Write::Put(default.into()));
    }
    decision
}

/// Switches a bot on or off. What waits for one that is switched on returns by a job.
pub fn decide_switch(
    ids: (DecisionId, JobId),
    now: Timestamp,
    bot: &Bot,
    stopped: bool,
    status: BotStatus,
) -> Decision<Bot> {
    let switched = Bot { status, ..bot.clone() };
    let mut decision = Decision::new(ids.0, now, switched.clone());
    if bot.status != status {
        decision = decision.write(Write::Replace(switched.into()));
    }
    match status {
        BotStatus::Active if stopped => decision = resume(decision, ids.1, &bot.id),
        BotStatus::Inactive if bot.status != status => {
            let stopped = Some(SWITCHED_OFF.to_owned());
            let state = BotState { bot: bot.id.clone(), stopped, changed_at: now };
            decision = decision.write(Write::Put(state.into()));
        }
        BotStatus::Active | BotStatus::Inactive => {}
    }
    decision
}

/// What becomes of a bot's default chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChatChange {
    /// It stays.
    #[default]
    Keep,
    /// It is this one.
    Set(i64),
    /// There is none.
    Remove,
}

/// What becomes of the form that a bot's contacts pay through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FormChange {
    /// It stays.
    #[default]
    Keep,
    /// It is this one, sealed.
    Set(Sealed),
    /// There is none.
    Remove,
}

/// What is to be different about a bot. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct BotChange {
    /// The chat that it writes to when none is named.
    pub default_chat: ChatChange,
    /// Whether its company speaks through it where none is named.
    pub is_default: Option<bool>,
    /// Another token, sealed with the webhook's secret, and what Telegram calls the bot now.
    pub renewed: Option<(Sealed, String)>,
    /// The form that its contacts pay through.
    pub form: FormChange,
}

/// Changes a bot. `default` is the company's default bot as it stands; `stopped`, that the bot is one
/// whose token Telegram refused: with another token it is on again.
pub fn decide_change(
    ids: (DecisionId, JobId),
    now: Timestamp,
    bot: &Bot,
    (default, stopped): (Option<&DefaultBot>, bool),
    change: &BotChange,
) -> Decision<Bot> {
    let mut changed = bot.clone();
    match change.default_chat {
        ChatChange::Keep => {}
        ChatChange::Set(chat) => changed.default_chat = Some(chat),
        ChatChange::Remove => changed.default_chat = None,
    }
    match &change.form {
        FormChange::Keep => {}
        FormChange::Set(form) => changed = changed.with_form(Some(form.clone())),
        FormChange::Remove => changed = changed.with_form(None),
    }
    if let Some((secrets, username)) = &change.renewed {
        changed.secrets = secrets.clone();
        changed.username.clone_from(username);
    }
    let mut decision = Decision::new(ids.0, now, changed.clone());
    if changed != *bot {
        decision = decision.write(Write::Replace(changed.into()));
    }
    let own = DefaultBot { company_id: bot.company_id, bot: bot.id.clone() };
    match (change.is_default, default) {
        (Some(true), default) if default != Some(&own) => {
            decision = decision.write(Write::Put(own.into()));
        }
        (Some(false), Some(default)) if *default == own => {
            decision = decision.write(Write::Remove(own.into()));
        }
        _ => {}
    }
    if change.renewed.is_some() && stopped && bot.status == BotStatus::Active {
        decision = resume(decision, ids.1, &bot.id);
    }
    decision
}

/// Tells a company that Telegram refuses its bot's token: the links that hear of alerts through its
/// other bots or the platform's. Its own links stay out, since it is silent.
pub fn decide_tell_of_stop<R>(
    decision: Decision<R>,
    ids: (AlertId, JobId),
    bot: &Bot,
    reason: &str,
) -> Decision<R> {
    let now = decision.decided_at;
    let (company_id, username) = (bot.company_id, bot.username.clone());
    let notice = Notice::BotStopped { username: username.clone(), reason: reason.to_owned() };
    let message = AlertMessage {
        title: format!("@{username} is stopped"),
        body: notice.text(),
        sections: Vec::new(),
    };
    let russian = Some(AlertMessage {
        title: format!("Бот @{username} остановлен"),
        body: format!(
            "Telegram не принимает токен вашего бота @{username} ({reason}). Пока у него нет нового токена, он ничего не отправляет; то, что ждёт отправки, сохраняется."
        ),
        sections: Vec::new(),
    });
    let category = Category::Alerts;
    let (id, bot) = (ids.0, None);
    let alert = Alert { id, company_id, category, message, russian, bot, created_at: now };
    let job = Job::AlertFanout { company_id, alert_id: id, after: None };
    decision.write(Write::Create(alert.into())).job(NewJob {
        id: ids.1,
        job,
        due: now,
        owner: None,
    })
}

/// The bot sends again, and what waited for it returns.
fn resume<R>(decision: Decision<R>, job: JobId, bot: &BotId) -> Decision<R> {
    let now = decision.decided_at;
    let state = BotState { bot: bot.clone(), stopped: None, changed_at: now };
    let job = NewJob { id: job, job: Job::ResumeBot { bot: bot.clone() }, due: now, owner: None };
    decision.write(Write::Put(state.into())).job(job)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;

    fn ids() -> (DecisionId, JobId) {
        (DecisionId(Uuid::from_u128(1)), JobId(Uuid::from_u128(2)))
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn new(is_default: bool) -> NewBot {
        NewBot {
            id: BotId("b".to_owned()),
            company_id: CompanyId(Uuid::from_u128(3)),
            slug: Slug::parse("alerts").expect("a slug"),
            telegram_id: 7,
            username: "AlertsBot".to_owned(),
            secrets: Sealed::new("sealed"),
            webhook_secret: SecretHash::of("s"),
            default_chat: None,
            is_default,
        }
    }

    fn bot() -> Bot {
        decide_add(ids().0, NOW, new(false), false).reply
    }

    fn default_of(bot: &Bot) -> DefaultBot {
        DefaultBot { company_id: bot.company_id, bot: bot.id.clone() }
    }

    #[test]
    fn a_bot_claims_its_slug_and_its_telegram_bot_and_the_path_only_if_it_is_free() {
        for (named, is_default, writes) in
            [(false, false, 3), (true, false, 4), (false, true, 4), (true, true, 5)]
        {
            let decision = decide_add(ids().0, NOW, new(is_default), named);
            assert_eq!(decision.writes.len(), writes);
            let is_name = |it: &&Write| matches!(it, Write::Create(Record::BotName(_)));
            assert_eq!(decision.writes.iter().filter(is_name).count(), usize::from(named));
            let created = decision.writes.iter().filter(|it| matches!(it, Write::Create(_)));
            assert_eq!(created.count(), 3 + usize::from(named), "a taken name fails the whole");
        }
    }

    #[test]
    fn switching_twice_is_switching_once() {
        let off = decide_switch(ids(), NOW, &bot(), false, BotStatus::Inactive);
        assert_eq!((off.writes.len(), off.jobs.len()), (2, 0));
        let again = decide_switch(ids(), NOW, &off.reply, true, BotStatus::Inactive);
        assert_eq!((again.writes.len(), again.jobs.len()), (0, 0));
        let on = decide_switch(ids(), NOW, &off.reply, true, BotStatus::Active);
        assert_eq!((on.writes.len(), on.jobs.len()), (2, 1), "what waited returns");
        let again = decide_switch(ids(), NOW, &on.reply, false, BotStatus::Active);
        assert_eq!((again.writes.len(), again.jobs.len()), (0, 0));
    }

    #[test]
    fn a_bot_that_telegram_refused_is_on_again_with_another_token_unless_it_was_switched_off() {
        let renewed = Some((Sealed::new("other"), "AlertsBot".to_owned()));
        let change = BotChange { renewed, ..BotChange::default() };
        let changed = decide_change(ids(), NOW, &bot(), (None, true), &change);
        assert_eq!((changed.writes.len(), changed.jobs.len()), (2, 1));
        let off = Bot { status: BotStatus::Inactive, ..bot() };
        let changed = decide_change(ids(), NOW, &off, (None, true), &change);
        assert_eq!((changed.writes.len(), changed.jobs.len()), (1, 0));
    }

    #[test]
    fn a_form_is_set_and_taken_away_and_the_words_of_earlier_ones_are_still_taken() {
        let change = |form| BotChange { form, ..BotChange::default() };
        let decide =
            |bot: &Bot, form| decide_change(ids(), NOW, bot, (None, false), &change(form)).reply;
        let set = decide(&bot(), FormChange::Set(Sealed::new("form")));
        assert_eq!((set.form.clone(), set.form_revision), (Some(Sealed::new("form")), 1));
        assert_eq!(decide(&set, FormChange::Keep), set);
        let removed = decide(&set, FormChange::Remove);
        assert_eq!((removed.form.clone(), removed.form_revision), (None, 1));
        assert_eq!(decide(&removed, FormChange::Remove), removed);
        assert_eq!(decide(&bot(), FormChange::Remove), bot());
        let other = decide(&removed, FormChange::Set(Sealed::new("other")));
        assert_eq!(other.form_revision, 2);
        let forms: Vec<_> = other.forms().cloned().collect();
        assert_eq!(forms, [Sealed::new("other"), Sealed::new("form")]);
        let many =
            (0..10).fold(other, |bot, n| decide(&bot, FormChange::Set(Sealed::new(n.to_string()))));
        let forms: Vec<_> = many.forms().cloned().collect();
        let kept: Vec<_> = (4..10).rev().map(|n| Sealed::new(n.to_string())).collect();
        assert_eq!(forms, kept, "the last ones");
    }

    #[test]
    fn a_company_has_one_default_bot_or_none() {
        let (bot, other) = (bot(), DefaultBot { bot: BotId("c".to_owned()), ..default_of(&bot()) });
        let make = |is_default| BotChange { is_default: Some(is_default), ..BotChange::default() };
        let decide = |default: Option<&DefaultBot>, is_default| {
            decide_change(ids(), NOW, &bot, (default, false), &make(is_default)).writes
        };
        let own = default_of(&bot);
        assert_eq!(decide(None, true), [Write::Put(own.clone().into())]);
        assert_eq!(decide(Some(&other), true), [Write::Put(own.clone().into())]);
        assert_eq!(decide(Some(&own), true), []);
        assert_eq!(decide(Some(&own), false), [Write::Remove(own.clone().into())]);
        assert_eq!(decide(Some(&other), false), []);
    }
}
