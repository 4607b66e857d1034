//! One request, from its arrival to the answer that is due.
//!
//! The only place with the state of a running server: the limiter, the journal, the number of
//! requests. Checks the token first, then the limit (limits are per token), then the routes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;

use super::answer::{self, Answer};
use super::asked::Asked;
use super::config::SandboxConfig;
use super::contacts::Contacts;
use super::journal::{Journal, Seen};
use super::limiter::{Limiter, retry_after_seconds};
use super::list::List;
use super::random::Random;
use super::{TOKEN, routes};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets request ids apart from contacts made from the same seed.
const REQUEST_IDS: u64 = 0x5265_7175_6573_7473;

/// Everything the connections of a sandbox share.
#[derive(Debug)]
pub(super) struct Handler {
    list: List,
    limiter: Mutex<Limiter>,
    journal: Mutex<Journal>,
    latency: Duration,
    gzip: bool,
    seed: u64,
}

impl Handler {
    pub(super) fn new(config: &SandboxConfig) -> Self {
        Self {
            list: List::new(Contacts::new(config.seed, config.contacts)),
            limiter: Mutex::new(Limiter::new(config.limit)),
            journal: Mutex::new(Journal::new(config.journal)),
            latency: config.latency,
            gzip: config.gzip,
            seed: config.seed,
        }
    }

    pub(super) fn list(&self) -> &List {
        &self.list
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.journal).entries()
    }

    pub(super) fn seen_count(&self) -> u64 {
        lock(&self.journal).received()
    }

    /// Answers once the latency is over. What is said is decided on arrival.
    pub(super) async fn handle(&self, head: &Parts) -> Answer {
        let arrived = Instant::now();
        let asked = Asked::read(head);
        let answer = self.decide(&asked, arrived);
        let number = self.record(&asked, &answer, arrived);
        let answer = self.dress(answer, &asked, number);
        if !self.latency.is_zero() {
            tokio::time::sleep_until((arrived + self.latency).into()).await;
        }
        answer
    }

    fn decide(&self, asked: &Asked, arrived: Instant) -> Answer {
        if asked.token.as_deref() != Some(TOKEN.as_bytes()) {
            return answer::unauthorized();
        }
        let admitted = lock(&self.limiter).admit(arrived);
        match admitted {
            Ok(()) => routes::answer(asked, &self.list),
            Err(wait) => answer::too_many_requests(retry_after_seconds(wait)),
        }
    }

    /// Notes the request and gives its number, from 1.
    fn record(&self, asked: &Asked, answer: &Answer, arrived: Instant) -> u64 {
        let mut journal = lock(&self.journal);
        journal.record(Seen {
            arrived,
            path: asked.path.as_str().into(),
            page: asked.page,
            per_page: asked.per_page,
            user_agent: asked.user_agent.as_deref().map(Into::into),
            status: answer.status().as_u16(),
        });
        journal.received()
    }

    /// Adds what every answer carries; `Date` and `Content-Length` are hyper's.
    fn dress(&self, mut answer: Answer, asked: &Asked, number: u64) -> Answer {
        if let Ok(id) = HeaderValue::try_from(request_id(self.seed, number)) {
            answer::set(&mut answer, REQUEST_ID, id);
        }
        if self.gzip && asked.accepts_gzip {
            // Compressing in memory does not fail; if it did, the plain answer is as true.
            let _ = answer::gzip(&mut answer);
        }
        answer
    }
}

/// A version 4 UUID, the same for the same seed and number.
fn request_id(seed: u64, number: u64) -> String {
    let mut random = Random::of(seed ^ REQUEST_IDS, number);
    let (high, low) = (random.bits(), random.bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// No holder of these locks can leave them half-changed, so a panic elsewhere is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_and_repeatable() {
        let id = request_id(1, 1);
        assert_eq!(id.len(), 36);
        assert_eq!(id, request_id(1, 1));
        assert_ne!(id, request_id(1, 2));
        assert_ne!(id, request_id(2, 1));
    }
}
