//! What a run comes to, in figures: known at its end.

use std::{collections::BTreeMap, time::Duration};

use super::{Failures, FindingKind, Warning};
use crate::config::{Output, Rate};
use crate::manifest::Manifest;

/// What reading came to.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadSummary {
    /// Contacts read, each once.
    pub contacts: u64,
    /// Distinct owners among them.
    pub owners: u64,
    /// Pages read.
    pub pages: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Requests that gave no page, by reason.
    pub failures: Failures,
    /// The server's `total_count` on the first page that was read.
    pub total_count_first: Option<u64>,
    /// The server's `total_count` on the last page that was read.
    pub total_count_last: Option<u64>,
    /// JSON received with whole pages, in bytes.
    pub bytes: u64,
    /// The rate that the run has learned to keep; none where nothing was refused.
    pub learned_rate: Option<Rate>,
    /// Whether reading stopped early, because a limit was set and there was more.
    pub limited: bool,
    /// Values that could not be taken as they were sent, by kind and column: the first, and how many.
    pub warnings: BTreeMap<(FindingKind, &'static str), (Warning, u64)>,
}

/// What an export came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// What reading came to.
    pub read: ReadSummary,
    /// Where the output is.
    pub output: Output,
    /// Its size in bytes.
    pub bytes: u64,
    /// From start to end.
    pub elapsed: Duration,
    /// The record of the run, as it was published with a file.
    pub manifest: Manifest,
}
