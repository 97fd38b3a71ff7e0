//! A contact's way into a private group: links that are made and ended, people who are taken out.
//!
//! ```text
//! paid  ▶ a ban is lifted, a link is made ▶ contact: it is theirs; the job of what there is for a payment    one transaction
//!           └─ Telegram refuses ▶ the same job without a link; the admins are told
//! back  ▶ the link ends, they are taken out ▶ contact: they are not in the group
//! ```
//!
//! A run that dies after a link was made, and before the transaction, makes another: the first is known to
//! nobody, and forgotten. One that was sent ends before the next one is made. Of two that are made at once, the
//! one that is written first is the contact's, and the other one ends.

use std::future::ready;
use std::time::Duration;

use channels::telegram::TelegramError;
use domain::bot::Bot;
use domain::contact::{
    Contact, MovedContact, decide_contact_moved, decide_earlier_groups_left, decide_invited,
};
use domain::engine::job::{AccessChange, Words};
use domain::engine::retry::JobError;
use domain::engine::{Job, NewJob, Timer, Write};
use domain::ids::BotId;
use domain::payment::{Move, News, Whom, alert_of, link_name};
use domain::scenario::{Scenario, ScenarioState};
use domain::slug::Slug;
use table::{TableError, keys};

use crate::App;
use crate::bot::{self, CurrentToken, NoToken};
use crate::engine::settle::{Outcome, settle, settle_with};
use crate::engine::{consequence, slots};
use crate::update::migrate;

/// What Telegram does not answer is asked again so often: about half an hour. Whoever has paid does not
/// wait longer for what there is beside the link.
const TRIES: u32 = 11;

/// Whose way into which group.
#[derive(Clone, Copy)]
struct Way<'a> {
    app: &'a App,
    bot: &'a BotId,
    chat_id: i64,
    scenario: &'a Slug,
    group: i64,
    /// How often it was tried before.
    tried: u32,
}

/// Opens or closes it: `false` when another run of the timer was first.
pub(super) async fn run(app: &App, timer: &Timer) -> Result<bool, JobError> {
    let Job::GroupAccess { bot, chat_id, scenario, group, change } = &timer.job else {
        return Ok(false);
    };
    let way = Way { app, bot, chat_id: *chat_id, scenario, group: *group, tried: timer.runs };
    match way.change(timer, change).await {
        Ok(done) => Ok(done),
        Err(Undone::MovedTo(group)) => way.follow(timer, (group, change)).await,
        Err(Undone::Failed(error)) => Err(error),
    }
}

/// Why nothing is done in a group.
enum Undone {
    /// It has this id by now.
    MovedTo(i64),
    /// What becomes of the job.
    Failed(JobError),
}

impl From<JobError> for Undone {
    fn from(error: JobError) -> Self {
        Self::Failed(error)
    }
}

/// What became of a link that was to be made.
enum Made {
    /// It is there.
    Link {
        /// The link.
        link: String,
        /// The one that was the contact's before it.
        before: Option<String>,
    },
    /// Telegram does not make one.
    Refused(String),
    /// The contact may not have one.
    Nothing,
}

/// What became of a way that was to be closed.
enum Closed {
    /// The contact was taken out of the group.
    Out,
    /// Telegram does not take them out.
    Refused(String),
    /// They were not to be taken out.
    Nothing,
}

impl Way<'_> {
    async fn change(&self, timer: &Timer, change: &AccessChange) -> Result<bool, Undone> {
        let app = self.app;
        Ok(match change {
            AccessChange::Open { product } => {
                // They may have asked for a link meanwhile: what was sent must not end.
                let made = self.make(true).await?;
                let says = Words::Paid { product: product.clone() };
                settle_with(app, timer, None, || self.opened(&made, Some(&says), true)).await?
            }
            AccessChange::Renew { asked, by_hand } => {
                let made = self.make(*asked).await?;
                let tells = !asked || *by_hand;
                settle_with(app, timer, None, || self.opened(&made, None, tells)).await?
            }
            AccessChange::Close { link, remove } => {
                let closed = self.close(link.as_deref(), *remove).await?;
                settle(app, timer, || self.closed(&closed, *remove)).await?
            }
        })
    }

    /// The same by the id that the group has now. What is kept under the one of before moves first: where
    /// Telegram's word of it has not come, nobody else would find their way.
    async fn follow(
        &self,
        timer: &Timer,
        (group, change): (i64, &AccessChange),
    ) -> Result<bool, JobError> {
        let moved = Box::pin(migrate(self.app, self.bot, self.group, group, &[])).await;
        moved.map_err(|error| JobError::Retry(error.to_string()))?;
        let job = || Job::GroupAccess {
            bot: self.bot.clone(),
            chat_id: self.chat_id,
            scenario: self.scenario.clone(),
            group,
            change: change.clone(),
        };
        let decide = || ready(Ok((Vec::new(), vec![self.job(job())])));
        settle_with(self.app, timer, None, decide).await
    }

    /// Whether Telegram still knows the group by this id.
    fn stands<T>(&self, answer: &Result<T, TelegramError>) -> Result<(), Undone> {
        match answer {
            Err(TelegramError::Migrated { chat_id }) if *chat_id != self.group => {
                Err(Undone::MovedTo(*chat_id))
            }
            _ => Ok(()),
        }
    }

    async fn contact(&self) -> Result<Option<Contact>, TableError> {
        self.app.table.get(&keys::contact(self.bot, self.chat_id)).await
    }

    /// Makes a link, if the contact may have one and is not in the group; the one before it ends. With `keeps` one
    /// is made where there still is none: another job may have made it since, and have sent it.
    async fn make(&self, keeps: bool) -> Result<Made, Undone> {
        let contact = self.contact().await.map_err(again)?;
        let Some(run) = contact.map(|it| it.run(self.scenario)) else { return Ok(Made::Nothing) };
        // The group of before, where the scenario has another one now.
        let before = run.group.unwrap_or(self.group);
        let is_in = run.access.joined_group && before == self.group;
        let has_one = keeps && !run.lacks_invite(self.group);
        if is_in || has_one || !run.access.may_have_link(run.payment_date.is_some()) {
            return Ok(Made::Nothing);
        }
        let CurrentToken { token, version } = match self.token().await? {
            Ok(current) => current,
            Err(reason) => return Ok(Made::Refused(reason)),
        };
        let telegram = &self.app.telegram;
        if let Some(link) = &run.invite_link {
            let ended = telegram.revoke_invite_link(&token, before, link).await;
            // What Telegram refuses to end does not work any more, or the next call tells why.
            let _ = self.answered(version, ended).await?;
        }
        // Whoever was banned and has paid anew may come in. Where the bot may not lift that, the link is made
        // all the same: most people are not banned.
        let lifted = telegram.lift_ban(&token, self.group, self.chat_id).await;
        self.stands(&lifted)?;
        if let Err(reason) = self.answered(version, lifted).await? {
            tracing::info!(bot = %self.bot, reason, "a ban could not be lifted, if there is one");
        }
        let name = link_name(self.chat_id);
        let made = telegram.create_invite_link(&token, self.group, &name).await;
        self.stands(&made)?;
        Ok(match self.answered(version, made).await? {
            Ok(link) => Made::Link { link, before: run.invite_link },
            Err(reason) => Made::Refused(reason),
        })
    }

    /// Ends a link, and takes the contact out of the group if they have not paid for it all the same.
    async fn close(&self, link: Option<&str>, remove: bool) -> Result<Closed, Undone> {
        let CurrentToken { token, version } = match self.token().await? {
            Ok(current) => current,
            Err(reason) => return Ok(Closed::Refused(reason)),
        };
        let telegram = &self.app.telegram;
        if let Some(link) = link {
            let ended = telegram.revoke_invite_link(&token, self.group, link).await;
            if let Err(reason) = self.answered(version, ended).await? {
                tracing::warn!(bot = %self.bot, reason, "a link into a group could not be ended");
            }
        }
        if !remove || self.may_stay().await.map_err(again)? {
            return Ok(Closed::Nothing);
        }
        let out = telegram.take_out(&token, self.group, self.chat_id).await;
        self.stands(&out)?;
        Ok(match self.answered(version, out).await? {
            Ok(()) => Closed::Out,
            Err(reason) => Closed::Refused(reason),
        })
    }

    /// Whether the contact has paid for the group all the same: again, or by another scenario of it.
    async fn may_stay(&self) -> Result<bool, TableError> {
        let Some(contact) = self.contact().await? else { return Ok(false) };
        let paid = || contact.runs.iter().filter(|(_, run)| run.payment_date.is_some());
        let is_theirs = |run: &ScenarioState| {
            run.group == Some(self.group) || run.earlier_groups.contains(&self.group)
        };
        if paid().any(|(_, run)| is_theirs(run)) {
            return Ok(true);
        }
        let scenarios: Vec<_> = paid().map(|(slug, _)| keys::scenario(self.bot, slug)).collect();
        let mut found = self.app.table.get_all(&scenarios).await?;
        for key in &scenarios {
            let scenario = found.take::<Scenario>(key)?;
            if scenario.is_some_and(|it| it.private_group_id == Some(self.group)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn token(&self) -> Result<Result<CurrentToken, String>, JobError> {
        match bot::token(self.app, self.bot).await {
            Ok(token) => Ok(Ok(token)),
            Err(error @ (NoToken::NoBot(_) | NoToken::Unreadable(_))) => Ok(Err(error.to_string())),
            // It may pass, and a bot that was switched off a moment ago is found so by the next run.
            Err(error) => Err(JobError::Retry(error.to_string())),
        }
    }

    /// The answer of a call with the token of this version of the bot, or why there will be none; what may
    /// pass is the job's to try again.
    async fn answered<T>(
        &self,
        version: Option<u64>,
        answer: Result<T, TelegramError>,
    ) -> Result<Result<T, String>, JobError> {
        let error = match answer {
            Ok(answer) => return Ok(Ok(answer)),
            Err(error) => error,
        };
        let words = error.to_string();
        match error {
            TelegramError::Refused { description, .. } => Ok(Err(description)),
            TelegramError::Migrated { .. } => Ok(Err(words)),
            TelegramError::RateLimited { retry_after_ms } => {
                let after = Duration::from_millis(retry_after_ms);
                let until = self.app.env.now() + after;
                slots::throttle(self.app, self.bot, until).await.map_err(again)?;
                Err(JobError::RetryAfter { after, reason: words })
            }
            TelegramError::Unauthorized(reason) => {
                let stopped = consequence::stop(self.app, self.bot, version, &reason);
                let stopped = Box::pin(stopped).await;
                Err(JobError::Retry(stopped.err().map_or(words, |error| error.to_string())))
            }
            TelegramError::NotSent(_) | TelegramError::Unknown(_) if self.tried >= TRIES => {
                Ok(Err(words))
            }
            TelegramError::NotSent(_) | TelegramError::Unknown(_) => Err(JobError::Retry(words)),
        }
    }

    /// What is written when a link was made, or was not.
    async fn opened(
        &self,
        made: &Made,
        says: Option<&Words>,
        tells: bool,
    ) -> Result<Outcome, TableError> {
        let (mut writes, mut jobs) = (Vec::new(), Vec::new());
        let is_paid = |it: &Contact| it.run(self.scenario).payment_date.is_some();
        let Some(contact) = self.contact().await?.filter(is_paid) else {
            // The money went back meanwhile.
            if let Made::Link { link, .. } = made {
                jobs.push(self.end(link));
            }
            return Ok((writes, jobs));
        };
        let mut says = says.cloned();
        match made {
            Made::Link { link, before } => {
                let made = (self.group, link.as_str(), before.as_deref());
                match decide_invited(&contact, self.scenario, made) {
                    Some(invited) => {
                        writes.push(Write::Replace(invited.into()));
                        says = says.or(Some(Words::Invite));
                    }
                    None => jobs.push(self.end(link)),
                }
            }
            Made::Refused(reason) => {
                let (group, reason) = (self.group, reason.clone());
                let news = News::NoInvite { group, reason };
                let told = if tells { self.told(&news).await? } else { None };
                writes.extend(told.iter().map(|(write, _)| write.clone()));
                jobs.extend(told.map(|(_, job)| job));
            }
            Made::Nothing => {}
        }
        jobs.extend(says.map(|words| {
            self.job(Job::ScenarioWords {
                bot: self.bot.clone(),
                chat_id: self.chat_id,
                scenario: self.scenario.clone(),
                words,
            })
        }));
        Ok((writes, jobs))
    }

    /// What is written when a way was closed, or could not be.
    async fn closed(&self, closed: &Closed, remove: bool) -> Result<Option<Outcome>, JobError> {
        let (mut writes, mut jobs) = (Vec::new(), Vec::new());
        if let Closed::Refused(reason) = closed {
            let (group, person, reason) = (self.group, self.chat_id, reason.clone());
            let news = News::NotTakenOut { group, person, reason };
            let told = self.told(&news).await.map_err(again)?;
            writes.extend(told.iter().map(|(write, _)| write.clone()));
            jobs.extend(told.map(|(_, job)| job));
        }
        if remove && let Some(contact) = self.contact().await.map_err(again)? {
            let left = self.left(&contact, closed).await.map_err(again)?;
            writes.extend((left.contact != contact).then(|| Write::Replace(left.contact.into())));
            jobs.extend(left.follow.into_iter().map(|(scenario, group, change)| {
                let (bot, chat_id) = (self.bot.clone(), self.chat_id);
                self.job(Job::GroupAccess { bot, chat_id, scenario, group, change })
            }));
        }
        let nothing = writes.is_empty() && jobs.is_empty();
        Ok((!nothing).then_some((writes, jobs)))
    }

    /// The contact when they were taken out, and what follows for which group: those of before, and what a move calls
    /// for. Telegram tells of the move, too; but not where the webhook was registered without asking for that.
    async fn left(&self, contact: &Contact, closed: &Closed) -> Result<MovedContact, TableError> {
        let (contact, groups) = decide_earlier_groups_left(contact, self.scenario);
        let close = |group| {
            (self.scenario.clone(), group, AccessChange::Close { link: None, remove: true })
        };
        let mut follow: Vec<_> = groups.into_iter().map(close).collect();
        if !matches!(closed, Closed::Out) {
            return Ok(MovedContact { contact, follow });
        }
        let scenario = keys::scenario(self.bot, self.scenario);
        let scenario = self.app.table.get::<Scenario>(&scenario).await?;
        let group_now = scenario.and_then(|it| it.private_group_id);
        let (scenarios, now) = ([(self.scenario.clone(), group_now)], self.app.env.now());
        let out = (self.group, Move::TakenOut);
        let moved = decide_contact_moved(&contact, &scenarios, out, now);
        let Some(moved) = moved else { return Ok(MovedContact { contact, follow }) };
        follow.extend(moved.follow);
        Ok(MovedContact { contact: moved.contact, follow })
    }

    /// What tells the admins; the platform's bot has none.
    async fn told(&self, news: &News) -> Result<Option<(Write, NewJob)>, TableError> {
        let (env, bot) = (&self.app.env, self.app.table.get::<Bot>(&keys::bot(self.bot)).await?);
        tracing::warn!(bot = %self.bot, "a way into a group could not be opened or closed");
        let whom = Whom { chat_id: Some(self.chat_id), scenario: self.scenario, order: None };
        Ok(bot.map(|bot| alert_of(&bot, (news, Some(whom)), (env.id(), env.id()), env.now())))
    }

    /// Ends a link that nobody was sent.
    fn end(&self, link: &str) -> NewJob {
        let change = AccessChange::Close { link: Some(link.to_owned()), remove: false };
        self.job(Job::GroupAccess {
            bot: self.bot.clone(),
            chat_id: self.chat_id,
            scenario: self.scenario.clone(),
            group: self.group,
            change,
        })
    }

    fn job(&self, job: Job) -> NewJob {
        NewJob { id: self.app.env.id(), job, due: self.app.env.now(), owner: None }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed over")]
fn again(error: TableError) -> JobError {
    JobError::Retry(error.to_string())
}
