//! `linq-export contacts`: its options, the configuration they make, and the run.

mod conflicts;
mod dry_run;
mod ending;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use clap::Args;
use clap::builder::BoolishValueParser;

use super::arguments::Arguments;
use super::columns::{Columns, Hashing};
use super::destination::Destination;
use super::logging::{Logging, Verbosity};
use super::profile::ProfileOptions;
use super::run_files::{OpenRunFiles, RunFiles};
use super::sandbox::Embedded;
use super::server::Server;
use super::signals::{GRACE, Signals};
use super::stdout::put;
use super::token::TokenSource;
use super::values::{one_of, positive};
use super::{hide_secrets, messages};
use crate::config::{
    ConfigError, ExportConfig, Lookups, MaxDeletes, OnIncomplete, Output, PreviousToken, Source, Token, defaults,
};
use crate::events::{Counters, Publishing, Reporter, Summary};
use crate::report::{RunReport, check_lines};
use crate::storage;
use crate::{ApiError, Error, ExitCode, Require, export, sandbox};

const EXAMPLES: &str = "\
Examples:
  linq-export contacts --sandbox -o contacts.parquet
  LINQ_INTEGRATION_TOKEN=… linq-export contacts -o contacts.parquet
  linq-export contacts --token-file token -o - --format ndjson | head
  linq-export contacts --token-file token -o contacts.parquet --owners table --kit kit
  linq-export contacts --token-file token -o contacts/ --partition run_date=2026-01-31";

const SHORT_EXAMPLES: &str = "\
Example: LINQ_INTEGRATION_TOKEN=… linq-export contacts -o contacts.parquet";

/// Export all contacts to a file, a directory or stdout
#[derive(Debug, Args)]
#[command(after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES)]
pub struct Contacts {
    #[command(flatten)]
    destination: Destination,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    hashing: Hashing,
    #[command(flatten)]
    completeness: Completeness,
    #[command(flatten)]
    token: TokenSource,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    logging: Logging,
    #[command(flatten)]
    run_files: RunFiles,
    #[command(flatten)]
    profile: ProfileOptions,
    /// Only check whether the export would work, and forecast what it would take: two requests, nothing is written
    ///
    /// Like the command check.
    #[arg(long, help_heading = "Monitoring", hide_short_help = true)]
    dry_run: bool,
    /// Export invented contacts, without a token or network access
    ///
    /// They come from a mock API server in this process, which the --sandbox-… options configure.
    #[arg(long, help_heading = "Sandbox", display_order = 0)]
    sandbox: bool,
    #[command(flatten)]
    embedded: Embedded,
}

/// How complete an export must be.
#[derive(Debug, Args)]
#[command(next_help_heading = "Completeness")]
struct Completeness {
    /// Stop after N contacts
    #[arg(long, value_name = "N", value_parser = positive::<NonZeroU64>)]
    limit: Option<NonZeroU64>,
    /// Minimum completeness: counted, complete or snapshot
    #[arg(
        long,
        value_name = "LEVEL",
        value_parser = one_of(&Require::ALL),
        env = "LINQ_EXPORT_REQUIRE",
        long_help = "Minimum completeness level required to publish the export [default: counted; any with --limit]\n\n\
                     Below this level, nothing is published and the exit code is 3. counted: the counts agree, unproven. \
                     complete: every contact that existed throughout the run is included. snapshot: exactly the server's \
                     list at one instant."
    )]
    require: Option<Require>,
    /// Publish even below the required level (exits with 3)
    ///
    /// The manifest records the level reached. Up to 5 contacts that the server cannot return are then skipped.
    #[arg(long, env = "LINQ_EXPORT_ALLOW_INCOMPLETE", value_parser = BoolishValueParser::new())]
    allow_incomplete: bool,
    #[arg(
        long,
        value_name = "N|N%",
        env = "LINQ_EXPORT_MAX_DELETES",
        help = format!(
            "Maximum number or percentage of the previous export's contacts that may be missing [default: {}% of {} or more \
             contacts]",
            defaults::MAX_DELETES_PERCENT,
            defaults::MAX_DELETES_FROM
        ),
        long_help = format!(
            "Maximum number or percentage of the previous export's contacts that may be missing\n\nIf more are missing, nothing \
             is published and the exit code is 3. 100% allows any number. [default: {}% if the replaced export has {} contacts \
             or more]",
            defaults::MAX_DELETES_PERCENT,
            defaults::MAX_DELETES_FROM
        ),
        hide_short_help = true
    )]
    max_deletes: Option<MaxDeletes>,
    /// Previous export, whose contacts must be accounted for
    ///
    /// Each of its contacts is in this export, or was confirmed by the API as deleted, or is listed as unconfirmed in the
    /// manifest. [default: the export that this one replaces; with --partition, its newest sibling]
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_PREVIOUS", hide_short_help = true)]
    previous: Option<PathBuf>,
    #[arg(
        long,
        value_name = "N",
        env = "LINQ_EXPORT_MAX_LOOKUPS",
        help = format!(
            "Maximum number of contacts to look up by id [default: a tenth of the pages, at least {}]",
            defaults::FEWEST_LOOKUPS
        ),
        long_help = format!(
            "Maximum number of contacts to look up by id, after all pages\n\nContacts of the previous export that no page showed \
             are looked up: those that still exist are exported, too. [default: a tenth of the pages, at least {}]",
            defaults::FEWEST_LOOKUPS
        ),
        hide_short_help = true
    )]
    max_lookups: Option<u64>,
    /// Allow a previous export that was made with another token of the same organization
    #[arg(long, hide_short_help = true)]
    other_token: bool,
    /// Do not look up contacts by id
    #[arg(
        long,
        env = "LINQ_EXPORT_NO_LOOKUPS",
        value_parser = BoolishValueParser::new(),
        hide_short_help = true
    )]
    no_lookups: bool,
}

/// A run that is ready to export.
struct Ready {
    config: ExportConfig,
    /// Warnings for the operator.
    warnings: Vec<String>,
    /// Serves until it is dropped.
    _sandbox: Option<sandbox::Sandbox>,
}

impl Completeness {
    fn lookups(&self) -> Lookups {
        match self.max_lookups {
            _ if self.no_lookups => Lookups::AtMost(0),
            Some(most) => Lookups::AtMost(most),
            None => Lookups::default(),
        }
    }

    /// Refuses a limit if all contacts are required.
    fn check(&self) -> Result<(), String> {
        match (self.limit, self.require) {
            (Some(limit), Some(require)) if require >= Require::Complete => Err(format!(
                "--limit {limit} and --require {require} are mutually exclusive: an export that stops early is not complete"
            )),
            _ if self.no_lookups && self.max_lookups.is_some() => {
                Err("--no-lookups and --max-lookups are mutually exclusive".to_owned())
            }
            _ if self.limit.is_some() && self.previous.is_some() => {
                Err("--limit and --previous are mutually exclusive: an export that stops early lacks contacts"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl Contacts {
    /// Sets how much is logged.
    pub fn set_verbosity(&mut self, verbosity: Verbosity) {
        self.logging.verbosity = verbosity;
    }

    /// Logs a warning.
    pub fn warn(&self, warning: &str) {
        self.logging.warn(warning);
    }

    pub async fn run(&self) -> ExitCode {
        if self.dry_run {
            return self.check_only(|checked| put(&check_lines(checked).join("\n"))).await;
        }
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return self.broken(&Error::Bug(format!("cannot register signal handlers: {error}"))),
        };
        let counters = Arc::new(Counters::new(self.logging.reporter(self.destination.output() == Output::Stdout)));
        let (started, start) = (Utc::now(), Instant::now());
        let (files, opened) = self.open_run_files(start, &signals).await;
        let ready = tokio::select! {
            ready = self.prepare(opened, start) => ready,
            () = signals.cancellation.cancelled() => Err(Error::Cancelled),
            after = self.deadline(start) => Err(ApiError::Deadline { after }.into()),
        };
        let known = ready.as_ref().ok().map(|ready| ready.config.clone());
        let result = match ready {
            Ok(ready) => self.export(ready, Arc::clone(&counters) as _, &signals).await,
            Err(error) => Err(error),
        };
        let result = result.map_err(hide_secrets::within);
        let exit = match (&result, signals.exit()) {
            (Ok(summary), _) => summary.exit(),
            (Err(Error::Cancelled), Some(exit)) => exit,
            (Err(error), _) => error.exit(),
        };
        let mut ended =
            RunReport::new(exit, started, start.elapsed(), counters.figures()).with_profile(self.profile.name());
        // A path that contains the token is not recorded.
        if !matches!(result, Err(Error::Config(ConfigError::Secret(_)))) {
            ended = ended.with_output(&self.destination.output());
        }
        if let Some(config) = &known {
            ended = ended.with_config(config);
        }
        ended = ended.with_continuity(counters.continuity().as_ref());
        let publishing = counters.publishing();
        if let Publishing::Done { rows, manifest } = &publishing {
            ended = ended.with_published(*rows, manifest);
        }
        ended = match &result {
            Ok(_) | Err(Error::Cancelled) => ended,
            Err(error) => ended.with_error(error, messages::advice(error).as_deref()),
        };
        // Report and metrics come first, so that the last message can say if they could not be written.
        let (exit, ended, unwritten) = self.write_run_files(exit, ended, files, &signals).await;
        self.say_last(&result, &ended, &publishing, unwritten.as_ref());
        exit
    }

    /// Opens report and metrics first, so that they can tell any later error. This takes about a second at most, if a pipe
    /// has no reader; a file system that hangs is not waited for.
    async fn open_run_files(&self, start: Instant, signals: &Signals) -> (OpenRunFiles, Result<(), Error>) {
        if let Some(name) = self.run_files.holding_token().filter(|_| !self.sandbox) {
            return (OpenRunFiles::default(), Err(Error::Config(ConfigError::Secret(name))));
        }
        let (files, places) = (self.run_files.clone(), self.places());
        let late = async {
            let after = self.deadline(start).await;
            tokio::time::sleep(GRACE).await;
            after
        };
        tokio::select! {
            (open, opened) = blocking(move || files.open(|paths| places.check(paths))) => (open, opened.map_err(Error::from)),
            () = signals.overdue() => (OpenRunFiles::default(), Err(Error::Cancelled)),
            after = late => (OpenRunFiles::default(), Err(ApiError::Deadline { after }.into())),
        }
    }

    /// Prepares the export, and starts the sandbox if one is used.
    async fn prepare(&self, opened: Result<(), Error>, start: Instant) -> Result<Ready, Error> {
        let usage = |reason: String| Error::Config(ConfigError::Usage(hide_secrets::without_secrets(&reason)));
        opened?;
        self.refuse_conflicts().map_err(usage)?;
        let sandbox = if self.sandbox {
            Some(self.embedded.start().await?)
        } else {
            self.embedded.check_unused().map_err(usage)?;
            None
        };
        let mut config = self.config(sandbox.as_ref()).await.map_err(usage)?;
        config.check()?;
        if let Some(deadline) = &mut config.contacts.retry_limits.deadline {
            *deadline = deadline.saturating_sub(start.elapsed());
        }
        let (token, hashing) = (self.token.clone(), self.hashing.clone());
        let is_used = !self.sandbox;
        let warnings = blocking(move || [token.warning().filter(|_| is_used), hashing.warning()]).await;
        Ok(Ready { config, warnings: warnings.into_iter().flatten().collect(), _sandbox: sandbox })
    }

    /// Refuses options that exclude each other.
    fn refuse_conflicts(&self) -> Result<(), String> {
        self.logging.check()?;
        self.run_files.check_names()?;
        self.completeness.check()?;
        if let Some(reason) = self.completeness.previous.as_deref().and_then(storage::objection) {
            return Err(reason);
        }
        self.server.check()?;
        if self.sandbox && Arguments::of_process().has("base-url", None) {
            return Err("--sandbox and --base-url are mutually exclusive".to_owned());
        }
        self.destination.check_digest(self.run_files.has_report())
    }

    /// Returns when the time limit of the run, which began at `start`, has passed.
    async fn deadline(&self, start: Instant) -> Duration {
        let Some(after) = self.server.deadline() else { return std::future::pending().await };
        tokio::time::sleep(after.saturating_sub(start.elapsed())).await;
        after
    }

    async fn export(&self, ready: Ready, reporter: Arc<dyn Reporter>, signals: &Signals) -> Result<Summary, Error> {
        for warning in &ready.warnings {
            self.logging.warn(warning);
        }
        let result = tokio::select! {
            result = export(ready.config, reporter, signals.cancellation.clone()) => result,
            () = signals.overdue() => {
                self.logging.warn(messages::ABANDONED);
                Err(Error::Cancelled)
            }
        };
        match (result, self.server.deadline()) {
            // The export's own limit is shorter, since some time had passed before it began.
            (Err(Error::Api(error)), Some(after)) if matches!(*error, ApiError::Deadline { .. }) => {
                Err(ApiError::Deadline { after }.into())
            }
            (result, _) => result,
        }
    }

    async fn config(&self, sandbox: Option<&sandbox::Sandbox>) -> Result<ExportConfig, String> {
        let text = |error: ConfigError| error.to_string();
        let encoding = self.destination.encoding()?;
        let (base_url, token) = match sandbox {
            Some(sandbox) => (sandbox.base_url(), Token::new(sandbox.token()).map_err(text)?),
            None => (self.server.base_url().to_owned(), self.token.read().await?),
        };
        let mut contacts = self.server.contacts(&base_url, token, sandbox.and_then(sandbox::Sandbox::ca_pem)).await?;
        contacts.limit = self.completeness.limit;
        contacts.require = self.completeness.require;
        let mut config = ExportConfig::new(contacts, self.destination.output(), encoding.format);
        config.encoding = encoding;
        config.content = self.hashing.content(&self.columns).await?;
        self.destination.apply(&mut config);
        config.max_deletes = self.completeness.max_deletes.unwrap_or_default();
        config.previous.clone_from(&self.completeness.previous);
        if self.completeness.other_token {
            config.previous_token = PreviousToken::MayDiffer;
        }
        config.lookups = self.completeness.lookups();
        if self.completeness.allow_incomplete {
            config.on_incomplete = OnIncomplete::Publish;
        }
        if sandbox.is_some() {
            config.source = Source::Sandbox;
        }
        Ok(config)
    }
}

/// Runs blocking work on a thread for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
