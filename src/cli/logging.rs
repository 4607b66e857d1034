//! Log lines on stderr, as text or JSON.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use serde_json::json;

use crate::events::{Reporter, Silent};
use crate::report::{Bar, JsonLines, Lines, Severity, Verbosity as Level, json_line};

/// How much is logged, for every subcommand.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Logging")]
pub struct Verbosity {
    /// Print errors only
    #[arg(short, long, global = true, env = "LINQ_EXPORT_QUIET", value_parser = BoolishValueParser::new(), display_order = 1)]
    pub quiet: bool,
    /// Log each failed request; -vv also logs each page
    ///
    /// The environment variable takes a count.
    #[arg(short, long, global = true, action = ArgAction::Count, env = "LINQ_EXPORT_VERBOSE", display_order = 2)]
    verbose: u8,
}

/// How `contacts` logs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub struct Logging {
    /// Log lines on stderr: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t = LogFormat::Text,
        env = "LINQ_EXPORT_LOG_FORMAT",
        display_order = 3
    )]
    log_format: LogFormat,
    /// Also understood before the subcommand, and so read there.
    #[arg(skip)]
    pub verbosity: Verbosity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    #[value(help = None)]
    Text,
    #[value(help = None)]
    Json,
}

impl Logging {
    /// The reporter of a run.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        let level = self.level();
        if self.is_quiet() {
            Arc::new(Silent)
        } else if self.is_json() {
            Arc::new(JsonLines::new(std::io::stderr(), level))
        } else if std::io::stderr().is_terminal() {
            Arc::new(Bar::new(level))
        } else {
            Arc::new(Lines::new(std::io::stderr(), level))
        }
    }

    /// The reporter of a run that shows no progress.
    pub fn plain_reporter(&self) -> Arc<dyn Reporter> {
        if self.is_json() || self.is_quiet() {
            self.reporter()
        } else {
            Arc::new(Lines::new(std::io::stderr(), self.level()))
        }
    }

    fn level(&self) -> Level {
        match self.verbosity.verbose {
            0 => Level::Warnings,
            1 => Level::Retries,
            _ => Level::Pages,
        }
    }

    /// Refuses `--quiet` with `--verbose`. Not left to clap, since a variable may switch a flag off.
    pub fn check(&self) -> Result<(), String> {
        if self.is_quiet() && self.verbosity.verbose > 0 {
            return Err("--quiet and --verbose are mutually exclusive".to_owned());
        }
        Ok(())
    }

    /// Whether log lines are JSON.
    pub fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Whether only errors are logged.
    pub fn is_quiet(&self) -> bool {
        self.verbosity.quiet
    }

    /// Logs a warning.
    pub fn warn(&self, warning: &str) {
        if self.is_json() && !self.is_quiet() {
            say(json_line("warned", Severity::Warning, json!({ "message": warning })));
        } else {
            self.verbosity.warn(warning);
        }
    }
}

impl Verbosity {
    /// Logs a warning as text.
    pub fn warn(self, warning: &str) {
        if !self.quiet {
            say(format_args!("warning: {warning}"));
        }
    }
}

/// Prints a line on stderr. Errors are ignored: there is nobody left to tell.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
