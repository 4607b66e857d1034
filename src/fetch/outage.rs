//! Detects outages from the responses and failures of all pages, and decides who may send.
//!
//! Ten failures in a row, of any pages, are an outage. Then only one probe at a time is sent, less and less often, until
//! the server responds again. Where a rate limit and an outage look alike, as 503, whether pages arrive tells them apart.
//! Times are durations since the start of the run; nothing here sleeps.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::rate::NextSend;

/// Failures in a row that are an outage.
const FAILURES: u32 = 10;
/// The smallest maximum of the retry budget, in requests.
const LEAST_CREDIT: f64 = 10.0;
/// What each response adds to the retry budget: in the long run a flaky server gets a tenth more requests.
const CREDIT_PER_ANSWER: f64 = 0.1;

/// The server's health so far.
#[derive(Debug)]
pub(super) struct Health {
    /// The first and the longest wait between probes.
    waits: (Duration, Duration),
    /// Failures since the last response.
    failures: u32,
    /// The time of the first of them.
    failing_since: Duration,
    outage: Option<Outage>,
    overload: Overload,
    /// The retry budget, in requests.
    credit: f64,
    /// Its maximum: when an HTTP/2 connection breaks, all requests in flight fail at once.
    most_credit: f64,
}

/// The 503s since the last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overload {
    /// There are none.
    None,
    /// All of them were for requests sent before this time, when the first one arrived.
    Refusing { since: Duration },
    /// A request that was sent later, after a pause, failed as well.
    Down,
}

#[derive(Debug)]
struct Outage {
    probes: u32,
    next: Duration,
    probing: bool,
}

impl Health {
    /// A server about which nothing is known yet.
    pub fn new(first_wait: Duration, longest_wait: Duration, concurrency: NonZeroUsize) -> Self {
        let credit = u32::try_from(concurrency.get()).map_or(f64::MAX, f64::from).max(LEAST_CREDIT);
        Self {
            waits: (first_wait, longest_wait),
            failures: 0,
            failing_since: Duration::ZERO,
            outage: None,
            overload: Overload::Down,
            credit,
            most_credit: credit,
        }
    }

    /// When the next request may be sent, as far as the server's health is concerned.
    pub fn may_send_at(&self, now: Duration) -> NextSend {
        match &self.outage {
            None => NextSend::At(now),
            Some(Outage { probing: true, .. }) => NextSend::AfterAnAnswer,
            Some(outage) => NextSend::At(outage.next.max(now)),
        }
    }

    /// Records that a request is sent. Returns whether it is a probe.
    pub fn sent(&mut self) -> bool {
        self.outage.as_mut().is_some_and(|outage| !std::mem::replace(&mut outage.probing, true))
    }

    /// Records that a page arrived that was requested at `sent`. It shows that 503s before it were refusals, unless it was in
    /// flight then.
    pub fn page(&mut self, sent: Duration) {
        self.answered();
        if !matches!(self.overload, Overload::Refusing { since } if sent <= since) {
            self.overload = Overload::None;
        }
    }

    /// Whether a 503 to a request that was sent at `sent` is a refusal because of the rate. It is one if pages arrive: the
    /// first one after a page is, with all that were in flight then. A rate limit lets the next request pass, which comes
    /// after a pause; an outage does not, and its duration says nothing about the rate.
    pub fn is_refusal(&mut self, now: Duration, sent: Duration) -> bool {
        self.overload = match self.overload {
            _ if self.outage.is_some() => Overload::Down,
            Overload::None => Overload::Refusing { since: now },
            Overload::Refusing { since } if sent > since => Overload::Down,
            unchanged => unchanged,
        };
        self.overload != Overload::Down
    }

    /// Records a response that says that the server is up.
    pub fn answered(&mut self) {
        self.failures = 0;
        self.outage = None;
        self.credit = (self.credit + CREDIT_PER_ANSWER).min(self.most_credit);
    }

    pub fn failed(&mut self, now: Duration, probe: bool) {
        if self.failures == 0 {
            self.failing_since = now;
        }
        self.failures = self.failures.saturating_add(1);
        let (first, longest) = self.waits;
        match &mut self.outage {
            Some(outage) if probe => {
                outage.probes = outage.probes.saturating_add(1);
                outage.probing = false;
                outage.next = now + first.saturating_mul(2_u32.saturating_pow(outage.probes)).min(longest);
            }
            None if self.failures >= FAILURES => {
                self.outage = Some(Outage { probes: 0, next: now + first.min(longest), probing: false });
            }
            // Too few failures, or a request that was sent before the outage was detected.
            _ => {}
        }
    }

    /// How long the server has been failing without a response.
    pub fn failing_for(&self, now: Duration) -> Duration {
        if self.failures == 0 { Duration::ZERO } else { now.saturating_sub(self.failing_since) }
    }

    /// When the next probe may be sent, if there is an outage.
    pub fn next_probe(&self) -> Option<Duration> {
        Some(self.outage.as_ref()?.next)
    }

    /// Takes a retry from the budget. Returns false if the budget is used up. Retries are free in an outage, since all wait.
    pub fn pay(&mut self) -> bool {
        if self.outage.is_some() {
            return true;
        }
        let paid = self.credit >= 1.0;
        if paid {
            self.credit -= 1.0;
        }
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(30);
    const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).unwrap();

    fn down(at: Duration) -> Health {
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        for _ in 0..FAILURES {
            assert_eq!(health.may_send_at(at), NextSend::At(at));
            assert!(!health.sent());
            health.failed(at, false);
        }
        health
    }

    #[test]
    fn outages_are_probed_one_by_one_up_to_every_30_s() {
        let mut now = Duration::from_secs(100);
        let mut health = down(now);
        let mut probes = Vec::new();
        while probes.len() < 20 {
            let NextSend::At(at) = health.may_send_at(now) else { panic!("{:?}", health.may_send_at(now)) };
            probes.push(at.saturating_sub(now).as_secs());
            now = at;
            assert!(health.sent(), "it is a probe");
            assert_eq!(health.may_send_at(now), NextSend::AfterAnAnswer);
            health.failed(now, true);
        }
        assert_eq!(probes[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(health.failing_for(now) + Duration::from_secs(100), now);
        // Ten minutes of outage cost about 24 requests, whatever the number of pages.
        assert!(probes.iter().sum::<u64>() > 15 * 30 / 2);
    }

    #[test]
    fn a_response_ends_the_outage_for_all() {
        let mut health = down(FIRST);
        assert!(health.sent());
        health.answered();
        assert_eq!((health.may_send_at(FIRST), health.failing_for(LONGEST)), (NextSend::At(FIRST), Duration::ZERO));
    }

    #[test]
    fn requests_sent_before_the_outage_change_nothing() {
        let mut health = down(FIRST);
        let before = health.may_send_at(FIRST);
        assert_eq!(before, NextSend::At(2 * FIRST));
        health.failed(LONGEST, false);
        assert_eq!(health.may_send_at(FIRST), before);
    }

    #[test]
    fn retries_are_limited_to_a_tenth_of_responses() {
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        let mut paid = 0;
        for _ in 0..1_000 {
            health.answered();
            health.failed(FIRST, false);
            paid += u32::from(health.pay());
        }
        assert!((100..=117).contains(&paid), "{paid}");
    }

    #[test]
    fn a_503_is_a_refusal_only_beside_pages() {
        let second = Duration::from_secs;
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        assert!(!health.is_refusal(second(1), second(0)), "no page has ever arrived");
        health.page(second(2));
        assert!(health.is_refusal(second(3), second(2)));
        assert!(health.is_refusal(second(4), second(3)), "it was in flight then");
        health.page(second(4));
        assert!(health.is_refusal(second(6), second(5)), "it was a rate limit");
        health.page(second(5));
        assert!(!health.is_refusal(second(8), second(7)), "only a page that was in flight arrived: it is an outage");
        assert!(!health.is_refusal(second(9), second(5)));
        health.page(second(10));
        assert!(health.is_refusal(second(12), second(11)), "the outage is over");
        let mut health = down(FIRST);
        assert!(!health.is_refusal(FIRST, FIRST));
    }

    /// It looks like an outage, which ends with the first response while other failures are still reported.
    #[test]
    fn losing_all_streams_of_a_connection_fits_the_budget() {
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        assert!((0..CONCURRENCY.get()).all(|_| health.pay()));
        assert!(!health.pay());
    }
}
