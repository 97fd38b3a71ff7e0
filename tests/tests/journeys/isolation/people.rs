//! Everyone who calls, and the things that the owner makes for them to try.

use std::collections::BTreeMap;

use domain::account::{Member, Role, Scope, Tier, User};
use domain::contact::Contact;
use domain::engine::{Decision, Record, Write};
use domain::ids::BotId;
use domain::payment::{Order, OrderNumber};
use domain::scenario::ScenarioState;
use domain::slug::Slug;
use domain::time::Timestamp;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use table::keys;
use tests::{Browser, TestSystem};

use super::access::{Caller, Need};
use crate::accounts::tokens;

/// A word in everything that is the owner's: in their name, their company's, their things'.
pub(super) const MARK: &str = "marked";

/// The scenario that contacts have paid for.
pub(super) const PAID: &str = "marked-paid";

const TARGETS: &str = "/api/public/targets";
const CHANNELS: &str = "/api/notifications/channels";
const KEYS: &str = "/api/public/company/api-keys";

/// Everyone.
pub(super) struct People {
    callers: Vec<(Caller, Browser)>,
    /// A chat of the owner's.
    chat: i64,
    /// The owner's company.
    company: String,
    /// The owner's last bot.
    bot: Option<String>,
    /// For names that nobody has yet.
    count: u32,
}

/// The ids of things of the owner's, by the name of the path's parameter.
pub(super) struct Things(BTreeMap<String, String>);

impl Things {
    /// The id of the thing that stands in the path under this name; `chat` and `company` are always there.
    pub(super) fn id(&self, parameter: &str) -> &str {
        self.0.get(parameter).map_or_else(|| panic!("there is no {parameter}"), String::as_str)
    }

    /// Who calls now, as names and addresses have it.
    pub(super) fn caller(&self) -> &str {
        self.id("caller")
    }

    /// The path with the things' ids.
    pub(super) fn fill(&self, template: &str) -> String {
        let fill =
            |path: String, (name, id): (&String, &String)| path.replace(&format!("{{{name}}}"), id);
        self.0.iter().fold(template.to_owned(), fill)
    }
}

impl People {
    /// Signs everyone up.
    pub(super) async fn gather(system: &TestSystem) -> Self {
        let owner = system.sign_up(&format!("{MARK}-owner")).await;
        let other_admin = system.sign_up("other-admin").await;
        let member = system.sign_up(&format!("{MARK}-member")).await;
        let other_user = system.sign_up("other-user").await;
        let callers = vec![
            (Caller::Nobody, system.stranger()),
            (Caller::Owner, owner),
            (Caller::OtherAdmin, other_admin),
            (Caller::Scraper, system.scraper()),
        ];
        let mut this = Self { callers, chat: 0, company: String::new(), bot: None, count: 0 };
        (_, this.chat) = this.connect(system).await;
        // Room for all the things that are tried.
        let owner = user(system, this.by(Caller::Owner)).await;
        this.company = owner.company_id.to_string();
        put(system, [User { tier: Tier::Pro, ..owner }.into()]).await;
        this.join(system, Caller::Owner, member, Caller::Member).await;
        this.join(system, Caller::OtherAdmin, other_user, Caller::OtherUser).await;
        for (caller, by, scope) in [
            (Caller::Events, Caller::Owner, Scope::Events),
            (Caller::Alerts, Caller::Owner, Scope::Alerts),
            (Caller::AdminKey, Caller::Owner, Scope::Admin),
            (Caller::OtherKey, Caller::OtherAdmin, Scope::Admin),
        ] {
            let body = json!({ "name": "a key", "scopes": [scope.as_str()] });
            let key = this.by(by).post(KEYS, &body).await.must_be(201);
            let mut service = system.stranger();
            service.key = key["key"].as_str().map(str::to_owned);
            this.callers.push((caller, service));
        }
        this
    }

    /// Makes somebody a member of an admin's company.
    async fn join(&mut self, system: &TestSystem, admin: Caller, mut who: Browser, caller: Caller) {
        let company = user(system, self.by(admin)).await.company_id;
        let user = user(system, &mut who).await;
        let user = User { company_id: company, role: Role::Member, ..user };
        let member = Member::of(&user, system.system.app.env.now());
        put(system, [user.into(), member.into()]).await;
        self.callers.push((caller, who));
    }

    /// Connects a phone to the owner: the channel, and the chat.
    async fn connect(&mut self, system: &TestSystem) -> (String, i64) {
        let body = json!({ "channel_type": "TELEGRAM", "name": MARK });
        let pending = self.by(Caller::Owner).post(CHANNELS, &body).await.must_be(201);
        let chat = system.phone(MARK);
        system.open(chat, pending["url"].as_str().expect("a link"));
        system.settle().await;
        (id(&pending), chat)
    }

    /// The browser of this caller.
    pub(super) fn by(&mut self, caller: Caller) -> &mut Browser {
        let there = self.callers.iter_mut().find(|(it, _)| *it == caller);
        there.map(|(_, browser)| browser).expect("everyone is there")
    }

    /// Has the owner make what the path's parameters are about.
    pub(super) async fn things(&mut self, system: &TestSystem, template: &str) -> Things {
        let mut things = BTreeMap::from([
            ("chat".to_owned(), self.chat.to_string()),
            ("company".to_owned(), self.company.clone()),
        ]);
        for part in template.split('/') {
            if let Some(name) = part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                let thing = if part_of_bot(name) {
                    self.part(system, name, &things).await
                } else {
                    self.thing(system, template, name).await
                };
                things.insert(name.to_owned(), thing);
            }
        }
        Things(things)
    }

    /// Hands a caller what they need.
    pub(super) async fn hand(
        &mut self,
        system: &TestSystem,
        (caller, need): (Caller, Option<Need>),
        things: &mut Things,
    ) {
        let caller = format!("{caller:?}").to_lowercase();
        let address = signed_up(&caller);
        let mailed = |address: &str, page| tokens(system, address, page).pop().expect("a mail");
        let token = match need {
            None => None,
            Some(Need::Confirmation) => Some(mailed(&address, "/confirm-email")),
            Some(Need::Reset) => {
                // Over HTTP, the mails to all of them would be too many for one network.
                let app = system.app_of(api::FUNCTION);
                app::account::request_reset(&app, &address).await.expect("it is asked for");
                system.settle().await;
                Some(mailed(&address, "/reset-password"))
            }
            Some(Need::Invitation) => {
                self.count += 1;
                let address = format!("colleague-{}@example.com", self.count);
                let body = json!({ "email": address });
                let invitations = "/api/public/company/invitations";
                self.by(Caller::Owner).post(invitations, &body).await.must_be(201);
                system.settle().await;
                Some(mailed(&address, "/accept-invitation"))
            }
            Some(Need::Bot) => {
                let account = system.telegram().make_bot(&format!("{caller}_bot"));
                Some(account.expect("a bot").token)
            }
        };
        things.0.extend(token.map(|token| ("token".to_owned(), token)));
        things.0.insert("caller".to_owned(), caller);
    }

    /// Something new of a bot of the owner's, by the name that it has in paths.
    async fn part(
        &mut self,
        system: &TestSystem,
        name: &str,
        things: &BTreeMap<String, String>,
    ) -> String {
        self.count += 1;
        let slug = format!("{MARK}-{}", self.count);
        let bot = format!("/api/telegram/bots/{}", things["bot"]);
        let count = self.count;
        let owner = self.by(Caller::Owner);
        match name {
            "scenario" => {
                let scenarios = format!("{bot}/scenarios");
                // The first one is the default, which is not deleted.
                for slug in [format!("{slug}-first"), slug.clone()] {
                    let body = json!({ "name": MARK, "slug": slug });
                    owner.post(&scenarios, &body).await.must_be(201);
                }
            }
            "chat_id" => {
                let chat_id = 1_000 + i64::from(count);
                let body = json!({ "name": MARK, "slug": PAID });
                let made = owner.post(&format!("{bot}/scenarios"), &body).await;
                assert!([201, 409].contains(&made.status.as_u16()), "{}", made.body);
                let bot = id(&owner.get(&bot).await.must_be(200));
                put(system, [contact(BotId(bot), chat_id).into()]).await;
                return chat_id.to_string();
            }
            "order" => {
                let order = order(BotId(id(&owner.get(&bot).await.must_be(200))), count);
                let number = order.number.to_string();
                put(system, [order.into()]).await;
                return number;
            }
            "step" => {
                let steps = format!("{bot}/scenarios/{}/steps", things["scenario"]);
                let body = json!({ "slug": slug, "text": MARK, "timing": {} });
                owner.post(&steps, &body).await.must_be(201);
            }
            "photo" => {
                let (path, headers) = (format!("{bot}/photos"), [(CONTENT_TYPE, "image/png")]);
                let body = bytes::Bytes::from_static(PNG);
                let stored = owner.send(http::Method::POST, &path, &headers, body).await;
                assert!(stored.status.is_success(), "{}", stored.body);
                return stored.body["photo"]["object"].as_str().expect("a key").to_owned();
            }
            "broadcast" => {
                let body = json!({ "name": MARK, "slug": slug, "text": MARK });
                owner.post(&format!("{bot}/broadcasts"), &body).await.must_be(201);
            }
            _ => {
                let path = format!("{bot}/button-sets/{slug}");
                owner.json(http::Method::PUT, &path, &buttons()).await.must_be(201);
            }
        }
        slug
    }

    /// A new thing of the owner's, by the name that it has in paths.
    async fn thing(&mut self, system: &TestSystem, template: &str, name: &str) -> String {
        // A company has few bots: what is written for one is all written for the same.
        if let Some(bot) = self.bot.clone().filter(|_| name == "bot" && is_written(template)) {
            return bot;
        }
        self.count += 1;
        let count = self.count;
        let owner = self.by(Caller::Owner);
        match name {
            "target_id" => {
                let page = format!("https://shop.example/{count}");
                let body = json!({ "name": MARK, "page_urls": [page] });
                id(&owner.post(TARGETS, &body).await.must_be(201))
            }
            "channel_id" => self.connect(system).await.0,
            "session_id" => {
                let log_in =
                    json!({ "username": format!("{MARK}-owner"), "password": "correct horse" });
                system.stranger().post("/api/public/auth/login", &log_in).await.must_be(200);
                let sessions = owner.get("/api/public/auth/sessions").await.must_be(200);
                let items = sessions["items"].as_array().expect("a list");
                items.iter().rev().find(|it| it["current"] == false).map(id).expect("another one")
            }
            "key_id" => {
                let body = json!({ "name": MARK, "scopes": ["alerts"] });
                id(&owner.post(KEYS, &body).await.must_be(201))
            }
            "slug" if template.contains("scheduled-tasks") => {
                let slug = format!("{MARK}-{count}");
                let mut body = task(self.chat);
                body["slug"] = slug.clone().into();
                self.by(Caller::Owner).post("/api/scheduled-tasks", &body).await.must_be(201);
                slug
            }
            "invite_id" => {
                let body = json!({ "target_name": MARK });
                id(&owner.post("/api/telegram/invites", &body).await.must_be(201))
            }
            "invitation_id" => {
                let body = json!({ "email": format!("{MARK}-{count}@example.com") });
                id(&owner.post("/api/public/company/invitations", &body).await.must_be(201))
            }
            "bot" => {
                let slug = format!("{MARK}-{count}");
                let account = system.telegram().make_bot(&format!("{MARK}_{count}_bot"));
                let token = account.expect("a bot").token;
                let body = json!({ "token": token, "slug": slug });
                owner.post("/api/telegram/bots", &body).await.must_be(201);
                if template.contains("prodamus") {
                    let form = system.prodamus().form_url(&slug);
                    let form = json!({ "form_url": form, "secret": system.prodamus().key() });
                    let (path, body) =
                        (format!("/api/telegram/bots/{slug}"), json!({ "prodamus": form }));
                    owner.json(http::Method::PATCH, &path, &body).await.must_be(200);
                }
                self.bot = Some(slug.clone());
                slug
            }
            "link_id" => id(&owner.post("/api/telegram-links", &json!({})).await.must_be(201)),
            "key" if template.contains("alert-templates") => {
                // Without the mark: another company's template of the same key is their own.
                let key = format!("a-template-{count}");
                let path = format!("/api/telegram/alert-templates/{key}");
                let body = json!({ "title": MARK, "body": MARK });
                let saved = owner.json(http::Method::PUT, &path, &body).await;
                assert!(saved.status.is_success(), "{}", saved.body);
                key
            }
            "user_id" if template.contains("/guests/") => {
                let admin = user(system, owner).await;
                let env = &system.system.app.env;
                let guest = User {
                    id: env.id(),
                    username: format!("{MARK}-guest-{count}"),
                    email: None,
                    password_hash: None,
                    role: Role::Member,
                    tier: Tier::Free,
                    version: 0,
                    ..admin
                };
                let (guest_id, member) = (guest.id, Member::of(&guest, env.now()));
                put(system, [guest.into(), member.into()]).await;
                guest_id.to_string()
            }
            "user_id" => {
                let who = system.sign_up(&format!("{MARK}-{count}")).await;
                // Not one of the callers: nobody asks as them.
                self.join(system, Caller::Owner, who, Caller::Nobody).await;
                let (_, mut who) = self.callers.pop().expect("they have joined");
                user(system, &mut who).await.id.to_string()
            }
            // Whatever a scraper calls its job.
            "job_id" => system.system.app.env.id::<domain::ids::JobId>().to_string(),
            "bot_id" => "default".to_owned(),
            _ => panic!(
                "say in tests/tests/journeys/isolation/people.rs how the owner makes what \
                 {{{name}}} in a path is about"
            ),
        }
    }
}

/// The address of the account that this caller signs up, in the row of the sign-up.
pub(super) fn signed_up(caller: &str) -> String {
    format!("new-{caller}@example.com")
}

/// Whether it belongs to the bot that stands before it in the path.
fn part_of_bot(name: &str) -> bool {
    ["scenario", "step", "button_set", "photo", "broadcast", "chat_id", "order"].contains(&name)
}

/// Whether the path is about what is written for a bot.
fn is_written(template: &str) -> bool {
    [
        "{bot}/scenario",
        "{bot}/button-sets",
        "{bot}/preview",
        "{bot}/photos",
        "{bot}/broadcasts",
        "{bot}/contacts",
        "{bot}/payments",
        "{bot}/orders",
    ]
    .iter()
    .any(|it| template.contains(it))
}

/// A contact who has paid for the scenario [`PAID`].
fn contact(bot: BotId, chat_id: i64) -> Contact {
    let now = Timestamp::default();
    let run = ScenarioState { payment_date: Some(now), ..ScenarioState::default() };
    let mut contact = Contact::new(bot, chat_id, now);
    contact.user_name = Some(MARK.to_owned());
    contact.runs.insert(Slug::parse(PAID).expect("a slug"), run);
    contact
}

/// An order of a contact's.
fn order(bot: BotId, count: u32) -> Order {
    let number = OrderNumber::from_random(u128::from(count).to_be_bytes());
    let whose = (bot, 1_000, Slug::parse(PAID).expect("a slug"));
    Order::new(number, whose, (MARK.to_owned(), 1_500.into()), Timestamp::default())
}

/// The smallest photo there is.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01";

/// Buttons of a set.
pub(super) fn buttons() -> Value {
    let button = json!({ "type": "url", "text": MARK, "url": "https://shop.example" });
    json!({ "rows": [{ "buttons": [button] }] })
}

/// A task that writes to this chat, and does nothing by itself.
pub(super) fn task(chat: i64) -> Value {
    json!({
        "name": MARK, "task": "send_telegram_message", "enabled": false,
        "kwargs": { "text": MARK, "chat_id": chat },
        "schedule": { "interval": { "every": 1, "period": "days" } },
    })
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

/// Writes what no route does.
async fn put(system: &TestSystem, records: impl IntoIterator<Item = Record>) {
    let app = &system.system.app;
    let mut decision = Decision::new(app.env.id(), app.env.now(), ());
    decision.writes.extend(records.into_iter().map(Write::Put));
    app.table.commit(&decision).await.expect("committed");
}

async fn user(system: &TestSystem, who: &mut Browser) -> User {
    let me = who.get("/api/public/auth/me").await.must_be(StatusCode::OK.as_u16());
    let key = keys::user(id(&me).parse().expect("an id"));
    system.system.app.table.get(&key).await.expect("readable").expect("a user")
}
