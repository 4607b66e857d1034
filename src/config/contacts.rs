//! How contacts are read: the server, the rate, retries, and the required completeness.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::{BaseUrl, ConfigError, Rate, Token, defaults};
use crate::proof::Require;

/// How to read the contacts of an organization.
///
/// [`ContactsConfig::new`] sets the defaults named at each field; then set the fields that differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ContactsConfig {
    /// The API's base URL, such as [`BaseUrl::production`]. No request goes to another host.
    pub base_url: BaseUrl,
    /// The integration token.
    pub token: Token,
    /// Additional trusted root certificates in PEM. Default: none.
    pub ca_certificates: Vec<u8>,
    /// The request rate. Default: automatic, up to 100 requests per second.
    pub pacing: Pacing,
    /// Maximum concurrent requests. Default: 16.
    pub concurrency: NonZeroUsize,
    /// Contacts per page. Default: 100. If the server returns smaller pages, the run adopts their size.
    pub per_page: PerPage,
    /// Timeouts of one attempt at a request.
    pub timeouts: Timeouts,
    /// How long to wait before a retry.
    pub backoff: Backoff,
    /// How long to keep trying while the server is down or rate limiting.
    pub retry_limits: RetryLimits,
    /// Stop after this many contacts. Default: read all.
    pub limit: Option<NonZeroU64>,
    /// Minimum completeness level; the run reads what the proof of this level needs. Default: `Counted`, or `Any` with
    /// a limit.
    pub require: Option<Require>,
    /// What to do about a contact that cannot be read in a page of any size. Default: end with an error.
    /// [`export`](crate::export) skips the contact if an incomplete export is published or no level is required.
    pub on_unreadable: OnUnreadable,
    /// Which totals to confirm by reading page 1 again. Default: none. [`export`](crate::export) confirms a total that
    /// would delete too many contacts of the export it replaces.
    pub second_look: SecondLook,
    /// Rows per record batch. Default: 8,192. The last batch may be shorter.
    pub batch_rows: NonZeroUsize,
}

impl ContactsConfig {
    /// The default configuration for a server and a token.
    #[must_use]
    pub fn new(base_url: BaseUrl, token: Token) -> Self {
        Self {
            base_url,
            token,
            ca_certificates: Vec::new(),
            pacing: Pacing::default(),
            concurrency: defaults::CONCURRENCY,
            per_page: PerPage::MAX,
            timeouts: Timeouts::default(),
            backoff: Backoff::default(),
            retry_limits: RetryLimits::default(),
            limit: None,
            require: None,
            on_unreadable: OnUnreadable::End,
            second_look: SecondLook::default(),
            batch_rows: defaults::BATCH_ROWS,
        }
    }
}

impl ContactsConfig {
    /// The required completeness level, with the default resolved.
    #[must_use]
    pub fn required(&self) -> Require {
        let default = if self.limit.is_some() { Require::Any } else { Require::Counted };
        self.require.unwrap_or(default)
    }
}

/// Contacts per page: 1 to 100, as the API documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerPage(u32);

impl PerPage {
    /// The API's maximum: 100.
    pub const MAX: Self = Self(defaults::PER_PAGE);

    /// Contacts per page.
    ///
    /// # Errors
    /// If the number is not between 1 and 100.
    pub fn new(contacts: u32) -> Result<Self, ConfigError> {
        if (1..=Self::MAX.0).contains(&contacts) {
            Ok(Self(contacts))
        } else {
            Err(ConfigError::Range(format!("must be between 1 and {}", Self::MAX.0)))
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// Timeouts of one attempt at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From sending the request to the last byte of the response. Default: 90 s.
    pub attempt: Duration,
    /// Until the connection is established, TLS included. Default: 5 s.
    pub connect: Duration,
    /// Between two reads of the response body. Default: 30 s.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { attempt: defaults::ATTEMPT_TIMEOUT, connect: defaults::CONNECT_TIMEOUT, silence: defaults::READ_TIMEOUT }
    }
}

/// How long to wait before a retry.
///
/// The wait before attempt `n + 1` is random, up to `first * 2^(n-1)` and at most `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// Upper bound of the first wait. Default: 500 ms.
    pub first: Duration,
    /// Upper bound of any wait. Default: 30 s. A `Retry-After` of the server may be longer.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: defaults::FIRST_BACKOFF, longest: defaults::MAX_BACKOFF }
    }
}

/// How long a run keeps trying while the server is down or rate limiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryLimits {
    /// How long to retry without a valid page. Default: 15 minutes.
    pub outage: Duration,
    /// Longest `Retry-After` that is obeyed. Default: 10 minutes.
    pub retry_after: Duration,
    /// Time limit of the whole run. Default: none.
    pub deadline: Option<Duration>,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self { outage: defaults::MAX_OUTAGE, retry_after: defaults::MAX_RETRY_AFTER, deadline: None }
    }
}

/// What to do about a contact that cannot be read in a page of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnreadable {
    /// End with an error that names the contact's position and its neighbors' ids.
    End,
    /// Skip up to five such contacts; the export is then incomplete.
    Skip,
}

/// When to confirm the total by reading page 1 again, because it contradicts the replaced export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecondLook {
    /// Confirm totals below this number. Default: 0, which confirms none.
    pub below: u64,
    /// Pause before page 1 is read again. Default: 3 s.
    pub pause: Duration,
    /// How often page 1 is read again, at most, before its total is accepted. Default: twice.
    pub times: u32,
}

impl Default for SecondLook {
    fn default() -> Self {
        Self { below: 0, pause: defaults::SECOND_LOOK_PAUSE, times: defaults::SECOND_LOOKS }
    }
}

/// The request rate, retries included.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Pacing {
    /// Automatic: the run finds the rate that the server sustains.
    Learn {
        /// Upper limit, possibly [`Rate::UNLIMITED`]. Default: 100 requests per second.
        ceiling: Rate,
        /// What an earlier run found out. Default: nothing.
        known: Option<KnownRate>,
    },
    /// This rate from the start and never more; less while the server is rate limiting. With [`Rate::UNLIMITED`] only the
    /// number of concurrent requests limits it.
    Fixed(Rate),
}

/// A rate that an earlier run has sustained, to start with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KnownRate {
    /// The server has a limit slightly above this rate. It is kept for as many pages, before a higher one is tried.
    Limit(Rate, u64),
    /// The server has not refused this rate, and may sustain more.
    AtLeast(Rate),
}

impl KnownRate {
    /// The most pages for which a limit is kept: with 20, more was refused (1.0 instead of 0.4 % in 100 pages), 100 was slower
    /// (87.6 instead of 88.4 % of the ideal speed in 2,000 pages).
    pub(crate) const TRUSTED_PAGES: u64 = 50;

    /// The highest rate, and what is known about the server's limit.
    pub(crate) fn of(pacing: Pacing) -> (Rate, Option<Self>) {
        match pacing {
            Pacing::Learn { ceiling, known } => (ceiling, known),
            Pacing::Fixed(rate) => (rate, Some(Self::Limit(rate, Self::TRUSTED_PAGES))),
        }
    }
}

impl Default for Pacing {
    fn default() -> Self {
        Self::Learn { ceiling: Rate::HIGHEST_LEARNED, known: None }
    }
}
