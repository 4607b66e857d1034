//! Fetches one page, with as many attempts as it takes: waits for a slot, asks, decodes, and does what
//! `retry` decides. Many tasks share one fetcher.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::Utc;
use tokio::time::sleep;

use super::error::ApiError;
use super::pacer::{Pacer, Slot};
use super::retry::{Allowed, Class, Decision, Stop, Tries, classify, decide};
use super::scheduler::Decoding;
use super::split::Unreadable;
use super::validate::{self, Violation};
use crate::api::client::{Answer, Client, Reading};
use crate::api::error::Failure;
use crate::api::error_body;
use crate::api::freshness::Freshness;
use crate::api::memory_budget::Share;
use crate::api::rate_limit_headers::Quota;
use crate::config::{Backoff, ContactsConfig, OnUnreadable, Patience, SecondLook, Token};
use crate::events::{Event, Reporter};
use crate::page::{Asked, DecodeError, Decoded, Observed};

/// By how much a wait that the server asks for is exceeded, at most: they all come back otherwise at once.
const SPREAD: Duration = Duration::from_millis(250);

/// A page as it was fetched.
pub(super) struct Fetched<T> {
    pub observed: Observed,
    /// None where none of its contacts can be read.
    pub table: Option<T>,
    /// Bytes that the table holds.
    pub held: usize,
    /// Bytes of JSON.
    pub bytes: usize,
}

/// What came of asking for a page once.
enum Read<T> {
    Page(Fetched<T>),
    /// There is no room for it now: so much is needed.
    NoRoom {
        needed: usize,
    },
}

/// What the tasks share.
pub(super) struct Fetcher<T> {
    client: Client,
    pub pacer: Pacer,
    patience: Patience,
    backoff: Backoff,
    pub decode: Decoding<T>,
    pub reporter: Arc<dyn Reporter>,
    pub second_look: SecondLook,
    pub on_unreadable: OnUnreadable,
    unreadable: Mutex<Vec<Unreadable>>,
    requests: AtomicU64,
    freshness: Mutex<Freshness>,
    /// The run's start by our clock, in milliseconds since 1970.
    start: i64,
    /// The page that came last.
    sound: Mutex<Option<Asked>>,
    /// Contacts a page, as the run asks for them.
    size: u64,
}

impl<T> std::fmt::Debug for Fetcher<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("client", &self.client).field("pacer", &self.pacer).finish_non_exhaustive()
    }
}

impl<T> Fetcher<T> {
    pub fn new(config: &ContactsConfig, decode: Decoding<T>, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            client: Client::new(config)?,
            pacer: Pacer::new(config.pacing, config.concurrency, config.backoff),
            patience: config.patience,
            backoff: config.backoff,
            decode,
            reporter,
            second_look: config.second_look,
            on_unreadable: config.on_unreadable,
            unreadable: Mutex::default(),
            requests: AtomicU64::new(0),
            freshness: Mutex::default(),
            start: Utc::now().timestamp_millis(),
            sound: Mutex::default(),
            size: config.per_page.get().into(),
        })
    }

    /// Contacts that no page could show so far.
    pub fn unreadable(&self) -> MutexGuard<'_, Vec<Unreadable>> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the answers so far have shown of the server's clock.
    pub fn freshness(&self) -> MutexGuard<'_, Freshness> {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By how many seconds our clock is ahead of the server's, where that is much.
    pub fn skew(&self) -> Option<i64> {
        self.freshness().skew(self.start)
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Fetches a page, into a share of the memory that may have to grow.
    pub async fn fetch(&self, asked: Asked, share: &Share) -> Result<Fetched<T>, ApiError> {
        let shows_unreadable = self.unreadable().iter().any(|contact| contact.is_near(asked));
        let allowed = if shows_unreadable { Allowed::of_piece(false) } else { Allowed::default() };
        self.fetch_within(asked, allowed, share).await
    }

    /// Fetches a page with so many tries.
    pub async fn fetch_within(&self, asked: Asked, allowed: Allowed, share: &Share) -> Result<Fetched<T>, ApiError> {
        let page = asked.page;
        let new = Tries { allowed, ..Tries::default() };
        let mut tries = new;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (slot, sent) = self.send(page, attempt).await;
            let read = match self.read(asked, sent, tries.is_last_reading(), share).await {
                Ok(Read::NoRoom { needed }) => {
                    self.pacer.answered(slot);
                    let cause = "it is larger than the pages before it, and waits until they have left".to_owned();
                    self.reporter.report(&Event::Retrying { page, attempt, wait: Duration::ZERO, cause });
                    share.wait_for(needed).await;
                    continue;
                }
                Ok(Read::Page(fetched)) => Ok(fetched),
                Err(failure) => Err(failure),
            };
            let failure = match read {
                Ok(fetched) => {
                    self.take(slot, asked);
                    share.shrink_to(fetched.held);
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
            if tries.are_new() {
                tries.answers_before = self.pacer.answers();
            }
            let class = self.end(slot, &failure);
            tries.failures += u32::from(class == Class::Transient && !probe);
            tries.readings += u32::from(matches!(class, Class::Protocol | Class::StandIn) && !probe);
            tries.probes += u32::from(probe);
            let pays = allowed.pays && !probe && matches!(class, Class::Transient | Class::Protocol | Class::StandIn);
            let bearing = self.pacer.bearing(pays);
            let wait = match decide(&failure, probe, tries, bearing, (self.patience, self.backoff), fastrand::f64())
            {
                Decision::Again(wait) => wait,
                Decision::AskOther => {
                    tries = match self.ask_other(asked, share).await? {
                        Others::Answered => Tries { asked_other: true, ..tries },
                        // The server was down, so that the page may be sound: it is tried anew.
                        Others::Failed => new,
                    };
                    Duration::ZERO
                }
                Decision::Stop(stop) => return Err(give_up(stop, page, attempt, failure, bearing.failing_for)),
            };
            self.reporter.report(&Event::Retrying { page, attempt, wait, cause: failure.to_string() });
            sleep(wait).await;
        }
    }

    /// Asks for another page until one comes, or the server has failed for so long that the next attempt gives up.
    async fn ask_other(&self, asked: Asked, share: &Share) -> Result<Others, ApiError> {
        let other = self.other(asked);
        let mut others = Others::Answered;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (slot, sent) = self.send(other.page, attempt).await;
            let failure = match self.read(other, sent, true, share).await {
                Ok(Read::Page(_)) => {
                    self.take(slot, other);
                    return Ok(others);
                }
                // It came, too, and was only too large to be read now.
                Ok(Read::NoRoom { .. }) => {
                    self.pacer.answered(slot);
                    return Ok(others);
                }
                Err(failure) => failure,
            };
            let probe = slot.probe;
            let class = self.end(slot, &failure);
            let bearing = self.pacer.bearing(false);
            match class {
                Class::Throttled => {
                    let tries = Tries::default();
                    let decision = decide(&failure, probe, tries, bearing, (self.patience, self.backoff), 0.0);
                    if let Decision::Stop(stop) = decision {
                        return Err(give_up(stop, other.page, attempt, failure, bearing.failing_for));
                    }
                }
                // A server that has never given a page may never do so.
                Class::Protocol if bearing.pages == 0 => return Ok(others),
                Class::Transient | Class::Protocol | Class::StandIn
                    if bearing.failing_for < self.patience.outage =>
                {
                    others = Others::Failed;
                    sleep(self.backoff.first.mul_f64(fastrand::f64())).await;
                }
                _ => return Ok(others),
            }
        }
    }

    /// A page came.
    fn take(&self, slot: Slot, asked: Asked) {
        self.pacer.page(slot);
        *self.sound.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
    }

    /// A page to ask for in order to learn whether the server is up: the last that came, if it is another one.
    fn other(&self, asked: Asked) -> Asked {
        let sound = *self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        let page = if asked.page == 1 { 2 } else { 1 };
        sound.filter(|sound| sound.page != asked.page).unwrap_or(Asked { page, ..asked })
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
            Class::Transient | Class::Protocol | Class::StandIn => self.pacer.failed(slot),
            Class::Fatal => {
                self.pacer.answered(slot);
                None
            }
        };
        // A wait that is too long ends the run instead.
        if let Some(wait) = held
            && failure.retry_after().is_none_or(|told| told <= self.patience.retry_after)
        {
            self.reporter.report(&Event::Waiting { wait, cause: failure.to_string() });
        }
        class
    }

    /// Asks for a page once, at the time since the start at which it was sent.
    async fn read(&self, asked: Asked, sent: Duration, last: bool, share: &Share) -> Result<Read<T>, Failure> {
        match self.client.get(asked, share).await? {
            Reading::NoRoom { needed } => Ok(Read::NoRoom { needed }),
            Reading::Whole(answer) => self.decode(asked, sent, &answer, last).map(Read::Page),
        }
    }

    /// What an answer holds. On the last reading of a page, a short end is taken for what it is.
    fn decode(&self, asked: Asked, sent: Duration, answer: &Answer, last: bool) -> Result<Fetched<T>, Failure> {
        self.hear(answer.quota);
        let token = &self.client.token;
        let Decoded { table, said, rows, held } =
            (self.decode.decode)(&answer.body).map_err(|error| undecoded(error, answer, token))?;
        match validate::violation(asked, said, rows.len(), self.size) {
            None => {}
            Some(Violation::ShortEnd(_)) if last => {}
            Some(Violation::NotThePage(reason) | Violation::ShortEnd(reason)) => {
                return Err(Failure::NoPage { reason, said: error_body::said(&answer.headers, &[], token) });
            }
        }
        let received = self.pacer.now();
        let stale = self.freshness().judge(&answer.headers, sent, received);
        let observed = Observed { asked, said, rows, sent, received, stale };
        Ok(Fetched { observed, table: Some(table), held, bytes: answer.body.len() })
    }
}

/// Why the body of an answer is no page.
fn undecoded(error: DecodeError, Answer { headers, body, .. }: &Answer, token: &Token) -> Failure {
    let said = || error_body::said_for_page(headers, body, token);
    match error {
        DecodeError::Identity(reason) => Failure::Identity(reason),
        DecodeError::Malformed(reason) if error_body::is_stand_in(body) => {
            Failure::StandIn { reason, said: said(), retry_after: error_body::retry_after(headers, body) }
        }
        DecodeError::Malformed(reason) => Failure::NoPage { reason, said: said() },
    }
}

/// How another page fared, when a page failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// It came at once: the page fails alone.
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
