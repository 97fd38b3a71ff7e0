//! Confirmations by mail: addresses become pending channels while Courier fails and processes die, and
//! readers press the buttons of all their mails, several at once.

use std::sync::Arc;
use std::time::Duration;

use app::mail::Mailer;
use bytes::Bytes;
use channels::courier::CourierApi;
use domain::account::{Role, Tier, User};
use domain::channel::{Channel, ChannelStatus, Confirmed, decide_add_email, new_email};
use domain::engine::Write;
use domain::ids::UserId;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::{Request, Response};
use runtime::http::{Transport, TransportError};
use simulators::courier::{Courier, Fault};
use table::{CommitError, keys};

use crate::Report;
use crate::alone::alone;
use crate::harness::Harness;
use crate::line::LineFaults;
use crate::process::insist;
use crate::world::{BEGIN, World};

/// The key that the simulator takes.
pub(crate) const KEY: &str = "courier";
/// So many people of a run confirm an address.
const PEOPLE: usize = 4;
/// An address that is not confirmed by now never will be.
const PATIENCE: Duration = Duration::from_hours(2);

/// The line to Courier, with everything that happens on it.
#[derive(Debug)]
struct MailLine {
    world: World,
    courier: Courier,
    faults: LineFaults,
}

/// How a process sends mails.
pub(crate) fn mailer(harness: &Harness) -> Mailer {
    let line = MailLine {
        world: harness.world.clone(),
        courier: harness.courier.clone(),
        faults: harness.plan.line,
    };
    let api = CourierApi::new(Arc::new(line), "http://courier", KEY.into());
    Mailer { api: Some(api), webhook_secret: None }
}

impl Transport for MailLine {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let (world, faults) = (&self.world, self.faults);
            world.pause(5..25).await;
            if world.mishap("courier refuses the connection", faults.refused) {
                return Err(TransportError::NotSent("refused".to_owned()));
            }
            if world.mishap("courier times out before", faults.timeout_before) {
                world.pause(8_000..8_001).await;
                return Err(TransportError::Unknown("time-out".to_owned()));
            }
            if world.mishap("courier fails before", faults.error_before) {
                self.courier.inject(Fault::ErrorBefore, 1);
            } else if world.mishap("courier fails after", faults.error_after) {
                self.courier.inject(Fault::ErrorAfter, 1);
            } else if world.mishap("courier 429", faults.too_many) {
                let retry_after = world.between(1, 6);
                self.courier.inject(Fault::TooManyRequests { retry_after }, 1);
            }
            let header = |name: &str| request.headers().get(name)?.to_str().ok();
            let answer = self.courier.send(&simulators::courier::Request {
                authorization: header("authorization"),
                idempotency_key: header("idempotency-key"),
                body: request.body(),
            });
            // What stood for this request alone must not befall another.
            self.courier.clear_faults();
            world.trace("courier", &format_args!("{}", answer.status));
            if world.mishap("courier times out after", faults.timeout_after) {
                world.pause(8_000..8_001).await;
                return Err(TransportError::Unknown("time-out".to_owned()));
            }
            world.pause(5..60).await;
            let mut response = Response::builder().status(answer.status);
            if let Some(seconds) = answer.retry_after {
                response = response.header("retry-after", seconds);
            }
            response
                .body(Bytes::from(answer.body.to_string()))
                .map_err(|error| TransportError::Unknown(error.to_string()))
        })
    }
}

/// Runs a seed of confirmations alone.
///
/// # Panics
/// When the table or the simulator in memory cannot be made.
pub fn confirmations(seed: u64) -> Report {
    let work = |harness: &Harness, ()| {
        let confirm = |number| {
            let harness = harness.clone();
            async move { confirm(&harness, number).await }.boxed()
        };
        (0..PEOPLE).map(confirm).collect()
    };
    alone(seed, |_| async {}.boxed(), work, |_| async { Vec::new() }.boxed())
}

/// Someone adds an address, perhaps asks for another mail, and presses what arrives.
async fn confirm(harness: &Harness, number: usize) {
    let world = &harness.world;
    world.pause(0..60_000).await;
    let address = format!("person{number}@example.com");
    let env = harness.table.env();
    let channel = new_email(env.id(), env.id(), &address, BEGIN);
    add(harness, &channel).await;
    let again = world.chance(0.4);
    if again {
        world.pause(0..20_000).await;
        let (user_id, id) = (channel.user_id, channel.id);
        insist(harness, 0, |app| {
            async move { app::channel::resend_confirmation(app, user_id, id).await.ok() }.boxed()
        })
        .await;
    }
    let give_up = world.now() + PATIENCE;
    let mut connected = 0;
    loop {
        world.pause(500..9_000).await;
        let mails = harness.courier.mails_to(&address);
        let tokens = mails.iter().flat_map(simulators::courier::Mail::links);
        let tokens: Vec<String> = tokens.filter_map(|link| token(&link)).collect();
        // Two readers, each with every mail.
        let presses = tokens.iter().chain(&tokens).map(|token| press(harness, token));
        connected += join_all(presses).await.into_iter().filter(|it| *it).count();
        let key = keys::channel(channel.user_id, channel.id);
        let now = harness.table.get::<Channel>(&key).await.ok().flatten();
        if now.is_some_and(|channel| channel.status == ChannelStatus::Active) {
            break;
        }
        if world.now() >= give_up {
            harness.notes().wrong.push(format!("{address} was never confirmed"));
            return;
        }
    }
    if connected > 1 {
        harness.notes().wrong.push(format!("{address} was confirmed {connected} times"));
    }
    // A mail that a failing service has taken comes again; nothing else makes another.
    let failed = world.faults().get("courier fails after").copied().unwrap_or_default();
    let most = 1 + u64::from(again) * 2 + failed;
    let mails = harness.courier.mails_to(&address).len() as u64;
    if mails > most {
        harness.notes().wrong.push(format!("{address} got {mails} mails, at most {most} expected"));
    }
}

async fn add(harness: &Harness, channel: &Channel) {
    let job_id = harness.table.env().id();
    insist(harness, 0, |app| {
        let channel = channel.clone();
        async move {
            let key = keys::channel(channel.user_id, channel.id);
            if app.table.get::<Channel>(&key).await.ok()?.is_some() {
                return Some(());
            }
            let user = user(channel.user_id);
            let decision = decide_add_email((app.env.id(), job_id), app.env.now(), channel);
            match app.commit(decision.write(Write::Create(user.into()))).await {
                Ok(_) | Err(CommitError::Changed(_)) => Some(()),
                Err(_) => None,
            }
        }
        .boxed()
    })
    .await;
}

fn user(id: UserId) -> User {
    User {
        id,
        company_id: id.0.into(),
        username: "someone".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Member,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: BEGIN,
        version: 0,
    }
}

/// Presses the button of a mail until there is an answer; whether it said that it confirmed.
async fn press(harness: &Harness, token: &str) -> bool {
    let (said, _) = insist(harness, 0, |app| {
        let token = token.to_owned();
        async move { app::channel::confirm_email(app, &token).await.ok() }.boxed()
    })
    .await;
    matches!(said, Confirmed::Connected(_))
}

fn token(link: &str) -> Option<String> {
    link.split_once("token=").map(|(_, token)| token.to_owned())
}
