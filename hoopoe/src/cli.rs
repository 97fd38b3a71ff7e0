//! The command line.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{commands, demo, dev, show};

/// A self-hosted messaging backend that costs nothing when idle.
#[derive(Debug, Parser)]
#[command(name = "hoopoe", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole system in this process: API, table, queue, clock and Telegram's simulator
    Dev(dev::DevArguments),
    /// Walk through the main job against a running `hoopoe dev`
    Demo(demo::DemoArguments),
    /// Jobs that could not be done
    Queue {
        #[command(subcommand)]
        command: QueueCommand,
        #[command(flatten)]
        place: Place,
    },
    /// Look at every part of a system, and say what to do about what is not well
    Doctor {
        #[command(flatten)]
        expected: commands::doctor::Expected,
        #[command(flatten)]
        place: Place,
    },
    /// Where Telegram sends a bot's updates
    Webhook {
        #[command(subcommand)]
        command: WebhookCommand,
        #[command(flatten)]
        whose: commands::webhook::Whose,
        #[command(flatten)]
        place: Place,
    },
    /// Bring scenarios and contacts of another bot from files; says what it would do unless --apply is given
    Import {
        #[command(flatten)]
        import: commands::migration::Import,
        #[command(flatten)]
        place: Place,
    },
    /// Write a bot's scenarios and contacts to files
    Export {
        #[command(flatten)]
        export: commands::migration::Export,
        #[command(flatten)]
        place: Place,
    },
    /// Keys for services
    ApiKey {
        #[command(subcommand)]
        command: ApiKeyCommand,
        #[command(flatten)]
        place: Place,
    },
    /// People
    User {
        #[command(subcommand)]
        command: UserCommand,
        #[command(flatten)]
        place: Place,
    },
}

/// Which system a command works on: the one on AWS if there is one in the environment, or else a local one.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Directory of the local state
    #[arg(long, value_name = "DIR", default_value = ".hoopoe", global = true)]
    pub state: PathBuf,
    /// Answer as JSON, for scripts
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// List the dead letters with their reasons
    Dead,
    /// Bring dead letters back, and with --bot the jobs of a stopped bot
    Redrive(commands::queue::Redrive),
}

#[derive(Debug, Subcommand)]
enum WebhookCommand {
    /// Have updates sent to a Hoopoe, and set the bot's menu
    Register(commands::webhook::Register),
    /// How the webhook stands
    Show,
}

#[derive(Debug, Subcommand)]
enum ApiKeyCommand {
    /// Make a key; it is shown once
    Create(commands::api_key::Create),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a company and its admin; the password is read from standard input
    CreateAdmin {
        /// The username
        #[arg(long)]
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: String,
        /// The time zone, as in Europe/Berlin
        #[arg(long)]
        timezone: Option<String>,
    },
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    // Two threads, so that requests are read while the table writes.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(dispatch(command));
    // Whoever still hashes a password or resolves a name is not waited for.
    runtime.shutdown_background();
    done
}

async fn dispatch(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Dev(arguments) => dev::run(arguments).await?,
        Command::Demo(arguments) => demo::run(arguments).await?,
        Command::Queue { command: QueueCommand::Dead, place } => {
            commands::queue::dead(&place).await?;
        }
        Command::Queue { command: QueueCommand::Redrive(redrive), place } => {
            commands::queue::redrive(&place, &redrive).await?;
        }
        Command::Doctor { expected, place } => commands::doctor::doctor(&place, &expected).await?,
        Command::Webhook { command: WebhookCommand::Register(register), whose, place } => {
            commands::webhook::register(&place, &whose, &register).await?;
        }
        Command::Webhook { command: WebhookCommand::Show, whose, place } => {
            commands::webhook::show(&place, &whose).await?;
        }
        Command::Import { import, place } => commands::migration::import(&place, &import).await?,
        Command::Export { export, place } => commands::migration::export(&place, &export).await?,
        Command::ApiKey { command: ApiKeyCommand::Create(wanted), place } => {
            commands::api_key::create(&place, wanted).await?;
        }
        Command::User {
            command: UserCommand::CreateAdmin { username, email, timezone },
            place,
        } => {
            commands::user::create_admin(&place, username, email, timezone).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
