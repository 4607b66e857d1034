//! `linq-export contacts`: its options, the configuration they make, and the run.

mod ending;
mod places;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use clap::Args;
use clap::builder::BoolishValueParser;

use super::arguments::Arguments;
use super::destination::Destination;
use super::layout::{Form, Values};
use super::records::{OpenRecords, Records};
use super::sandbox::Embedded;
use super::server::Server;
use super::signals::Signals;
use super::token::TokenSource;
use super::voice::Voice;
use super::{secret, words};
use crate::config::{Below, ConfigError, ExportConfig, MaxDeletes, Output, Source, Token};
use crate::events::{Counters, Publishing, Reporter, Summary};
use crate::report::Ended;
use crate::{ApiError, Error, ExitCode, Require, export, sandbox};

/// How long a run that was told to stop may take to do so.
const GRACE: Duration = Duration::from_millis(1_500);

const EXAMPLES: &str = "\
Examples:
  linq-export contacts --sandbox -o contacts.parquet
  LINQ_INTEGRATION_TOKEN=… linq-export contacts -o contacts.parquet
  linq-export contacts --token-file token -o - --format ndjson | head
  linq-export contacts --token-file token -o contacts.parquet --owners table --kit kit
  linq-export contacts --token-file token -o contacts/ --partition run_date=2026-01-31";

/// Export every contact to a file or to standard output
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Contacts {
    #[command(flatten)]
    destination: Destination,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    values: Values,
    #[command(flatten)]
    enough: Enough,
    #[command(flatten)]
    token: TokenSource,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    voice: Voice,
    #[command(flatten)]
    records: Records,
    /// Export from a sandbox within this process: no token, no network
    #[arg(long, help_heading = "Sandbox", display_order = 0)]
    sandbox: bool,
    #[command(flatten)]
    embedded: Embedded,
}

/// When an export is enough.
#[derive(Debug, Args)]
#[command(next_help_heading = "How much, and how complete")]
struct Enough {
    /// Stop after so many contacts, for a quick look [default: never]
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroU64>,
    /// The least that must be known of the export's completeness: any, counted, complete or snapshot. Below it nothing
    /// is published, and the exit code is 3 [default: counted; any with --limit]
    #[arg(long, value_name = "LEVEL", env = "LINQ_EXPORT_REQUIRE")]
    require: Option<Require>,
    /// Publish an export below the required level all the same, with its true level; the exit code stays 3. Up to 5
    /// contacts that the server cannot show are left out then
    #[arg(long, env = "LINQ_EXPORT_PUBLISH_BELOW", value_parser = BoolishValueParser::new())]
    publish_below: bool,
    /// How many contacts of the export that is replaced may be gone: a number, or a percentage. With more, nothing is
    /// published, and the exit code is 3 [default: 50%, where it has 100 contacts or more; 100% allows everything]
    #[arg(long, value_name = "PERCENT|N", env = "LINQ_EXPORT_MAX_DELETES")]
    max_deletes: Option<MaxDeletes>,
}

/// A run that can export.
struct Begun {
    config: ExportConfig,
    /// What the operator should see to.
    warnings: Vec<String>,
    /// Serves until the run is over.
    _sandbox: Option<sandbox::Sandbox>,
}

impl Enough {
    /// Refuses a limit where all contacts are required.
    fn check(&self) -> Result<(), String> {
        match (self.limit, self.require) {
            (Some(limit), Some(require)) if require >= Require::Complete => Err(format!(
                "--limit {limit} and --require {require} contradict each other: a limited export is not complete"
            )),
            _ => Ok(()),
        }
    }
}

impl Contacts {
    pub async fn run(&self) -> ExitCode {
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return self.broken(&Error::Bug(format!("cannot listen to signals: {error}"))),
        };
        let counters = Arc::new(Counters::new(self.voice.reporter()));
        let (started, start) = (Utc::now(), Instant::now());
        let (records, opened) = self.open_records(start, &signals).await;
        let begun = tokio::select! {
            begun = self.begin(opened, start) => begun,
            () = signals.cancellation.cancelled() => Err(Error::Cancelled),
            after = self.deadline(start) => Err(ApiError::Deadline { after }.into()),
        };
        let known = begun.as_ref().ok().map(|begun| begun.config.clone());
        let result = match begun {
            Ok(begun) => self.export(begun, Arc::clone(&counters) as _, &signals).await,
            Err(error) => Err(error),
        };
        let result = result.map_err(secret::within);
        let exit = match (&result, signals.exit()) {
            (Ok(summary), _) => summary.exit(),
            (Err(Error::Cancelled), Some(exit)) => exit,
            (Err(error), _) => error.exit(),
        };
        let mut ended = Ended::new(exit, started, start.elapsed(), counters.figures());
        // The name may hold the token, and is not recorded then.
        if !matches!(result, Err(Error::Config(ConfigError::Secret(_)))) {
            ended = ended.with_output(&self.destination.output());
        }
        if let Some(config) = &known {
            ended = ended.with_config(config);
        }
        let publishing = counters.publishing();
        if let Publishing::Done(manifest) = &publishing {
            ended = ended.with_manifest(manifest);
        }
        ended = match &result {
            Ok(summary) => ended.with_summary(summary),
            Err(Error::Cancelled) => ended,
            Err(error) => ended.with_error(error, words::advice(error).as_deref()),
        };
        // The records come first: where they cannot be written, the last word says so.
        let (exit, ended, unwritten) = self.leave(exit, ended, records, &signals).await;
        self.say_last(&result, &ended, &publishing, unwritten.as_ref());
        exit
    }

    /// Opens the records, so that whatever keeps the run from its end can be told. That takes about a second at most, where
    /// a pipe has no reader; only a file system that hangs is not waited for.
    async fn open_records(&self, start: Instant, signals: &Signals) -> (OpenRecords, Result<(), Error>) {
        if let Some(name) = self.records.holding_token().filter(|_| !self.sandbox) {
            return (OpenRecords::default(), Err(Error::Config(ConfigError::Secret(name))));
        }
        let (records, places) = (self.records.clone(), self.places());
        let late = async {
            let after = self.deadline(start).await;
            tokio::time::sleep(GRACE).await;
            after
        };
        tokio::select! {
            (open, opened) = blocking(move || records.open(|paths| places.check(paths))) => (open, opened.map_err(Error::from)),
            () = overdue(signals) => (OpenRecords::default(), Err(Error::Cancelled)),
            after = late => (OpenRecords::default(), Err(ApiError::Deadline { after }.into())),
        }
    }

    /// What a run needs before it can export, if its records could be opened, and the sandbox where it is to be from one.
    async fn begin(&self, opened: Result<(), Error>, start: Instant) -> Result<Begun, Error> {
        let usage = |reason: String| Error::Config(ConfigError::Usage(secret::without_secrets(&reason)));
        opened?;
        self.check().map_err(usage)?;
        let sandbox = if self.sandbox {
            Some(self.embedded.start().await?)
        } else {
            self.embedded.check_unused().map_err(usage)?;
            None
        };
        let mut config = self.config(sandbox.as_ref()).await.map_err(usage)?;
        config.check()?;
        if let Some(deadline) = &mut config.contacts.patience.deadline {
            *deadline = deadline.saturating_sub(start.elapsed());
        }
        let (token, values) = (self.token.clone(), self.values.clone());
        let is_used = !self.sandbox;
        let warnings = blocking(move || [token.warning().filter(|_| is_used), values.warning()]).await;
        Ok(Begun { config, warnings: warnings.into_iter().flatten().collect(), _sandbox: sandbox })
    }

    /// Refuses options that contradict each other.
    fn check(&self) -> Result<(), String> {
        self.voice.check()?;
        self.records.check_names()?;
        self.enough.check()?;
        self.server.check()?;
        if self.sandbox && Arguments::of_process().has("base-url", None) {
            return Err("--sandbox and --base-url contradict each other: give one of them".to_owned());
        }
        let keeps_manifest = self.destination.manifest().is_some() || self.records.has_report();
        if self.values.digest && self.destination.output() == Output::Stdout && !keeps_manifest {
            return Err("--digest goes into the manifest, and -o - has none without --manifest".to_owned());
        }
        Ok(())
    }

    /// Returns when the time for the whole run, which began at `start`, is over.
    async fn deadline(&self, start: Instant) -> Duration {
        let Some(after) = self.server.deadline() else { return std::future::pending().await };
        tokio::time::sleep(after.saturating_sub(start.elapsed())).await;
        after
    }

    async fn export(&self, begun: Begun, reporter: Arc<dyn Reporter>, signals: &Signals) -> Result<Summary, Error> {
        for warning in &begun.warnings {
            self.voice.warn(warning);
        }
        let result = tokio::select! {
            result = export(begun.config, reporter, signals.cancellation.clone()) => result,
            () = overdue(signals) => {
                self.voice.warn("a write did not end in time, and was left: verify tells what stands there");
                Err(Error::Cancelled)
            }
        };
        match (result, self.server.deadline()) {
            // Some of the time had passed before the export began.
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
        contacts.limit = self.enough.limit;
        contacts.require = self.enough.require;
        let mut config = ExportConfig::new(contacts, self.destination.output(), encoding.format);
        config.encoding = encoding;
        config.content = self.values.content(&self.form).await?;
        config.digest = self.values.digest;
        config.kit.clone_from(&self.values.kit);
        self.destination.apply(&mut config);
        config.max_deletes = self.enough.max_deletes.unwrap_or_default();
        if self.enough.publish_below {
            config.below = Below::Publish;
        }
        if sandbox.is_some() {
            config.source = Source::Sandbox;
        }
        Ok(config)
    }
}

/// Returns when a run that was told to stop has not done so in time.
async fn overdue(signals: &Signals) {
    signals.cancellation.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// Runs what may block on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
