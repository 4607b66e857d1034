//! `linq-export contacts`: its options, the configuration they make, and the run.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use clap::Args;
use clap::builder::BoolishValueParser;
use linq_export::config::{Below, ConfigError, ExportConfig, MaxDeletes, Source, Token};
use linq_export::ended::Ended;
use linq_export::report::{Publishing, Reporter, Summary, Tally, bytes, counted, seconds};
use linq_export::{Error, Exit, Level, Require, SinkError, export, sandbox};

use super::destination::Destination;
use super::layout::{Form, Values};
use super::records::Records;
use super::sandbox::Embedded;
use super::server::Server;
use super::signals::Signals;
use super::token::{self, TokenSource};
use super::voice::Voice;
use super::{fail, say, words};

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
    #[arg(long, conflicts_with = "base_url", help_heading = "The embedded sandbox", display_order = 0)]
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

impl Contacts {
    pub async fn run(self) -> Exit {
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return fail(&Error::Bug(format!("cannot listen to signals: {error}"))),
        };
        let tally = Arc::new(Tally::new(self.voice.reporter()));
        let (started, start) = (Utc::now(), Instant::now());
        let begun = tokio::select! {
            begun = self.begin() => begun,
            () = signals.cancellation.cancelled() => Err(Error::Cancelled),
        };
        let known = begun.as_ref().ok().map(|(config, _)| config.clone());
        let result = match begun {
            Ok((config, _sandbox)) => self.export(config, Arc::clone(&tally) as _, &signals).await,
            Err(error) => Err(error),
        };
        let exit = match (&result, signals.exit()) {
            (Ok(summary), _) => summary.exit(),
            (Err(Error::Cancelled), Some(exit)) => exit,
            (Err(error), _) => error.exit(),
        };
        let mut ended = Ended::new(exit, started, start.elapsed(), tally.figures());
        // The name may hold the token, and is not recorded then.
        if !matches!(result, Err(Error::Config(ConfigError::Secret(_)))) {
            ended = ended.with_output(self.destination.output().to_string());
        }
        if let Some(config) = &known {
            ended = ended.with_config(config);
        }
        let publishing = tally.publishing();
        if let Publishing::Done(manifest) = &publishing {
            ended = ended.with_manifest(manifest);
        }
        ended = match &result {
            Ok(summary) => ended.with_summary(summary),
            Err(Error::Cancelled) => ended,
            Err(error) => ended.with_error(error, words::hint(error)),
        };
        self.say_end(&result, &ended, &publishing);
        if matches!(result, Err(Error::Sink(SinkError::SamePlace { .. }))) {
            // What stands there is not the records' to replace.
            return exit;
        }
        match self.records.write(&ended) {
            Err(error) => {
                let unwritten = fail(&Error::from(error));
                // Why the export itself failed is worth more.
                if exit == Exit::Whole { unwritten } else { exit }
            }
            Ok(()) => exit,
        }
    }

    /// What a run needs before it can export, and the sandbox where it is to be from one.
    async fn begin(&self) -> Result<(ExportConfig, Option<sandbox::Sandbox>), Error> {
        let usage = |reason| Error::Config(ConfigError::Usage(reason));
        self.records.check(&self.destination.output(), self.destination.manifest(), self.values.kit.as_deref())?;
        self.voice.check().map_err(usage)?;
        let sandbox = if self.sandbox {
            Some(self.embedded.start().await?)
        } else {
            self.embedded.check_unused().map_err(usage)?;
            None
        };
        let config = self.config(sandbox.as_ref()).await.map_err(usage)?;
        config.check()?;
        Ok((config, sandbox))
    }

    async fn export(
        &self,
        config: ExportConfig,
        reporter: Arc<dyn Reporter>,
        signals: &Signals,
    ) -> Result<Summary, Error> {
        if let Some(warning) = self.token.warning().filter(|_| !self.sandbox) {
            self.voice.warn(&warning);
        }
        if let Some(warning) = self.values.warning() {
            self.voice.warn(&warning);
        }
        tokio::select! {
            result = export(config, reporter, signals.cancellation.clone()) => result,
            () = overdue(signals) => {
                self.voice.warn("a write did not end in time, and was left: verify tells what stands there");
                Err(Error::Cancelled)
            }
        }
    }

    fn say_end(&self, result: &Result<Summary, Error>, ended: &Ended, publishing: &Publishing) {
        match result {
            Ok(_) if self.voice.is_quiet() => {}
            _ if self.voice.is_json() => say(ended.log_line()),
            Ok(summary) => self.say_summary(summary),
            Err(Error::Cancelled) => say(words::stopped(publishing)),
            Err(error) => drop(fail(error)),
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
        config.content = self.values.content(&self.form)?;
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

    /// Says how complete the export is: loudly, where that is not proven.
    fn say_level(summary: &Summary) {
        let certificate = &summary.read.certificate;
        let level = certificate.level;
        match level {
            Level::Snapshot => say(format_args!("completeness: snapshot, exactly the server's list at one instant")),
            Level::Complete => {
                let why = certificate.why();
                let separator = if why.is_empty() { "" } else { "; " };
                say(format_args!("completeness: complete, every contact that was there throughout{separator}{why}"));
            }
            _ => say(format_args!("COMPLETENESS NOT PROVEN: {level}: {}", certificate.why())),
        }
        if summary.exit() == Exit::Incomplete {
            say(format_args!("published below what was required ({}), as --publish-below says", summary.required));
        }
    }

    fn say_summary(&self, summary: &Summary) {
        let Summary { read, output, bytes: size, elapsed, .. } = summary;
        let (contacts, owners) = (counted(read.contacts, "contact"), counted(read.owners, "owner"));
        match &summary.owners {
            None => say(format_args!("{contacts} and {owners} in {output}")),
            Some(beside) => say(format_args!("{contacts} in {output}, {owners} in {}", beside.display())),
        }
        say(format_args!(
            "{}, {}, {} read, {} written, {}",
            counted(read.pages, "page"),
            counted(read.requests, "request"),
            bytes(read.bytes),
            bytes(*size),
            seconds(*elapsed)
        ));
        if let Some(rate) = read.learned_rate {
            say(format_args!("the server bears {rate:.1} requests a second, as learned on the way"));
        }
        for ((kind, column), (_, times)) in &read.warnings {
            say(format_args!("warning: {column}, {}: {kind}", counted(*times, "time")));
        }
        if let Some(kit) = &self.values.kit {
            say(format_args!("how to load it, and to check the table: {}", kit.join("README.md").display()));
        }
        Self::say_level(summary);
        if self.sandbox {
            let token = if self.token.is_given() {
                format!("; the token was not used ({})", token::VARIABLE)
            } else {
                String::new()
            };
            say(format_args!("from the embedded sandbox: these contacts are invented{token}"));
        }
    }
}

/// Returns when a run that was told to stop has not done so in time.
async fn overdue(signals: &Signals) {
    signals.cancellation.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
