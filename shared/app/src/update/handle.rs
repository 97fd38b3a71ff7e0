//! Handling one update: what it asks for, decided over what its chat is, and committed once.

use channels::telegram::IncomingUpdate;
use domain::engine::decision::{KeptUpdate, SeenUpdate};
use domain::engine::{Decision, Job, NewJob, Write};
use domain::link::BoundBy;
use domain::message::Notice;
use domain::update::{Effects, decide_status};
use table::{TableError, keys};

use super::admin;
use super::chat::Chat;
use super::contact;
use super::deed::{Deed, asked};
use super::migrate::migrate;
use super::moved;
use super::press::press;
use super::{replies, targets};
use crate::bot::KnownBot;
use crate::channel::{ConfirmChannel, confirm_channel};
use crate::events::channels_job;
use crate::invite::{RedeemInvite, redeem_invite};
use crate::link::{BindLink, bind_link};
use crate::scenario;
use crate::{App, AppError};

/// One update on its way.
#[derive(Clone, Copy)]
pub(super) struct Handling<'a> {
    pub(super) app: &'a App,
    pub(super) bot: &'a KnownBot,
    pub(super) chat_id: i64,
    pub(super) update: &'a IncomingUpdate,
    /// The kept update that this is, if it was kept.
    pub(super) kept: Option<&'a KeptUpdate>,
}

impl Handling<'_> {
    /// Handles the update: [`AppError::Repeated`] when that was done before.
    pub(super) async fn run(self) -> Result<(), AppError> {
        let Some(deed) = asked(&self.update.kind, self.bot) else {
            return self.forget().await;
        };
        // In a group come and go many who have nothing to do with the bot: nothing is written for them.
        if let Deed::Moved { person, others_link: None, .. } = deed
            && moved::contact(self.app, &self.bot.id, person).await?.is_none()
        {
            return self.forget().await;
        }
        if self.seen().await? {
            return Err(AppError::Repeated);
        }
        let (bot, chat_id, extra_writes) = (self.bot.id.clone(), self.chat_id, self.marks());
        match deed {
            Deed::Payload(token) if contact::is_token(self.app, &bot, &token).await? => {
                let command = ConfirmChannel { bot, chat_id, token, extra_writes };
                confirm_channel(self.app, command).await.map(|_| ())
            }
            Deed::Confirm(token) => {
                let command = ConfirmChannel { bot, chat_id, token, extra_writes };
                confirm_channel(self.app, command).await.map(|_| ())
            }
            Deed::Invite(token) => {
                let command = RedeemInvite { bot, chat_id, token, extra_writes };
                redeem_invite(self.app, command).await.map(|_| ())
            }
            Deed::Link(token) => {
                let by = BoundBy { bot, company_id: self.bot.company_id, chat_id };
                bind_link(self.app, BindLink { by, token, extra_writes }).await.map(|_| ())
            }
            Deed::Migration(to) => {
                Box::pin(migrate(self.app, &bot, chat_id, to, &extra_writes)).await
            }
            deed => {
                let along = |last: &bool| if *last { self.marks() } else { Vec::new() };
                while !self.app.decide_along(along, || self.decide(&deed)).await? {}
                Ok(())
            }
        }
    }

    /// Decides all of it, or a part of what a chat of very many changes, which is not the last then.
    async fn decide(self, deed: &Deed) -> Result<Decision<bool>, AppError> {
        let (app, bot) = (self.app, &self.bot.id);
        let chat = if deed.concerns_channels() {
            Chat::read(app, bot, self.chat_id).await?
        } else {
            Chat::default()
        };
        let receivers = chat.receivers();
        let (says, mut callback) = match deed {
            Deed::Pressed { callback, says } => (&**says, Some(callback.clone())),
            deed => (deed, None),
        };
        let mut of_contact = scenario::Effects::default();
        let effects = match says {
            Deed::Admin { .. } | Deed::Words | Deed::Photo(_) | Deed::Odd | Deed::Desk { .. } => {
                if let Deed::Desk { callback: id, .. } = says {
                    callback = Some(id.clone());
                }
                let (effects, said) = self.said(says).await?;
                of_contact = said;
                effects
            }
            Deed::Start
            | Deed::Payload(_)
            | Deed::Consent { .. }
            | Deed::Broadcasts { .. }
            | Deed::Stop
            | Deed::Removal
            | Deed::Return => {
                if let Deed::Consent { callback: id, .. } | Deed::Broadcasts { callback: id, .. } =
                    says
                {
                    callback = Some(id.clone());
                }
                let (effects, contact) = contact::decide(self, says, receivers).await?;
                if let Some(writes) = effects.beforehand() {
                    return Ok(self.part(&chat, writes));
                }
                of_contact = contact;
                effects
            }
            Deed::Moved { person, what, at, others_link } => {
                let link = others_link.as_ref();
                of_contact = moved::decide(self, *person, (*what, *at), link).await?;
                Effects::default()
            }
            Deed::Press { callback: id, action } => {
                callback = Some(id.clone());
                let forward = match action {
                    Some(_) => None,
                    None => replies::forward_press(self).await?,
                };
                if let Some(jobs) = forward {
                    of_contact.jobs = jobs;
                    Effects::default()
                } else {
                    press(app, &chat.links, *action).await?
                }
            }
            deed => self.answer(deed, &chat).await?,
        };
        let told = channels_job(app, &chat.channels, &effects.writes);
        let decision = of_contact.added_to(self.decision(effects, callback));
        Ok(Decision { jobs: decision.jobs.into_iter().chain(told).collect(), ..decision })
    }

    /// What an admin at work says, or a contact: whatever nobody else heeds goes to the admins.
    async fn said(self, deed: &Deed) -> Result<(Effects, scenario::Effects), AppError> {
        let jobs = |jobs| {
            let effects = scenario::Effects { jobs, ..scenario::Effects::default() };
            Ok((Effects::default(), effects))
        };
        let is_said = matches!(deed, Deed::Words | Deed::Photo(_) | Deed::Odd);
        if is_said && let Some(answer) = replies::answer(self).await? {
            return jobs(vec![answer]);
        }
        let (effects, desk) = admin::decide(self, deed).await?;
        let unheeded = matches!(effects.notices.as_slice(), [] | [Notice::NotUnderstood])
            && desk.writes.is_empty();
        if is_said
            && unheeded
            && let Some(forward) = replies::forward(self).await?
        {
            return jobs(forward);
        }
        Ok((effects, desk))
    }

    /// What is answered to what leaves the chat's channels as they are, or adds to what they watch.
    async fn answer(self, deed: &Deed, chat: &Chat) -> Result<Effects, AppError> {
        let app = self.app;
        Ok(match deed {
            Deed::Status => {
                let names = chat.companies(app).await?;
                decide_status(chat.receivers(), |link| names.name_of(link))
            }
            Deed::Targets => targets::list(app, &chat.channels).await?,
            Deed::Add(url) => {
                let new = app.env.id();
                targets::add(app, &chat.channels, url.as_deref(), new).await?
            }
            Deed::Help => Effects::say(Notice::Help),
            Deed::LinkWithoutToken => Effects::say(Notice::LinkWithoutToken),
            Deed::UnknownCommand => Effects::say(Notice::UnknownCommand),
            _ => Effects::say(Notice::TokenUnusable),
        })
    }

    /// A part of what changes in the chat, with the job that tells of it.
    fn part(self, chat: &Chat, writes: Vec<Write>) -> Decision<bool> {
        let mut decision = Decision::new(self.app.env.id(), self.app.env.now(), false);
        decision.jobs.extend(channels_job(self.app, &chat.channels, &writes));
        decision.writes = writes;
        decision
    }

    fn decision(self, effects: Effects, callback: Option<String>) -> Decision<bool> {
        let now = self.app.env.now();
        let mut decision = Decision::new(self.app.env.id(), now, true);
        decision.writes = effects.writes;
        if effects.notices.is_empty() && callback.is_none() {
            return decision;
        }
        let job = Job::Messages {
            bot: self.bot.id.clone(),
            chat_id: self.chat_id,
            notices: effects.notices,
            callback,
        };
        decision.job(NewJob { id: self.app.env.id(), job, due: now, owner: None })
    }

    /// What makes the update one that was handled.
    fn marks(self) -> Vec<Write> {
        let seen = SeenUpdate {
            bot: self.bot.id.clone(),
            update_id: self.update.update_id,
            seen_at: self.app.env.now(),
        };
        let kept = self.kept.map(|kept| Write::Remove(kept.clone().into()));
        std::iter::once(Write::Create(seen.into())).chain(kept).collect()
    }

    /// Takes the update out of its chat's queue, if it is there, with nothing done.
    pub(super) async fn forget(self) -> Result<(), AppError> {
        let Some(kept) = self.kept else { return Ok(()) };
        let decision = Decision::new(self.app.env.id(), self.app.env.now(), ());
        match self.app.commit(decision.write(Write::Remove(kept.clone().into()))).await {
            Err(table::CommitError::Changed(_)) => Ok(()),
            other => Ok(other?),
        }
    }

    async fn seen(self) -> Result<bool, TableError> {
        let key = keys::seen_update(&self.bot.id, self.update.update_id);
        Ok(self.app.table.get::<SeenUpdate>(&key).await?.is_some())
    }
}
