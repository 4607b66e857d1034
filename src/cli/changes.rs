//! `linq-export changes`: what changed between two exports.

use std::path::PathBuf;

use clap::Args;

use super::destination::Files;
use super::logging::{Verbosity, say};
use super::signals::Signals;
use super::stdout::{put, put_json};
use super::values::one_of;
use super::{hide_secrets, messages};
use crate::changes::{ChangesError, ChangesOptions, ChangesSummary, Token, changes};
use crate::config::{ChangesConfig, ConfigError, Output, Partition};
use crate::report::changes_lines;
use crate::{Error, ExitCode, Require, export_changes};

const EXAMPLES: &str = "\
Examples:
  linq-export changes monday.parquet tuesday.parquet -o changes.parquet
  linq-export changes monday.parquet tuesday.ndjson.gz -o - --format ndjson
  linq-export changes monday.parquet tuesday.parquet -o changes.parquet --kit kit
  linq-export changes monday/ tuesday/ --summary";

/// Compare two exports: which contacts were inserted, updated and deleted
///
/// Both must match their manifests and have the same columns; their formats may differ. The output has a row for each inserted
/// and deleted contact, and two for each updated one: before and after. Its manifest names the manifests of both exports by
/// their SHA-256, so that a chain of changes shows whether a link is missing. No request is sent to the API.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Changes {
    /// Earlier export: a file, a directory of part files (one partition), or the URL of one
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// Later export
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Output file, DIR/ for part files, s3://, gs:// or az:// URL, or - for stdout
    ///
    /// The output is written atomically: a file appears once it is complete, and the contents of a directory are replaced
    /// in one step.
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Write only the partition DIR/KEY=VALUE/
    ///
    /// For example run_date=2026-01-31. Other partitions stay untouched.
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Output")]
    partition: Option<Partition>,
    /// Manifest path when writing to stdout or a device
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    manifest: Option<PathBuf>,
    /// Write a kit to DIR: SQL and commands to apply the changes to a table, and to keep its history
    ///
    /// DIR is created if needed. An existing DIR must be empty or hold an earlier kit of changes, which is replaced.
    #[arg(long, value_name = "DIR", help_heading = "Output", hide_short_help = true)]
    kit: Option<PathBuf>,
    /// Minimum completeness of NEW: any, counted, complete or snapshot
    ///
    /// Below this level, nothing is written and the exit code is 3. Only a complete export proves that contacts it lacks were
    /// deleted. With counted, they are marked as missing instead; with any, they are left out if NEW is incomplete.
    #[arg(
        long,
        value_name = "LEVEL",
        value_parser = one_of(&Require::ALL),
        default_value_t = Require::Complete,
        help_heading = "Comparison",
        hide_possible_values = true,
        env = "LINQ_EXPORT_REQUIRE"
    )]
    require: Require,
    /// Allow exports that were made with different tokens of one organization
    #[arg(long, help_heading = "Comparison")]
    other_token: bool,
    /// Only print the summary, and write nothing
    #[arg(long, help_heading = "Output", conflicts_with_all = ["output", "partition", "manifest", "kit"])]
    summary: bool,
    /// Print the summary as a JSON object on stdout
    #[arg(long, help_heading = "Output")]
    json: bool,
    #[command(flatten)]
    files: Files,
}

impl Changes {
    pub async fn run(&self, verbosity: Verbosity) -> ExitCode {
        if let Some(exit) = messages::refused_input(&[&self.old, &self.new]) {
            return exit;
        }
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return messages::fail(&Error::Bug(format!("cannot register signal handlers: {error}"))),
        };
        match (self.compare(&signals).await.map_err(hide_secrets::within), signals.exit()) {
            (Ok(summary), _) => self.say(&summary, verbosity),
            (Err(Error::Cancelled), exit) => {
                say("canceled: nothing was published");
                exit.unwrap_or(ExitCode::Interrupted)
            }
            (Err(error), _) => messages::fail(&error),
        }
    }

    async fn compare(&self, signals: &Signals) -> Result<ChangesSummary, Error> {
        let token = if self.other_token { Token::MayDiffer } else { Token::Same };
        let mut options = ChangesOptions::default();
        (options.require, options.token) = (self.require, token);
        if let Some(config) = self.config().map_err(ConfigError::Usage)? {
            let cancellation = signals.cancellation.clone();
            return tokio::select! {
                summary = export_changes(&self.old, &self.new, options, config, cancellation) => summary,
                () = signals.overdue() => {
                    say(format_args!("warning: {}", messages::ABANDONED));
                    Err(Error::Cancelled)
                }
            };
        }
        let (old, new) = (self.old.clone(), self.new.clone());
        let summarized = tokio::task::spawn_blocking(move || {
            let mut changes = changes(&old, &new, options)?;
            changes.try_for_each(|batch| batch.map(drop))?;
            Ok::<_, ChangesError>(changes.summary())
        });
        tokio::select! {
            summary = summarized => Ok(summary.map_err(Error::bug)??),
            () = signals.cancellation.cancelled() => Err(Error::Cancelled),
        }
    }

    /// Where the changes go; `None` if they are only counted.
    fn config(&self) -> Result<Option<ChangesConfig>, String> {
        let Some(output) = &self.output else {
            let missing = "no output is named: use -o FILE, or --summary to write nothing".to_owned();
            return if self.summary { Ok(None) } else { Err(missing) };
        };
        let output = Output::named(output.clone(), self.partition.clone());
        if self.json && output == Output::Stdout {
            return Err("--json and -o - are mutually exclusive: both write to stdout".to_owned());
        }
        let mut config = self.files.config(output, self.partition.as_ref())?;
        config.manifest.clone_from(&self.manifest);
        config.kit.clone_from(&self.kit);
        Ok(Some(config))
    }

    /// Prints the summary: as a result if nothing else is, otherwise as a message.
    fn say(&self, summary: &ChangesSummary, verbosity: Verbosity) -> ExitCode {
        if self.json {
            return put_json(summary);
        }
        let output = self.output.as_ref().map(|output| Output::named(output.clone(), self.partition.clone()));
        let lines = changes_lines(summary, output.as_ref(), self.kit.as_deref());
        if self.summary {
            return put(&lines.join("\n"));
        }
        if !verbosity.quiet {
            lines.iter().for_each(say);
        }
        ExitCode::Success
    }
}
