//! The values that stages exchange about one page, the response to one request.
//!
//! `fetch` requests a page, `decode` turns its body into rows, `proof` judges what was observed. Plain values only: no I/O
//! and no decisions.

use std::fmt;
use std::time::Duration;

/// The page that one request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// Page number, from 1.
    pub page: u64,
    /// Contacts per page, 1 to 100.
    pub per_page: u32,
}

/// The `pagination` object of a response: the server's own description of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pagination {
    /// The page that the server says it returned.
    pub current_page: u64,
    /// Contacts per page, as applied by the server, which may clamp the requested size.
    pub per_page: u64,
    /// Pages in the list: a lower bound, not the truth.
    pub total_pages: u64,
    /// Contacts in the list at the time of the response.
    pub total_count: u64,
}

/// What the proof needs of one row: its identity, the fields that the server may sort by, and a hash of its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    /// The contact's id.
    pub id: i64,
    /// When it was created, in microseconds since 1970 UTC; `None` if absent or unreadable.
    pub created_at: Option<i64>,
    /// When it was last updated, in microseconds since 1970 UTC; `None` if absent or unreadable.
    pub updated_at: Option<i64>,
    /// A hash of the contact's JSON. Only the comparison of two passes uses it.
    pub hash: u64,
}

/// What one response showed, for the planner and the proof.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// The requested page.
    pub asked: Asked,
    /// The server's pagination.
    pub said: Pagination,
    /// Its contacts, in page order.
    pub rows: Vec<RowKey>,
    /// When the request was sent, since the start of the run.
    pub sent: Duration,
    /// When the response was complete, since the start of the run.
    pub received: Duration,
    /// Why the response may show an earlier state of the list, if it may.
    pub stale: Option<Staleness>,
}

/// Evidence that a response was not generated for its request, and so may show an earlier state of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staleness {
    /// Its `Age` header, in seconds.
    Age(u64),
    /// The name of the header that reports a cache hit.
    CacheHit(&'static str),
    /// The page was assembled from several responses.
    Assembled,
    /// Its `Date` is this many seconds before the request was sent, by the server's own clock.
    OldDate(u64),
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age(seconds) => write!(f, "its Age header is {seconds} s"),
            Self::CacheHit(header) => write!(f, "its {header} header reports a cache hit"),
            Self::Assembled => f.write_str("it was assembled from several responses"),
            Self::OldDate(seconds) => write!(f, "its Date header is {seconds} s before the request was sent"),
        }
    }
}

/// Describes a position in the list by the contacts before and after it.
pub(crate) fn beside(before: Option<i64>, after: Option<i64>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!(", between the ids {before} and {after},"),
        (Some(before), None) => format!(", after the id {before},"),
        (None, Some(after)) => format!(", before the id {after},"),
        (None, None) => String::new(),
    }
}

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Not a page of contacts. Worth a retry: the body may be truncated or come from a proxy.
    #[error("{0}")]
    Malformed(String),
    /// A contact without an id. Retrying cannot help.
    #[error("{0}")]
    Identity(String),
}

/// What a failed request means for its page and for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// The server is rate limiting: all requests wait, and the rate is cut.
    RateLimited,
    /// No response, a truncated one, or a server error: retried with backoff and full jitter.
    Transient,
    /// A response that is not the requested page: read again, a few times.
    InvalidPage,
    /// A 200 without a page, such as a maintenance page: either this page is broken, or the server is down without saying so.
    NotAPage,
    /// Permanent: the token was rejected.
    Unauthorized,
    /// Permanent: the API cannot be reached this way, because of TLS, a proxy or an unsupported method or version.
    Unreachable,
    /// Permanent: any other response that a retry cannot change.
    Rejected,
}

impl FailureClass {
    /// Whether the failure may pass by itself.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Transient | Self::InvalidPage | Self::NotAPage)
    }
}

/// What can be wrong with a value of an otherwise valid page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WarningKind {
    /// Invalid UTF-8 or a lone surrogate, replaced by U+FFFD.
    ReplacedCharacter,
    /// Not a valid time in the years 1 to 9999: null in its column, the text kept in `extra`.
    UnreadableTime,
    /// A value of the wrong JSON type: null in its column, the value kept in `extra`.
    WrongKind,
    /// An integer in another notation (`"007"`, `-0`): the number in its column, the original also kept in `extra`.
    RewrittenNumber,
    /// A repeated key with different values in one object: the last one wins, earlier ones are lost.
    RepeatedKey,
}

impl WarningKind {
    /// Its machine-readable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplacedCharacter => "replaced_character",
            Self::UnreadableTime => "unreadable_time",
            Self::WrongKind => "wrong_kind",
            Self::RewrittenNumber => "rewritten_number",
            Self::RepeatedKey => "repeated_key",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReplacedCharacter => "invalid character, replaced by U+FFFD",
            Self::UnreadableTime => "invalid time: set to null, the text is kept in extra",
            Self::WrongKind => "wrong type: set to null, the value is kept in extra",
            Self::RewrittenNumber => "integer in another notation, such as \"007\": the original is kept in extra",
            Self::RepeatedKey => "repeated key with different values: the last one is kept",
        })
    }
}
