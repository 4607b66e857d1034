//! Invariants of every run on every server. A violation panics with the server, the seed and the broken rule.

use std::collections::VecDeque;
use std::time::Duration;

use super::{SEEDS, learned_percent};
use crate::rate::simulator::limiter::Manner;
use crate::rate::simulator::outcome::{Event, Outcome};
use crate::rate::simulator::run::run;
use crate::rate::simulator::server::{RetryAfter, Server, all, bucket, disturbed, fixed, sliding};
use crate::rate::simulator::setting::{Quota, Setting};

/// Watches a run from outside: it knows the rules, not the controller.
#[derive(Default)]
struct Observer {
    in_flight: usize,
    /// Nothing may be sent before this time, by what the server has said.
    told: Duration,
    refusals: VecDeque<Duration>,
    /// Refusals since the last page.
    refusals_in_a_row: usize,
}

impl Observer {
    fn sent(&mut self, at: Duration, in_flight: usize, most: usize) {
        self.in_flight += 1;
        assert_eq!(self.in_flight, in_flight);
        assert!(in_flight <= most, "{in_flight} in flight");
        assert!(at >= self.told, "sent at {at:?}, before {:?}", self.told);
        let refusals = self.recent_refusals(at);
        assert!(refusals < 12, "sent at {at:?} after {refusals} refusals within 10 s");
        let closed = self.refusals_in_a_row >= 8 + most;
        assert!(!closed || in_flight == 1, "probed a closed server at {at:?} with {in_flight} in flight");
    }

    fn page(&mut self) {
        self.in_flight -= 1;
        self.refusals_in_a_row = 0;
    }

    fn refused(&mut self, at: Duration, told: Option<Duration>, most: usize) {
        self.in_flight -= 1;
        self.refusals.push_back(at);
        self.refusals_in_a_row += 1;
        let refusals = self.recent_refusals(at);
        assert!(refusals < 12 + most, "{refusals} refusals within 10 s");
        self.told = self.told.max(at + told.unwrap_or_default());
    }

    fn recent_refusals(&mut self, now: Duration) -> usize {
        while self.refusals.front().is_some_and(|&at| at + Duration::from_secs(10) <= now) {
            self.refusals.pop_front();
        }
        self.refusals.len()
    }
}

fn check(setting: &Setting, outcome: &Outcome) {
    let mut delivered = vec![0; setting.pages as usize];
    let mut observer = Observer::default();
    let most = usize::from(setting.concurrency);
    for &event in &outcome.events {
        match event {
            Event::Sent { at, in_flight } => observer.sent(at, in_flight, most),
            Event::Page { page, .. } => {
                delivered[page as usize] += 1;
                observer.page();
            }
            Event::Refused { at, told, .. } => observer.refused(at, told, most),
            Event::Lost => observer.in_flight -= 1,
        }
    }
    assert!(delivered.iter().all(|&times| times == 1), "each page is delivered once");
}

/// Prints the run in which a test panics.
struct Name<'a>(&'a Server, &'a Setting);

impl Drop for Name<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("in a run on {}, {:?}", self.0, self.1);
        }
    }
}

fn check_everywhere(setting: impl Fn(u64) -> Setting) {
    check_seeds(&SEEDS, setting);
}

fn check_seeds(seeds: &[u64], setting: impl Fn(u64) -> Setting) {
    for server in all().into_iter().chain(disturbed()) {
        for setting in seeds.iter().map(|&seed| setting(seed)) {
            let _name = Name(&server, &setting);
            check(&setting, &run(&server, &setting));
        }
    }
}

#[test]
fn there_are_176_servers() {
    assert_eq!((all().len(), disturbed().len()), (109, 67));
}

#[test]
#[ignore = "takes minutes without optimization: cargo test --release --lib in_ten_thousand_runs -- --ignored"]
fn in_ten_thousand_runs() {
    let seeds: Vec<_> = (0..60).map(|number| 100_000 + 1_000 * number).collect();
    check_seeds(&seeds, |seed| Setting::shipped(300, seed));
}

#[test]
fn on_every_server() {
    check_everywhere(|seed| Setting::shipped(300, seed));
}

#[test]
fn on_every_server_without_a_ceiling_at_64_in_flight() {
    check_everywhere(|seed| Setting { concurrency: 64, ceiling: 1e9, ..Setting::shipped(100, seed) });
}

#[test]
fn on_every_server_one_request_at_a_time() {
    check_everywhere(|seed| Setting { concurrency: 1, ..Setting::shipped(50, seed) });
}

#[test]
fn on_every_server_losing_a_tenth_of_connections() {
    check_everywhere(|seed| Setting { lost: 0.1, ..Setting::shipped(100, seed) });
}

#[test]
fn on_every_server_with_a_used_up_quota() {
    check_everywhere(|seed| Setting { quota: Quota::UsedUp, ..Setting::shipped(100, seed) });
}

#[test]
fn lost_connections_do_not_distort_the_learned_rate() {
    for limit in [bucket(20, 20), bucket(5, 10), fixed(50, 10.0), sliding(50, 10.0), sliding(20, 1.0)] {
        for retry_after in [RetryAfter::Exact, RetryAfter::Missing] {
            let server = Server { limit, manner: Manner::Plain, retry_after };
            let learned = |lost| {
                let runs = SEEDS.map(|seed| run(&server, &Setting { lost, ..Setting::shipped(1000, seed) }));
                let learned = runs.iter().filter_map(|outcome| learned_percent(&server, outcome));
                learned.sum::<f64>() / 10.0
            };
            let (disturbed, undisturbed) = (learned(0.1), learned(0.0));
            let ratio = disturbed / undisturbed;
            assert!(
                (0.9..1.2).contains(&ratio),
                "{server}: {disturbed:.0} % instead of {undisturbed:.0} % of the limit"
            );
        }
    }
}
