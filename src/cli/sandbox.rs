//! `linq-export sandbox`, and the same options for the sandbox that `contacts --sandbox` embeds.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::messages::{fail, say_with_notes};
use super::output::{self, Verbosity, say};
use super::signals::Signals;
use super::values::duration;
use crate::config::ConfigError;
use crate::sandbox::{
    self, Certificate, Count, FaultRule, Lag, Limit, Moves, Order, Outage, PageOrder, PastTheEnd, Protocols,
    SandboxConfig, Tls, Totals,
};
use crate::{ApiError, Error, ExitCode, SetupError};

/// What a sandbox can be told. The ids differ from those of `contacts`, whose options stand beside them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sandbox")]
pub struct SandboxOptions {
    /// Contacts of its organisation
    #[arg(
        id = "sandbox_contacts",
        long = "contacts",
        value_name = "N",
        default_value_t = 2_500,
        env = "LINQ_EXPORT_SANDBOX_CONTACTS"
    )]
    contacts: u64,
    /// The same seed gives the same contacts
    #[arg(id = "sandbox_seed", long = "seed", value_name = "N", default_value_t = 1, env = "LINQ_EXPORT_SANDBOX_SEED")]
    seed: u64,
    /// From a request to its answer, such as 80ms [default: none]
    #[arg(id = "sandbox_latency", long = "latency", value_name = "TIME", value_parser = duration, env = "LINQ_EXPORT_SANDBOX_LATENCY")]
    latency: Option<Duration>,
    /// What it lets in, and else answers 429: 20/s, 20/s,burst=60, fixed:300/60s, sliding:20/1s or in-flight:4;
    /// with ,silent it does not say how long to wait [default: everything]
    #[arg(id = "sandbox_rate", long = "rate", value_name = "LIMIT", value_parser = limit, env = "LINQ_EXPORT_SANDBOX_RATE")]
    rate: Option<Limit>,
    /// A fault it plays, and when, such as 500:0.05, reset-body:page=7 or 429-date:page=3,times=2.
    /// Can be given several times; the first that fits is played
    #[arg(
        id = "sandbox_fault",
        long = "fault",
        value_name = "FAULT",
        value_delimiter = ';',
        env = "LINQ_EXPORT_SANDBOX_FAULT"
    )]
    faults: Vec<FaultRule>,
    /// A time in which it is down, such as refused:after=5s,for=10m, 503:request=200,for=10s or maintenance:after=0s,for=10s
    #[arg(
        id = "sandbox_outage",
        long = "outage",
        value_name = "OUTAGE",
        value_delimiter = ';',
        env = "LINQ_EXPORT_SANDBOX_OUTAGE"
    )]
    outages: Vec<Outage>,
    /// Contacts a page, at most, whatever is asked
    #[arg(
        id = "sandbox_most",
        long = "most-per-page",
        value_name = "N",
        default_value_t = 100,
        env = "LINQ_EXPORT_SANDBOX_MOST_PER_PAGE"
    )]
    most_per_page: u64,
    /// By how much its totals are wrong, such as count=-150 or pages=+2 [default: right]
    #[arg(id = "sandbox_totals", long = "totals", value_name = "TOTALS", env = "LINQ_EXPORT_SANDBOX_TOTALS")]
    totals: Option<Totals>,
    /// What it answers beyond the last page: empty or not-found
    #[arg(id = "sandbox_end", long = "past-the-end", value_name = "ANSWER", default_value_t = PastTheEnd::Empty, env = "LINQ_EXPORT_SANDBOX_PAST_THE_END")]
    past_the_end: PastTheEnd,
    /// The order of its list: newest, oldest, id, updated, name or unstable-ties
    #[arg(id = "sandbox_order", long = "order", value_name = "ORDER", default_value_t = Order::Newest, env = "LINQ_EXPORT_SANDBOX_ORDER")]
    order: Order,
    /// Sort the contacts within each page by id or id-desc, whatever the order of the list [default: as the list]
    #[arg(
        id = "sandbox_sort_pages",
        long = "sort-pages",
        value_name = "ORDER",
        env = "LINQ_EXPORT_SANDBOX_SORT_PAGES"
    )]
    sort_pages: Option<PageOrder>,
    /// Writes to its list before each page, such as 0.5 or 0.5,insert=2,delete=1,update=1,bulk=300 [default: none]
    #[arg(id = "sandbox_moves", long = "moves", value_name = "MOVES", env = "LINQ_EXPORT_SANDBOX_MOVES")]
    moves: Option<Moves>,
    /// A replica that lags: the share of pages it answers and by how many writes, such as 0.1,by=3 [default: none]
    #[arg(id = "sandbox_lag", long = "lag", value_name = "LAG", env = "LINQ_EXPORT_SANDBOX_LAG")]
    lag: Option<Lag>,
    /// Its total: exact, behind by one write, or counted first or last, with the writes of --moves between
    /// the total and the contacts of one answer
    #[arg(id = "sandbox_count", long = "count", value_name = "COUNT", default_value_t = Count::Exact, env = "LINQ_EXPORT_SANDBOX_COUNT")]
    count: Count,
    /// Contacts that share one instant of creation, as a bulk import makes them
    #[arg(id = "sandbox_ties", long = "ties", value_name = "N", default_value_t = 1, env = "LINQ_EXPORT_SANDBOX_TIES")]
    ties: u64,
    /// Serve https with HTTP/2, with a certificate that is good, expired or wrong-name [default: plain http]
    #[arg(id = "sandbox_tls", long = "tls", value_name = "CERTIFICATE", env = "LINQ_EXPORT_SANDBOX_TLS")]
    tls: Option<Certificate>,
    /// Compress answers
    #[arg(id = "sandbox_gzip", long = "gzip", env = "LINQ_EXPORT_SANDBOX_GZIP", value_parser = BoolishValueParser::new())]
    gzip: bool,
}

impl SandboxOptions {
    pub fn config(&self) -> SandboxConfig {
        SandboxConfig {
            contacts: self.contacts,
            seed: self.seed,
            latency: self.latency.unwrap_or_default(),
            limit: self.rate.unwrap_or_default(),
            faults: self.faults.clone(),
            outages: self.outages.clone(),
            most_per_page: self.most_per_page,
            totals: self.totals.unwrap_or_default(),
            past_the_end: self.past_the_end,
            tls: self.tls.map(|certificate| Tls::new(certificate, Protocols::Http2AndHttp1)),
            order: self.order,
            sort_pages: self.sort_pages,
            moves: self.moves,
            lag: self.lag,
            count: self.count,
            ties: self.ties,
            gzip: self.gzip,
            ..SandboxConfig::default()
        }
    }
}

/// A limit by its text; a bare number is a rate.
fn limit(text: &str) -> Result<Limit, String> {
    if let Ok(per_second) = text.parse() {
        return Ok(Limit::per_second(per_second));
    }
    text.parse().map_err(|error: sandbox::ParseError| error.to_string())
}

/// The options of a sandbox, each named `--sandbox-…`, for use beside `--sandbox`.
#[derive(Debug)]
pub struct Embedded {
    options: SandboxOptions,
    /// The first that stands on the command line.
    given: Option<String>,
}

impl Embedded {
    /// Refuses options of a sandbox that was not asked for. Their variables may stand for other runs.
    pub fn check_unused(&self) -> Result<(), String> {
        match &self.given {
            Some(option) => Err(format!("--{option} shapes the sandbox within this process: it needs --sandbox")),
            None => Ok(()),
        }
    }

    /// Starts the sandbox.
    pub async fn start(&self) -> Result<sandbox::Sandbox, Error> {
        let started = sandbox::Sandbox::start(self.options.config()).await;
        started.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => ConfigError::Usage(format!("no such sandbox: {error}")).into(),
            _ => ApiError::Setup(SetupError::Http(format!("the sandbox does not start: {error}"))).into(),
        })
    }
}

impl Args for Embedded {
    fn augment_args(command: Command) -> Command {
        let own = SandboxOptions::augment_args(Command::new("sandbox"));
        command.args(own.get_arguments().map(embedded))
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

fn given(matches: &ArgMatches) -> Option<String> {
    let own = SandboxOptions::augment_args(Command::new("sandbox"));
    let is_given = |option: &&Arg| matches.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine);
    own.get_arguments().find(is_given).map(embedded_name)
}

fn embedded_name(option: &Arg) -> String {
    format!("sandbox-{}", option.get_long().unwrap_or_default())
}

fn embedded(option: &Arg) -> Arg {
    option.clone().long(embedded_name(option)).help_heading("Sandbox").hide_short_help(true)
}

const EXAMPLES: &str = "\
Example:
  linq-export sandbox --port 8080 --contacts 10000 &
  curl -H 'X-LINQ-INTEGRATION-TOKEN: sandbox-token' 'http://127.0.0.1:8080/api/partner/v2/contacts?page=2'
  export LINQ_INTEGRATION_TOKEN=sandbox-token LINQ_EXPORT_BASE_URL=http://127.0.0.1:8080
  linq-export contacts -o contacts.parquet";

/// Serve the sandbox alone, for curl and for rehearsing a nightly job
///
/// Prints its base URL on standard output, and serves until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Sandbox {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, env = "LINQ_EXPORT_SANDBOX_PORT")]
    port: u16,
    /// Where to put the certificate that clients of --tls must trust
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_SANDBOX_CA_FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    options: SandboxOptions,
}

impl Sandbox {
    pub async fn run(&self, verbosity: Verbosity) -> ExitCode {
        let mut config = self.options.config();
        config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        if self.ca_file.is_some() && self.options.tls.is_none() {
            let reason = "--ca-file is for the certificate of --tls: give both".to_owned();
            return fail(&ConfigError::Usage(reason).into());
        }
        let (signals, sandbox) = match (Signals::listen(), start(config).await) {
            (Ok(signals), Ok(sandbox)) => (signals, sandbox),
            (Err(error), _) => return fail(&Error::Bug(format!("cannot listen to signals: {error}"))),
            (_, Err(exit)) => return exit,
        };
        if let (Some(path), Some(certificate)) = (&self.ca_file, sandbox.ca_pem()) {
            let written = tokio::select! {
                // A pipe waits for its reader.
                written = tokio::fs::write(path, certificate) => written,
                () = signals.cancellation.cancelled() => return signals.exit().unwrap_or(ExitCode::Success),
            };
            if let Err(error) = written {
                say_with_notes(&format!("error: cannot write --ca-file {}: {error}", path.display()));
                return ExitCode::CannotCreate;
            }
        }
        if !verbosity.quiet {
            say(format_args!("{} contacts; the token is {}; Ctrl-C stops", sandbox.count(), sandbox.token()));
        }
        if output::print(&sandbox.base_url()).is_err() {
            return ExitCode::BrokenPipe;
        }
        signals.cancellation.cancelled().await;
        sandbox.stop().await;
        signals.exit().unwrap_or(ExitCode::Success)
    }
}

/// Starts a sandbox, or says why it cannot.
async fn start(config: SandboxConfig) -> Result<sandbox::Sandbox, ExitCode> {
    let address = config.address;
    sandbox::Sandbox::start(config).await.map_err(|error| {
        say_with_notes(&format!("error: cannot start the sandbox on {address} (--port): {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => ExitCode::TemporaryFailure,
            _ => ExitCode::Usage,
        }
    })
}
