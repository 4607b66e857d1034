//! The command line: turns arguments and environment variables into configuration, and results into messages and exit codes.
//!
//! The only use of clap, with one file per subcommand.

mod arguments;
mod changes;
mod check;
mod columns;
mod completions;
mod contacts;
mod destination;
mod digest;
mod hide_secrets;
mod inspect;
mod logging;
mod man;
mod messages;
mod profile;
mod profiles;
mod read_limited;
mod run_files;
mod sandbox;
mod schema;
mod server;
mod show_config;
mod signals;
mod stdout;
mod token;
mod usage;
mod values;
mod variables;
mod verify;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime::Runtime;

use self::arguments::Arguments;
use crate::{Error, ExitCode, platform};
use logging::Verbosity;

const ABOUT: &str = "Export all contacts of a Linq organization to Parquet, NDJSON or CSV, atomically";

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
#[command(
    name = "linq-export",
    version,
    about = ABOUT,
    after_long_help = exits(),
    styles = STYLES,
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(subcommand)]
    command: Command,
}

const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).literal(AnsiColor::Cyan.on_default());

#[derive(Debug, Subcommand)]
enum Command {
    Contacts(Box<contacts::Contacts>),
    Check(Box<check::Check>),
    Changes(Box<changes::Changes>),
    Verify(verify::Verify),
    Digest(digest::Digest),
    Inspect(inspect::Inspect),
    Schema(schema::Schema),
    Sandbox(Box<sandbox::Sandbox>),
    Config(show_config::Config),
    Profiles(profiles::Profiles),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Cli {
    /// Parses the arguments and variables of this process. An error has been printed; its exit code is returned.
    fn read() -> Result<Self, ExitCode> {
        variables::register(Self::command());
        let arguments = Arguments::of_process();
        let applied = profile::apply(variables::without_empty(Self::command()), &arguments);
        // The profile may set these as well.
        let color = usage::color(&arguments);
        logging::set_look(color, usage::is_log(&arguments));
        let mut command = applied.map_err(|reason| usage::refused_file(&reason))?.color(color.choice());
        if arguments.ask_for_short_help() {
            command = digest_of_help(command);
        }
        let read = command.try_get_matches_from_mut(std::env::args_os());
        let read = read.and_then(|matches| Self::from_arg_matches(&matches));
        let mut cli = read.map_err(|error| usage::refused(error.format(&mut command)))?;
        match &mut cli.command {
            Command::Contacts(contacts) => contacts.set_verbosity(cli.verbosity),
            Command::Check(check) => check.set_verbosity(cli.verbosity),
            _ => {}
        }
        Ok(cli)
    }

    fn run_to_end(&self) -> ExitCode {
        match runtime() {
            Ok(runtime) => {
                let exit = runtime.block_on(self.run());
                // A blocked write must not keep the process alive.
                runtime.shutdown_background();
                exit
            }
            Err(error) => self.broken(&Error::Bug(format!("cannot start threads: {error}"))),
        }
    }

    /// Runs the subcommand.
    async fn run(&self) -> ExitCode {
        if let Err(error) = platform::outlive_file_size_limits() {
            return self.broken(&Error::Bug(format!("cannot register signal handlers: {error}")));
        }
        for warning in variables::unknown() {
            match &self.command {
                Command::Contacts(contacts) => contacts.warn(&warning),
                _ => self.verbosity.warn(&warning),
            }
        }
        match &self.command {
            Command::Contacts(contacts) => contacts.run().await,
            Command::Check(check) => check.run().await,
            Command::Changes(changes) => changes.run(self.verbosity).await,
            Command::Verify(verify) => verify.run(self.verbosity),
            Command::Digest(digest) => digest.run(),
            Command::Inspect(inspect) => inspect.run(self.verbosity),
            Command::Schema(schema) => schema.run(),
            Command::Sandbox(sandbox) => sandbox.run(self.verbosity).await,
            Command::Config(config) => config.run(Self::command()),
            Command::Profiles(_) => profiles::Profiles::run(&Self::command()),
            Command::Completions(completions) => completions.run(Self::command()),
            Command::Man(man) => man.run(Self::command()),
        }
    }

    fn panicked(&self) -> ExitCode {
        self.broken(&Error::Bug("the program panicked".to_owned()))
    }

    fn broken(&self, error: &Error) -> ExitCode {
        match &self.command {
            Command::Contacts(contacts) => contacts.broken(error),
            _ => messages::fail(error),
        }
    }
}

/// One worker thread: encoding has a thread of its own, and more workers cost more to wake than they save. tokio's own
/// variable can set another number.
fn runtime() -> std::io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        builder.worker_threads(1);
    }
    builder.enable_all().build()
}

/// The short help omits environment variables, and whatever the texts of `contacts` already say.
fn digest_of_help(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|option| option.hide_env(true));
    command.mut_subcommands(|command| {
        let is_long = ["contacts", "check"].contains(&command.get_name());
        command.mut_args(|option| {
            let hides_values = is_long && option.get_action().takes_values();
            let option = option.hide_env(true);
            if hides_values { option.hide_possible_values(true) } else { option }
        })
    })
}

/// The table of exit codes, for the help.
fn exits() -> String {
    let rows = ExitCode::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", rows.join("\n"))
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    /// Except options for one run, and those that would make a production run useless.
    #[test]
    fn every_option_has_an_environment_variable() {
        let program = Cli::command();
        for command in program.get_subcommands().chain([&program]) {
            for option in command.get_opts().filter(|option| !["help", "version"].contains(&option.get_id().as_str())) {
                let name = option.get_long().unwrap();
                let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
                let expected = match name {
                    "sandbox" | "limit" | "json" | "table" | "name" | "summary" | "other-token" | "dry-run"
                    | "html" | "duplicates" | "compare" => None,
                    // The variable names the export, which changes must not replace.
                    "output" | "partition" | "manifest" | "kit" if command.get_name() == "changes" => None,
                    "manifest" if command.get_name() == "verify" => None,
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
        let program = Cli::command();
        for command in program.get_subcommands().chain([&program]) {
            for flag in command.get_opts().filter(|option| matches!(option.get_action(), ArgAction::SetTrue)) {
                let read = |text: &str| {
                    let name = flag.get_id().clone();
                    // As clap reads a variable: by the option's own parser.
                    let option =
                        flag.clone().global(false).action(ArgAction::Set).num_args(1).required(true).env(None::<&str>);
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
