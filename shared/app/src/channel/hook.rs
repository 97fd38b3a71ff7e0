//! A channel's address with what is sealed of it opened, for as long as it takes to post to it.

use channels::hook::Message;
use domain::channel::{Hook, HookKind};
use domain::ids::ChannelId;
use domain::message::Content;
use domain::outcome::Outcome;
use runtime::seal::SealError;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::App;

/// An address that can be posted to.
pub(crate) struct Opened {
    kind: HookKind,
    url: Url,
    secret: Option<SecretString>,
}

/// Opens a channel's address and its secret.
pub(crate) async fn open_hook(
    app: &App,
    channel_id: ChannelId,
    hook: &Hook,
) -> Result<Opened, SealError> {
    let url = app.sealer.open(&Hook::about_url(channel_id), &hook.url).await?;
    let url =
        Url::parse(url.expose_secret()).map_err(|_| SealError::Closed("it holds no address"))?;
    let secret = match &hook.secret {
        Some(secret) => Some(app.sealer.open(&Hook::about_secret(channel_id), secret).await?),
        None => None,
    };
    Ok(Opened { kind: hook.kind, url, secret })
}

impl Opened {
    /// An address that is not sealed yet.
    pub(crate) const fn new(kind: HookKind, url: Url, secret: Option<SecretString>) -> Self {
        Self { kind, url, secret }
    }

    /// Sends one message, once. `id` is the same for each attempt.
    pub(crate) async fn send(
        &self,
        app: &App,
        id: &str,
        content: &Content,
        repeat: bool,
    ) -> Outcome {
        let message = Message {
            url: &self.url,
            secret: self.secret.as_ref(),
            content,
            site: &app.site.url,
            id,
            at: app.env.now(),
            repeat,
        };
        app.hooks.send(self.kind, &message).await
    }
}
