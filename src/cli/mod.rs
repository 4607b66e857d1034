//! The command line: arguments and environment come in, plain configuration goes out.
//!
//! The only clap in the crate, with a file a subcommand. What a run says at its end, and how it ends
//! early, stand here too.

mod arguments;
mod columns;
mod contacts;
mod destination;
mod digest;
mod files;
mod hints;
mod inspect;
mod messages;
mod output;
mod run_files;
mod sandbox;
mod schema;
mod secret;
mod server;
mod signals;
mod token;
mod usage;
mod variables;
mod verify;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::dataset::ReadbackError;
use crate::{Error, ExitCode, platform};

const ABOUT: &str = "Exports every contact of a Linq organisation to Parquet, NDJSON or CSV: whole, or not at all";

/// Runs the program with the arguments and environment of this process, and returns its exit code.
#[must_use]
pub fn main() -> u8 {
    platform::forbid_core_dumps();
    let exit = match Cli::read() {
        // The panic hook has printed where it happened.
        Ok(cli) => catch_unwind(AssertUnwindSafe(|| cli.run_to_end())).unwrap_or_else(|_| cli.panicked()),
        Err(exit) => exit,
    };
    exit.code()
}

/// The arguments of the program.
#[derive(Debug, Parser)]
#[command(name = "linq-export", version, about = ABOUT, after_help = exits(), styles = STYLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).literal(AnsiColor::Cyan.on_default());

#[derive(Debug, Subcommand)]
enum Command {
    Contacts(Box<contacts::Contacts>),
    Verify(verify::Verify),
    Digest(digest::Digest),
    Inspect(inspect::Inspect),
    Schema(schema::Schema),
    Sandbox(Box<sandbox::Sandbox>),
}

impl Cli {
    /// The arguments and variables of this process; or how to exit, when what is wrong with them has been said.
    fn read() -> Result<Self, ExitCode> {
        let mut command = variables::without_empty(Self::command());
        let read = command.try_get_matches_from_mut(std::env::args_os());
        let read = read.and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(|error| usage::refused(&error.format(&mut command)))
    }

    fn run_to_end(&self) -> ExitCode {
        match tokio::runtime::Runtime::new() {
            Ok(runtime) => {
                let exit = runtime.block_on(self.run());
                // A write that hangs must not keep the process.
                runtime.shutdown_background();
                exit
            }
            Err(error) => self.broken(&Error::Bug(format!("cannot start threads: {error}"))),
        }
    }

    /// Does what the arguments say.
    async fn run(&self) -> ExitCode {
        if let Err(error) = platform::outlive_file_size_limits() {
            return self.broken(&Error::Bug(format!("cannot listen to signals: {error}")));
        }
        match &self.command {
            Command::Contacts(contacts) => contacts.run().await,
            Command::Verify(verify) => verify.run(),
            Command::Digest(digest) => digest.run(),
            Command::Inspect(inspect) => inspect.run(),
            Command::Schema(schema) => schema.run(),
            Command::Sandbox(sandbox) => sandbox.run().await,
        }
    }

    fn panicked(&self) -> ExitCode {
        self.broken(&Error::Bug("it stopped in the middle".to_owned()))
    }

    fn broken(&self, error: &Error) -> ExitCode {
        match &self.command {
            Command::Contacts(contacts) => contacts.broken(error),
            _ => fail(error),
        }
    }
}

/// The table of exit codes, for the help text.
fn exits() -> String {
    let rows = ExitCode::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", rows.join("\n"))
}

/// A line on standard error; where nobody reads it, nothing is lost.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line on standard output.
fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Data on standard output, and how a program that ends with it exits.
fn put(data: &dyn std::fmt::Display) -> ExitCode {
    match print(&data.to_string()) {
        Ok(()) => ExitCode::Success,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::BrokenPipe,
        Err(error) => {
            say(format_args!("error: cannot write to standard output\n  because: {error}"));
            ExitCode::CannotWrite
        }
    }
}

/// The same, as one JSON object.
fn put_json(data: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string(data) {
        Ok(text) => put(&text),
        Err(error) => fail(&Error::Bug(error.to_string())),
    }
}

/// Says why a table cannot be read back, and what to do.
fn unread(error: &ReadbackError) -> ExitCode {
    say_error(error, error.hint());
    error.exit()
}

/// Says what is wrong, what to do, and which variables have to do with it.
fn say_error(error: &dyn std::error::Error, hint: &str) {
    let text = messages::error(error);
    say(secret::without_token(&text));
    say(format_args!("hint: {hint}"));
    for note in variables::in_text(&text) {
        say(format_args!("note: {note}"));
    }
}

/// Says why a run did not end well, and what to do.
fn fail(error: &Error) -> ExitCode {
    let exit = error.exit();
    if exit != ExitCode::BrokenPipe {
        say(secret::without_token(&messages::error(error)));
    }
    if let Some(hint) = messages::hint(error) {
        say(format_args!("hint: {hint}"));
    }
    for note in variables::error_chain(error) {
        say(format_args!("note: {note}"));
    }
    exit
}

/// A duration as `90s`, `15m` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let duration =
        humantime::parse_duration(text).map_err(|error| format!("{error}: write it as 20s, 15m or 1h 30m"))?;
    if duration.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_written_with_units() {
        assert_eq!(duration("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("20").unwrap_err().contains("20s"));
        assert!(duration("0s").is_err());
    }

    /// Every option but those that would make a toy of a production run has its variable.
    #[test]
    fn every_option_has_an_environment_variable() {
        for command in Cli::command().get_subcommands() {
            for option in command.get_opts().filter(|option| !["help", "version"].contains(&option.get_id().as_str())) {
                let name = option.get_long().unwrap();
                let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
                let expected = match name {
                    "sandbox" | "limit" => None,
                    name if command.get_name() == "sandbox" => {
                        Some(format!("LINQ_EXPORT_SANDBOX_{}", name.replace('-', "_").to_uppercase()))
                    }
                    name => Some(format!("LINQ_EXPORT_{}", name.replace('-', "_").to_uppercase())),
                };
                assert_eq!(variable, expected, "--{name}");
            }
        }
    }

    #[test]
    fn every_flag_can_be_switched_by_its_variable() {
        for command in Cli::command().get_subcommands() {
            for flag in command.get_opts().filter(|option| matches!(option.get_action(), ArgAction::SetTrue)) {
                let read = |text: &str| {
                    let name = flag.get_id().clone();
                    // As clap reads a variable: by the option's own parser.
                    let option = flag.clone().action(ArgAction::Set).num_args(1).required(true).env(None::<&str>);
                    let matches = clap::Command::new("t")
                        .arg(option)
                        .try_get_matches_from(["t", &format!("--{}={text}", flag.get_long()?)]);
                    matches.ok()?.get_one::<bool>(name.as_str()).copied()
                };
                for (text, value) in
                    [("1", true), ("yes", true), ("true", true), ("0", false), ("no", false), ("false", false)]
                {
                    assert!(flag.get_env().is_none() || read(text) == Some(value), "{:?}={text}", flag.get_env());
                }
            }
        }
    }
}
