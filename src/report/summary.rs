//! What a run comes to, in figures: known at its end.

use std::{collections::BTreeMap, time::Duration};

use super::FindingKind;
use crate::config::{Output, Rate};

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
    /// JSON received with whole pages, in bytes.
    pub bytes: u64,
    /// The rate that the run has learned to keep; none where nothing was refused.
    pub learned_rate: Option<Rate>,
    /// Whether reading stopped early, because a limit was set and there was more.
    pub limited: bool,
    /// Values that could not be taken as they were sent, by kind and column.
    pub warnings: BTreeMap<(FindingKind, &'static str), u64>,
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
}
