//! Where messages go, read when they are about to be sent and not when their job was written: who
//! has said stop a second ago hears nothing more.

use std::collections::HashMap;
use std::time::Duration;

use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::delivery::{Delivery, DeliveryStatus};
use domain::ids::{BotId, RunId};
use domain::mutation::{Rule, broken};
use table::{DeliveryWrite, TableError, keys};

use crate::App;
use crate::bot::{self, NoToken};
use crate::engine::lines;
use crate::engine::work::{Address, Place, Send, State, To, What, Work};
use crate::mail::{self, Prepared};

/// A message whose bot does not send is looked at again after this: the next run finds the bot stopped.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A message that is ready, with where it goes and what it says now.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) place: Place,
    pub(super) address: Address,
    pub(super) what: What,
}

impl Resolved {
    /// Whether it takes a slot of its bot and its chat. The acknowledgement of a press is no message: one that
    /// took the chat's slot would keep the answer waiting for a second.
    pub(super) const fn is_booked(&self) -> bool {
        self.address.bot().is_some() && !matches!(self.what, What::Callback(_))
    }
}

/// Reads the recipients of what is ready: what is not to be sent is skipped with its reason, what
/// its service has asked to wait is put off, the rest gets its address.
pub(super) async fn resolve(
    app: &App,
    (run, stopped): (RunId, &[BotId]),
    works: &mut [Work],
    ready: &[Place],
) -> Result<Vec<Resolved>, TableError> {
    let wanted: Vec<_> = ready
        .iter()
        .filter_map(|(work, send)| match &works[*work].sends[*send] {
            Send { what: What::LeftOut(_), .. } => None,
            Send { to: To::Channel(user_id, channel_id), .. } => {
                Some(keys::channel(*user_id, *channel_id))
            }
            _ => None,
        })
        .collect();
    let found = app.table.get_all(&wanted).await?;
    let (mut resolved, mut skips) = (Vec::new(), Vec::new());
    let mut silent: HashMap<BotId, Option<NoToken>> = HashMap::new();
    for &place in ready {
        let it = &works[place.0].sends[place.1];
        let mut what = it.what.clone();
        let address = match &it.to {
            _ if let What::LeftOut(reason) = it.what => Err(reason),
            To::Chat(bot, chat_id) => Ok(Address::Chat { bot: bot.clone(), chat_id: *chat_id }),
            To::Channel(user_id, channel_id) => {
                sendable(found.peek(&keys::channel(*user_id, *channel_id))?.as_ref())
            }
            To::Mail(mail) => match mail::prepare(app, mail).await? {
                Prepared::Ready { to, letter } => {
                    what = What::Letter(letter, mail.name());
                    Ok(Address::Email(to))
                }
                Prepared::Skip(reason) => Err(reason),
            },
        };
        if let Some(bot) = address.as_ref().ok().and_then(Address::bot)
            && !silent.contains_key(bot)
        {
            let error = if stopped.contains(bot) {
                Some(NoToken::Stopped)
            } else {
                bot::token(app, bot).await.err()
            };
            silent.insert(bot.clone(), error);
        }
        let mut waits = None;
        let address = address.and_then(|address| {
            let error = address.bot().and_then(|bot| silent.get(bot)).and_then(Option::as_ref);
            match error {
                None => Ok(Some(address)),
                Some(error) => {
                    waits = without_its_bot(&works[place.0], &address, error)?;
                    Ok(None)
                }
            }
        });
        let soon = app.env.now() + LOOK_AGAIN;
        match address {
            Ok(None) => {
                let send = &mut works[place.0].sends[place.1];
                send.state = State::Later { at: soon, reserved: false };
                (send.apart, send.stopped) = (send.apart || waits.is_some(), waits);
            }
            Ok(Some(address)) => match app.pace.paused(&address, app.env.now()) {
                Some(at) => {
                    let send = &mut works[place.0].sends[place.1];
                    (send.state, send.apart) = (State::Later { at, reserved: false }, true);
                }
                None => resolved.push(Resolved { place, address, what }),
            },
            Err(reason) => skips.extend(skip(app, run, &mut works[place.0], place.1, reason)),
        }
    }
    app.table.write_deliveries(&skips).await?;
    Ok(resolved)
}

/// What would go through a bot that does not send now waits with it, if its job can, and also for what
/// may pass; or it is skipped, for this reason. Answers the bot that is to be waited for by itself, where the
/// job's other messages need not.
fn without_its_bot(
    work: &Work,
    address: &Address,
    error: &NoToken,
) -> Result<Option<BotId>, &'static str> {
    let (job, bot) = (&work.timer.job, address.bot());
    match error {
        NoToken::Stopped if job.parks_by_message() => Ok(bot.cloned()),
        NoToken::Sealed(_) | NoToken::Table(_) => Ok(None),
        _ if bot.is_some_and(|bot| job.waits_with(bot)) => Ok(None),
        _ => Err("the bot is switched off"),
    }
}

/// Ends a message that is not to be sent.
fn skip(
    app: &App,
    run: RunId,
    work: &mut Work,
    send: usize,
    reason: &'static str,
) -> Option<DeliveryWrite> {
    let now = app.env.now();
    let it = &mut work.sends[send];
    let State::Ready { read, .. } = &it.state else { return None };
    let next = Delivery {
        status: DeliveryStatus::Skipped,
        until: now,
        reason: Some(reason.to_owned()),
        ..Delivery::claim(run, it.target_id, now)
    };
    let write = DeliveryWrite { key: it.key.clone(), read: read.clone(), next };
    it.state = State::Done;
    lines::skipped(&work.timer, &work.sends[send], reason);
    Some(write)
}

/// The address of a channel that receives, or why it does not.
fn sendable(channel: Option<&Channel>) -> Result<Address, &'static str> {
    let Some(channel) = channel else { return Err("the channel is gone") };
    match channel.status {
        _ if broken(Rule::StatusAtSendTime) => {}
        ChannelStatus::Active => {}
        ChannelStatus::Pending => return Err("the channel is not confirmed"),
        ChannelStatus::Blocked => return Err("the channel is blocked"),
        ChannelStatus::Disabled => return Err("the channel is disabled"),
    }
    match &channel.details {
        ChannelDetails::Telegram { bot, chat_id } => chat_id
            .map(|chat_id| Address::Chat { bot: bot.clone(), chat_id })
            .ok_or("the channel has no chat"),
        ChannelDetails::Email { address } => Ok(Address::Email(address.clone())),
        ChannelDetails::Hook(hook) => Ok(Address::Hook(channel.id, Box::new(hook.clone()))),
    }
}
