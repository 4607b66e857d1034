//! Fetches one page with as many attempts as needed: waits for a slot, sends the request, decodes the response, and does
//! what `retry` decides. All tasks share one fetcher.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::Utc;
use tokio::time::sleep;

use super::attempts::{AttemptLimits, Attempts};
use super::error::{ApiError, FailedAttempt};
use super::pacer::{Pacer, Slot};
use super::retry::{Decision, decide};
use super::split_plan::Unreadable;
use super::validate::{self, Violation};
use crate::api::client::{Answer, Client};
use crate::api::error_body;
use crate::api::freshness::Freshness;
use crate::api::memory_budget::{NoRoom, Share};
use crate::api::rate_limit_headers::Quota;
use crate::api::refusal::{self, Refusal};
use crate::api::{Failure, FailureKind};
use crate::config::{Backoff, ContactsConfig, OnUnreadable, RetryLimits, SecondLook, Token};
use crate::decode::{Contact, Decoded, decode, decode_contact};
use crate::events::{Event, Reporter};
use crate::page::{Asked, DecodeError, FailureClass, Observed};

/// Up to this much is added to a wait that the server asks for, so that not all requests come back at once.
const SPREAD: Duration = Duration::from_millis(250);

pub(super) struct Fetched {
    pub observed: Observed,
    pub contacts: Vec<Contact>,
    /// The memory that the contacts hold, in bytes.
    pub held: usize,
    /// Size of the JSON, in bytes.
    pub bytes: usize,
    /// What its response said beside the page; `None` if it was assembled from several.
    pub head: Option<Head>,
}

/// What a response says beside its page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// The version of HTTP.
    pub version: &'static str,
    /// What is left of the quota, if the server says so.
    pub quota: Option<Quota>,
}

/// Why one attempt returned no page.
enum Missed {
    NoRoom(NoRoom),
    /// Whether the attempt was a probe in an outage, too.
    Failed(Failure, bool),
}

/// What a lookup showed.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// The contact.
    Found(Box<Contact>),
    /// The API's own error for a contact that does not exist.
    NotFound,
    /// Anything else, sanitized.
    Unclear(String),
    /// The API does not answer, or refuses for longer than the run would wait: it is not to be asked any more.
    Unavailable(String),
}

impl Lookup {
    pub(super) fn no_room() -> Self {
        Self::Unclear("the contact is too large to be held in memory with the others".to_owned())
    }
}

/// What all tasks share.
pub(super) struct Fetcher {
    client: Client,
    pub pacer: Pacer,
    pub limits: (RetryLimits, Backoff),
    pub reporter: Arc<dyn Reporter>,
    pub second_look: SecondLook,
    pub on_unreadable: OnUnreadable,
    unreadable: Mutex<Vec<Unreadable>>,
    pub requests: AtomicU64,
    freshness: Mutex<Freshness>,
    /// The start of the run by our clock, in milliseconds since 1970.
    start: i64,
    /// The page received last.
    last_page: Mutex<Option<Asked>>,
    /// Contacts per page, as requested by the run.
    size: u64,
}

impl Fetcher {
    pub fn new(config: &ContactsConfig, reporter: Arc<dyn Reporter>) -> Result<Self, ApiError> {
        Ok(Self {
            client: Client::new(config)?,
            pacer: Pacer::new(config.pacing, config.concurrency, config.backoff),
            limits: (config.retry_limits, config.backoff),
            reporter,
            second_look: config.second_look,
            on_unreadable: config.on_unreadable,
            unreadable: Mutex::default(),
            requests: AtomicU64::new(0),
            freshness: Mutex::default(),
            start: Utc::now().timestamp_millis(),
            last_page: Mutex::default(),
            size: config.per_page.get().into(),
        })
    }

    pub fn unreadable(&self) -> MutexGuard<'_, Vec<Unreadable>> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn freshness(&self) -> MutexGuard<'_, Freshness> {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many seconds our clock is ahead of the server's, if the difference is large.
    pub fn skew(&self) -> Option<i64> {
        self.freshness().skew(self.start)
    }

    /// Fetches a page, into a share of the memory budget that may have to grow.
    pub async fn fetch(&self, asked: Asked, share: &Share) -> Result<Fetched, ApiError> {
        let shows_unreadable = self.unreadable().iter().any(|contact| contact.is_near(asked));
        let limits = if shows_unreadable { AttemptLimits::of_piece(false) } else { AttemptLimits::default() };
        self.fetch_within(asked, limits, share).await
    }

    /// Fetches a page that probably does not exist: an error in its place is an answer, and no outage to wait for.
    pub async fn fetch_past_the_end(&self, asked: Asked, share: &Share) -> Result<Fetched, ApiError> {
        self.fetch_within(asked, AttemptLimits::of_piece(true), share).await
    }

    pub async fn fetch_within(&self, asked: Asked, limits: AttemptLimits, share: &Share) -> Result<Fetched, ApiError> {
        let mut attempts = Attempts::new(limits);
        let result = self.try_until_decided(asked, &mut attempts, share).await;
        self.settle(attempts);
        result
    }

    /// Records that the attempts at a page have ended.
    fn settle(&self, attempts: Attempts) {
        if attempts.first.is_some() && attempts.limits.is_planned {
            self.pacer.settled();
        }
    }

    async fn try_until_decided(
        &self,
        asked: Asked,
        attempts: &mut Attempts,
        share: &Share,
    ) -> Result<Fetched, ApiError> {
        let page = asked.page;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (failure, probe) = match self.attempt(asked, attempt, *attempts, share).await {
                Ok((fetched, took)) => {
                    share.set_to(fetched.held);
                    let (contacts, bytes) = (fetched.observed.rows.len() as u64, fetched.bytes as u64);
                    self.reporter.report(&Event::PageRead { page, contacts, bytes, took });
                    return Ok(fetched);
                }
                Err(Missed::NoRoom(NoRoom { needed })) => {
                    let cause = "the page is larger than expected and waits for memory".to_owned();
                    self.reporter.report(&Event::Retrying { page, attempt, wait: Duration::ZERO, cause });
                    share.wait_for(needed).await;
                    continue;
                }
                Err(Missed::Failed(failure, probe)) => (failure, probe),
            };
            if failure.class.may_pass() || failure.may_be_refusal() {
                let is_planned = attempts.limits.is_planned;
                attempts.first.get_or_insert_with(|| self.pacer.first_failure(is_planned));
            }
            let pays = attempts.count(&failure, probe);
            let server = self.pacer.server_state(pays);
            let wait = match decide(&failure, probe, *attempts, server, self.limits, fastrand::f64()) {
                Decision::Retry(wait) => wait,
                Decision::ReadOther => {
                    if self.read_other(asked, share).await? {
                        attempts.other_read = true;
                    } else {
                        // The server was down, so this page may be sound: it gets all its attempts again.
                        self.settle(*attempts);
                        *attempts = Attempts::new(attempts.limits);
                    }
                    Duration::ZERO
                }
                Decision::FailPage => return Err(ApiError::Page(FailedAttempt { page, attempt, failure })),
                Decision::FailOutage => {
                    let last = FailedAttempt { page, attempt, failure };
                    let lasted = server.failing_for.max(attempts.lasted(server));
                    return Err(ApiError::Outage { last, lasted });
                }
                Decision::FailRateLimited => return Err(rate_limited(page, attempt, failure)),
            };
            self.reporter.report(&Event::Retrying { page, attempt, wait, cause: failure.to_string() });
            share.set_to(0);
            sleep(wait).await;
        }
    }

    /// Reads another page until it arrives, or the server has failed for so long that the next attempt gives up. Returns
    /// whether the server was up all the time, so that the first page fails alone.
    async fn read_other(&self, asked: Asked, share: &Share) -> Result<bool, ApiError> {
        let other = self.other_page(asked);
        let (retry_limits, backoff) = self.limits;
        let of_other = Attempts::new(AttemptLimits::of_other());
        let mut was_up = true;
        let mut attempt = 0;
        loop {
            attempt += 1;
            // A page without room has arrived, too.
            let Err(Missed::Failed(failure, probe)) = self.attempt(other, attempt, of_other, share).await else {
                return Ok(was_up);
            };
            let server = self.pacer.server_state(false);
            match failure.class {
                FailureClass::RateLimited => {
                    let decision = decide(&failure, probe, Attempts::default(), server, self.limits, 0.0);
                    if decision == Decision::FailRateLimited {
                        return Err(rate_limited(other.page, attempt, failure));
                    }
                }
                // A server that has never returned a valid page may never do so.
                FailureClass::InvalidPage if server.pages == 0 => return Ok(was_up),
                class if class.may_pass() && server.failing_for < retry_limits.outage => {
                    was_up = false;
                    sleep(backoff.first.mul_f64(fastrand::f64())).await;
                }
                _ => return Ok(was_up),
            }
        }
    }

    /// The last page received, if it is another one: it tells whether the server is up.
    fn other_page(&self, asked: Asked) -> Asked {
        let last = *self.last_page.lock().unwrap_or_else(PoisonError::into_inner);
        let page = if asked.page == 1 { 2 } else { 1 };
        last.filter(|last| last.page != asked.page).unwrap_or(Asked { page, ..asked })
    }

    /// Waits for a slot, requests a page once, and returns the slot. With the page, returns how long it took.
    async fn attempt(
        &self,
        asked: Asked,
        attempt: u32,
        attempts: Attempts,
        share: &Share,
    ) -> Result<(Fetched, Duration), Missed> {
        let slot = self.pacer.slot().await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.reporter.report(&Event::Requested { page: asked.page, attempt });
        let sent = self.pacer.now();
        let answer = match self.client.get(asked, share).await {
            Ok(Ok(answer)) => self.decode(asked, sent, &answer, attempts.is_last_reading()),
            Ok(Err(no_room)) => {
                self.pacer.answered(slot);
                return Err(Missed::NoRoom(no_room));
            }
            Err(kind) => Err(kind),
        };
        match answer {
            Ok(fetched) => {
                self.pacer.page(slot);
                *self.last_page.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
                Ok((fetched, self.pacer.now().saturating_sub(sent)))
            }
            Err(kind) => {
                let (failure, probe) = (self.judge(kind.into(), &slot, attempts), slot.probe);
                self.failed(slot, &failure);
                Err(Missed::Failed(failure, probe))
            }
        }
    }

    /// Waits for a slot, looks up a contact once, and returns the slot. An outage is not waited for. Fails with whether the attempt
    /// was a probe in an outage, too.
    pub async fn try_to_look_up(&self, id: i64, attempts: Attempts, share: &Share) -> Result<Lookup, (Failure, bool)> {
        let slot = tokio::select! {
            biased;
            () = self.pacer.outage() => return Ok(Lookup::Unavailable("the API is not available".to_owned())),
            slot = self.pacer.slot() => slot,
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = self.pacer.now();
        let judged = match self.client.look_up(id, share).await {
            Ok(Ok(answer)) => self.judge_contact(id, sent, &answer, share),
            Ok(Err(NoRoom { .. })) => {
                self.pacer.answered(slot);
                return Ok(Lookup::no_room());
            }
            Err(FailureKind::Status { status: 404, denies_contact: true, .. }) => Ok(Lookup::NotFound),
            Err(kind) => Err(kind),
        };
        match judged {
            Ok(lookup) => {
                self.pacer.page(slot);
                Ok(lookup)
            }
            Err(kind) => {
                let (failure, probe) = (self.judge(kind.into(), &slot, attempts), slot.probe);
                self.failed(slot, &failure);
                Err((failure, probe))
            }
        }
    }

    /// What a 200 to a lookup shows.
    fn judge_contact(&self, id: i64, sent: Duration, answer: &Answer, share: &Share) -> Result<Lookup, FailureKind> {
        self.obey(answer.quota);
        let contact = decode_contact(&answer.body).map_err(|error| match error {
            DecodeError::Identity(reason) => FailureKind::Identity(reason),
            DecodeError::Malformed(reason) => not_a_page(reason, answer, self.token()),
        })?;
        if contact.key.id != id {
            return Ok(Lookup::Unclear("the server returned another contact than the one asked for".to_owned()));
        }
        if let Some(stale) = self.freshness().judge(&answer.headers, sent, self.pacer.now()) {
            return Ok(Lookup::Unclear(format!("the response came from a cache: {stale}")));
        }
        share.set_to(answer.body.len() + contact.held());
        Ok(Lookup::Found(Box::new(contact)))
    }

    /// The token, which is removed from what a server says.
    pub fn token(&self) -> &Token {
        &self.client.token
    }

    /// The failure as the other pages show it: a 503 beside pages that arrive is a refusal because of the rate.
    fn judge(&self, failure: Failure, slot: &Slot, attempts: Attempts) -> Failure {
        let is_refusal = failure.may_be_refusal()
            && attempts.may_be_refused(self.pacer.server_state(false))
            && self.pacer.is_refusal(slot);
        if is_refusal { failure.into_refusal() } else { failure }
    }

    /// Records a failed attempt, which may make all requests wait.
    fn failed(&self, slot: Slot, failure: &Failure) {
        self.reporter.report(&Event::Failed { class: failure.class });
        let mut brakes = false;
        let held = match failure.class {
            FailureClass::RateLimited if failure.may_be_refusal() => self.pacer.refused_with_503(slot),
            FailureClass::RateLimited => {
                let told = failure.retry_after().map(|wait| wait + SPREAD.mul_f64(fastrand::f64()));
                let (held, too_many) = self.pacer.refused(slot, told);
                brakes = too_many;
                held
            }
            class if class.may_pass() => self.pacer.failed(slot),
            _ => {
                self.pacer.answered(slot);
                None
            }
        };
        // A wait that is too long ends the run instead.
        if let Some(wait) = held
            && failure.retry_after().is_none_or(|told| told <= self.limits.0.retry_after)
        {
            let cause = if brakes { format!("many requests were refused; {failure}") } else { failure.to_string() };
            self.reporter.report(&Event::Waiting { wait, cause });
        }
    }

    /// Obeys what a server says about its quota, unless it asks for a longer wait than the run allows.
    fn obey(&self, quota: Option<Quota>) {
        let Some(quota) = quota.filter(|quota| quota.resets_in <= self.limits.0.retry_after) else { return };
        if let Some(wait) = self.pacer.hint(quota) {
            let cause = "the server says that the quota is used up".to_owned();
            self.reporter.report(&Event::Waiting { wait, cause });
        }
    }

    /// Decodes and validates a response. On the last reading, a page that is short at the end of the list is accepted.
    fn decode(&self, asked: Asked, sent: Duration, answer: &Answer, is_last: bool) -> Result<Fetched, FailureKind> {
        self.obey(answer.quota);
        let token = &self.client.token;
        let decoded = decode(&answer.body).map_err(|error| undecoded(error, answer, token))?;
        let Decoded { said, contacts, held } = decoded;
        match validate::violation(asked, said, contacts.len(), self.size) {
            None => {}
            Some(Violation::ShortEnd(_)) if is_last => {}
            Some(Violation::NotThePage(reason) | Violation::ShortEnd(reason)) => {
                let message = error_body::server_message(&answer.headers, &[], token);
                return Err(FailureKind::InvalidPage { reason, message });
            }
        }
        let received = self.pacer.now();
        let stale = self.freshness().judge(&answer.headers, sent, received);
        let rows = contacts.iter().map(|contact| contact.key).collect();
        let observed = Observed { asked, said, rows, sent, received, stale };
        let head = Some(Head { version: answer.version, quota: answer.quota });
        Ok(Fetched { observed, contacts, held, bytes: answer.body.len(), head })
    }
}

fn undecoded(error: DecodeError, answer: &Answer, token: &Token) -> FailureKind {
    let Answer { headers, body, .. } = answer;
    match error {
        DecodeError::Identity(reason) => FailureKind::Identity(reason),
        DecodeError::Malformed(reason) if error_body::is_not_a_page(body) => not_a_page(reason, answer, token),
        DecodeError::Malformed(reason) => {
            let message = error_body::message_of_ok(headers, body, token);
            FailureKind::InvalidPage { reason, message }
        }
    }
}

/// A 200 with something else in place of what was asked for.
fn not_a_page(reason: String, Answer { headers, body, .. }: &Answer, token: &Token) -> FailureKind {
    let Refusal { retry_after, is_rate_limit } = refusal::read(200, headers, body);
    let message = error_body::message_of_ok(headers, body, token);
    FailureKind::NotAPage { reason, message, retry_after, is_rate_limit }
}

fn rate_limited(page: u64, attempt: u32, failure: Failure) -> ApiError {
    let retry_at = failure.retry_after().and_then(|wait| SystemTime::now().checked_add(wait));
    ApiError::RateLimited { last: FailedAttempt { page, attempt, failure }, retry_at }
}
