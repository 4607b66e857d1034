//! What happened in a run, for the tests to judge.

use std::time::Duration;

use crate::config::Rate;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    Sent { at: Duration, in_flight: usize },
    Page { at: Duration, sent: Duration, page: u32 },
    Refused { at: Duration, sent: Duration, told: Option<Duration> },
    Lost,
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) pages: u32,
    pub(crate) seconds: f64,
    pub(crate) refused: u32,
    pub(crate) learned: Option<Rate>,
    pub(crate) events: Vec<Event>,
}
