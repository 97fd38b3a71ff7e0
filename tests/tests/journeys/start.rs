//! Functions start as on AWS.

use app::aws::{Function, start};
use embedded::Embedded;
use hoopoe::dev::{SIMULATED_BOT, Settings};
use queue::MemoryQueue;
use runtime::Env;
use tests::aws::{BULK, PEOPLE, SECRET, TABLE, connection};

const FUNCTIONS: [Function; 5] = [
    api::FUNCTION,
    clock::FUNCTION,
    deliver::FUNCTION,
    ingest::FUNCTION,
    telegram_webhook::FUNCTION,
];

#[test]
fn each_function_starts_and_only_those_that_know_bots_read_the_secret() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let database = Embedded::memory().expect("a database");
        let env = Env::system();
        let queue = MemoryQueue::new(env.clock.clone());
        let settings = Settings::none()
            .set("HOOPOE_TABLE", TABLE)
            .set("HOOPOE_QUEUE_PEOPLE", PEOPLE)
            .set("HOOPOE_QUEUE_BULK", BULK)
            .set("HOOPOE_SECRET", SECRET)
            .set("SITE_URL", "https://hoopoe.example");
        for function in FUNCTIONS {
            let aws = connection(function, &database, &queue, env.clone());
            let app = start(function, &settings, &aws).await.expect("it starts");
            let bots: Vec<_> = app.bots.bots.iter().map(|bot| bot.username.as_str()).collect();
            let known: &[&str] = if function.knows_bots { &[SIMULATED_BOT] } else { &[] };
            assert_eq!(bots, known, "{}", function.name);
        }
    });
}
