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
    #[error("page {}, attempt {}: {}", .0.page, .0.attempt, .0.failure)]
    Page(FailedAttempt),
    /// The server has been failing for longer than the run is willing to wait.
    #[error("API unavailable for {}; last error (page {}, attempt {}): {}", seconds(*lasted), last.page, last.attempt, last.failure)]
    Outage {
        /// The last attempt.
        last: FailedAttempt,
        /// How long the server has been failing.
        lasted: Duration,
    },
    /// The server rate limits for longer than the run is willing to wait.
    #[error("rate limited: page {}, attempt {}: {}{}", last.page, last.attempt, last.failure, retry_at_text(*retry_at))]
    RateLimited {
        /// The last attempt.
        last: FailedAttempt,
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

/// A failed attempt at a page, after which the run gave up.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt {
    /// The page's number.
    pub page: u64,
    /// The attempt at it, from 1.
    pub attempt: u32,
    /// How it failed.
    pub failure: Failure,
}

fn retry_at_text(instant: Option<SystemTime>) -> String {
    let text = |instant| DateTime::<Utc>::from(instant).to_rfc3339_opts(SecondsFormat::Secs, true);
    instant.map(|instant| format!("; retry after {}", text(instant))).unwrap_or_default()
}
