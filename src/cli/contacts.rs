//! `linq-export contacts`: its options, the configuration they make, and the run.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use clap::Args;
use clap::builder::BoolishValueParser;
use linq_export::config::{
    BaseUrl, Below, ConfigError, ContactsConfig, ExportConfig, Pacing, PerPage, PlainHttp, Rate, Source, Token,
};
use linq_export::ended::Ended;
use linq_export::report::{Publishing, Reporter, Summary, Tally, bytes, counted, seconds};
use linq_export::{Error, Exit, Level, Require, SinkError, export, sandbox};

use super::destination::Destination;
use super::layout::{Form, Values};
use super::records::Records;
use super::sandbox::Embedded;
use super::signals::Signals;
use super::token::{self, TokenSource};
use super::voice::Voice;
use super::{duration, fail, say, words};

/// How long a run that was told to stop may take to do so.
const GRACE: Duration = Duration::from_millis(1_500);

const EXAMPLES: &str = "\
Examples:
  linq-export contacts --sandbox -o contacts.parquet
  LINQ_INTEGRATION_TOKEN=… linq-export contacts -o contacts.parquet
  linq-export contacts --token-file token -o - --format ndjson | head";

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
    /// Stop after so many contacts, for a quick look [default: never]
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroU64>,
    /// The least that must be known of the export's completeness: any, counted, complete or snapshot. Below it nothing
    /// is published, and the exit code is 3 [default: counted; any with --limit]
    #[arg(long, value_name = "LEVEL", env = "LINQ_EXPORT_REQUIRE")]
    require: Option<Require>,
    /// Publish an export below the required level all the same, with its true level; the exit code stays 3
    #[arg(long, env = "LINQ_EXPORT_PUBLISH_BELOW", value_parser = BoolishValueParser::new())]
    publish_below: bool,
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

#[derive(Debug, Args)]
#[command(next_help_heading = "The server, and how it is asked")]
struct Server {
    /// Where the API is: https, or plain http on this machine
    #[arg(long, value_name = "URL", default_value = BaseUrl::PRODUCTION, env = "LINQ_EXPORT_BASE_URL", hide_env_values = true)]
    base_url: String,
    /// Let the token travel over plain http to another machine
    #[arg(long, env = "LINQ_EXPORT_ALLOW_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    allow_plain_http: bool,
    /// A file of certificates (PEM) to trust besides the system's, such as a company proxy's
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_CA_CERT")]
    ca_cert: Option<PathBuf>,
    /// Requests a second, at most, retries included: a number, or auto to learn what the server bears
    #[arg(long, value_name = "RATE", default_value = "auto", env = "LINQ_EXPORT_RATE")]
    rate: RateOption,
    /// The ceiling of a learned rate, in requests a second
    #[arg(long, value_name = "RATE", default_value_t = Rate::HIGHEST_LEARNED, env = "LINQ_EXPORT_MAX_RATE")]
    max_rate: Rate,
    /// Requests under way at once, at most
    #[arg(long, value_name = "N", default_value_t = linq_export::config::DEFAULT_CONCURRENCY, env = "LINQ_EXPORT_CONCURRENCY")]
    concurrency: NonZeroUsize,
    /// Contacts a page, 1 to 100
    #[arg(long, value_name = "N", default_value_t = PerPage::MAX.get(), env = "LINQ_EXPORT_PER_PAGE")]
    per_page: u32,
    /// How long one attempt at a page may take (connecting: 5s, silence: 30s)
    #[arg(long, value_name = "TIME", default_value = "90s", value_parser = duration, env = "LINQ_EXPORT_TIMEOUT")]
    timeout: Duration,
    /// The first wait before a page that failed is asked for again; each further one may be twice as long, up to 30s
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration, env = "LINQ_EXPORT_BACKOFF")]
    backoff: Duration,
    /// How long a server that is down is waited for, and probed
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration, env = "LINQ_EXPORT_MAX_OUTAGE")]
    max_outage: Duration,
    /// The longest wait that a throttling server may ask for (Retry-After); over it, the run ends with 75
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration, env = "LINQ_EXPORT_MAX_RETRY_AFTER")]
    max_retry_after: Duration,
    /// Time for the whole run; after it, the run ends with 75 [default: none]
    #[arg(long, value_name = "TIME", value_parser = duration, env = "LINQ_EXPORT_DEADLINE")]
    deadline: Option<Duration>,
}

/// A rate as it is given: a number, or `auto`.
#[derive(Debug, Clone, Copy)]
enum RateOption {
    Auto,
    Fixed(Rate),
}

impl FromStr for RateOption {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Fixed) }
    }
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
        ended = ended.with_output(self.destination.output().to_string());
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
        Ok((self.config(sandbox.as_ref()).await.map_err(usage)?, sandbox))
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
            None => (self.server.base_url.clone(), self.token.read().await?),
        };
        let plain_http = if self.server.allow_plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback };
        let mut contacts = ContactsConfig::new(BaseUrl::parse(&base_url, plain_http).map_err(text)?, token);
        if let Some(certificate) = sandbox.and_then(sandbox::Sandbox::ca_pem) {
            contacts.ca_certificates = certificate.as_bytes().to_vec();
        } else if let Some(path) = &self.server.ca_cert {
            contacts.ca_certificates =
                tokio::fs::read(path).await.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            if contacts.ca_certificates.is_empty() {
                return Err(format!("{} is empty: --ca-cert takes a file of certificates in PEM", path.display()));
            }
        }
        contacts.pacing = match self.server.rate {
            RateOption::Auto => Pacing::Learn { ceiling: self.server.max_rate, known: None },
            RateOption::Fixed(rate) => Pacing::Fixed(rate),
        };
        contacts.patience.outage = self.server.max_outage;
        contacts.patience.retry_after = self.server.max_retry_after;
        contacts.patience.deadline = self.server.deadline;
        contacts.concurrency = self.server.concurrency;
        contacts.per_page = PerPage::new(self.server.per_page).map_err(text)?;
        contacts.timeouts.attempt = self.server.timeout;
        contacts.backoff.first = self.server.backoff;
        contacts.limit = self.limit;
        contacts.require = self.require;
        let mut config = ExportConfig::new(contacts, self.destination.output(), encoding.format);
        config.encoding = encoding;
        config.content = self.values.content(&self.form)?;
        config.digest = self.values.digest;
        config.kit.clone_from(&self.values.kit);
        self.destination.apply(&mut config);
        if self.publish_below {
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
        say(format_args!("{} and {} in {output}", counted(read.contacts, "contact"), counted(read.owners, "owner")));
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
