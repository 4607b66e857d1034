//! Why the contacts could not be read.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::api::{Failure, SetupError};
use crate::page::beside;
use crate::text::humanize::seconds;

/// Why the contacts could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// A page could not be had.
    #[error("page {page}, attempt {attempt}: {failure}")]
    Page {
        /// The page's number.
        page: u64,
        /// The attempt that was the last, from 1.
        attempt: u32,
        /// What went wrong with it.
        failure: Failure,
    },
    /// The server has been failing for longer than the run waits for it.
    #[error("the API has given no answer for {}; last, page {page}, attempt {attempt}: {failure}", seconds(*lasted))]
    Outage {
        /// The page that was asked for last.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// What went wrong with it.
        failure: Failure,
        /// How long it has been failing.
        lasted: Duration,
    },
    /// The server asks to be left in peace for longer than the run waits.
    #[error("throttled out: page {page}, attempt {attempt}: {failure}{}", come_back_at(*come_back))]
    Throttled {
        /// The page that was refused last.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// How it was refused.
        failure: Failure,
        /// When the server will answer again, if it said.
        come_back: Option<SystemTime>,
    },
    /// A contact cannot be read, in a page of any size.
    #[error("page {page}: the contact at place {place} of the list{} cannot be read: {failure}", beside(*before, *after))]
    Unreadable {
        /// The page that could not be read.
        page: u64,
        /// The contact's place in the list, from 1.
        place: u64,
        /// The id of the contact before it, where it is known.
        before: Option<i64>,
        /// The id of the contact after it, where it is known.
        after: Option<i64>,
        /// What went wrong with it alone.
        failure: Box<Failure>,
    },
    /// The time given to the run is over.
    #[error("the deadline has passed: the run was given {}", seconds(*after))]
    Deadline {
        /// The time it was given.
        after: Duration,
    },
    /// The client could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

fn come_back_at(instant: Option<SystemTime>) -> String {
    let text = |instant| DateTime::<Utc>::from(instant).to_rfc3339_opts(SecondsFormat::Secs, true);
    instant.map(|instant| format!("; come back at {}", text(instant))).unwrap_or_default()
}
