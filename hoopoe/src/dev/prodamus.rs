//! Prodamus: the simulator inside, which has a form for each bot. Forms of Prodamus itself are asked,
//! too: a bot says which is its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::payment::Forms;
use bytes::Bytes;
use http::{Request, header};
use payments::prodamus::ProdamusApi;
use runtime::clock::Clock;
use runtime::http::roots::Roots;
use runtime::http::{GuardedClient, Networks, Transport};
use simulators::prodamus::{HttpWordSender, Options, Prodamus, WordSender, router};
use simulators::telegram::{Posting, WebhookAnswer};

use super::direct::Direct;
use super::telegram::{OurTime, Wire};
use super::{Peer, StartError};

/// The secret key of the simulator's forms.
const SIMULATED_KEY: &str = "hoopoe-dev-form-key";
/// Where a form's words go: forms are named like the bot whose they are.
const WEBHOOK: &str = "/api/webhooks/prodamus/{form}";
/// What words are signed in.
const SIGN: &str = "sign";
/// A call takes at most this.
const CALL: Duration = Duration::from_secs(8);
/// How long a webhook may take to answer.
const WEBHOOK_ANSWER: Duration = Duration::from_secs(20);

/// The simulator inside.
pub(super) fn simulator(
    clock: Arc<dyn Clock>,
    base_url: &str,
    file: Option<PathBuf>,
) -> Result<Prodamus, StartError> {
    Ok(Prodamus::open(Options {
        clock: Arc::new(OurTime(clock)),
        key: SIMULATED_KEY.to_owned(),
        webhook: Some(format!("{base_url}{WEBHOOK}")),
        base_url: base_url.to_owned(),
        file,
    })?)
}

/// How forms are asked for links: the simulator's, which stand on this machine, and any other.
pub(super) fn forms(
    peer: &Peer,
    base_url: &str,
    simulator: &Prodamus,
) -> Result<Forms, StartError> {
    let transport: Arc<dyn Transport> = if let Peer::Simulator(Wire::Direct) = peer {
        Arc::new(Direct(router(simulator.clone())))
    } else {
        let client = GuardedClient::new(Roots::System, CALL, Networks::Any);
        Arc::new(client.map_err(|error| StartError::Client(error.to_string()))?)
    };
    Ok(Forms::by(ProdamusApi::new(transport, Some(base_url.to_owned()))))
}

/// How the simulator posts words.
pub(super) fn sender(peer: &Peer, site: Direct) -> Result<Arc<dyn WordSender>, StartError> {
    if let Peer::Simulator(Wire::Direct) = peer {
        return Ok(Arc::new(site));
    }
    match HttpWordSender::with_timeout(WEBHOOK_ANSWER) {
        Ok(sender) => Ok(Arc::new(sender)),
        Err(error) => Err(StartError::Client(error.to_string())),
    }
}

/// The simulator's words to us.
impl WordSender for Direct {
    fn post(&self, url: &str, sign: &str, content_type: &str, body: Vec<u8>) -> Posting {
        let this = self.clone();
        let path = url::Url::parse(url).map(|url| url.path().to_owned());
        let request = path.map_err(|error| error.to_string()).and_then(|path| {
            Request::post(path)
                .header(header::CONTENT_TYPE, content_type)
                .header(SIGN, sign)
                .body(Bytes::from(body))
                .map_err(|error| error.to_string())
        });
        Box::pin(async move {
            let answer = this.call(request?).await?;
            Ok(WebhookAnswer { status: answer.status().as_u16(), retry_after: None })
        })
    }
}
