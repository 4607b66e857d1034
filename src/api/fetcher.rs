//! Fetches one page, with as many attempts as it takes: waits for a slot, asks, decodes, and does what
//! `retry` decides. Many tasks share one fetcher.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::client::{Answer, Client};
use super::contract::{self, Violation};
use super::failure::{ApiError, Failure};
use super::hints::Quota;
use super::pacer::{Pacer, Slot};
use super::reader::Decode;
use super::retry::{Class, Decision, READINGS, Stop, Tries, classify, decide};
use super::wire;
use crate::config::{Backoff, ContactsConfig, Patience};
use crate::page::{Asked, DecodeError, Decoded, Observed};
use crate::report::{Event, Reporter};

/// By how much a wait that the server asks for is exceeded, at most: they all come back otherwise at once.
const SPREAD: Duration = Duration::from_millis(250);

/// A page as it was fetched.
pub(super) struct Fetched<T> {
    pub observed: Observed,
    pub table: T,
    /// Bytes that the table holds.
    pub held: usize,
    /// Bytes of JSON.
    pub bytes: usize,
}

/// What the tasks share.
pub(super) struct Fetcher<T> {
    client: Client,
    pub pacer: Pacer,
    patience: Patience,
    backoff: Backoff,
    decode: Decode<T>,
    pub reporter: Arc<dyn Reporter>,
    requests: AtomicU64,
    /// Contacts a page, as the run asks for them.
    size: u64,
}

impl<T> std::fmt::Debug for Fetcher<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("client", &self.client).field("pacer", &self.pacer).finish_non_exhaustive()
    }
}

impl<T> Fetcher<T> {
    pub fn new(config: &ContactsConfig, decode: Decode<T>, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            client: Client::new(config)?,
            pacer: Pacer::new(config.pacing, config.concurrency, config.backoff),
            patience: config.patience,
            backoff: config.backoff,
            decode,
            reporter,
            requests: AtomicU64::new(0),
            size: config.per_page.get().into(),
        })
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Fetches a page.
    pub async fn fetch(&self, asked: Asked) -> Result<Fetched<T>, ApiError> {
        let page = asked.page;
        let mut tries = Tries::default();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (slot, sent) = self.send(page, attempt).await;
            let last_reading = tries.readings + 1 >= READINGS;
            let answer = self.client.get(asked).await;
            let failure = match answer.and_then(|answer| self.decode(asked, sent, &answer, last_reading)) {
                Ok(fetched) => {
                    self.pacer.page(slot);
                    let (contacts, bytes) = (fetched.observed.rows.len() as u64, fetched.bytes as u64);
                    self.reporter.report(&Event::PageRead {
                        page,
                        contacts,
                        bytes,
                        took: self.pacer.now().saturating_sub(sent),
                    });
                    return Ok(fetched);
                }
                Err(failure) => failure,
            };
            let probe = slot.probe;
            if tries == Tries::default() {
                tries.answers_before = self.pacer.answers();
            }
            let class = self.end(slot, &failure);
            tries.failures += u32::from(class == Class::Transient && !probe);
            tries.readings += u32::from(class == Class::Protocol);
            let bearing = self.pacer.bearing(!probe && matches!(class, Class::Transient | Class::Protocol));
            let wait = match decide(&failure, probe, tries, bearing, (self.patience, self.backoff), fastrand::f64()) {
                Decision::Again(wait) => wait,
                Decision::AskFirstPage => {
                    if self.ask_first_page(asked.per_page).await? == Others::Failed {
                        // The server was down, so that the page may be sound: it is tried anew.
                        tries = Tries::default();
                    }
                    Duration::ZERO
                }
                Decision::Stop(stop) => return Err(give_up(stop, page, attempt, failure, bearing.failing_for)),
            };
            self.reporter.report(&Event::Retrying { page, attempt, wait, cause: failure.to_string() });
            sleep(wait).await;
        }
    }

    /// Asks for page 1 until the server answers, or has failed for so long that the next attempt gives up.
    async fn ask_first_page(&self, per_page: u32) -> Result<Others, ApiError> {
        let mut others = Others::Answered;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (slot, _) = self.send(1, attempt).await;
            let Err(failure) = self.client.get(Asked { page: 1, per_page }).await else {
                self.pacer.answered(slot);
                return Ok(others);
            };
            let probe = slot.probe;
            let class = self.end(slot, &failure);
            let bearing = self.pacer.bearing(false);
            match class {
                Class::Throttled => {
                    let tries = Tries::default();
                    let decision = decide(&failure, probe, tries, bearing, (self.patience, self.backoff), 0.0);
                    if let Decision::Stop(stop) = decision {
                        return Err(give_up(stop, 1, attempt, failure, bearing.failing_for));
                    }
                }
                Class::Transient if bearing.failing_for < self.patience.outage => {
                    others = Others::Failed;
                    sleep(self.backoff.first.mul_f64(fastrand::f64())).await;
                }
                _ => return Ok(others),
            }
        }
    }

    /// Heeds what a server says of its quota, where it asks for no more patience than the run has.
    fn hear(&self, quota: Option<Quota>) {
        let Some(quota) = quota.filter(|quota| quota.resets_in <= self.patience.retry_after) else { return };
        if let Some(wait) = self.pacer.hint(quota) {
            let cause = "the server says that its quota is used up".to_owned();
            self.reporter.report(&Event::Waiting { wait, cause });
        }
    }

    /// Waits for a slot; the request leaves right after, at the time since the start that is returned.
    async fn send(&self, page: u64, attempt: u32) -> (Slot, Duration) {
        let slot = self.pacer.slot().await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.reporter.report(&Event::Requested { page, attempt });
        (slot, self.pacer.now())
    }

    /// Tells everybody how an attempt failed.
    fn end(&self, slot: Slot, failure: &Failure) -> Class {
        let class = classify(failure);
        self.reporter.report(&Event::Failed { outcome: class.outcome() });
        let held = match class {
            Class::Throttled => {
                let told = failure.retry_after().map(|wait| wait + SPREAD.mul_f64(fastrand::f64()));
                self.pacer.refused(slot, told)
            }
            Class::Transient => self.pacer.failed(slot),
            Class::Protocol | Class::Fatal => {
                self.pacer.answered(slot);
                None
            }
        };
        if let Some(wait) = held {
            self.reporter.report(&Event::Waiting { wait, cause: failure.to_string() });
        }
        class
    }

    /// What an answer holds. On the last reading of a page, a short end is taken for what it is.
    fn decode(&self, asked: Asked, sent: Duration, answer: &Answer, last: bool) -> Result<Fetched<T>, Failure> {
        self.hear(answer.quota);
        let (Answer { headers, body, .. }, token) = (answer, &self.client.token);
        let no_page = |reason| Failure::NoPage { reason, said: wire::said_for_page(headers, body, token) };
        let Decoded { table, said, rows, held } = (self.decode)(&answer.body).map_err(|error| match error {
            DecodeError::Malformed(reason) => no_page(reason),
            DecodeError::Identity(reason) => Failure::Identity(reason),
        })?;
        match contract::violation(asked, said, rows.len(), self.size) {
            None => {}
            Some(Violation::ShortEnd(_)) if last => {}
            Some(Violation::NotThePage(reason) | Violation::ShortEnd(reason)) => {
                return Err(Failure::NoPage { reason, said: wire::said(headers, &[], token) });
            }
        }
        let observed = Observed { asked, said, rows, sent, received: self.pacer.now() };
        Ok(Fetched { observed, table, held, bytes: answer.body.len() })
    }
}

/// How page 1 fared, when a page failed and nobody else was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// At once: the page fails alone.
    Answered,
    /// Not at first: the server was failing as a whole.
    Failed,
}

fn give_up(stop: Stop, page: u64, attempt: u32, failure: Failure, failing_for: Duration) -> ApiError {
    match stop {
        Stop::Page => ApiError::Page { page, attempt, failure },
        Stop::Outage => ApiError::Outage { page, attempt, failure, lasted: failing_for },
        Stop::Throttled => {
            let come_back = failure.retry_after().and_then(|wait| SystemTime::now().checked_add(wait));
            ApiError::Throttled { page, attempt, failure, come_back }
        }
    }
}
