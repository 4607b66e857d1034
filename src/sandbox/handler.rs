//! One request, from its arrival to its reply.
//!
//! The only holder of the server's state. A request meets an outage first, then the token check, then the limit
//! (limits are per token), then writes to the list if it is for a page, and a fault if it is for a page or a contact; the routes build its response from
//! a view of the list.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hyper::header::{CONTENT_ENCODING, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;

use super::config::SandboxConfig;
use super::contacts::Contacts;
use super::faults::{FaultyRequest, Plan, Target};
use super::http::delivery::{Delivery, Reply};
use super::http::request::Request;
use super::http::response::{self, Response};
use super::limits::{Gate, Refusal, Rejected};
use super::list::{List, Mutations};
use super::lock::lock;
use super::outage::{OutageKind, Outages};
use super::page;
use super::quirks::Quirks;
use super::random::Random;
use super::request_log::{LoggedRequest, RequestLog, Verdict};
use super::routes::Route;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Separates the random stream of request ids from that of contacts.
const REQUEST_IDS: u64 = 0x5265_7175_6573_7473;

/// Everything the connections of a sandbox share.
#[derive(Debug)]
pub(super) struct Handler {
    list: List,
    quirks: Quirks,
    gate: Gate,
    outages: Mutex<Outages>,
    plan: Mutex<Plan>,
    log: Mutex<RequestLog>,
    latency: Duration,
    gzip: bool,
    seed: u64,
}

/// How a request is handled.
#[derive(Debug)]
struct Decision {
    verdict: Verdict,
    /// The state of the list that the contacts come from.
    state: Option<u64>,
    /// The state that the totals describe.
    counted: Option<u64>,
    reply: Reply,
}

impl Decision {
    fn without_list(verdict: Verdict, reply: impl Into<Reply>) -> Self {
        Self { verdict, state: None, counted: None, reply: reply.into() }
    }
}

impl Handler {
    /// The handler of a server that starts at `started`.
    pub(super) fn new(config: SandboxConfig, started: Instant) -> Self {
        let holds_contacts = config.holds_contacts();
        let SandboxConfig { seed, churn, lag, stale_count, .. } = config;
        let contacts = Contacts::new(seed, config.contacts).with_shared_timestamps(config.shared_timestamps);
        let mutations = holds_contacts.then_some(Mutations { churn, lag, stale_count });
        Self {
            list: List::new(contacts, config.order, seed, mutations),
            quirks: config.quirks,
            gate: Gate::new(config.limit),
            outages: Mutex::new(Outages::new(&config.outages, started)),
            plan: Mutex::new(Plan::new(seed, config.faults)),
            log: Mutex::new(RequestLog::new(config.request_log)),
            latency: config.latency,
            gzip: config.gzip,
            seed,
        }
    }

    pub(super) fn list(&self) -> &List {
        &self.list
    }

    pub(super) fn log(&self) -> &Mutex<RequestLog> {
        &self.log
    }

    /// Whether to reset a connection made at `now`.
    pub(super) fn refuses_connection(&self, now: Instant) -> bool {
        let is_refused = lock(&self.outages).current(now) == Some(OutageKind::Refused);
        if is_refused {
            lock(&self.log).record_refusal(now);
        }
        is_refused
    }

    /// Decides on the reply immediately, and returns it after the latency.
    pub(super) async fn handle(&self, head: &Parts) -> Reply {
        let arrived = Instant::now();
        let request = Request::read(head);
        let decision = self.decide(&request, arrived);
        let number = self.record(&request, &decision, arrived);
        let reply = self.finish(decision.reply, &request, number);
        if !self.latency.is_zero() {
            tokio::time::sleep_until((arrived + self.latency).into()).await;
        }
        reply
    }

    fn decide(&self, request: &Request, arrived: Instant) -> Decision {
        if let Some(outage) = lock(&self.outages).request(arrived) {
            return Decision::without_list(Verdict::Outage, during(outage));
        }
        if !request.is_authorized {
            return Decision::without_list(Verdict::Unauthorized, response::unauthorized());
        }
        match self.gate.enter(arrived) {
            Ok(slot) => {
                let decision = self.accepted(request);
                Decision { reply: Reply { slot, ..decision.reply }, ..decision }
            }
            Err(rejected) => Decision::without_list(Verdict::RateLimited, refused(rejected, SystemTime::now())),
        }
    }

    fn accepted(&self, request: &Request) -> Decision {
        let route = Route::of(request);
        let fault = self.target(route, request).and_then(|target| lock(&self.plan).request(&target));
        let list = match route {
            Route::Page => self.list.next(),
            Route::Contact(_) => self.list.earlier(self.quirks.lookups.lag()),
            Route::WrongMethod | Route::UnknownPath => self.list.now(),
        };
        let state = route.reads_list().then_some(list.state);
        let counted = (route == Route::Page).then_some(list.counted);
        let quirks = &self.quirks;
        let (verdict, reply) = match fault {
            None => (Verdict::Served, route.response(request, &list, quirks).into()),
            Some(fault) => {
                let now = SystemTime::now();
                let reply = fault.play(&FaultyRequest { request, route, list: &list, quirks, now });
                (Verdict::Fault(fault), reply)
            }
        };
        Decision { verdict, state, counted, reply }
    }

    /// What the request may meet a fault at.
    fn target(&self, route: Route, request: &Request) -> Option<Target> {
        match route {
            Route::Page => Some(Target::Page {
                number: page::number(request.page),
                shown: page::shown(request.page, request.per_page, self.quirks.max_per_page),
            }),
            Route::Contact(id) => Some(Target::Contact { id }),
            Route::WrongMethod | Route::UnknownPath => None,
        }
    }

    /// Logs the request and returns its number, from 1.
    fn record(&self, request: &Request, decision: &Decision, arrived: Instant) -> u64 {
        let mut log = lock(&self.log);
        log.record(LoggedRequest {
            arrived,
            protocol: request.protocol,
            path: request.path.as_str().into(),
            page: request.page,
            per_page: request.per_page,
            lookup: Route::of(request).looked_up(),
            user_agent: request.user_agent.as_deref().map(Into::into),
            status: decision.reply.response.status().as_u16(),
            verdict: decision.verdict.clone(),
            state: decision.state,
            counted: decision.counted,
        });
        log.received()
    }

    /// Adds what all responses have in common; hyper adds `Date` and `Content-Length`.
    fn finish(&self, mut reply: Reply, request: &Request, number: u64) -> Reply {
        if let Ok(id) = HeaderValue::try_from(request_id(self.seed, number)) {
            response::set(&mut reply.response, REQUEST_ID, id);
        }
        if self.gzip && request.accepts_gzip && !reply.response.headers().contains_key(CONTENT_ENCODING) {
            // Compressing in memory cannot fail; if it did, the uncompressed response would be just as correct.
            let _ = response::gzip(&mut reply.response);
        }
        reply
    }
}

/// The response to a request over the limit.
fn refused(rejected: Rejected, now: SystemTime) -> Response {
    let Rejected { status, refusal, seconds } = rejected;
    let told = (refusal == Refusal::RetryAfter).then_some(seconds);
    let mut response = if status == 429 { response::too_many_requests(told) } else { response::status(status) };
    match refusal {
        Refusal::RetryAfter => response::set(&mut response, RETRY_AFTER, seconds.into()),
        Refusal::Quota => {
            // Rounded up, so that the quota is not used up any more then.
            let reset = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() + seconds + 1;
            response::set(&mut response, HeaderName::from_static("x-ratelimit-remaining"), 0.into());
            response::set(&mut response, HeaderName::from_static("x-ratelimit-reset"), reset.into());
        }
        Refusal::Silent => {}
    }
    response
}

/// The reply to every request during an outage.
fn during(outage: OutageKind) -> Reply {
    match outage {
        OutageKind::Refused => Reply { delivery: Delivery::Reset, ..response::status(503).into() },
        OutageKind::Status503 => response::status(503).into(),
        OutageKind::Maintenance => response::maintenance().into(),
        OutageKind::ErrorEnvelope => response::error_envelope().into(),
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
    fn request_ids_are_repeatable_uuids() {
        let id = request_id(1, 1);
        assert_eq!(id.len(), 36);
        assert_eq!(id, request_id(1, 1));
        assert_ne!(id, request_id(1, 2));
        assert_ne!(id, request_id(2, 1));
    }
}
