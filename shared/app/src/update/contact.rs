//! What an update does to a contact of a bot with scenarios.

use channels::telegram::Kind;
use domain::ids::BotId;
use domain::message::Notice;
use domain::scenario::Scenario;
use domain::slug::Slug;
use domain::update::{Effects, REMOVED, Receivers, decide_start, decide_stop};
use table::{TableError, keys};

use super::deed::Deed;
use super::handle::Handling;
use crate::App;
use crate::scenario::{self, At, Writer};

/// No token is shorter: 128 bits in base64url.
const TOKEN_LENGTH: usize = 22;

/// What a deed does to a contact, and to what its chat receives besides.
pub(super) async fn decide(
    handling: Handling<'_>,
    deed: &Deed,
    receivers: Receivers<'_>,
) -> Result<(Effects, scenario::Effects), TableError> {
    let Handling { app, bot, chat_id, .. } = handling;
    let at = At { bot: &bot.id, chat_id };
    match deed {
        Deed::Start | Deed::Payload(_) | Deed::Consent { agreed: true, .. } => {
            let started = decide_start(receivers);
            let Some(begun) = begin(handling, deed).await? else {
                return Ok((started, scenario::Effects::default()));
            };
            // The scenario's own words take the place of a greeting.
            let effects = Effects { notices: begun.notices.clone(), ..started };
            Ok((effects, begun))
        }
        Deed::Stop | Deed::Consent { .. } => {
            let stopped = scenario::stop(app, at).await?;
            let mut effects = match deed {
                Deed::Stop => decide_stop(receivers),
                _ => Effects::default(),
            };
            let is_stopped = !stopped.writes.is_empty();
            if is_stopped && effects.notices == [Notice::NothingToStop] {
                effects.notices = vec![Notice::Stopped];
            }
            Ok((effects, stopped))
        }
        Deed::Broadcasts { wanted, .. } => {
            let changed = scenario::want_broadcasts(app, at, *wanted).await?;
            let effects = Effects { notices: changed.notices.clone(), ..Effects::default() };
            Ok((effects, changed))
        }
        Deed::Removal => {
            let effects = domain::update::decide_removal(receivers);
            Ok((effects, scenario::block(app, at, REMOVED).await?))
        }
        Deed::Return => {
            let effects = domain::update::decide_return(receivers);
            Ok((effects, scenario::returned(app, at).await?))
        }
        _ => Ok((Effects::default(), scenario::Effects::default())),
    }
}

async fn begin(
    handling: Handling<'_>,
    deed: &Deed,
) -> Result<Option<scenario::Effects>, TableError> {
    let Handling { app, bot, chat_id, update, .. } = handling;
    // A group is nobody's course.
    if chat_id < 0 {
        return Ok(None);
    }
    let Some(settings) = scenario::settings(app, &bot.id).await? else { return Ok(None) };
    let (at, writer) = (At { bot: &bot.id, chat_id }, writer(&update.kind));
    match deed {
        Deed::Consent { .. } => scenario::agree(app, at, &settings, &writer).await,
        Deed::Payload(asked) => {
            scenario::begin(app, at, &settings, (Some(asked), false), &writer).await
        }
        _ => scenario::begin(app, at, &settings, (None, false), &writer).await,
    }
}

/// Whether what came with `/start` is a registration token: it is long enough for one, and no scenario of
/// the bot is called so.
pub(super) async fn is_token(app: &App, bot: &BotId, payload: &str) -> Result<bool, TableError> {
    if scenario::settings(app, bot).await?.is_none() {
        return Ok(true);
    }
    let Ok(slug) = Slug::parse(payload) else { return Ok(payload.len() >= TOKEN_LENGTH) };
    if payload.len() < TOKEN_LENGTH {
        return Ok(false);
    }
    Ok(app.table.get::<Scenario>(&keys::scenario(bot, &slug)).await?.is_none())
}

fn writer(kind: &Kind) -> Writer {
    let Kind::Message { from: Some(from), .. } = kind else { return Writer::default() };
    let name = from.username.clone().or_else(|| from.first_name.clone());
    Writer { user_name: name, language: from.language_code.clone() }
}
