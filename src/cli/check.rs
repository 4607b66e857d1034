//! `linq-export check`: whether an export would work, and what it would take.

use clap::Args;

use super::contacts::Contacts;
use super::logging::Verbosity;
use super::stdout::{put, put_json};
use crate::ExitCode;
use crate::report::check_lines;

const EXAMPLES: &str = "\
Examples:
  linq-export check --sandbox
  linq-export check --token-file token -o contacts.parquet
  linq-export check --token-file token -o s3://bucket/contacts/ --json";

/// Check whether an export would work, and forecast what it would take
///
/// Sends two requests: for page 1 and for the last page. The output is opened and locked for a moment, and left
/// as it was; nothing is written. Takes the options of contacts, of which none is required. The exit codes are those of contacts.
#[derive(Debug, Args)]
#[command(
    after_help = EXAMPLES,
    after_long_help = EXAMPLES,
    mut_arg("output", |output| output.required(false)),
    mut_arg("dry_run", |flag| flag.hide(true)),
    mut_arg("report", |file| file.hide(true)),
    mut_arg("metrics_file", |file| file.hide(true))
)]
pub struct Check {
    /// Print a JSON object
    #[arg(long, help_heading = "Monitoring")]
    json: bool,
    #[command(flatten)]
    contacts: Contacts,
}

impl Check {
    /// Sets how much is logged.
    pub fn set_verbosity(&mut self, verbosity: Verbosity) {
        self.contacts.set_verbosity(verbosity);
    }

    pub async fn run(&self) -> ExitCode {
        let print = |checked: &_| if self.json { put_json(checked) } else { put(&check_lines(checked).join("\n")) };
        self.contacts.check_only(print).await
    }
}
