//! The events of a run, and who receives them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::continuity::Continuity;
use crate::config::Rate;
use crate::page::{FailureClass, WarningKind};

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A request, which may be a retry, is about to be sent.
    Requested {
        /// The page.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
    },
    /// Page 1 has told how much there is to read.
    Planned {
        /// Pages to read, including page 1.
        pages: u64,
        /// Expected contacts.
        contacts: u64,
    },
    /// A page was read and decoded.
    PageRead {
        /// Its number.
        page: u64,
        /// Its contacts.
        contacts: u64,
        /// Its JSON, in bytes.
        bytes: u64,
        /// Time from the request to the last byte.
        took: Duration,
    },
    /// Rows of a page are emitted, in list order: those that no earlier page had.
    RowsEmitted {
        /// The page; 0 if they were looked up by their ids.
        page: u64,
        /// Number of rows.
        contacts: u64,
    },
    /// All pages are read. Contacts of the previous export that they lack are looked up by their ids.
    LookingUp {
        /// How many, at most.
        contacts: u64,
    },
    /// It is known what became of the contacts of the previous export.
    Accounted(Box<Continuity>),
    /// A request for one contact, which may be a retry, is about to be sent.
    LookupRequested {
        /// Its id.
        id: i64,
        /// The attempt at it, from 1.
        attempt: u32,
    },
    /// An attempt to look up a contact failed and will be retried.
    LookupRetrying {
        /// Its id.
        id: i64,
        /// The failed attempt, from 1.
        attempt: u32,
        /// Time until the next attempt.
        wait: Duration,
        /// What went wrong, including the server's message.
        cause: String,
    },
    /// An attempt at a page failed and will be retried.
    Retrying {
        /// The page.
        page: u64,
        /// The failed attempt, from 1.
        attempt: u32,
        /// Time until the next attempt.
        wait: Duration,
        /// What went wrong, including the server's message.
        cause: String,
    },
    /// A request did not return the page, whether or not it is retried.
    Failed {
        /// What kind of failure it was.
        class: FailureClass,
    },
    /// All requests wait: the server is rate limiting, or down and only probed.
    Waiting {
        /// For how long.
        wait: Duration,
        /// What went wrong, including the server's message.
        cause: String,
    },
    /// The first stale page of the run, such as one from a cache.
    Stale {
        /// The page.
        page: u64,
        /// The evidence.
        cause: String,
    },
    /// This machine's clock and the server's differ by more than a minute.
    ClockSkew {
        /// Seconds that this machine's clock is ahead; negative if behind.
        ahead: i64,
    },
    /// The total of page 1 is implausibly low: it is read again.
    Doubted {
        /// Its total.
        contacts: u64,
        /// The smallest plausible total.
        least: u64,
        /// Time until it is read again.
        wait: Duration,
    },
    /// The run starts with a rate that an earlier one has learned.
    StartingRate {
        /// The rate.
        rate: Rate,
        /// When it was learned.
        learned: DateTime<Utc>,
    },
    /// The manifest of the previous export cannot be read, so deletions since then cannot be counted.
    NoMeasure {
        /// Why.
        cause: String,
    },
    /// The previous export cannot be compared with this one, so its contacts are not accounted for.
    NotCompared {
        /// Why.
        cause: String,
    },
    /// Values could not be stored as sent.
    Warned(Warning),
    /// Bytes were written to the output.
    Written {
        /// Number of bytes.
        bytes: u64,
    },
    /// Another run holds the lock of the output; this one waits for it.
    LockHeld,
    /// An earlier run was interrupted after publishing its file; its manifest has been published now.
    Recovered,
    /// The output's file system does not support file permissions; they depend on its mount options.
    ModesIgnored,
    /// The store does not list unfinished uploads, or does not let this run abort them. Those of killed runs remain.
    UploadsRemain,
    /// Everything is on disk; the output is about to be published.
    Publishing,
    /// The output and its manifest have been published. A kit may still follow.
    Published {
        /// Contacts written.
        rows: u64,
        /// The text of the manifest.
        manifest: Arc<str>,
    },
    /// One second has passed.
    Heartbeat,
    /// The run has ended. Tasks that are being stopped may still report events after it.
    Ended,
}

/// The first value of its kind and column in the run that could not be stored as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What is wrong.
    pub kind: WarningKind,
    /// Its page; 0 if the contact was looked up by its id.
    pub page: u64,
    /// Its column.
    pub column: &'static str,
    /// The contact's position on the page, from 1.
    pub position: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, page, column, position } = self;
        match page {
            0 => write!(f, "a contact found by its id, {column}: {kind}"),
            page => write!(f, "page {page}, contact {position}, {column}: {kind}"),
        }
    }
}

/// Receives the events of a run. Called from several threads; it must not block for long.
pub trait Reporter: Send + Sync {
    /// Receives one event.
    fn report(&self, event: &Event);
}

/// A reporter that ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Event) {}
}
