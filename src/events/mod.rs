//! What a run says while it goes on: events come in, and each reporter does with them what it likes.
//!
//! The stages know only [`Reporter`]. A reporter of your own gets every event of
//! [`export`](crate::export); the program's own are a progress bar, plain lines, and silence.

mod counters;
mod summary;

use std::sync::Arc;
use std::time::Duration;

pub use counters::{Counters, Failures, Figures, Publishing};
pub use summary::{ReadSummary, Summary};

pub use crate::page::{Outcome, WarningKind};

use crate::manifest::Manifest;

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A request is about to be sent; retries are requests too.
    Requested {
        /// The page asked for.
        page: u64,
        /// Which attempt at the page this is, from 1.
        attempt: u32,
    },
    /// The plan is known: page 1 has said how much there is.
    Planned {
        /// Pages that will be read, page 1 included.
        pages: u64,
        /// Contacts that are expected.
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
        /// From the request to the last byte.
        took: Duration,
    },
    /// Contacts of a page leave for the output, in list order: those that no page before it had.
    RowsEmitted {
        /// The page's number.
        page: u64,
        /// How many.
        contacts: u64,
    },
    /// An attempt at a page failed, and will be made again.
    Retrying {
        /// The page.
        page: u64,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Before the next attempt.
        wait: Duration,
        /// What went wrong, in the server's words where it had any.
        cause: String,
    },
    /// A request gave no page, whatever is done about it.
    Failed {
        /// Why.
        outcome: Outcome,
    },
    /// Nobody sends for a while: the server throttles, or is down and only probed.
    Waiting {
        /// From now on.
        wait: Duration,
        /// What went wrong, in the server's words where it had any.
        cause: String,
    },
    /// A page that is not of the instant at which it was asked for: the first of the run.
    Stale {
        /// The page.
        page: u64,
        /// What shows it.
        cause: String,
    },
    /// This machine's clock and the server's differ by more than a minute.
    ClockSkew {
        /// Seconds that this machine's is ahead; negative, where it is behind.
        ahead: i64,
    },
    /// Page 1 counts fewer contacts than are believed: it is read again.
    Doubted {
        /// What it counts.
        contacts: u64,
        /// The least that would be believed.
        least: u64,
        /// Before it is read again.
        wait: Duration,
    },
    /// The manifest of the export that is replaced cannot be read: it is not known how many contacts are gone since.
    NoMeasure {
        /// Why.
        cause: String,
    },
    /// Values that could not be taken as they were sent.
    Warned(Warning),
    /// Bytes went to the output.
    Written {
        /// How many.
        bytes: u64,
    },
    /// Another run has the output, and this one waits for it.
    LockHeld,
    /// An earlier run was stopped between publishing its file and the manifest: the manifest has its name now.
    Recovered,
    /// The output's file system does not keep the modes that files are given: who may read them is decided where it is
    /// mounted.
    ModesIgnored,
    /// All is written and on disk; the output is about to get its name.
    Publishing,
    /// The output has its name, and its manifest with it. A kit may still be to be put in its place.
    Published {
        /// The record of the run.
        manifest: Arc<Manifest>,
    },
    /// A second has passed.
    Heartbeat,
    /// The run is over. Tasks that are being stopped may still say something after it.
    Ended,
}

/// Values of one column that could not be taken as they were sent: the first of their kind in the run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What was wrong.
    pub kind: WarningKind,
    /// The page it was first seen on.
    pub page: u64,
    /// The column.
    pub column: &'static str,
    /// The contact's place on the page, from 1.
    pub position: usize,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, page, column, position } = self;
        write!(f, "page {page}, contact {position}, {column}: {kind}")
    }
}

/// Takes the events of a run. Called from several threads; it must not block for long.
pub trait Reporter: Send + Sync {
    /// Takes one event.
    fn report(&self, event: &Event);
}

/// A reporter that says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Event) {}
}
