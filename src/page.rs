//! What the stages say to each other about one page, the answer to one request.
//!
//! `api` asks for a page and hands its body to a decode function; `table` decodes it; `proof` judges
//! what was seen. These are the plain values that pass between them: no I/O, no decisions.

use std::fmt;
use std::time::Duration;

/// The page that one request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// Page number, from 1.
    pub page: u64,
    /// Contacts a page, 1 to 100.
    pub per_page: u32,
}

/// The `pagination` object of a response: what the server says of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pagination {
    /// The page the server says this is.
    pub current_page: u64,
    /// Contacts a page, as the server counted them: it may clamp what was asked.
    pub per_page: u64,
    /// Pages in the list. A floor, not the truth.
    pub total_pages: u64,
    /// Contacts in the list at the instant of the response.
    pub total_count: u64,
}

/// What is observed of one row: its identity, what the server may sort by, and all of it in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    /// The contact's id.
    pub id: i64,
    /// When it was created, in microseconds since 1970 UTC; none when absent or unreadable.
    pub created_at: Option<i64>,
    /// When it was last updated, in microseconds since 1970 UTC; none when absent or unreadable.
    pub updated_at: Option<i64>,
    /// A hash of the contact's JSON: equal texts have equal hashes. Only two equal passes look at it.
    pub hash: u64,
}

/// What one response showed, kept for the planner and the proof.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// What was asked.
    pub asked: Asked,
    /// What the server said of it.
    pub said: Pagination,
    /// Its contacts, in the order of the page.
    pub rows: Vec<RowKey>,
    /// When the request that was answered was sent, since the run's start.
    pub sent: Duration,
    /// When its answer was whole, since the run's start.
    pub received: Duration,
    /// What denies that the answer was made for this request.
    pub stale: Option<Staleness>,
}

/// What denies that an answer was made for the request that it answers: then it shows the list of an earlier instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staleness {
    /// Its `Age` header, in seconds.
    Age(u64),
    /// A header in which a cache says that it had the answer, by its name.
    CacheHit(&'static str),
    /// It was put together from the answers to several requests.
    Assembled,
    /// Its `Date` is so many seconds before the request was sent, by the server's own clock.
    OldDate(u64),
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age(seconds) => write!(f, "its age header says {seconds} s"),
            Self::CacheHit(header) => write!(f, "its {header} header says that a cache had it"),
            Self::Assembled => f.write_str("it was put together from the answers to several requests"),
            Self::OldDate(seconds) => write!(f, "its date header is {seconds} s before the request was sent"),
        }
    }
}

/// In words, which contacts stand beside a place of the list.
pub(crate) fn beside(before: Option<i64>, after: Option<i64>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!(", between the ids {before} and {after},"),
        (Some(before), None) => format!(", after the id {before},"),
        (None, Some(after)) => format!(", before the id {after},"),
        (None, None) => String::new(),
    }
}

/// A page's body, decoded: its table, and what must be observed of it.
#[derive(Debug)]
pub(crate) struct Decoded<T> {
    /// The rows, in whatever form the decode function makes.
    pub table: T,
    /// What the server said.
    pub said: Pagination,
    /// What is observed of the rows, in order.
    pub rows: Vec<RowKey>,
    /// Memory that `table` holds, in bytes: it counts against what pages may hold together.
    pub held: usize,
}

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// Not a page of contacts: worth reading again, for a cut or a proxy's answer passes.
    Malformed(String),
    /// A contact without an identity: reading again cannot help.
    Identity(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) | Self::Identity(text) => f.write_str(text),
        }
    }
}

/// Why a request gave no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The server asked for fewer requests.
    Throttled,
    /// No answer, half an answer, or one that says that it may pass.
    Unavailable,
    /// An answer, but not the page.
    NoPage,
    /// An answer that asking again cannot change.
    Refused,
}

/// Values of one column of a page that could not be taken as they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What was wrong.
    pub kind: WarningKind,
    /// The column's name.
    pub column: &'static str,
    /// The first row it was found in, from 1.
    pub row: usize,
    /// How many values or characters.
    pub count: u64,
}

/// What can be wrong with a value and yet not with its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WarningKind {
    /// Bytes that are no UTF-8, or half a surrogate pair: U+FFFD stands in the column instead.
    ReplacedCharacter,
    /// A time that names no instant in the years 1 to 9999: null in its column, the text kept in `extra`.
    UnreadableTime,
    /// A value of a kind its column cannot hold: null there, the value kept in `extra`.
    WrongKind,
    /// An integer that was written otherwise (`"007"`, `-0`): the number in its column, the value kept in `extra`, too.
    RewrittenNumber,
    /// Two different values of one key in one object: the last one is taken, and those before it are lost.
    RepeatedKey,
}

impl WarningKind {
    /// Its name, for machines.
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
            Self::ReplacedCharacter => "a broken character, replaced by U+FFFD",
            Self::UnreadableTime => "a time that names no instant in the years 1 to 9999: null, its text kept in extra",
            Self::WrongKind => "a value of another kind than the column's: null, the value kept in extra",
            Self::RewrittenNumber => {
                "an integer written another way, such as \"007\": the number in the column, the value kept in extra"
            }
            Self::RepeatedKey => "a key sent twice with different values: the last one is kept",
        })
    }
}
