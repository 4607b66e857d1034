//! `linq-export sandbox`, and the options of the sandbox within `contacts --sandbox`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::logging::{Verbosity, say};
use super::messages::{fail, say_with_notes};
use super::signals::Signals;
use super::stdout;
use super::values::duration;
use crate::config::ConfigError;
use crate::sandbox::{
    self, Certificate, Churn, FaultRule, Lag, Limit, Lookups, Order, Outage, PageOrder, PastTheEnd, Protocols, Quirks,
    SandboxConfig, StaleCount, Tls, WrongTotals,
};
use crate::text::humanize;
use crate::{ApiError, Error, ExitCode, SetupError};

/// The options that configure a sandbox, named as beside `--sandbox`. On their own they have no prefix.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the prefix keeps the ids apart from those of `contacts`")]
pub struct SandboxOptions {
    /// Number of contacts
    #[arg(long, value_name = "N", default_value_t = 2_500)]
    sandbox_contacts: u64,
    /// Seed of the contacts: the same seed gives the same contacts
    #[arg(long, value_name = "N", default_value_t = 1)]
    sandbox_seed: u64,
    /// Delay each response by this time, such as 80ms [default: none]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    sandbox_latency: Option<Duration>,
    /// Rate limit, answered with 429 and Retry-After: 20/s, 20/s,burst=60, fixed:300/60s, sliding:20/1s or
    /// in-flight:4; append ,silent to omit Retry-After, ,quota to send X-RateLimit headers instead, or
    /// ,status=503 for another status [default: none]
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    sandbox_rate: Option<Limit>,
    /// Fault to inject, such as 500:0.05, reset-body:page=7, 429-date:page=3,times=2 or 503:lookup,times=2.
    /// Can be repeated; the first match wins
    #[arg(long = "sandbox-fault", value_name = "FAULT", value_delimiter = ';')]
    sandbox_faults: Vec<FaultRule>,
    /// Outage to simulate, such as refused:after=5s,for=10m, 503:request=200,for=10s or
    /// maintenance:after=0s,for=10s. Can be repeated
    #[arg(long = "sandbox-outage", value_name = "OUTAGE", value_delimiter = ';')]
    sandbox_outages: Vec<Outage>,
    /// Maximum contacts per page, whatever the client requests
    #[arg(long, value_name = "N", default_value_t = 100)]
    sandbox_max_per_page: u64,
    /// Add errors to the totals, such as count=-150 or pages=+2 [default: none]
    #[arg(long, value_name = "ERRORS")]
    sandbox_wrong_totals: Option<WrongTotals>,
    /// Response to requests past the last page
    #[arg(long, value_name = "RESPONSE", default_value = "empty", value_parser = one_of(&PastTheEnd::NAMES))]
    sandbox_past_the_end: PastTheEnd,
    /// Response to lookups of single contacts: correct, not-found, plain-404, forbidden, html, another, or
    /// lagging,by=3 for a replica that has not seen the last three writes
    #[arg(long, value_name = "RESPONSE", default_value = "correct")]
    sandbox_lookups: Lookups,
    /// Order of the list
    #[arg(long, value_name = "ORDER", default_value = "newest", value_parser = one_of(&Order::NAMES))]
    sandbox_order: Order,
    /// Sort the contacts within each page, whatever the order of the list [default: like the list]
    #[arg(long, value_name = "ORDER", value_parser = one_of(&PageOrder::NAMES))]
    sandbox_sort_pages: Option<PageOrder>,
    /// Average number of writes to the list before each page, such as 0.5 or
    /// 0.5,insert=2,delete=1,update=1,bulk=300 [default: none]
    #[arg(long, value_name = "CHURN")]
    sandbox_churn: Option<Churn>,
    /// Share of pages from a lagging replica, and its lag in writes, such as 0.1,by=3 [default: none]
    #[arg(long, value_name = "LAG")]
    sandbox_lag: Option<Lag>,
    /// Let the total differ from the rows: by one write, or because it is counted before or after the rows are
    /// read, with the writes of --sandbox-churn in between
    #[arg(long, value_name = "WHEN", default_value = "never", value_parser = one_of(&StaleCount::NAMES))]
    sandbox_stale_count: StaleCount,
    /// Number of consecutive contacts with the same creation time, as after a bulk import
    #[arg(long, value_name = "N", default_value_t = 1)]
    sandbox_shared_timestamps: u64,
    /// Serve HTTPS and HTTP/2 with this TLS certificate [default: plain HTTP]
    #[arg(long, value_name = "CERTIFICATE", value_parser = one_of(&Certificate::NAMES))]
    sandbox_tls: Option<Certificate>,
    /// Compress responses
    #[arg(long, value_parser = BoolishValueParser::new())]
    sandbox_gzip: bool,
}

impl SandboxOptions {
    pub fn config(&self) -> SandboxConfig {
        SandboxConfig {
            contacts: self.sandbox_contacts,
            seed: self.sandbox_seed,
            latency: self.sandbox_latency.unwrap_or_default(),
            limit: self.sandbox_rate.unwrap_or_default(),
            faults: self.sandbox_faults.clone(),
            outages: self.sandbox_outages.clone(),
            quirks: Quirks {
                max_per_page: self.sandbox_max_per_page,
                wrong_totals: self.sandbox_wrong_totals.unwrap_or_default(),
                past_the_end: self.sandbox_past_the_end,
                lookups: self.sandbox_lookups,
                sort_pages: self.sandbox_sort_pages,
            },
            order: self.sandbox_order,
            churn: self.sandbox_churn,
            lag: self.sandbox_lag,
            stale_count: self.sandbox_stale_count,
            shared_timestamps: self.sandbox_shared_timestamps,
            tls: self.sandbox_tls.map(|certificate| Tls::new(certificate, Protocols::Http2AndHttp1)),
            gzip: self.sandbox_gzip,
            ..SandboxConfig::default()
        }
    }
}

/// Reads one of these values by name, so that clap lists them and suggests one for a typo.
fn one_of<T: Copy + Send + Sync + 'static>(values: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(values.iter().map(|(name, _)| *name));
    names.try_map(|text| values.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or("unknown"))
}

/// Reads a limit; a bare number means requests per second.
fn limit(text: &str) -> Result<Limit, String> {
    if let Ok(per_second) = text.parse() {
        return Ok(Limit::per_second(per_second));
    }
    text.parse().map_err(|error: sandbox::ParseError| error.to_string())
}

/// The options of a sandbox for use beside `--sandbox`.
#[derive(Debug)]
pub struct Embedded {
    options: SandboxOptions,
    /// The first one given on the command line.
    given: Option<String>,
}

impl Embedded {
    /// Rejects options of a sandbox that is not used. Their variables may be set for other runs.
    pub fn check_unused(&self) -> Result<(), String> {
        self.given.as_ref().map_or(Ok(()), |option| Err(format!("--{option} needs --sandbox")))
    }

    /// Starts the sandbox.
    pub async fn start(&self) -> Result<sandbox::Sandbox, Error> {
        let started = sandbox::Sandbox::start(self.options.config()).await;
        started.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => ConfigError::Usage(format!("invalid sandbox: {error}")).into(),
            _ => ApiError::Setup(SetupError::Http(format!("cannot start the sandbox: {error}"))).into(),
        })
    }
}

impl Args for Embedded {
    fn augment_args(command: Command) -> Command {
        command.args(
            options()
                .get_arguments()
                .map(|option| with_variable(option.clone()).help_heading(HEADING).hide_short_help(true)),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Embedded {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { options: SandboxOptions::from_arg_matches(matches)?, given: given(matches) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.given = given(matches);
        self.options.update_from_arg_matches(matches)
    }
}

const HEADING: &str = "Sandbox";

fn options() -> Command {
    SandboxOptions::augment_args(Command::new("sandbox"))
}

fn given(matches: &ArgMatches) -> Option<String> {
    let is_given = |option: &&Arg| matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine);
    Some(options().get_arguments().find(is_given)?.get_long()?.to_owned())
}

/// Adds the variable named after an option: `LINQ_EXPORT_SANDBOX_SEED` for `--sandbox-seed`.
fn with_variable(option: Arg) -> Arg {
    let name = option.get_long().unwrap_or_default().replace('-', "_").to_uppercase();
    option.env(format!("LINQ_EXPORT_{name}"))
}

/// The option as in `linq-export sandbox`, without its prefix.
fn standalone(option: Arg) -> Arg {
    let Some(name) = option.get_long().and_then(|name| name.strip_prefix("sandbox-")).map(str::to_owned) else {
        return option;
    };
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    with_variable(option).long(name).help(help.replace("--sandbox-", "--")).help_heading(HEADING)
}

const EXAMPLES: &str = "\
Example:
  linq-export sandbox --port 8080 --contacts 10000 &
  export LINQ_INTEGRATION_TOKEN=sandbox-token
  export LINQ_EXPORT_BASE_URL=http://127.0.0.1:8080
  curl -H \"X-LINQ-INTEGRATION-TOKEN: $LINQ_INTEGRATION_TOKEN\" \\
    \"$LINQ_EXPORT_BASE_URL/api/partner/v2/contacts?page=2\"
  linq-export contacts -o contacts.parquet";

/// Run a mock Linq API server for testing
///
/// Prints its base URL to stdout and serves until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_args = standalone)]
pub struct Sandbox {
    /// Port on 127.0.0.1, or 0 for any free port
    #[arg(long, value_name = "PORT", default_value_t = 0, env = "LINQ_EXPORT_SANDBOX_PORT")]
    port: u16,
    /// File to write the certificate authority of --tls to, for clients to trust
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_SANDBOX_CA_FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    options: SandboxOptions,
}

impl Sandbox {
    pub async fn run(&self, verbosity: Verbosity) -> ExitCode {
        let mut config = self.options.config();
        config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        if self.ca_file.is_some() && self.options.sandbox_tls.is_none() {
            let reason = "--ca-file requires --tls".to_owned();
            return fail(&ConfigError::Usage(reason).into());
        }
        let (signals, sandbox) = match (Signals::listen(), start(config).await) {
            (Ok(signals), Ok(sandbox)) => (signals, sandbox),
            (Err(error), _) => return fail(&Error::Bug(format!("cannot register signal handlers: {error}"))),
            (_, Err(exit)) => return exit,
        };
        if let (Some(path), Some(certificate)) = (&self.ca_file, sandbox.ca_pem()) {
            let written = tokio::select! {
                // Writing to a pipe waits for its reader.
                written = tokio::fs::write(path, certificate) => written,
                () = signals.cancellation.cancelled() => return signals.exit().unwrap_or(ExitCode::Success),
            };
            if let Err(error) = written {
                say_with_notes(&format!("error: cannot write --ca-file {}: {error}", path.display()), None);
                return ExitCode::CannotCreate;
            }
        }
        let contacts = humanize::counted(sandbox.count(), "contact");
        if !verbosity.quiet {
            say(format_args!("serving {contacts}; token: {}; stop with Ctrl-C", sandbox.token()));
        }
        if stdout::print(&sandbox.base_url()).is_err() {
            return ExitCode::BrokenPipe;
        }
        signals.cancellation.cancelled().await;
        sandbox.stop().await;
        signals.exit().unwrap_or(ExitCode::Success)
    }
}

/// Starts a sandbox, or prints why it cannot.
async fn start(config: SandboxConfig) -> Result<sandbox::Sandbox, ExitCode> {
    let address = config.address;
    sandbox::Sandbox::start(config).await.map_err(|error| {
        let (exit, hint) = match error.kind() {
            // Another process may free the port.
            std::io::ErrorKind::AddrInUse => {
                (ExitCode::TemporaryFailure, Some("choose another --port, or 0 for any free port"))
            }
            std::io::ErrorKind::PermissionDenied => (ExitCode::Usage, Some("choose a --port above 1023")),
            _ => (ExitCode::Usage, None),
        };
        say_with_notes(&format!("error: cannot start the sandbox on {address} (--port): {error}"), hint);
        exit
    })
}
