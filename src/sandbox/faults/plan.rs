//! The faults of a run: which one a request meets follows from the seed.

use std::collections::HashMap;

use super::kinds::Fault;
use super::rule::FaultRule;
use super::target::Target;
use crate::sandbox::random::Random;

/// The rules, and how often each page and contact was requested.
#[derive(Debug)]
pub(in crate::sandbox) struct Plan {
    seed: u64,
    rules: Vec<FaultRule>,
    attempts: HashMap<(u64, u64), u32>,
}

impl Plan {
    pub(in crate::sandbox) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        Self { seed, rules, attempts: HashMap::new() }
    }

    /// Counts a request for `target`, and returns the fault it meets.
    pub(in crate::sandbox) fn request(&mut self, target: &Target) -> Option<Fault> {
        if self.rules.is_empty() {
            return None;
        }
        let attempt = self.attempts.entry(target.key()).or_default();
        *attempt = attempt.saturating_add(1);
        let attempt = *attempt;
        let matches = |(position, rule): &(usize, &FaultRule)| {
            let roll = || chance(self.seed, target.key(), attempt, *position as u64);
            rule.applies_to(target) && rule.matches(attempt, roll)
        };
        self.rules.iter().enumerate().find(matches).map(|(_, rule)| rule.fault.clone())
    }
}

/// A random number from 0 to 1, different for each request and rule.
fn chance(seed: u64, (stream, number): (u64, u64), attempt: u32, rule: u64) -> f64 {
    let of_target = Random::of(seed ^ stream, number).bits();
    let of_attempt = Random::of(of_target, u64::from(attempt)).bits();
    Random::of(of_attempt, rule).fraction()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64, rules: &[&str]) -> Plan {
        Plan::new(seed, rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    /// A page; no rule of these tests depends on its positions.
    fn page(number: u64) -> Target {
        Target::Page { number, shown: 0..1 }
    }

    fn contact(id: u64) -> Target {
        Target::Contact { id: Some(id) }
    }

    #[test]
    fn the_order_of_requests_changes_nothing() {
        let rules = ["500:0.3", "reset:0.3"];
        let (mut forwards, mut backwards) = (plan(1, &rules), plan(1, &rules));
        let mut met: Vec<_> =
            (1..=100).map(|number| [forwards.request(&page(number)), forwards.request(&page(number))]).collect();
        let mut first: Vec<_> = (1..=100).rev().map(|number| backwards.request(&page(number))).collect();
        let second = (1..=100).rev().map(|number| backwards.request(&page(number)));
        let other: Vec<_> = first.drain(..).zip(second).map(|(first, second)| [first, second]).collect();
        met.reverse();
        assert_eq!(met, other);
        let mut other_seed = plan(2, &rules);
        let unlike =
            (1..=100).rev().map(|number| [other_seed.request(&page(number)), other_seed.request(&page(number))]);
        assert!(!unlike.eq(met));
    }

    #[test]
    fn a_share_of_requests_meets_the_fault() {
        let mut plan = plan(7, &["500:0.05", "reset:0.5"]);
        let met: Vec<_> =
            (1..=2_000).flat_map(|number| (0..5).map(|_| plan.request(&page(number))).collect::<Vec<_>>()).collect();
        let count = |fault: &Fault| met.iter().flatten().filter(|met| *met == fault).count();
        assert!((420..=580).contains(&count(&Fault::Status(500))), "{}", count(&Fault::Status(500)));
        assert!((4_550..=4_950).contains(&count(&Fault::Reset)), "{}", count(&Fault::Reset));
    }

    #[test]
    fn one_page_fails_twice() {
        let mut plan = plan(1, &["502:page=7,times=2"]);
        assert!([plan.request(&page(7)), plan.request(&page(7))].iter().all(Option::is_some));
        assert_eq!([plan.request(&page(7)), plan.request(&page(6))], [None, None]);
    }

    #[test]
    fn the_first_match_wins() {
        let mut plan = plan(1, &["500:page=1,times=1", "reset:page=1,times=2"]);
        assert_eq!([plan.request(&page(1)), plan.request(&page(1))], [Some(Fault::Status(500)), Some(Fault::Reset)]);
        assert_eq!(plan.request(&page(1)), None);
    }

    #[test]
    fn pages_and_contacts_are_counted_apart() {
        let mut plan = plan(1, &["503:lookup,times=2", "500:times=1"]);
        let [unavailable, internal] = [503, 500].map(|status| Some(Fault::Status(status)));
        assert_eq!([plan.request(&page(7)), plan.request(&page(7))], [internal, None]);
        for id in [7, 8] {
            let met = [1, 2, 3].map(|_| plan.request(&contact(id)));
            assert_eq!(met, [unavailable.clone(), unavailable.clone(), None]);
        }
    }

    #[test]
    fn lookups_have_their_own_share() {
        let mut plan = plan(1, &["500:lookup,0.5", "500:0.5"]);
        let lookups: Vec<_> = (1..=1_000).map(|id| plan.request(&contact(id)).is_some()).collect();
        let pages: Vec<_> = (1..=1_000).map(|number| plan.request(&page(number)).is_some()).collect();
        for met in [&lookups, &pages] {
            let count = met.iter().filter(|met| **met).count();
            assert!((440..=560).contains(&count), "{count}");
        }
        assert_ne!(lookups, pages);
    }
}
