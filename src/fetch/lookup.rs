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
use super::request::{Fetcher, Looking};
use super::retry::{Decision, decide};
use crate::api::Failure;
use crate::api::memory_budget::{Budget, Share};
use crate::decode::Contact;
use crate::events::Event;

/// What a lookup showed.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// The contact.
    Found(Box<Contact>, Share),
    /// The API's own error for a contact that does not exist.
    NotFound,
    /// Anything else, sanitized.
    Unclear(String),
    /// The API does not answer, or refuses for longer than the run would wait: it is not to be asked any more.
    Unavailable(String),
}

/// Looks up contacts once all pages are read.
pub(crate) struct Lookups {
    pub(super) fetcher: Arc<Fetcher>,
    pub(super) concurrency: usize,
    pub(super) budget: Arc<Budget>,
}

impl Lookups {
    /// Looks up contacts side by side; the results are in the order of the ids.
    pub fn look_up(&self, ids: Vec<i64>) -> impl Stream<Item = (i64, Lookup)> {
        let look_up = move |id| async move {
            match self.budget.share(0, true) {
                Some(share) => (id, self.fetcher.look_up(id, share).await),
                None => (id, Lookup::Unclear(NO_ROOM.to_owned())),
            }
        };
        stream::iter(ids).map(look_up).buffered(self.concurrency)
    }

    /// Requests sent so far, including those for pages.
    pub fn requests(&self) -> u64 {
        self.fetcher.requests.load(Ordering::Relaxed)
    }
}

const NO_ROOM: &str = "the contact is too large to be held in memory with the others";

impl Fetcher {
    async fn look_up(&self, id: i64, share: Share) -> Lookup {
        let mut attempts = Attempts::new(AttemptLimits::of_lookup());
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.reporter.report(&Event::LookupRequested { id, attempt });
            let (failure, probe) = match self.try_to_look_up(id, attempts, &share).await {
                Looking::Found(contact, held) => {
                    share.set_to(held);
                    return Lookup::Found(contact, share);
                }
                Looking::NotFound => return Lookup::NotFound,
                Looking::NoRoom => return Lookup::Unclear(NO_ROOM.to_owned()),
                Looking::Other(reason) => return Lookup::Unclear(reason),
                Looking::Down => return Lookup::Unavailable("the API is not available".to_owned()),
                Looking::Failed(failure, probe) => (failure, probe),
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
