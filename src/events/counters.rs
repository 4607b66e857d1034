//! Counts the events of a run, so that its figures are known however it ends.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::continuity::Continuity;
use super::event::{Event, Reporter};
use crate::page::FailureClass;

/// The figures of a run so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Distinct contacts read. Some may not have been written.
    pub contacts: u64,
    /// Pages whose rows were emitted.
    pub pages: u64,
    /// Pages to read; 0 before page 1 has told.
    pub pages_planned: u64,
    /// Requests sent, including retries.
    pub requests: u64,
    /// Failed attempts to be retried.
    pub retries: u64,
    /// Requests that did not return a page, by reason.
    pub failures: Failures,
    /// JSON of complete pages, in bytes.
    pub bytes_read: u64,
    /// Bytes written to the output.
    pub bytes_written: u64,
}

impl Figures {
    /// Counts an event.
    pub fn count(&mut self, event: &Event) {
        match event {
            Event::Requested { .. } | Event::LookupRequested { .. } => self.requests += 1,
            Event::Planned { pages, .. } => self.pages_planned = *pages,
            Event::Failed { class } => self.failures.count(*class),
            Event::Retrying { .. } | Event::LookupRetrying { .. } => self.retries += 1,
            Event::PageRead { bytes, .. } => self.bytes_read += bytes,
            Event::RowsEmitted { page, contacts } => {
                self.pages += u64::from(*page > 0);
                self.contacts += contacts;
            }
            Event::Written { bytes } => self.bytes_written += bytes,
            _ => {}
        }
    }
}

/// Requests that did not return a page, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failures {
    /// The server was rate limiting.
    pub rate_limited: u64,
    /// No response, a truncated one, or a server error.
    pub unavailable: u64,
    /// A response that was not the page.
    pub invalid_response: u64,
    /// A permanent error.
    pub rejected: u64,
}

impl Failures {
    fn count(&mut self, class: FailureClass) {
        *match class {
            FailureClass::RateLimited => &mut self.rate_limited,
            FailureClass::Transient => &mut self.unavailable,
            FailureClass::InvalidPage | FailureClass::NotAPage => &mut self.invalid_response,
            FailureClass::Unauthorized | FailureClass::Unreachable | FailureClass::Rejected => &mut self.rejected,
        } += 1;
    }
}

/// How far the output has been published.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Publishing {
    /// Nothing has been published.
    #[default]
    NotBegun,
    /// The output may or may not have been published.
    Begun,
    /// The output has been published.
    Done {
        /// Contacts written.
        rows: u64,
        /// The text of the manifest.
        manifest: Arc<str>,
    },
}

/// A reporter that counts events and passes them on.
pub struct Counters {
    figures: Mutex<Figures>,
    publishing: Mutex<Publishing>,
    continuity: Mutex<Option<Continuity>>,
    next: Arc<dyn Reporter>,
}

impl Counters {
    /// Counts the events on their way to `next`.
    #[must_use]
    pub fn new(next: Arc<dyn Reporter>) -> Self {
        Self { figures: Mutex::default(), publishing: Mutex::default(), continuity: Mutex::default(), next }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of the contacts of the previous export, if that is known.
    #[must_use]
    pub fn continuity(&self) -> Option<Continuity> {
        self.continuity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the output has been published.
    #[must_use]
    pub fn publishing(&self) -> Publishing {
        self.publishing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Counters {
    fn report(&self, event: &Event) {
        let publishing = match event {
            Event::Publishing => Some(Publishing::Begun),
            Event::Published { rows, manifest } => {
                Some(Publishing::Done { rows: *rows, manifest: Arc::clone(manifest) })
            }
            _ => None,
        };
        if let Some(publishing) = publishing {
            *self.publishing.lock().unwrap_or_else(PoisonError::into_inner) = publishing;
        }
        if let Event::Accounted(continuity) = event {
            *self.continuity.lock().unwrap_or_else(PoisonError::into_inner) = Some((**continuity).clone());
        }
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).count(event);
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
    use super::*;
    use crate::events::Silent;

    #[test]
    fn events_are_counted() {
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
