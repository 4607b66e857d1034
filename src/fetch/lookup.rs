//! Looks up single contacts by their ids, at the pace of the pages and with the same retries.
//!
//! A lookup never fails the run, whose pages have all been read, nor does it wait for an outage to end: whatever is not an
//! answer is reported as such.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::StreamExt;
use futures::stream::{self, Stream};
use tokio::time::sleep;

use super::attempts::{AttemptLimits, Attempts};
use super::request::{Fetcher, Lookup};
use super::retry::{Decision, decide};
use crate::api::Failure;
use crate::api::memory_budget::{Budget, Share};
use crate::events::Event;

/// Looks up contacts once all pages are read.
pub(crate) struct Lookups {
    pub(super) fetcher: Arc<Fetcher>,
    pub(super) concurrency: usize,
    pub(super) budget: Arc<Budget>,
}

impl Lookups {
    /// Looks up contacts side by side; the results are in the order of the ids, each with the memory that a contact takes.
    pub fn look_up(&self, ids: Vec<i64>) -> impl Stream<Item = (i64, Lookup, Option<Share>)> {
        let look_up = move |id| async move {
            let share = self.budget.share(0, true);
            let lookup = match &share {
                Some(share) => self.fetcher.look_up(id, share).await,
                None => Lookup::no_room(),
            };
            (id, lookup, share)
        };
        stream::iter(ids).map(look_up).buffered(self.concurrency)
    }

    /// Requests sent so far, including those for pages.
    pub fn requests(&self) -> u64 {
        self.fetcher.requests.load(Ordering::Relaxed)
    }
}

impl Fetcher {
    async fn look_up(&self, id: i64, share: &Share) -> Lookup {
        let mut attempts = Attempts::new(AttemptLimits::of_lookup());
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.reporter.report(&Event::LookupRequested { id, attempt });
            let (failure, probe) = match self.try_to_look_up(id, attempts, share).await {
                Ok(lookup) => return lookup,
                Err(failed) => failed,
            };
            if failure.class.may_pass() {
                attempts.first.get_or_insert_with(|| self.pacer.first_failure(false));
            }
            let pays = attempts.count(&failure, probe);
            let server = self.pacer.server_state(pays);
            let wait = match decide(&failure, probe, attempts, server, self.limits, fastrand::f64()) {
                Decision::Retry(wait) => wait,
                Decision::FailRateLimited => return Lookup::Unavailable(self.shown(&failure)),
                _ => return Lookup::Unclear(self.shown(&failure)),
            };
            self.reporter.report(&Event::LookupRetrying { id, attempt, wait, cause: self.shown(&failure) });
            share.set_to(0);
            sleep(wait).await;
        }
    }

    /// A failure, without the token.
    fn shown(&self, failure: &Failure) -> String {
        let text = failure.to_string();
        self.token().scrubbed(&text).unwrap_or(text)
    }
}
