//! How the program speaks on standard error: lines for people, or a JSON object a line for machines.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use serde_json::json;

use super::say;
use crate::events::{Reporter, Silent};
use crate::report::{Bar, JsonLines, Lines, Verbosity, json_line};

#[derive(Debug, Args)]
#[command(next_help_heading = "What is said, on standard error")]
pub struct Voice {
    /// Say nothing but errors
    #[arg(short, long, env = "LINQ_EXPORT_QUIET", value_parser = BoolishValueParser::new())]
    quiet: bool,
    /// Say more: each failed attempt; twice: each page. The variable holds a number
    #[arg(short, long, action = ArgAction::Count, env = "LINQ_EXPORT_VERBOSE")]
    verbose: u8,
    /// Lines for people, or one JSON object a line
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text, env = "LINQ_EXPORT_LOG_FORMAT")]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Voice {
    /// Who takes the events of a run.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        let verbosity = match self.verbose {
            0 => Verbosity::Warnings,
            1 => Verbosity::Retries,
            _ => Verbosity::Pages,
        };
        if self.quiet {
            Arc::new(Silent)
        } else if self.is_json() {
            Arc::new(JsonLines::new(std::io::stderr(), verbosity))
        } else if std::io::stderr().is_terminal() {
            Arc::new(Bar::new(verbosity))
        } else {
            Arc::new(Lines::new(std::io::stderr(), verbosity))
        }
    }

    /// Refuses what contradicts itself; by value, since a variable may say no.
    pub fn check(&self) -> Result<(), String> {
        if self.quiet && self.verbose > 0 {
            return Err("--quiet and --verbose contradict each other: give one of them".to_owned());
        }
        Ok(())
    }

    /// Whether machines listen.
    pub fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Whether only errors are said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says something that the operator should see to.
    pub fn warn(&self, warning: &str) {
        if self.quiet {
        } else if self.is_json() {
            say(json_line("warned", json!({ "message": warning })));
        } else {
            say(format_args!("warning: {warning}"));
        }
    }
}
