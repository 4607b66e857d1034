//! The server, the token, the rate and retries: the options and the configuration they make.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::values::{duration, positive, written};
use super::{hide_secrets, read_limited};
use crate::config::{BaseUrl, ConfigError, ContactsConfig, Pacing, PerPage, PlainHttp, Rate, Token, defaults};

/// Larger than any bundle of certificates: protects against endless files.
const MAX_CA_BYTES: usize = 4 << 20;

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection and rate")]
pub struct Server {
    /// API base URL: https, or http for localhost
    #[arg(
        long,
        value_name = "URL",
        default_value = BaseUrl::PRODUCTION,
        env = "LINQ_EXPORT_BASE_URL",
        hide_env_values = true,
        hide_short_help = true
    )]
    base_url: String,
    /// Allow sending the token over plain http to a remote host (insecure)
    #[arg(
        long,
        env = "LINQ_EXPORT_ALLOW_PLAIN_HTTP",
        value_parser = BoolishValueParser::new(),
        hide_short_help = true
    )]
    allow_plain_http: bool,
    /// Also trust the root certificates in this PEM file, such as those of a company proxy
    #[arg(long, value_name = "PATH", env = "LINQ_EXPORT_CA_CERT", hide_short_help = true)]
    ca_cert: Option<PathBuf>,
    /// Maximum requests per second, auto or unlimited
    ///
    /// Retries count as requests. auto finds the rate that the server sustains, up to --max-rate. unlimited, for a server of
    /// your own, sends up to --concurrency requests at once without pauses, and slows down only if the server rejects some.
    #[arg(long, value_name = "RATE", default_value = "auto", env = "LINQ_EXPORT_RATE")]
    rate: RateOption,
    #[arg(
        long,
        value_name = "RATE",
        env = "LINQ_EXPORT_MAX_RATE",
        help = format!(
            "Upper limit of the automatic rate, in requests per second, or unlimited [default: {}]",
            defaults::MAX_RATE
        ),
        hide_short_help = true
    )]
    max_rate: Option<Rate>,
    /// Maximum concurrent requests
    #[arg(
        long,
        value_name = "N",
        default_value_t = defaults::CONCURRENCY,
        value_parser = positive::<NonZeroUsize>,
        env = "LINQ_EXPORT_CONCURRENCY",
        hide_short_help = true
    )]
    concurrency: NonZeroUsize,
    /// Contacts per page, 1 to 100
    #[arg(
        long,
        value_name = "N",
        default_value = defaults::PER_PAGE.to_string(),
        value_parser = per_page,
        env = "LINQ_EXPORT_PER_PAGE",
        hide_short_help = true
    )]
    per_page: PerPage,
    #[arg(
        long,
        value_name = "TIME",
        default_value = written(defaults::ATTEMPT_TIMEOUT),
        value_parser = duration,
        env = "LINQ_EXPORT_TIMEOUT",
        help = format!(
            "Timeout per request (connect timeout {}, read timeout {})",
            written(defaults::CONNECT_TIMEOUT),
            written(defaults::READ_TIMEOUT)
        ),
        hide_short_help = true
    )]
    timeout: Duration,
    #[arg(
        long,
        value_name = "TIME",
        default_value = written(defaults::FIRST_BACKOFF),
        value_parser = duration,
        env = "LINQ_EXPORT_BACKOFF",
        help = format!("Initial retry backoff; doubles on each retry, up to {}", written(defaults::MAX_BACKOFF)),
        hide_short_help = true
    )]
    backoff: Duration,
    /// How long to keep retrying while the server is down
    #[arg(
        long,
        value_name = "TIME",
        default_value = written(defaults::MAX_OUTAGE),
        value_parser = duration,
        env = "LINQ_EXPORT_MAX_OUTAGE",
        hide_short_help = true
    )]
    max_outage: Duration,
    /// Longest Retry-After to wait for when rate limited; if longer, exit with 75
    #[arg(
        long,
        value_name = "TIME",
        default_value = written(defaults::MAX_RETRY_AFTER),
        value_parser = duration,
        env = "LINQ_EXPORT_MAX_RETRY_AFTER",
        hide_short_help = true
    )]
    max_retry_after: Duration,
    /// Time limit for the whole run, such as 2h
    ///
    /// When it is reached, the run ends with exit code 75. [default: none]
    #[arg(long, value_name = "TIME", value_parser = duration, env = "LINQ_EXPORT_DEADLINE")]
    deadline: Option<Duration>,
}

/// The file that replaces the system's root certificates, if one is set.
pub fn authorities() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn per_page(text: &str) -> Result<PerPage, String> {
    let contacts = text.parse().map_err(|_| "expected a whole number".to_owned())?;
    PerPage::new(contacts).map_err(|error| error.to_string())
}

/// A rate as given: a number, `unlimited` or `auto`.
#[derive(Debug, Clone, Copy)]
enum RateOption {
    Auto,
    Fixed(Rate),
}

impl FromStr for RateOption {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            (_, Err(_)) if text.parse::<f64>().is_err() => {
                let expected = format!("expected a number of requests per second, \"{}\" or \"auto\"", Rate::UNLIMITED);
                Err(ConfigError::Range(expected))
            }
            (_, rate) => rate.map(Self::Fixed),
        }
    }
}

impl Server {
    /// The base URL as given.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Refuses options that exclude each other.
    pub fn check(&self) -> Result<(), String> {
        match (self.rate, self.max_rate) {
            (RateOption::Fixed(rate), Some(most)) if rate > most => {
                Err(format!("--rate {rate} is above --max-rate {most}: lower --rate or remove one of them"))
            }
            _ => Ok(()),
        }
    }

    /// The time limit of the whole run.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The file of additional root certificates.
    pub fn ca_cert(&self) -> Option<&Path> {
        self.ca_cert.as_deref()
    }

    /// How contacts are read from `base_url`: the given one, or a sandbox's with its TLS certificate.
    pub async fn contacts(
        &self,
        base_url: &str,
        token: Token,
        certificate: Option<&str>,
    ) -> Result<ContactsConfig, String> {
        let plain_http = if self.allow_plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback };
        let base_url = BaseUrl::parse(base_url, plain_http).map_err(|error| match error {
            ConfigError::BaseUrl(problem) => format!("--base-url {problem}"),
            error => error.to_string(),
        })?;
        let mut contacts = ContactsConfig::new(base_url, token);
        if let Some(certificate) = certificate {
            contacts.ca_certificates = certificate.as_bytes().to_vec();
        } else if let Some(path) = &self.ca_cert {
            let read = read_limited::read(path, MAX_CA_BYTES).await;
            let read = read.map_err(|error| format!("cannot read --ca-cert {}: {error}", hide_secrets::named(path)))?;
            contacts.ca_certificates = read.to_vec();
            if contacts.ca_certificates.is_empty() {
                return Err(format!("--ca-cert {} is empty: it must hold certificates in PEM", path.display()));
            }
        }
        contacts.pacing = match self.rate {
            RateOption::Auto => Pacing::Learn { ceiling: self.max_rate.unwrap_or(Rate::HIGHEST_LEARNED), known: None },
            RateOption::Fixed(rate) => Pacing::Fixed(rate),
        };
        contacts.retry_limits.outage = self.max_outage;
        contacts.retry_limits.retry_after = self.max_retry_after;
        contacts.retry_limits.deadline = self.deadline;
        contacts.concurrency = self.concurrency;
        contacts.per_page = self.per_page;
        contacts.timeouts.attempt = self.timeout;
        contacts.backoff.first = self.backoff;
        Ok(contacts)
    }
}
