//! Why reading the contacts failed.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::api::{Failure, SetupError};
use crate::page::beside;
use crate::text::humanize::seconds;

/// Why reading the contacts failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// A page could not be read.
    #[error("page {page}, attempt {attempt}: {failure}")]
    Page {
        /// The page's number.
        page: u64,
        /// The last attempt, from 1.
        attempt: u32,
        /// How it failed.
        failure: Failure,
    },
    /// The server has been failing for longer than the run is willing to wait.
    #[error("API unreachable for {}; last error (page {page}, attempt {attempt}): {failure}", seconds(*lasted))]
    Outage {
        /// The last page that was requested.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// How it failed.
        failure: Failure,
        /// How long it has been failing.
        lasted: Duration,
    },
    /// The server rate limits for longer than the run is willing to wait.
    #[error("rate limited: page {page}, attempt {attempt}: {failure}{}", retry_at_text(*retry_at))]
    RateLimited {
        /// The last page that was refused.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// How it was refused.
        failure: Failure,
        /// When the server will accept requests again, if it said.
        retry_at: Option<SystemTime>,
    },
    /// A contact cannot be read in a page of any size.
    #[error("page {page}: the contact at position {place} of the list{} cannot be read: {failure}", beside(*before, *after))]
    Unreadable {
        /// The page that could not be read.
        page: u64,
        /// The contact's position in the list, from 1.
        place: u64,
        /// The id of the contact before it, if known.
        before: Option<i64>,
        /// The id of the contact after it, if known.
        after: Option<i64>,
        /// How reading it alone failed.
        failure: Box<Failure>,
    },
    /// The run's deadline has passed.
    #[error("deadline exceeded: the run was limited to {}", seconds(*after))]
    Deadline {
        /// The time limit of the run.
        after: Duration,
    },
    /// The client could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

fn retry_at_text(instant: Option<SystemTime>) -> String {
    let text = |instant| DateTime::<Utc>::from(instant).to_rfc3339_opts(SecondsFormat::Secs, true);
    instant.map(|instant| format!("; retry after {}", text(instant))).unwrap_or_default()
}
