//! The kinds of faults.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::sandbox::quirks::{Totals, check_most_per_page};

/// What can go wrong with the answer to a request for a page. [`super::FaultRule`] says when,
/// and how each is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An error status from 400 to 599, with a body as such a status comes with: 500 the
    /// documented one, 502 and 520 to 529 the HTML of a proxy, 503 and 504 none, all others an
    /// error in the documented shape. No `Retry-After`.
    Status(u16),
    /// The same, and the answer says when to come back.
    Throttled {
        /// The status: 429, 503, 403 or another error, or 200 for an error that stands in for a page.
        status: u16,
        /// When to come back, and where that stands.
        wait: Wait,
    },
    /// 302 to another place.
    Redirect {
        /// The value of `Location`: a URL without a comma.
        to: Arc<str>,
    },
    /// A 200 whose body is an error in the documented shape.
    ErrorEnvelope,
    /// A 200 whose body is a maintenance page in HTML.
    Maintenance,
    /// The page of a list without contacts.
    EmptyList,
    /// The true page behind a byte order mark.
    ByteOrderMark,
    /// The true page, which says that a cache had it for so long.
    Cached {
        /// Seconds of `Age`, at least 1.
        age: u32,
    },
    /// The true page, with a `Date` that is off.
    Date {
        /// Seconds that the server's clock is ahead; behind, where it is negative.
        by: i64,
    },
    /// The connection is reset (RST) before the answer. Under HTTP/2 all its streams go with it.
    Reset,
    /// The connection is reset (RST) after half the body. Under HTTP/2 all its streams go with it.
    ResetBody,
    /// The body ends after half of what was announced.
    ShortBody,
    /// The body stops after half of it and the connection stays open, until the client leaves,
    /// or for ten minutes.
    StalledBody,
    /// HTTP/2: the stream is refused (`REFUSED_STREAM`), other streams go on. HTTP/1.1: the
    /// connection is closed without an answer.
    RefusedStream,
    /// HTTP/2: `GOAWAY` retires the connection, this stream is refused, other streams in
    /// progress are answered. HTTP/1.1: the connection is closed without an answer.
    GoAway,
    /// JSON that ends in the middle, in a body that is complete as HTTP.
    BrokenJson,
    /// The true page behind 64 MiB of spaces, compressed to some 64 kB.
    GzipBomb,
    /// The true page behind 9 MiB of spaces, not compressed.
    HugePage,
    /// Another page than the one asked for, and it says so: the one before, page 2 for page 1.
    WrongPage,
    /// A page cut as if pages had at most so many contacts.
    PerPage {
        /// The most contacts of a page, 1 to 100.
        most: u64,
    },
    /// The page has no contacts, and says nothing of it.
    EmptyPage,
    /// The page has half of its contacts, and says nothing of it.
    HalfPage,
    /// The page has no `pagination`.
    NoPagination,
    /// The page has no `contacts`.
    NoContacts,
    /// The page is wrong about how many contacts and pages there are.
    Totals(Totals),
}

/// When a throttled client may come back, and where the answer says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// `Retry-After` in seconds.
    Seconds(u32),
    /// `Retry-After` as an HTTP date, so many seconds after the `Date` of the answer.
    Date(u32),
    /// Seconds in the body alone, as `error.retry_after`, in the shape of v3.
    Body(u32),
}

impl Fault {
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Throttled { status: 200, .. } => Ok(()),
            Self::Status(status) | Self::Throttled { status, .. } => match StatusCode::from_u16(*status) {
                Ok(status) if status.is_client_error() || status.is_server_error() => Ok(()),
                _ => Err(format!("an error status is from 400 to 599, not {status}")),
            },
            Self::Redirect { to } if to.is_empty() || to.contains(',') || HeaderValue::from_str(to).is_err() => {
                Err(format!("a redirect leads to a URL without a comma, not to {to:?}"))
            }
            Self::Cached { age: 0 } => Err("a cache has had a page for at least 1 second, not 0".to_owned()),
            Self::PerPage { most } => check_most_per_page(*most),
            _ => Ok(()),
        }
    }
}
