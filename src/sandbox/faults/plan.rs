//! The faults of a run: which one a request meets follows from the seed.

use std::collections::HashMap;
use std::ops::Range;

use super::kinds::Fault;
use super::rule::FaultRule;
use crate::sandbox::random::Random;

/// Separates the random stream of faults from that of contacts.
const FAULTS: u64 = 0x4661_756c_7473;

/// The rules, and how often each page was requested.
#[derive(Debug)]
pub(in crate::sandbox) struct Plan {
    seed: u64,
    rules: Vec<FaultRule>,
    attempts: HashMap<u64, u32>,
}

impl Plan {
    pub(in crate::sandbox) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        Self { seed, rules, attempts: HashMap::new() }
    }

    /// Counts a request for `page`, which shows these positions of the list, and returns the fault it meets.
    pub(in crate::sandbox) fn request(&mut self, page: u64, shown: &Range<u64>) -> Option<Fault> {
        if self.rules.is_empty() {
            return None;
        }
        let attempt = self.attempts.entry(page).or_default();
        *attempt = attempt.saturating_add(1);
        let attempt = *attempt;
        let matches = |(position, rule): &(usize, &FaultRule)| {
            rule.is_shown(shown) && rule.matches(page, attempt, || chance(self.seed, page, attempt, *position as u64))
        };
        self.rules.iter().enumerate().find(matches).map(|(_, rule)| rule.fault.clone())
    }
}

/// A random number from 0 to 1, different for each request and rule.
fn chance(seed: u64, page: u64, attempt: u32, rule: u64) -> f64 {
    let of_page = Random::of(seed ^ FAULTS, page).bits();
    let of_attempt = Random::of(of_page, u64::from(attempt)).bits();
    Random::of(of_attempt, rule).fraction()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positions that no rule of these tests depends on.
    const SHOWN: Range<u64> = 0..1;

    fn plan(seed: u64, rules: &[&str]) -> Plan {
        Plan::new(seed, rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    #[test]
    fn the_order_of_requests_changes_nothing() {
        let rules = ["500:0.3", "reset:0.3"];
        let (mut forwards, mut backwards) = (plan(1, &rules), plan(1, &rules));
        let mut met: Vec<_> =
            (1..=100).map(|page| [forwards.request(page, &SHOWN), forwards.request(page, &SHOWN)]).collect();
        let mut first: Vec<_> = (1..=100).rev().map(|page| backwards.request(page, &SHOWN)).collect();
        let second = (1..=100).rev().map(|page| backwards.request(page, &SHOWN));
        let other: Vec<_> = first.drain(..).zip(second).map(|(first, second)| [first, second]).collect();
        met.reverse();
        assert_eq!(met, other);
        let mut other_seed = plan(2, &rules);
        let unlike = (1..=100).rev().map(|page| [other_seed.request(page, &SHOWN), other_seed.request(page, &SHOWN)]);
        assert!(!unlike.eq(met));
    }

    #[test]
    fn a_share_of_requests_meets_the_fault() {
        let mut plan = plan(7, &["500:0.05", "reset:0.5"]);
        let met: Vec<_> =
            (1..=2_000).flat_map(|page| (0..5).map(|_| plan.request(page, &SHOWN)).collect::<Vec<_>>()).collect();
        let count = |fault: &Fault| met.iter().flatten().filter(|met| *met == fault).count();
        assert!((420..=580).contains(&count(&Fault::Status(500))), "{}", count(&Fault::Status(500)));
        assert!((4_550..=4_950).contains(&count(&Fault::Reset)), "{}", count(&Fault::Reset));
    }

    #[test]
    fn one_page_fails_twice() {
        let mut plan = plan(1, &["502:page=7,times=2"]);
        assert!([plan.request(7, &SHOWN), plan.request(7, &SHOWN)].iter().all(Option::is_some));
        assert_eq!([plan.request(7, &SHOWN), plan.request(6, &SHOWN)], [None, None]);
    }

    #[test]
    fn the_first_match_wins() {
        let mut plan = plan(1, &["500:page=1,times=1", "reset:page=1,times=2"]);
        assert_eq!([plan.request(1, &SHOWN), plan.request(1, &SHOWN)], [Some(Fault::Status(500)), Some(Fault::Reset)]);
        assert_eq!(plan.request(1, &SHOWN), None);
    }
}
