//! The Telegram simulator as a process of its own.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use simulators::telegram::{
    BotAccount, HttpSender, Limits, Options, RealClock, Telegram, UnknownTokens, router,
};

/// How long a webhook may take to answer.
const WEBHOOK_TIMEOUT: Duration = Duration::from_mins(1);

/// Telegram's Bot API on a laptop: `/bot<token>/<method>`, with its limits and its errors, and a
/// page at /simulator where one plays the people.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// Write all that happens to this file as JSON lines, and go on from it at the next start
    #[arg(long)]
    log: Option<PathBuf>,
    /// A bot, `123456:secret[:username]`; may be repeated
    #[arg(long = "bot", value_parser = bot)]
    bots: Vec<BotAccount>,
    /// Let every token in; the digits before its colon are the bot's id
    #[arg(long)]
    any_token: bool,
    /// No 429s but those asked for
    #[arg(long)]
    no_limits: bool,
    /// How many messages stay in memory
    #[arg(long, default_value_t = 10_000)]
    keep_messages: usize,
    /// A host that pictures cannot be fetched from; may be repeated
    #[arg(long = "failing-host")]
    failing_hosts: Vec<String>,
}

fn bot(text: &str) -> Result<BotAccount, String> {
    let (token, username) = match text.match_indices(':').nth(1) {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    BotAccount::from_token(token, username)
        .ok_or_else(|| "expected 123456:secret or 123456:secret:username".to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let listener =
        tokio::net::TcpListener::bind(SocketAddr::new(arguments.host, arguments.port)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let any_token = arguments.any_token || arguments.bots.is_empty();
    let telegram = Telegram::open(Options {
        bots: arguments.bots,
        limits: if arguments.no_limits { Limits::NONE } else { Limits::default() },
        log: arguments.log,
        unknown_tokens: if any_token {
            UnknownTokens::AcceptAsNewBot
        } else {
            UnknownTokens::Refuse
        },
        link_base: format!("{base}/simulator/t.me"),
        keep_messages: arguments.keep_messages,
        allow_local_webhooks: true,
        failing_hosts: arguments.failing_hosts,
        ..Options::new(Arc::new(RealClock))
    })?;
    println!("Bot API    {base}/bot<token>/<method>");
    println!("Chats      {base}/simulator");
    let sender = Arc::new(HttpSender::with_timeout(WEBHOOK_TIMEOUT)?);
    tokio::select! {
        served = axum::serve(listener, router(telegram.clone())) => served?,
        () = telegram.run_webhooks(sender) => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}
