//! One request, from its arrival to the reply that is due.
//!
//! The only place with the state of a running server: the limit, the outages, the faults, the
//! journal. An outage comes before everything; then the token is checked, then the limit
//! (limits are per token), then the list moves where it does, a fault may be met, and the routes
//! answer from a view of the list.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use hyper::header::{CONTENT_ENCODING, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use super::config::SandboxConfig;
use super::faults::{self, Plan};
use super::http::delivery::{Delivery, Reply};
use super::http::request::Asked;
use super::http::response as answer;
use super::limits::Gate;
use super::list::List;
use super::lock::lock;
use super::outage::{OutageKind, Outages};
use super::quirks::Habits;
use super::random::Random;
use super::request_log::{Journal, Seen, Verdict};
use super::routes::Route;
use super::{TOKEN, page};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets request ids apart from contacts made from the same seed.
const REQUEST_IDS: u64 = 0x5265_7175_6573_7473;

/// Everything the connections of a sandbox share.
#[derive(Debug)]
pub(super) struct Handler {
    list: List,
    habits: Habits,
    gate: Gate,
    outages: Option<Mutex<Outages>>,
    plan: Option<Mutex<Plan>>,
    journal: Mutex<Journal>,
    latency: Duration,
    gzip: bool,
    seed: u64,
}

/// What becomes of a request.
#[derive(Debug)]
struct Decision {
    verdict: Verdict,
    /// The state of the list that its contacts are of.
    state: Option<u64>,
    /// The state that its totals are of.
    counted: Option<u64>,
    reply: Reply,
}

impl Decision {
    fn without_list(verdict: Verdict, reply: Reply) -> Self {
        Self { verdict, state: None, counted: None, reply }
    }
}

impl Handler {
    /// A handler that begins to serve at `started`.
    pub(super) fn new(config: &SandboxConfig, started: Instant) -> Self {
        let outages = (!config.outages.is_empty()).then(|| Mutex::new(Outages::new(&config.outages, started)));
        let plan = (!config.faults.is_empty()).then(|| Mutex::new(Plan::new(config.seed, config.faults.clone())));
        Self {
            list: List::new(config),
            habits: Habits::of(config),
            gate: Gate::new(config.limit),
            outages,
            plan,
            journal: Mutex::new(Journal::new(config.journal)),
            latency: config.latency,
            gzip: config.gzip,
            seed: config.seed,
        }
    }

    pub(super) fn list(&self) -> &List {
        &self.list
    }

    pub(super) fn journal(&self) -> &Mutex<Journal> {
        &self.journal
    }

    /// Whether a connection made at `now` is to be reset at once.
    pub(super) fn turns_away(&self, now: Instant) -> bool {
        let Some(outages) = &self.outages else { return false };
        let refused = lock(outages).lasting(now) == Some(OutageKind::Refused);
        if refused {
            lock(&self.journal).record_refusal(now);
        }
        refused
    }

    /// Replies once the latency is over. What is said is decided on arrival.
    pub(super) async fn handle(&self, head: &Parts) -> Reply {
        let arrived = Instant::now();
        let asked = Asked::read(head);
        let decision = self.decide(&asked, arrived);
        let number = self.record(&asked, &decision, arrived);
        let reply = self.dress(decision.reply, &asked, number);
        if !self.latency.is_zero() {
            tokio::time::sleep_until((arrived + self.latency).into()).await;
        }
        reply
    }

    fn decide(&self, asked: &Asked, arrived: Instant) -> Decision {
        if let Some(outage) = self.outages.as_ref().and_then(|outages| lock(outages).request(arrived)) {
            return Decision::without_list(Verdict::Outage, during(outage));
        }
        if asked.token.as_deref() != Some(TOKEN.as_bytes()) {
            return Decision::without_list(Verdict::Unauthorized, answer::unauthorized().into());
        }
        match self.gate.enter(arrived) {
            Ok(slot) => {
                let decision = self.admitted(asked);
                Decision { reply: Reply { slot, ..decision.reply }, ..decision }
            }
            Err(refused) => {
                Decision::without_list(Verdict::Limited, answer::too_many_requests(refused.retry_after).into())
            }
        }
    }

    fn admitted(&self, asked: &Asked) -> Decision {
        let route = Route::of(asked);
        let fault = match (&route, &self.plan) {
            (Route::Page, Some(plan)) => {
                let shown = page::shown(asked.page, asked.per_page, self.habits.most_per_page);
                lock(plan).request(page::number(asked.page), &shown)
            }
            _ => None,
        };
        let list = if matches!(route, Route::Page) { self.list.next() } else { self.list.now() };
        let state = route.reads_the_list().then(|| list.state());
        let counted = matches!(route, Route::Page).then(|| list.counted());
        let (verdict, reply) = match fault {
            None => (Verdict::Served, route.answer(asked, &list, &self.habits).into()),
            Some(fault) => {
                let reply = faults::play(&fault, asked, &list, &self.habits, SystemTime::now());
                (Verdict::Fault(fault), reply)
            }
        };
        Decision { verdict, state, counted, reply }
    }

    /// Notes the request and gives its number, from 1.
    fn record(&self, asked: &Asked, decision: &Decision, arrived: Instant) -> u64 {
        let mut journal = lock(&self.journal);
        journal.record(Seen {
            arrived,
            protocol: asked.protocol,
            path: asked.path.as_str().into(),
            page: asked.page,
            per_page: asked.per_page,
            user_agent: asked.user_agent.as_deref().map(Into::into),
            status: decision.reply.answer.status().as_u16(),
            verdict: decision.verdict.clone(),
            state: decision.state,
            counted: decision.counted,
        });
        journal.received()
    }

    /// Adds what every answer carries; `Date` and `Content-Length` are hyper's.
    fn dress(&self, mut reply: Reply, asked: &Asked, number: u64) -> Reply {
        if let Ok(id) = HeaderValue::try_from(request_id(self.seed, number)) {
            answer::set(&mut reply.answer, REQUEST_ID, id);
        }
        if self.gzip && asked.accepts_gzip && !reply.answer.headers().contains_key(CONTENT_ENCODING) {
            // Compressing in memory does not fail; if it did, the plain answer is as true.
            let _ = answer::gzip(&mut reply.answer);
        }
        reply
    }
}

/// What every request gets during an outage.
fn during(outage: OutageKind) -> Reply {
    match outage {
        OutageKind::Refused => Reply { delivery: Delivery::Reset, ..faults::status(503).into() },
        OutageKind::Status503 => faults::status(503).into(),
        OutageKind::Maintenance => faults::maintenance().into(),
        OutageKind::ErrorEnvelope => faults::error_envelope().into(),
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
