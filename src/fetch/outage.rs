//! Whether the server is up: answers and failures of all pages come in, who may ask goes out.
//!
//! Ten failures in a row, whatever the pages, are an outage. Then everybody stops and one probe at a
//! time asks, less and less often, so that a dead server is left in peace and a server that is back
//! finds the run going on. Instants are durations since the start of the run; nothing here sleeps.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Failures in a row that are no longer some page's bad luck.
const FAILURES: u32 = 10;
/// What retries may cost at once, at least, in requests.
const LEAST_CREDIT: f64 = 10.0;
/// What each answer adds to it: in the long run a flaky server sees a tenth more requests.
const CREDIT_PER_ANSWER: f64 = 0.1;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody.
    Everybody,
    /// One probe, from this instant.
    ProbeFrom(Duration),
    /// Nobody before the probe under way has ended.
    Nobody,
}

/// How the server has fared so far.
#[derive(Debug)]
pub(super) struct Health {
    /// The first and the longest wait between probes.
    waits: (Duration, Duration),
    /// Failures since the last answer.
    failures: u32,
    /// When the first of them came.
    failing_since: Duration,
    outage: Option<Outage>,
    /// Answers so far: they tell a page that fails alone from a server that fails.
    answers: u64,
    credit: f64,
    /// All that is under way fails at once when an HTTP/2 connection does: that much retries may cost.
    most_credit: f64,
}

#[derive(Debug)]
struct Outage {
    probes: u32,
    next: Duration,
    probing: bool,
}

impl Health {
    /// A server of which nothing is known yet.
    pub fn new(first_wait: Duration, longest_wait: Duration, concurrency: NonZeroUsize) -> Self {
        let credit = u32::try_from(concurrency.get()).map_or(f64::MAX, f64::from).max(LEAST_CREDIT);
        Self {
            waits: (first_wait, longest_wait),
            failures: 0,
            failing_since: Duration::ZERO,
            outage: None,
            answers: 0,
            credit,
            most_credit: credit,
        }
    }

    /// Who may ask now.
    pub fn access(&self) -> Access {
        match &self.outage {
            None => Access::Everybody,
            Some(Outage { probing: true, .. }) => Access::Nobody,
            Some(outage) => Access::ProbeFrom(outage.next),
        }
    }

    /// A request leaves; true if it is a probe.
    pub fn sent(&mut self) -> bool {
        self.outage.as_mut().is_some_and(|outage| !std::mem::replace(&mut outage.probing, true))
    }

    /// The server answered, whatever it said.
    pub fn answered(&mut self) {
        self.answers += 1;
        self.failures = 0;
        self.outage = None;
        self.credit = (self.credit + CREDIT_PER_ANSWER).min(self.most_credit);
    }

    /// A request failed for a reason that may pass.
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
            // Few failures yet, or one that left before the outage was known.
            _ => {}
        }
    }

    /// Answers so far.
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// How long the server has been failing without an answer.
    pub fn failing_for(&self, now: Duration) -> Duration {
        if self.failures == 0 { Duration::ZERO } else { now.saturating_sub(self.failing_since) }
    }

    /// When the next probe may leave; none when there is no outage.
    pub fn next_probe(&self) -> Option<Duration> {
        Some(self.outage.as_ref()?.next)
    }

    /// Pays for a retry; false if retries have cost too much of late. In an outage they cost nothing, since all wait.
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
            assert_eq!(health.access(), Access::Everybody);
            assert!(!health.sent());
            health.failed(at, false);
        }
        health
    }

    #[test]
    fn in_an_outage_one_probe_at_a_time_asks_up_to_every_30_seconds() {
        let mut now = Duration::from_secs(100);
        let mut health = down(now);
        let mut probes = Vec::new();
        while probes.len() < 20 {
            let Access::ProbeFrom(at) = health.access() else { panic!("{:?}", health.access()) };
            probes.push(at.saturating_sub(now).as_secs());
            now = at;
            assert!(health.sent(), "it is a probe");
            assert_eq!(health.access(), Access::Nobody);
            health.failed(now, true);
        }
        assert_eq!(probes[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(health.failing_for(now) + Duration::from_secs(100), now);
        // Ten minutes of outage cost some 24 requests, whatever the number of pages.
        assert!(probes.iter().sum::<u64>() > 15 * 30 / 2);
    }

    #[test]
    fn an_answer_ends_the_outage_for_everybody() {
        let mut health = down(FIRST);
        assert!(health.sent());
        health.answered();
        assert_eq!((health.access(), health.failing_for(LONGEST)), (Access::Everybody, Duration::ZERO));
    }

    #[test]
    fn requests_that_left_before_the_outage_change_nothing() {
        let mut health = down(FIRST);
        let before = health.access();
        health.failed(LONGEST, false);
        assert_eq!(health.access(), before);
    }

    #[test]
    fn retries_cost_a_tenth_of_the_answers_in_the_long_run() {
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        let mut paid = 0;
        for _ in 0..1_000 {
            health.answered();
            health.failed(FIRST, false);
            paid += u32::from(health.pay());
        }
        assert!((100..=117).contains(&paid), "{paid}");
    }
    /// The outage that it looks like ends with the first answer, while failures still come in.
    #[test]
    fn a_connection_lost_with_all_its_streams_is_paid_for() {
        let mut health = Health::new(FIRST, LONGEST, CONCURRENCY);
        assert!((0..CONCURRENCY.get()).all(|_| health.pay()));
        assert!(!health.pay());
    }
}
