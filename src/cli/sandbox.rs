//! `linq-export sandbox`, and the same options for the sandbox that `contacts --sandbox` embeds.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use linq_export::Exit;
use linq_export::sandbox::{self, Limit, SandboxConfig};

use super::signals::Signals;
use super::{duration, say};

/// What a sandbox can be told. The ids differ from those of `contacts`, whose options stand beside them.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sandbox")]
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
    /// Requests a second that it lets in, in bursts of a second's worth; over it, it answers 429 [default: all]
    #[arg(id = "sandbox_rate", long = "rate", value_name = "RATE", env = "LINQ_EXPORT_SANDBOX_RATE")]
    rate: Option<f64>,
}

impl SandboxOptions {
    pub fn config(&self) -> SandboxConfig {
        let mut config = SandboxConfig::default();
        config.contacts = self.contacts;
        config.seed = self.seed;
        config.latency = self.latency.unwrap_or_default();
        config.limit = self.rate.map_or(Limit::Unlimited, Limit::per_second);
        config
    }
}

/// The options of a sandbox, each named `--sandbox-…`, for use beside `--sandbox`.
#[derive(Debug)]
pub struct Embedded(pub SandboxOptions);

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
        SandboxOptions::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

fn embedded(option: &Arg) -> Arg {
    let name = format!("sandbox-{}", option.get_long().unwrap_or_default());
    option.clone().long(name).help_heading("The embedded sandbox")
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
    #[command(flatten)]
    options: SandboxOptions,
}

impl Sandbox {
    pub async fn run(self) -> Exit {
        let mut config = self.options.config();
        config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let (signals, sandbox) = match (Signals::listen(), start(config).await) {
            (Ok(signals), Ok(sandbox)) => (signals, sandbox),
            (Err(error), _) => {
                say(format_args!("error: cannot listen to signals: {error}"));
                return Exit::Bug;
            }
            (_, Err(exit)) => return exit,
        };
        say(format_args!("{} contacts; the token is {}; Ctrl-C stops", sandbox.count(), sandbox.token()));
        if super::print(&sandbox.base_url()).is_err() {
            return Exit::ReaderGone;
        }
        signals.cancellation.cancelled().await;
        sandbox.stop().await;
        signals.exit().unwrap_or(Exit::Whole)
    }
}

/// Starts a sandbox, or says why it cannot.
pub async fn start(config: SandboxConfig) -> Result<sandbox::Sandbox, Exit> {
    let address = config.address;
    sandbox::Sandbox::start(config).await.map_err(|error| {
        say(format_args!("error: cannot start the sandbox on {address}: {error}"));
        if error.kind() == std::io::ErrorKind::InvalidInput { Exit::Usage } else { Exit::CannotCreate }
    })
}
