//! The bot of a run of scenarios: its company, its form, its scenarios, and how its processes are reached.

use std::sync::{Arc, Mutex, PoisonError};

use app::App;
use app::bot::{AddBot, ChangeBot, KnownBot, add_bot, change_bot};
use app::payment::{FormInput, Forms, NewForm};
use app::scenario::author::{AddStep, CreateScenario, add_step, create_scenario};
use app::update::{Received, receive_update};
use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use channels::telegram::IncomingUpdate;
use domain::ids::CompanyId;
use domain::scenario::{ContentDraft, ProductDraft, ScenarioDraft, SpotDraft, TimingDraft};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use payments::prodamus::ProdamusApi;
use runtime::Env;
use runtime::http::{Transport, TransportError};
use runtime::seal::{LocalKey, MasterKey, Sealer};
use serde_json::{Value, json};
use simulators::prodamus::{Options, Prodamus, WordSender, router};
use simulators::telegram::{Posting, WebhookAnswer, WebhookSender};
use tower::ServiceExt;
use uuid::Uuid;

use super::log::{CONSENT, Log, Ms, Name, PRODUCT, photo, words};
use super::tally::First;
use crate::harness::Harness;
use crate::process::{End, Process, mortal};
use crate::world::World;

/// The bot's name in paths, and its username.
pub(crate) const BOT: &str = "shop";
/// The bot's username.
pub(crate) const USERNAME: &str = "shop_bot";
/// The bot's token.
pub(crate) const TOKEN: &str = "987654321:BBbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// Where the simulator of forms is.
const FORMS: &str = "http://prodamus";
/// The key that everything is sealed with: 32 bytes of nothing.
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The company.
pub(crate) fn company() -> CompanyId {
    CompanyId(Uuid::from_u128(0x5407))
}

/// What is called so in `/start`.
pub(crate) fn scenario(of: usize) -> String {
    format!("s{of}")
}

/// What a step is called.
pub(crate) fn step(step: u16) -> String {
    format!("k{step}")
}

/// What a run of scenarios has beside what all runs have.
#[derive(Clone)]
pub(crate) struct Shop {
    /// What happens.
    pub(crate) log: Log,
    /// The forms.
    pub(crate) prodamus: Prodamus,
    key: Arc<dyn MasterKey>,
    world: World,
    /// Processes that wait for requests.
    idle: Arc<Mutex<Vec<Process>>>,
}

impl Shop {
    /// A new one.
    pub(crate) fn new(world: &World) -> Result<Self, String> {
        let prodamus = Prodamus::open(Options {
            clock: world.clock(0),
            key: "a key of forms".replace(' ', "-"),
            webhook: Some("http://hoopoe/{form}".to_owned()),
            base_url: FORMS.to_owned(),
            file: None,
        });
        let env = Env { clock: world.clock(0), entropy: world.entropy() };
        let key = LocalKey::parse(KEY, env).map_err(|error| error.to_string())?;
        Ok(Self {
            log: Log::default(),
            prodamus: prodamus.map_err(|error| error.to_string())?,
            key: Arc::new(key),
            world: world.clone(),
            idle: Arc::default(),
        })
    }

    /// The use cases of a process, with what they need of this.
    pub(crate) fn of(&self, app: App) -> App {
        let sealer = Sealer::new(Arc::clone(&self.key), app.env.clone());
        let line = Line { world: self.world.clone(), router: router(self.prodamus.clone()) };
        let api = ProdamusApi::new(Arc::new(line), Some(FORMS.to_owned()));
        app.sealing(sealer).asking(Forms::by(api))
    }

    fn take(&self, harness: &Harness) -> Process {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Process::start(harness, 0))
    }

    fn put_back(&self, process: Process) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }
}

/// The way to forms.
#[derive(Debug)]
struct Line {
    world: World,
    router: Router,
}

impl Transport for Line {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            self.world.pause(20..200).await;
            let Ok(answer) = self.router.clone().oneshot(request.map(Body::from)).await;
            let (parts, body) = answer.into_parts();
            let body = to_bytes(body, usize::MAX).await;
            let body = body.map_err(|error| TransportError::Unknown(error.to_string()))?;
            Ok(Response::from_parts(parts, body))
        })
    }
}

/// Does something in a process that may die, and keeps the process if it has not.
async fn serve<T: Send>(
    harness: &Harness,
    work: impl for<'a> FnOnce(&'a App) -> BoxFuture<'a, Option<T>>,
) -> Result<Option<T>, String> {
    let Some(shop) = &harness.shop else { return Ok(None) };
    let process = shop.take(harness);
    let ended = mortal(harness, &process, work(&process.app)).await;
    match ended {
        End::Done(done) => {
            shop.put_back(process);
            Ok(done)
        }
        End::Died => Err("the connection broke".to_owned()),
    }
}

/// Carries updates of the bot to its webhook.
pub(crate) struct Updates(pub(crate) Harness, pub(crate) KnownBot);

impl WebhookSender for Updates {
    fn post(&self, _: &str, _: Option<&str>, body: Vec<u8>) -> Posting {
        let (harness, bot) = (self.0.clone(), self.1.clone());
        Box::pin(async move {
            let text = String::from_utf8_lossy(&body).into_owned();
            let done = serve(&harness, |app| {
                let (bot, text) = (bot.clone(), text.clone());
                async move {
                    let update = IncomingUpdate::parse(text.as_bytes()).ok()?;
                    receive_update(app, &bot, &update, &text).await.ok()
                }
                .boxed()
            });
            let Some(received) = done.await? else {
                return Ok(WebhookAnswer { status: 503, retry_after: None });
            };
            if let (Some(shop), Some((chat, kind))) = (&harness.shop, about(&text)) {
                let handled = received != Received::Kept;
                let at = handled.then(|| harness.world.now().as_millis());
                shop.log.told(chat, kind, at);
            }
            Ok(WebhookAnswer { status: 200, retry_after: None })
        })
    }
}

/// The chat of an update, and its kind.
fn about(update: &str) -> Option<(i64, &'static str)> {
    let update: Value = serde_json::from_str(update).ok()?;
    for kind in ["message", "callback_query", "my_chat_member"] {
        let it = &update[kind];
        let chat = it["chat"]["id"].as_i64().or_else(|| it["message"]["chat"]["id"].as_i64());
        if let Some(chat) = chat {
            return Some((chat, kind));
        }
    }
    None
}

/// Carries words about payments to their webhook.
pub(crate) struct Words(pub(crate) Harness);

impl WordSender for Words {
    fn post(&self, _: &str, sign: &str, content_type: &str, body: Vec<u8>) -> Posting {
        let harness = self.0.clone();
        let (sign, content_type) = (sign.to_owned(), content_type.to_owned());
        Box::pin(async move {
            let done = serve(&harness, |app| {
                async move {
                    let body = (content_type.as_str(), body.as_slice());
                    app::payment::receive(app, BOT, body, &sign).await.ok()
                }
                .boxed()
            });
            let status = if done.await?.is_some() { 200 } else { 503 };
            Ok(WebhookAnswer { status, retry_after: None })
        })
    }
}

/// What an author writes as a step's content.
pub(crate) fn content(name: Name, version: u32, photos: usize) -> ContentDraft {
    let photos: Vec<Value> =
        (0..photos).map(|number| json!({ "file_id": photo(name, number) })).collect();
    let mut content = json!({ "text": words(name, version), "photos": photos });
    if has_button(name.step) {
        let url = format!("https://shop.example/{}/{}", name.of, name.step);
        let button = json!({ "type": "url", "text": "More", "url": url });
        content["buttons"] = json!({ "rows": [{ "buttons": [button] }] });
    }
    draft(content)
}

fn draft(content: Value) -> ContentDraft {
    serde_json::from_value(content).expect("a content of the simulation's own")
}

/// How many photos a step has at first. They have the text below them, but for several with a button: these go
/// before it.
const fn photos(step: u16) -> usize {
    match step % 12 {
        3 | 8 => 1,
        5 => 3,
        11 => 2,
        _ => 0,
    }
}

/// Whether a step has a button.
const fn has_button(step: u16) -> bool {
    step % 3 == 1 || step % 12 == 5
}

/// The steps of a scenario, with whether it asks for consent. `delays` are those of its steps.
pub(crate) fn course(of: usize, delays: &[Ms]) -> (Vec<First>, bool) {
    let steps = delays.iter().zip(0..);
    let apart = |step| photos(step) > 1 && has_button(step);
    let steps = steps.map(|(&delay, step)| First { delay, photos: apart(step) });
    (steps.collect(), of == 2)
}

/// Adds the bot with its form and its scenarios, while nothing goes wrong.
pub(crate) async fn open(harness: &Harness, delays: &[Vec<Ms>]) -> Result<KnownBot, String> {
    let Some(shop) = &harness.shop else { return Err("there is no shop".to_owned()) };
    harness.table.create_if_absent().await.map_err(|error| error.to_string())?;
    let process = Process::start(harness, 0);
    let app = &process.app;
    let new = AddBot {
        company_id: company(),
        token: TOKEN.to_owned(),
        slug: Some(BOT.to_owned()),
        default_chat: None,
        is_default: true,
        keep: None,
    };
    let (bot, _) = add_bot(app, new).await.map_err(|error| error.to_string())?;
    let form = NewForm { url: shop.prodamus.form_url(BOT), secret: shop.prodamus.key().into() };
    let change = ChangeBot { form: FormInput::Set(form), ..ChangeBot::default() };
    change_bot(app, company(), BOT, change).await.map_err(|error| error.to_string())?;
    for (of, delays) in delays.iter().enumerate() {
        bring_photos(harness, of, delays.len())?;
        write(app, of, delays).await.map_err(|error| error.to_string())?;
    }
    let hook = br#"{"url":"http://hoopoe/shop","secret_token":"secret","max_connections":100}"#;
    harness.telegram.call(TOKEN, "setWebhook", Some("application/json"), hook);
    Ok(KnownBot::from(bot))
}

/// The bot has the photos of a scenario's steps, as if an admin had sent them to it.
fn bring_photos(harness: &Harness, of: usize, steps: usize) -> Result<(), String> {
    let bot = TOKEN.split(':').next().unwrap_or_default();
    for (_, step) in (0..steps).zip(0..) {
        for number in 0..photos(step) {
            let known = harness.telegram.acquaint_with_file(bot, &photo(Name { of, step }, number));
            known.map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

async fn write(app: &App, of: usize, delays: &[Ms]) -> Result<(), app::AppError> {
    let agree = json!({ "type": "callback", "text": "Yes", "callback_data": "accept" });
    let consent = json!({ "text": CONSENT, "buttons": { "rows": [{ "buttons": [agree] }] } });
    let product = ProductDraft {
        name: Some(PRODUCT.to_owned()),
        price: Some(json!(1500)),
        paid_content: String::new(),
    };
    let new = ScenarioDraft {
        name: Some(scenario(of)),
        product: Some(Some(product)),
        consent: (of == 2).then(|| Some(draft(consent))),
        summary: Some(Some(draft(json!({ "text": "That was all." })))),
        ..ScenarioDraft::default()
    };
    let new = CreateScenario {
        company_id: company(),
        bot: BOT.to_owned(),
        slug: Some(scenario(of)),
        draft: new,
        keep: None,
    };
    create_scenario(app, new).await?;
    for (&delay, number) in delays.iter().zip(0..) {
        let name = Name { of, step: number };
        let new = AddStep {
            company_id: company(),
            bot: BOT.to_owned(),
            scenario: scenario(of),
            slug: Some(step(number)),
            content: content(name, 0, photos(number)),
            timing: Some(timing(delay)),
            spot: SpotDraft::default(),
            keep: None,
        };
        add_step(app, new).await?;
    }
    Ok(())
}

/// A delay as an author writes it.
pub(crate) fn timing(delay: Ms) -> TimingDraft {
    TimingDraft::of(u32::try_from(delay / 1_000).unwrap_or_default())
}
