//! Commands of the binary against a system that runs, its table in a file and its Telegram simulator
//! over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use app::account::{SignUpInput, create_admin};
use app::bot::{AddBot, COMMANDS, add_bot};
use domain::account::{ApiKey, Scope, SecretHash};
use domain::engine::{Decision, Job, NewJob};
use domain::ids::{BotId, CompanyId};
use hoopoe::dev::{Options, Peer, Runs, SIMULATED_TOKEN, Settings, Split, Store, System, Wire};
use runtime::Env;
use serde_json::Value;
use tokio::runtime::Runtime;

/// A `hoopoe dev`, in this process, on a directory of its own.
struct Dev {
    // Dropped before the runtime that it runs on.
    system: System,
    runtime: Runtime,
    dir: tempfile::TempDir,
}

/// What a command said.
struct Said {
    success: bool,
    json: Value,
    errors: String,
}

impl Dev {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let runtime = Runtime::new().expect("a runtime");
        let options = Options {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store: Store::Directory(dir.path().to_owned()),
            peer: Peer::Simulator(Wire::Http),
            env: Env::system(),
            settings: Settings::none(),
            key_directory: None,
            metrics: None,
            split: Split::default(),
            aws: false,
            runs: Runs::default(),
        };
        let system = runtime.block_on(System::start(options)).expect("it starts");
        let table = system.app.table.clone();
        runtime.block_on(until(async || {
            table.cursor().await.expect("an answer").is_some_and(|it| it.forward > it.backward)
        }));
        Self { system, runtime, dir }
    }

    fn run(&self, line: &[&str]) -> Said {
        run_in(self.dir.path(), line)
    }

    /// A job that no worker can do, as a bot leaves it that is no longer configured; returns once it
    /// is a dead letter.
    fn bury_a_job(&self) {
        let app = self.system.app.clone();
        self.runtime.block_on(async move {
            let now = app.env.now();
            let job = Job::KeptUpdate { bot: BotId("gone".to_owned()), chat_id: 1, update_id: 1 };
            let job = NewJob { id: app.env.id(), job, due: now, owner: None };
            let decision = Decision::new(app.env.id(), now, ()).job(job);
            app.commit(decision).await.expect("committed");
        });
        self.until_there_is_a_dead_letter();
    }

    fn until_there_is_a_dead_letter(&self) {
        let table = self.system.app.table.clone();
        self.runtime.block_on(until(async || {
            !table.dead_timers(None).await.expect("a page").items.is_empty()
        }));
    }
}

/// Asks until it is so, and lets the system work meanwhile.
async fn until(so: impl AsyncFn() -> bool) {
    while !so().await {
        tokio::task::yield_now().await;
    }
}

fn run_in(state: &Path, line: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_hoopoe"))
        .args(line)
        .arg("--state")
        .arg(state)
        .arg("--json")
        .env_clear()
        .output()
        .expect("the command runs");
    Said {
        success: output.status.success(),
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    fn done(self) -> Value {
        assert!(self.success, "{}{}", self.json, self.errors);
        self.json
    }

    fn verdict(&self, name: &str) -> &str {
        let checks = self.json["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["name"] == name);
        check.and_then(|check| check["verdict"].as_str()).unwrap_or("not looked at")
    }
}

#[test]
fn a_webhook_is_registered_and_shown_as_telegram_has_it() {
    let dev = Dev::start();
    let base = &dev.system.base_url;
    let telegram = dev.system.simulator.as_ref().expect("it is inside");
    let asked = |method: &str, body: &[u8]| {
        let json = Some("application/json");
        telegram.call(SIMULATED_TOKEN, method, json, body).result().cloned()
    };
    // The system sets the menu, too, when it starts.
    assert_eq!(asked("setMyCommands", br#"{ "commands": [] }"#), Some(Value::Bool(true)));
    assert_eq!(asked("getMyCommands", b"{}"), Some(Value::Array(Vec::new())));
    let registered = dev.run(&["webhook", "register", "--bot-id", "default"]).done();
    assert_eq!(registered["url"], format!("{base}/api/telegram/webhook/default"));
    let menu = COMMANDS.map(|(command, description)| {
        serde_json::json!({ "command": command, "description": description })
    });
    assert_eq!(asked("getMyCommands", b"{}"), Some(Value::from(menu.to_vec())));
    assert_eq!(registered["max_connections"], 40);
    assert_eq!(registered["allowed_updates"].as_array().map(Vec::len), Some(5));
    assert_eq!(dev.run(&["webhook", "show"]).done(), registered);

    let elsewhere = ["webhook", "register", "--base-url", "https://h.example/"];
    let registered = dev.run(&elsewhere).done();
    assert_eq!(registered["url"], "https://h.example/api/telegram/webhook/default");
    let none = dev.run(&["webhook", "show", "--bot-id", "nobody"]);
    assert!(!none.success && none.errors.contains("there is no bot nobody"), "{}", none.errors);
}

#[test]
fn a_system_that_runs_is_well_and_a_webhook_that_leads_elsewhere_fails() {
    let dev = Dev::start();
    let well = dev.run(&["doctor"]);
    let engine = ["clock", "dead letters", "parked jobs", "jobs of another version"];
    for name in ["table", "table expiry", "bot", "webhook"].into_iter().chain(engine) {
        assert_eq!(well.verdict(name), "ok", "{name}: {}", well.json);
    }
    assert_eq!(well.done()["ok"], true);

    dev.run(&["webhook", "register", "--base-url", "https://h.example"]).done();
    let ill = dev.run(&["doctor"]);
    assert!(!ill.success);
    assert_eq!(ill.verdict("webhook"), "fail");
    let dir = dev.dir.path();
    let elsewhere = run_in(&dir.join("none"), &["doctor"]);
    assert!(elsewhere.errors.contains("there is no system in"), "{}", elsewhere.errors);
}

#[test]
fn dead_letters_are_listed_with_their_reason_and_come_back() {
    let dev = Dev::start();
    let none = serde_json::json!({ "items": [], "unread": [] });
    assert_eq!(dev.run(&["queue", "dead"]).done(), none);
    dev.bury_a_job();
    let dead = dev.run(&["queue", "dead"]).done();
    assert_eq!(dead["items"][0]["kind"], "kept_update");
    let reason = dead["items"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("gone"), "{reason}");
    assert_eq!(dev.run(&["doctor"]).verdict("dead letters"), "warn");

    assert_eq!(dev.run(&["queue", "redrive", "--dry-run"]).done(), dead);
    let others = dev.run(&["queue", "redrive", "--bot", "default"]).done();
    assert_eq!(others["redriven"], 0);
    assert_eq!(others["unread"], serde_json::json!([]), "a list, as where they are only listed");
    assert_eq!(dev.run(&["queue", "redrive"]).done()["redriven"], 1);
    // The bot is still not configured: the running system tries, and buries it again.
    dev.until_there_is_a_dead_letter();
}

#[test]
fn a_companys_bot_is_registered_by_its_id_and_by_its_slug_and_looked_at() {
    let dev = Dev::start();
    let simulator = dev.system.simulator.as_ref().expect("it is inside");
    let command = AddBot {
        company_id: CompanyId(uuid::Uuid::from_u128(1)),
        token: simulator.make_bot("ops_bot").expect("a bot").token,
        slug: Some("ops".to_owned()),
        default_chat: None,
        is_default: false,
        keep: None,
    };
    let added = dev.runtime.block_on(add_bot(&dev.system.app, command));
    let id = added.expect("it is added").0.id.to_string();
    for name in [id.as_str(), "ops"] {
        let registered = dev.run(&["webhook", "register", "--bot-id", name]).done();
        let url = format!("{}/api/telegram/webhook/{id}", dev.system.base_url);
        assert_eq!((&registered["url"], &registered["username"]), (&url.into(), &"ops_bot".into()));
        assert_eq!(dev.run(&["webhook", "show", "--bot-id", name]).done(), registered);
    }
    assert!(simulator.webhook_secret("ops_bot").is_some());

    let well = dev.run(&["doctor"]);
    for name in ["companies' bots", "bot @ops_bot", "webhook @ops_bot"] {
        assert_eq!(well.verdict(name), "ok", "{name}: {}", well.json);
    }
    let elsewhere = ["webhook", "register", "--bot-id", "ops", "--base-url", "https://h.example"];
    dev.run(&elsewhere).done();
    let ill = dev.run(&["doctor"]);
    assert_eq!((ill.verdict("webhook"), ill.verdict("webhook @ops_bot")), ("ok", "fail"));
    assert!(!ill.success);
    simulator.revoke_token("ops_bot").expect("a bot");
    let refused = dev.run(&["doctor"]);
    assert_eq!((refused.verdict("bot"), refused.verdict("bot @ops_bot")), ("ok", "fail"));
    let platforms = dev.run(&["doctor", "--platform-only"]);
    assert_eq!(platforms.verdict("bot @ops_bot"), "not looked at");
    platforms.done();
}

#[test]
fn a_key_is_the_platforms_or_a_companys_by_its_id_or_by_an_account() {
    let dev = Dev::start();
    let input = SignUpInput {
        username: Some("ada".to_owned()),
        email: Some("ada@example.com".to_owned()),
        password: Some("correct horse".to_owned()),
        ..SignUpInput::default()
    };
    let ada = dev.runtime.block_on(create_admin(&dev.system.app, &input)).expect("an admin");
    let company = ada.company_id.to_string();
    let create = |scope: &str, whose: &[&str]| {
        let line = ["api-key", "create", "--name", "CRM", "--scope", scope];
        dev.run(&[&line[..], whose].concat())
    };
    let found = |made: &Value| {
        let key = made["key"].as_str().expect("a key");
        let place = table::keys::api_key(&SecretHash::of(key));
        let found = dev.runtime.block_on(dev.system.app.table.get::<ApiKey>(&place));
        found.expect("an answer").expect("it works")
    };
    let platforms = create("scraper", &[]).done();
    assert_eq!((found(&platforms).company_id, &platforms["company_id"]), (None, &Value::Null));
    for whose in [["--company", &company], ["--account", "ADA"], ["--account", "ada@example.com"]] {
        let made = create("events", &whose).done();
        assert_eq!(made["company_id"], company.as_str());
        let key = found(&made);
        assert_eq!((key.company_id, key.scopes), (Some(ada.company_id), vec![Scope::Events]));
    }
    let nobody = uuid::Uuid::nil().to_string();
    for (scope, whose, why) in [
        ("scraper", ["--company", &company], "scopes[0]"),
        ("events", ["--company", &nobody], "there is no company"),
        ("events", ["--company", "ada"], "expected the id of a company"),
        ("events", ["--account", "eve"], "there is no account eve"),
    ] {
        let refused = create(scope, &whose);
        assert!(!refused.success && refused.errors.contains(why), "{why}: {}", refused.errors);
    }
}

/// Files of a bot of one scenario with a contact who waits for the second of two messages.
fn old_bot(dir: &Path) {
    let files = [
        (
            "messages.json",
            r#"{"messages_list":["one","two"],"messages":{"one":{},"two":{"timing":[1,0]}}}"#,
        ),
        (
            "users.json",
            r#"{"77":{"reg_time":"2024-01-15T10:00:00Z","is_messaging":true,"messages_list":["two"]}}"#,
        ),
        ("schedule_backup.json", r#"{"77":"2124-01-15T10:00:00Z"}"#),
        ("messages/one.md", "Первое"),
        ("messages/two.md", "Второе: {{payment_price}} ₽"),
        (
            ".env",
            "PRODAMUS_PRODUCT_NAME=Курс\nPRODAMUS_PRODUCT_PRICE=1500\n\
            PRODAMUS_API_URL=https://shop.payform.ru/\nPRODAMUS_SECRET_KEY=hush\n",
        ),
    ];
    for (path, text) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let image = dir.join("assets/images/two.PNG");
    std::fs::create_dir_all(image.parent().expect("a directory")).expect("made");
    std::fs::write(image, png()).expect("written");
}

/// The beginning of a picture of one pixel: as much as is read of it.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
    bytes
}

#[test]
fn a_bot_of_files_is_imported_when_asked_and_exported_as_it_is() {
    let dev = Dev::start();
    let bot = tempfile::tempdir().expect("a directory");
    old_bot(bot.path());
    std::fs::write(bot.path().join("notes.txt"), "Позвонить").expect("written");
    let path = |name: &str| bot.path().join(name).to_string_lossy().into_owned();
    let (dir, env) = (path(""), path(".env"));
    let line = ["import", &dir, "--env", &env];
    let dry = dev.run(&line).done();
    assert_eq!((&dry["applied"], &dry["result"]["contacts_made"]), (&false.into(), &1.into()));
    assert_eq!(dry["report"]["unread"], serde_json::json!(["notes.txt"]));
    assert_eq!(dry["result"]["form"], "platform", "nobody pays through the platform's bot");
    let applied = dev.run(&[&line[..], &["--apply"]].concat()).done();
    assert_eq!((&applied["applied"], &applied["result"]), (&true.into(), &dry["result"]));
    assert_eq!(applied["result"]["timers"], 1);
    let again = dev.run(&line).done();
    assert_eq!(again["result"]["contacts_unchanged"], 1, "{again}");
    assert_eq!(again["result"]["scenarios"], 0, "{again}");

    let out = path("data");
    let exported = dev.run(&["export", &out]).done();
    assert_eq!(exported["missing_photos"], serde_json::json!([]));
    let text = std::fs::read_to_string(path("data/scenarios/default/messages/two.md"));
    assert_eq!(text.expect("it is there"), "Второе: {{scenario.product_price}} ₽");
    let twice = dev.run(&["export", &out]);
    assert!(twice.errors.contains("is not empty"), "{}", twice.errors);
    let read = dev.run(&["import", &out]).done();
    assert_eq!(read["report"]["warnings"], serde_json::json!([]));
    assert_eq!(read["report"]["unread"], serde_json::json!([]));
    assert_eq!(read["result"]["kept"], serde_json::json!([]), "{read}");
}

#[test]
fn files_with_errors_are_refused_each_with_its_place() {
    let dev = Dev::start();
    let bot = tempfile::tempdir().expect("a directory");
    old_bot(bot.path());
    std::fs::remove_file(bot.path().join("messages/one.md")).expect("removed");
    let dir = bot.path().to_string_lossy().into_owned();
    let refused = dev.run(&["import", &dir, "--product-price", "много", "--apply"]);
    assert!(
        !refused.success && refused.errors.contains("2 errors"),
        "{} {}",
        refused.errors,
        refused.json
    );
    let errors = refused.json["report"]["errors"].as_array().expect("errors");
    let named = |file: &str, at: &str| errors.iter().any(|it| it["file"] == file && it["at"] == at);
    assert!(named("messages/one.md", ""), "{errors:?}");
    assert!(named(".env", "PRODAMUS_PRODUCT_PRICE"), "{errors:?}");
    let nobody = dev.run(&["import", &dir, "--bot", "nobody"]);
    assert!(nobody.errors.contains("there is no bot nobody"), "{}", nobody.errors);
}
