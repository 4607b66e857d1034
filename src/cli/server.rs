//! The server, and how it is asked: the options, and the configuration they make.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{duration, files, secret};
use crate::config::{BaseUrl, ConfigError, ContactsConfig, Pacing, PerPage, PlainHttp, Rate, Token};

/// No bundle of certificates is larger; an endless file is.
const LARGEST_CA: usize = 4 << 20;

#[derive(Debug, Args)]
#[command(next_help_heading = "The server, and how it is asked")]
pub struct Server {
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
    /// The ceiling of a learned rate, in requests a second [default: 100]
    #[arg(long, value_name = "RATE", env = "LINQ_EXPORT_MAX_RATE")]
    max_rate: Option<Rate>,
    /// Requests under way at once, at most
    #[arg(long, value_name = "N", default_value_t = crate::config::DEFAULT_CONCURRENCY, env = "LINQ_EXPORT_CONCURRENCY")]
    concurrency: NonZeroUsize,
    /// Contacts a page, 1 to 100
    #[arg(long, value_name = "N", default_value = "100", value_parser = per_page, env = "LINQ_EXPORT_PER_PAGE")]
    per_page: PerPage,
    /// How long one attempt at a page may take (connecting: 5s; silence after the answer has begun: 30s)
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

/// The file that is read in the place of the system's certificates, if one is set.
pub fn authorities() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Contacts of a page.
fn per_page(text: &str) -> Result<PerPage, String> {
    let contacts = text.parse().map_err(|_| format!("{text:?} is not a number of contacts"))?;
    PerPage::new(contacts).map_err(|error| error.to_string())
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

impl Server {
    /// Where the API is.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Refuses options that contradict each other.
    pub fn check(&self) -> Result<(), String> {
        match (self.rate, self.max_rate) {
            (RateOption::Fixed(rate), Some(most)) if rate > most => {
                Err(format!("--rate {rate} is above --max-rate {most}: give one of them, or a lower --rate"))
            }
            _ => Ok(()),
        }
    }

    /// The time for the whole run, if there is one.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The file of certificates to trust.
    pub fn ca_cert(&self) -> Option<&Path> {
        self.ca_cert.as_deref()
    }

    /// How contacts are read from `base_url`, which is this one's or a sandbox's, with the sandbox's certificate.
    pub async fn contacts(
        &self,
        base_url: &str,
        token: Token,
        certificate: Option<&str>,
    ) -> Result<ContactsConfig, String> {
        let plain_http = if self.allow_plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback };
        let base_url = BaseUrl::parse(base_url, plain_http).map_err(|error| format!("{error} (see --base-url)"))?;
        let mut contacts = ContactsConfig::new(base_url, token);
        if let Some(certificate) = certificate {
            contacts.ca_certificates = certificate.as_bytes().to_vec();
        } else if let Some(path) = &self.ca_cert {
            let read = files::read(path, LARGEST_CA).await;
            let read = read.map_err(|error| format!("cannot read --ca-cert {}: {error}", secret::named(path)))?;
            contacts.ca_certificates = read.to_vec();
            if contacts.ca_certificates.is_empty() {
                return Err(format!("{} is empty: --ca-cert takes a file of certificates in PEM", path.display()));
            }
        }
        contacts.pacing = match self.rate {
            RateOption::Auto => Pacing::Learn { ceiling: self.max_rate.unwrap_or(Rate::HIGHEST_LEARNED), known: None },
            RateOption::Fixed(rate) => Pacing::Fixed(rate),
        };
        contacts.patience.outage = self.max_outage;
        contacts.patience.retry_after = self.max_retry_after;
        contacts.patience.deadline = self.deadline;
        contacts.concurrency = self.concurrency;
        contacts.per_page = self.per_page;
        contacts.timeouts.attempt = self.timeout;
        contacts.backoff.first = self.backoff;
        Ok(contacts)
    }
}
