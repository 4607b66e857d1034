//! Servers that violate an assumption: a visible contradiction withdraws the claim; otherwise the claim lists the
//! assumption.

use proptest::prelude::*;

use super::drive::{Scenario, run};
use super::model::{Kind, Lie, Write};
use super::outcome::Outcome;
use super::properties::{cases, scenario};
use super::rates::moving;
use crate::proof::{Assumption, Level, Reason};

fn rests_on(outcome: &Outcome, assumption: Assumption) -> bool {
    outcome.certificate.assumptions.contains(&assumption)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wrong_totals_affect_only_claims_that_use_them(
        scenario in scenario(12, &Kind::ALL), rows in -5_i64..=5, pages in -2_i64..=2,
    ) {
        for lie in [Lie::CountBehind, Lie::Totals(rows, pages)] {
            let outcome = run(&Scenario { lie, ..scenario.clone() });
            prop_assert!(rests_on(&outcome, Assumption::Count) || outcome.wrong(0).is_none(), "{}", outcome.story(0));
        }
    }

    #[test]
    fn lagging_replicas_keep_claims_by_overlap_right(scenario in scenario(12, &Kind::ALL), most in 1_u64..5) {
        let outcome = run(&Scenario { lie: Lie::Lagging(most), ..scenario });
        let others = [Assumption::Entrance, Assumption::Count, Assumption::Repeat];
        let by_overlap = others.iter().all(|other| !rests_on(&outcome, *other));
        prop_assert!(!by_overlap || outcome.wrong(most as usize).is_none(), "{}", outcome.story(most as usize));
    }
}

#[test]
fn a_contradicted_total_withdraws_the_claim() {
    for kind in [Kind::Newest, Kind::Oldest, Kind::Updated] {
        for rows in [-3, 3] {
            let outcome = run(&Scenario { kind, lie: Lie::Totals(rows, 0), ..Scenario::default() });
            // A total that is too high: contacts may be missing.
            let level = if rows > 0 { Level::Incomplete } else { Level::Counted };
            assert_eq!(outcome.level(), level, "{}", outcome.story(0));
            assert!(!outcome.certificate.reasons.contains(&Reason::Moved), "{}", outcome.story(0));
            let told = |reason: &Reason| matches!(reason, Reason::TotalDisagrees { .. });
            assert!(outcome.certificate.reasons.iter().any(told), "{}", outcome.story(0));
        }
    }
}

#[test]
fn an_older_version_seen_later_withdraws_the_claim() {
    let told = (0..200).filter(|n| {
        let writes = (0..6).map(|at| (at * 2, Write::Update(35 + (at * 3 + *n as u16) % 10))).collect();
        let outcome = run(&Scenario { lie: Lie::Lagging(4), writes, seed: *n, schedule: *n, ..Scenario::default() });
        let told = outcome.certificate.reasons.iter().any(|reason| matches!(reason, Reason::Stale { .. }));
        assert!(!told || outcome.level() <= Level::Counted, "{}", outcome.story(4));
        told
    });
    assert!(told.count() > 20);
}

#[test]
#[ignore = "statistics: how often an invisible lie makes a claim wrong that lists the violated assumption"]
fn unseen() {
    for lie in [Lie::CountBehind, Lie::Lagging(1), Lie::Lagging(4)] {
        let (mut runs, mut proven, mut wrong) = (0, 0, 0);
        for kind in [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::Updated] {
            for rate in [0, 5, 50, 200] {
                for seed in 0..200 {
                    let outcome = run(&Scenario { lie, ..moving(kind, 400, 20, rate, seed * 7919) });
                    let back = if let Lie::Lagging(most) = lie { most as usize } else { 0 };
                    runs += 1;
                    proven += u32::from(outcome.level() >= Level::Complete);
                    wrong += u32::from(outcome.wrong(back).is_some());
                }
            }
        }
        println!("{lie:?}: {wrong} wrong of {proven} claims in {runs} runs");
        assert!(wrong * 20 < proven, "{lie:?}: {wrong} of {proven}");
    }
}
