//! The results of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::continuity::Continuity;
use super::counters::Failures;
use super::event::Warning;
use crate::config::{Output, Rate};
use crate::page::WarningKind;
use crate::proof::{Certificate, Require};

/// The result of reading.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadSummary {
    /// Distinct contacts.
    pub contacts: u64,
    /// Distinct owners among them.
    pub owners: u64,
    /// Pages whose rows were emitted, not counting those read again for the proof.
    pub pages: u64,
    /// Requests sent, including retries.
    pub requests: u64,
    /// Failed attempts that were retried.
    pub retries: u64,
    /// Requests that did not return a page, by reason.
    pub failures: Failures,
    /// JSON of complete pages, in bytes.
    pub bytes: u64,
    /// What was found out about the request rate; `None` if too few pages were read.
    pub rate: Option<MeasuredRate>,
    /// When reading began by the server's clock, or slightly earlier; `None` if its responses have no date.
    pub server_start: Option<DateTime<Utc>>,
    /// What is proven about completeness.
    pub certificate: Certificate,
    /// What became of the contacts of the previous export; `None` if there is none, or it cannot be compared.
    pub continuity: Option<Continuity>,
    /// Values that could not be stored as sent, by kind and column: the first one, and how many.
    pub warnings: BTreeMap<(WarningKind, &'static str), (Warning, u64)>,
}

/// What a run found out about the request rate that the server sustains.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MeasuredRate {
    /// Requests per second.
    pub rate: Rate,
    /// Pages it was measured over, at least [`MeasuredRate::FEWEST_PAGES`].
    pub pages: u64,
    /// The time in which they arrived.
    pub span: Duration,
    /// Whether the server refused more. Otherwise it may sustain a higher rate.
    pub is_limit: bool,
    /// Pages per second over that run, waits included, except while it was learning.
    pub throughput: Option<f64>,
}

impl MeasuredRate {
    /// Fewer pages say nothing about a rate.
    pub const FEWEST_PAGES: u64 = 30;
}

/// The result of an export.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The result of reading.
    pub read: ReadSummary,
    /// Where the output is.
    pub output: Output,
    /// Where the owners are, if they are in a separate file.
    pub owners: Option<PathBuf>,
    /// Size of all files, in bytes.
    pub bytes: u64,
    /// Duration of the run.
    pub elapsed: Duration,
    /// The changes since the previous export, if they were written.
    pub changes: Option<ChangesWritten>,
    /// The text of the manifest.
    pub manifest: Arc<str>,
    /// The required completeness level.
    pub required: Require,
}

/// The changes since the previous export, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangesWritten {
    /// The file.
    pub path: PathBuf,
    /// The directory of their kit, if there is one.
    pub kit: Option<PathBuf>,
    /// Whether there was no previous export, so that all contacts are inserted.
    pub is_first: bool,
    /// Contacts that only the new export has.
    pub inserts: u64,
    /// Contacts with other values.
    pub updates: u64,
    /// Contacts that were deleted.
    pub deletes: u64,
    /// Contacts that only the previous export has, but that may still exist.
    pub missing: u64,
}
