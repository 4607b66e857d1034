//! How contacts are read: the server, the pace, the patience, and how much must be known in the end.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::{BaseUrl, ConfigError, Rate, Token};
use crate::proof::Require;

/// How to read the contacts of an organisation.
///
/// Made by [`ContactsConfig::new`] with the defaults named at each field; fields can be set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ContactsConfig {
    /// Where the API is: `https://api.linqapp.com`. No other host is talked to.
    pub base_url: BaseUrl,
    /// Who asks.
    pub token: Token,
    /// Certificates in PEM that are trusted besides the system's: none.
    pub ca_certificates: Vec<u8>,
    /// How many requests a second: as many as the server bears, which the run learns.
    pub pacing: Pacing,
    /// Requests under way at once, at most: 16.
    pub concurrency: NonZeroUsize,
    /// Contacts a page: 100. A server may answer with fewer; then that is the run's page size.
    pub per_page: PerPage,
    /// How long an attempt may take.
    pub timeouts: Timeouts,
    /// When an attempt that failed is made again.
    pub backoff: Backoff,
    /// How long a server that is down, or asks for patience, is waited for.
    pub patience: Patience,
    /// Stop after this many contacts: never, by default.
    pub limit: Option<NonZeroU64>,
    /// The least that must be known of the export's completeness: what a proof needs is read. By default, that
    /// no gap is known; nothing, where a limit is set.
    pub require: Option<Require>,
    /// What to do about a contact that no page can show: the reading ends with an error, by default.
    /// [`export`](crate::export) leaves it out where an incomplete export is published, or any is enough.
    pub on_unreadable: OnUnreadable,
    /// Totals that are not believed at once: none, by default. [`export`](crate::export) doubts what would delete too
    /// many contacts of the export that it replaces.
    pub second_look: SecondLook,
    /// Rows of a record batch: 8,192. The last may be shorter.
    pub batch_rows: NonZeroUsize,
}

impl ContactsConfig {
    /// The defaults, for a server and a token.
    #[must_use]
    pub fn new(base_url: BaseUrl, token: Token) -> Self {
        Self {
            base_url,
            token,
            ca_certificates: Vec::new(),
            pacing: Pacing::default(),
            concurrency: DEFAULT_CONCURRENCY,
            per_page: PerPage::MAX,
            timeouts: Timeouts::default(),
            backoff: Backoff::default(),
            patience: Patience::default(),
            limit: None,
            require: None,
            on_unreadable: OnUnreadable::End,
            second_look: SecondLook::default(),
            batch_rows: DEFAULT_BATCH_ROWS,
        }
    }
}

impl ContactsConfig {
    /// The least level of completeness that is enough.
    #[must_use]
    pub fn required(&self) -> Require {
        let unasked = if self.limit.is_some() { Require::Any } else { Require::Counted };
        self.require.unwrap_or(unasked)
    }
}

/// Requests under way at once, unless told otherwise.
pub const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not zero");
const DEFAULT_BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(8_192).expect("8,192 is not zero");

/// Contacts a page: 1 to 100, as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerPage(u32);

impl PerPage {
    /// As many as the API gives: 100.
    pub const MAX: Self = Self(100);

    /// Contacts a page.
    ///
    /// # Errors
    /// If it is not from 1 to 100.
    pub fn new(contacts: u32) -> Result<Self, ConfigError> {
        if (1..=Self::MAX.0).contains(&contacts) {
            Ok(Self(contacts))
        } else {
            Err(ConfigError::Range(format!("{contacts} contacts a page: the API gives 1 to {}", Self::MAX.0)))
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// How long one attempt at a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the request to the last byte of its answer: 90 s.
    pub attempt: Duration,
    /// Until the connection stands, TLS included: 5 s.
    pub connect: Duration,
    /// Without a byte from the server once its answer has begun: 30 s.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { attempt: Duration::from_secs(90), connect: Duration::from_secs(5), silence: Duration::from_secs(30) }
    }
}

/// When an attempt that failed is made again.
///
/// Before attempt `n + 1` a page waits for a random time of up to `first * 2^(n-1)`, at most `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// The bound of the first wait: 500 ms.
    pub first: Duration,
    /// The bound of any wait: 30 s. A server's Retry-After is obeyed beyond it.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }
}

/// How long a run waits for a server that is down or throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// For a server that gives no answer, or no page: 15 minutes.
    pub outage: Duration,
    /// For a server that says how long it wants to be left in peace: 10 minutes.
    pub retry_after: Duration,
    /// For the whole run: without end, by default.
    pub deadline: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { outage: Duration::from_mins(15), retry_after: Duration::from_mins(10), deadline: None }
    }
}

/// What becomes of a reading in which a contact cannot be read, in a page of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnreadable {
    /// It ends with an error that names the contact's place and the ids beside it.
    End,
    /// It goes on without it, up to five of them, and is incomplete.
    Skip,
}

/// When page 1 is read again, since its total contradicts what is known from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecondLook {
    /// Totals below this are doubted: 0, which doubts none.
    pub below: u64,
    /// How long before page 1 is read again: 3 s.
    pub pause: Duration,
    /// How often it is read again, at most, before what it says is believed: twice.
    pub times: u32,
}

impl Default for SecondLook {
    fn default() -> Self {
        Self { below: 0, pause: Duration::from_secs(3), times: 2 }
    }
}

/// How many requests a second a run makes, retries included.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Pacing {
    /// As many as the server bears, which is learned.
    Learn {
        /// Never more than this: 100.
        ceiling: Rate,
        /// What an earlier run has learned: nothing, by default.
        known: Option<Rate>,
    },
    /// This many from the start and never more; fewer if the server refuses them.
    Fixed(Rate),
}

impl Default for Pacing {
    fn default() -> Self {
        Self::Learn { ceiling: Rate::HIGHEST_LEARNED, known: None }
    }
}
