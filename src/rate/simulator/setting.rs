//! The settings of a run: the defaults of the program, or variations. The same setting always gives the same run.

use crate::config::Rate;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) pages: u32,
    pub(crate) concurrency: u16,
    /// Requests per second.
    pub(crate) ceiling: f64,
    pub(crate) known: Option<Rate>,
    /// The fraction of requests whose connection is lost before they reach the server.
    pub(crate) lost: f64,
    pub(crate) quota: Quota,
    pub(crate) seed: u64,
}

/// What is left of a limit's burst or window at the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quota {
    Full,
    /// Another client has just used it up.
    UsedUp,
}

impl Setting {
    /// The defaults of the program.
    pub(crate) fn shipped(pages: u32, seed: u64) -> Self {
        Self { pages, concurrency: 16, ceiling: 100.0, known: None, lost: 0.0, quota: Quota::Full, seed }
    }
}
