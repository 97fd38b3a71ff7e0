//! A pending channel with its token, once for an `Idempotency-Key`.

use app::channel::{RegisterChannel, Registered, find_channel, register_channel, renew_token};
use app::{App, AppError};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use domain::channel::Channel;
use domain::ids::{ChannelId, TargetId};
use serde::{Deserialize, Serialize};
use web::Refusal;
use web::once::{Answer, Asked, REPLAYED, Turn, turn};

use crate::limits::Limited;
use crate::session::LoggedIn;

/// A channel that was registered now or by an earlier request.
pub(crate) struct Registration {
    /// The channel.
    pub(crate) channel: Channel,
    /// Token and deep link, unless the channel was confirmed meanwhile.
    pub(crate) link: Option<(String, String)>,
    /// Whether an earlier request made it.
    pub(crate) replayed: bool,
}

impl Registration {
    /// Says of a repeated request that it is one.
    pub(crate) fn headers(&self) -> HeaderMap {
        let replayed = self.replayed.then(|| (REPLAYED, HeaderValue::from_static("true")));
        replayed.into_iter().collect()
    }
}

/// What is to be registered.
pub(crate) struct New {
    /// What the user calls it.
    pub(crate) name: Option<String>,
    /// The bot's slug or id.
    pub(crate) bot: Option<String>,
    /// The target that hears of it.
    pub(crate) target: Option<TargetId>,
}

/// What is kept of the answer: a token is shown once and kept as a hash alone, so a repeated
/// request gets another one for the same channel.
#[derive(Serialize, Deserialize)]
struct Kept {
    channel_id: ChannelId,
}

/// Makes a pending channel, or renews the token of the one that an earlier request made.
pub(crate) async fn register(
    app: &App,
    LoggedIn(who): &LoggedIn,
    asked: Option<&Asked>,
    new: New,
) -> Result<Registration, Refusal> {
    let (user_id, company_id) = (who.user.id, who.user.company_id);
    let caller = user_id.to_string();
    let keep = match turn::<Channel>(app, &caller, asked, kept).await? {
        Turn::Act(keep) => keep,
        Turn::Replay(answer) => return renew(app, who, &answer).await,
    };
    Limited::Registrations.count(app, &caller).await?;
    let New { name, bot, target: target_id } = new;
    let command = RegisterChannel { user_id, company_id, bot, name, target_id, keep };
    match register_channel(app, command).await {
        Ok(Registered { channel, token, url }) => {
            Ok(Registration { channel, link: Some((token, url)), replayed: false })
        }
        // The same request, sent twice at once: the other one has made the channel.
        Err(AppError::Repeated) => match turn::<Channel>(app, &caller, asked, kept).await? {
            Turn::Replay(answer) => renew(app, who, &answer).await,
            Turn::Act(_) => Err(AppError::Repeated.into()),
        },
        Err(error) => Err(error.into()),
    }
}

async fn renew(
    app: &App,
    who: &app::account::Authenticated,
    answer: &Answer,
) -> Result<Registration, Refusal> {
    let Kept { channel_id } = serde_json::from_str(&answer.body)
        .map_err(|error| AppError::Unavailable(format!("a kept answer: {error}")))?;
    match renew_token(app, who.user.id, channel_id).await {
        Ok(Registered { channel, token, url }) => {
            Ok(Registration { channel, link: Some((token, url)), replayed: true })
        }
        Err(AppError::Conflict { .. }) => {
            let channel = find_channel(app, who.user.id, channel_id).await?;
            Ok(Registration { channel, link: None, replayed: true })
        }
        Err(error) => Err(error.into()),
    }
}

fn kept(channel: &Channel) -> Answer {
    Answer::json(StatusCode::CREATED, &Kept { channel_id: channel.id })
}
