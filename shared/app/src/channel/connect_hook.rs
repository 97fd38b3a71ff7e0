//! An address of a service becomes a channel; a test message decides.

use channels::hook::{new_secret, read_address, service, shown};
use domain::account::SecretHash;
use domain::channel::{Channel, Hook, HookKind, decide_connect_hook};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{ChannelId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::deliver_test::hook_test;
use super::hook::{Opened, open_hook};
use super::{Connected, all_of, checked_name, holder, room_beside};
use crate::answer::{self, Keep};
use crate::events::channels_job;
use crate::{App, AppError};

/// The request's field with the address.
const FIELD: &str = "details.url";

/// An address that a user wants to be reached at.
#[derive(Debug)]
pub struct ConnectHook {
    /// Whose channel it becomes.
    pub user_id: UserId,
    /// The service.
    pub kind: HookKind,
    /// What it is called; the service's name when absent.
    pub name: Option<String>,
    /// The address.
    pub address: String,
    /// Whether the answer is kept for an `Idempotency-Key`. It must not hold the secret.
    pub keep: Option<Keep<Connected>>,
}

/// Posts a test message to the address; when it was taken, the address is an active channel. Nothing
/// is written otherwise. An address that is one of the user's channels already is used again, and
/// receives again if it was blocked: also when two connect it at once.
///
/// The second part is the secret that messages are signed with, for a new channel of a kind that
/// signs: it is known only here and to whoever asked.
///
/// # Errors
/// [`AppError::ChannelRefused`] or [`AppError::ChannelFailed`] with the reason; [`AppError::Invalid`], [`AppError::Quota`],
/// [`AppError::TooMany`], [`AppError::Repeated`].
pub async fn connect_hook(
    app: &App,
    command: ConnectHook,
) -> Result<(Connected, Option<SecretString>), AppError> {
    let ConnectHook { user_id, kind, name, address, keep } = command;
    let invalid = |message| AppError::Invalid(vec![FieldError::new(FIELD, message)]);
    let url = read_address(kind, &address, app.hooks.places()).map_err(invalid)?;
    let name =
        name.map_or_else(|| Ok(service(kind).name().to_owned()), |name| checked_name(&name))?;
    let digest = SecretHash::of(url.as_str());
    let id: ChannelId = app.env.id();
    let known = find(&all_of(app, user_id).await?, kind, &digest)?;
    let (secret, opened) = if let Some((channel_id, hook)) = &known {
        (None, open_hook(app, *channel_id, hook).await?)
    } else {
        let secret = service(kind).is_signed().then(|| random_secret(app));
        (secret.clone(), Opened::new(kind, url.clone(), secret))
    };
    hook_test(app, &opened, FIELD).await?;
    let hook = seal(app, id, kind, &url, digest.clone(), secret.as_ref()).await?;
    let now = app.env.now();
    let along = |reply: &Connected| answer::writes(keep.as_ref(), reply, now);
    let decide = || async {
        let user = holder(app, user_id).await?;
        let channels = all_of(app, user_id).await?;
        let known = channels.iter().find(|channel| is(channel, kind, &digest));
        let mut decision = if let Some(known) = known {
            again(app, known)
        } else {
            room_beside(&channels)?;
            let (id, now) = ((id, user_id), app.env.now());
            let made = decide_connect_hook(app.env.id(), now, id, name.clone(), hook.clone());
            made.write(Write::Replace(user.into())).map(Connected::New)
        };
        decision.jobs.extend(channels_job(app, &channels, &decision.writes));
        Ok(decision)
    };
    let connected = app.decide_along(along, decide).await?;
    let secret = secret.filter(|_| matches!(connected, Connected::New(_)));
    Ok((connected, secret))
}

fn is(channel: &Channel, kind: HookKind, digest: &SecretHash) -> bool {
    channel.hook().is_some_and(|hook| hook.kind == kind && hook.digest == *digest)
}

/// The channel that the address is already; otherwise there must be room for one more.
fn find(
    channels: &[Channel],
    kind: HookKind,
    digest: &SecretHash,
) -> Result<Option<(ChannelId, Hook)>, AppError> {
    let known = channels.iter().find(|channel| is(channel, kind, digest));
    let known = known.and_then(|channel| Some((channel.id, channel.hook()?.clone())));
    if known.is_none() {
        room_beside(channels)?;
    }
    Ok(known)
}

/// The message has just arrived, so whatever blocked the channel is over.
fn again(app: &App, known: &Channel) -> Decision<Connected> {
    let unblocked = known.unblocked();
    let reply = Connected::Known(unblocked.clone().unwrap_or_else(|| known.clone()));
    let mut decision = Decision::new(app.env.id(), app.env.now(), reply);
    decision.writes.extend(unblocked.map(|channel| Write::Replace(channel.into())));
    decision
}

async fn seal(
    app: &App,
    id: ChannelId,
    kind: HookKind,
    url: &url::Url,
    digest: SecretHash,
    secret: Option<&SecretString>,
) -> Result<Hook, AppError> {
    let sealed = app.sealer.seal(&Hook::about_url(id), url.as_str()).await?;
    let secret = match secret {
        Some(secret) => {
            Some(app.sealer.seal(&Hook::about_secret(id), secret.expose_secret()).await?)
        }
        None => None,
    };
    Ok(Hook { kind, url: sealed, shown: shown(url), digest, secret })
}

fn random_secret(app: &App) -> SecretString {
    let mut random = [0; 32];
    app.env.entropy.fill(&mut random);
    new_secret(&random)
}
