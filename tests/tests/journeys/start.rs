//! Functions start as on AWS.

use app::aws::{Function, start};
use embedded::Embedded;
use futures::FutureExt;
use hoopoe::dev::{SIMULATED_BOT, Settings};
use queue::MemoryQueue;
use runtime::Env;
use tests::aws::{BULK, BUS, PEOPLE, SECRET, Slowness, TABLE, connection};
use tokio::net::TcpListener;

const FUNCTIONS: [Function; 8] = [
    api::FUNCTION,
    clock::FUNCTION,
    courier_webhook::FUNCTION,
    deliver::FUNCTION,
    ingest::FUNCTION,
    prodamus_webhook::FUNCTION,
    stripe_webhook::FUNCTION,
    telegram_webhook::FUNCTION,
];

#[test]
fn each_function_starts_with_the_secret_and_the_connections_that_it_needs() {
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
            .set("HOOPOE_EVENT_BUS", BUS)
            .set("SITE_URL", "https://hoopoe.example");
        let telegram = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = telegram.local_addr().expect("its address");
        let settings = settings.set("TELEGRAM_API_URL", format!("http://{address}"));
        for function in FUNCTIONS {
            let aws = connection(function, &database, &queue, env.clone(), &Slowness::default());
            let start = start(function, &settings, &aws);
            let app = if function.delivers {
                let (app, connected) = futures::join!(start, telegram.accept());
                connected.expect("a connection");
                app
            } else {
                let app = start.await;
                assert!(telegram.accept().now_or_never().is_none(), "{}", function.name);
                app
            };
            let app = app.expect("it starts");
            let bots: Vec<_> = app.bots.bots.iter().map(|bot| bot.username.as_str()).collect();
            let known: &[&str] = if function.knows_bots { &[SIMULATED_BOT] } else { &[] };
            assert_eq!(bots, known, "{}", function.name);
        }
    });
}
