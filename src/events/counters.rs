//! Figures of a run so far, whatever becomes of it: hears every event, counts, and passes it on.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::{Event, Outcome, Reporter};
use crate::manifest::Manifest;

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Contacts read, each once. Some may not have been written.
    pub contacts: u64,
    /// Pages of which contacts were taken.
    pub pages: u64,
    /// Pages that were to be read; 0 before page 1 has said so.
    pub pages_planned: u64,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Attempts that failed and were to be made again.
    pub retries: u64,
    /// Requests that gave no page, by reason.
    pub failures: Failures,
    /// JSON received with whole pages, in bytes.
    pub bytes_read: u64,
    /// Bytes given to the output.
    pub bytes_written: u64,
}

impl Figures {
    /// Takes an event into account.
    pub fn count(&mut self, event: &Event) {
        match event {
            Event::Requested { .. } => self.requests += 1,
            Event::Planned { pages, .. } => self.pages_planned = *pages,
            Event::Failed { outcome } => self.failures.count(*outcome),
            Event::Retrying { .. } => self.retries += 1,
            Event::PageRead { bytes, .. } => self.bytes_read += bytes,
            Event::RowsEmitted { contacts, .. } => {
                self.pages += 1;
                self.contacts += contacts;
            }
            Event::Written { bytes } => self.bytes_written += bytes,
            _ => {}
        }
    }
}

/// Requests that gave no page, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failures {
    /// The server asked for fewer requests.
    pub rate_limited: u64,
    /// No answer, half an answer, or one that says that it may pass.
    pub unavailable: u64,
    /// An answer, but not the page.
    pub invalid_response: u64,
    /// An answer that asking again cannot change.
    pub rejected: u64,
}

impl Failures {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Throttled => &mut self.rate_limited,
            Outcome::Unavailable => &mut self.unavailable,
            Outcome::NoPage => &mut self.invalid_response,
            Outcome::Refused => &mut self.rejected,
        } += 1;
    }
}

/// How far a run has come with publishing its output.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Publishing {
    /// Nothing was published, and nothing will be if it ends here.
    #[default]
    NotBegun,
    /// The output may have its name, or not.
    Begun,
    /// The output is published, with this record.
    Done(Arc<Manifest>),
}

/// A reporter that counts, before another.
pub struct Counters {
    figures: Mutex<Figures>,
    publishing: Mutex<Publishing>,
    next: Arc<dyn Reporter>,
}

impl Counters {
    /// Counts what `next` hears.
    #[must_use]
    pub fn new(next: Arc<dyn Reporter>) -> Self {
        Self { figures: Mutex::default(), publishing: Mutex::default(), next }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is published so far.
    #[must_use]
    pub fn publishing(&self) -> Publishing {
        self.publishing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Counters {
    fn report(&self, event: &Event) {
        let publishing = match event {
            Event::Publishing => Some(Publishing::Begun),
            Event::Published { manifest } => Some(Publishing::Done(Arc::clone(manifest))),
            _ => None,
        };
        if let Some(publishing) = publishing {
            *self.publishing.lock().unwrap_or_else(PoisonError::into_inner) = publishing;
        }
        {
            let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
            figures.count(event);
        }
        self.next.report(event);
    }
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counters").field("figures", &self.figures()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Silent;
    use super::*;

    #[test]
    fn what_is_heard_is_counted() {
        let counters = Counters::new(Arc::new(Silent));
        for attempt in 1..=2 {
            counters.report(&Event::Requested { page: 1, attempt });
        }
        counters.report(&Event::PageRead { page: 1, contacts: 4, bytes: 5, took: std::time::Duration::ZERO });
        counters.report(&Event::RowsEmitted { page: 1, contacts: 3 });
        counters.report(&Event::Written { bytes: 7 });
        let expected =
            Figures { contacts: 3, pages: 1, requests: 2, bytes_read: 5, bytes_written: 7, ..Figures::default() };
        assert_eq!(counters.figures(), expected);
        assert_eq!(counters.publishing(), Publishing::NotBegun);
        counters.report(&Event::Publishing);
        assert_eq!(counters.publishing(), Publishing::Begun);
    }
}
