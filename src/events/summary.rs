//! What a run comes to, in figures: known at its end.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};

use super::{Failures, Warning, WarningKind};
use crate::config::{Output, Rate};
use crate::manifest::Manifest;
use crate::proof::{Certificate, Require};

/// What reading came to.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadSummary {
    /// Contacts read, each once.
    pub contacts: u64,
    /// Distinct owners among them.
    pub owners: u64,
    /// Pages of which contacts were taken; what was read again for the proof is not among them.
    pub pages: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Requests that gave no page, by reason.
    pub failures: Failures,
    /// JSON received with whole pages, in bytes.
    pub bytes: u64,
    /// The rate that the run has learned to keep; none where nothing was refused.
    pub learned_rate: Option<Rate>,
    /// When the reading began by the server's clock, or a little earlier; none where its answers have no date.
    pub server_start: Option<DateTime<Utc>>,
    /// What is proven of its completeness.
    pub certificate: Certificate,
    /// Values that could not be taken as they were sent, by kind and column: the first, and how many.
    pub warnings: BTreeMap<(WarningKind, &'static str), (Warning, u64)>,
}

/// What an export came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// What reading came to.
    pub read: ReadSummary,
    /// Where the output is.
    pub output: Output,
    /// Where the owners are, if they have a file of their own.
    pub owners: Option<PathBuf>,
    /// The size of all files in bytes.
    pub bytes: u64,
    /// From start to end.
    pub elapsed: Duration,
    /// The record of the run, as it was published with a file.
    pub manifest: Manifest,
    /// The least level that was required.
    pub required: Require,
}
