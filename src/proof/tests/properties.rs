//! The properties: whatever the order, the writes and the arrival, no claim is contradicted by the history.

use proptest::prelude::*;

use super::drive::{Scenario, run};
use super::model::{Instants, Kind, Lie, Write};
use crate::proof::{Level, Require, windows};

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => Just(Write::Insert),
        1 => (2_u8..15).prop_map(Write::Import),
        4 => any::<u16>().prop_map(Write::Delete),
        3 => any::<u16>().prop_map(Write::Update),
    ]
}

fn require() -> impl Strategy<Value = Require> {
    prop_oneof![3 => Just(Require::Counted), 1 => Just(Require::Complete), 1 => Just(Require::Snapshot)]
}

pub fn scenario(most_writes: usize, kinds: &'static [Kind]) -> impl Strategy<Value = Scenario> {
    let writes = proptest::collection::vec((0_u16..40, write()), 0..=most_writes);
    let base = (prop::sample::select(kinds), 0_usize..90, 2_u32..=10, writes);
    let server = (prop::sample::select(&Instants::ALL[..]), 1_usize..=16);
    (base, server, require(), any::<(u64, u64)>()).prop_map(
        |((kind, count, per_page, writes), (instants, concurrency), require, (seed, schedule))| Scenario {
            kind,
            instants,
            count,
            per_page,
            writes,
            concurrency,
            require,
            seed,
            schedule,
            ..Scenario::default()
        },
    )
}

/// The orders in which a list that stands still is the same in every answer.
const STABLE: [Kind; 8] = [
    Kind::Newest,
    Kind::Oldest,
    Kind::Ids,
    Kind::IdsDescending,
    Kind::Updated,
    Kind::UpdatedAscending,
    Kind::Name,
    Kind::ArbitraryTies,
];

/// Orders that sorting each page by id hides, and orders that it leaves.
const SORTED: [Kind; 5] = [Kind::Name, Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending];

/// The orders that the witness can see.
const WITNESSED: [Kind; 6] =
    [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending, Kind::Updated, Kind::UpdatedAscending];

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_claim_is_contradicted_by_the_history(scenario in scenario(25, &Kind::ALL)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    // Where ties change places without a write, or all but a few rows are in the order of their ids, sorting can hide
    // the rest without a trace.
    #[test]
    fn pages_that_are_sorted_within_make_no_claim_wrong(scenario in scenario(4, &SORTED)) {
        let outcome = run(&Scenario { sorts_pages: true, ..scenario });
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    #[test]
    fn few_writes_make_no_claim_wrong(scenario in scenario(3, &Kind::ALL)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    #[test]
    fn a_still_list_in_a_witnessed_order_is_a_snapshot_at_one_request_more(scenario in scenario(0, &WITNESSED)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        prop_assert!(outcome.level() >= Level::Counted, "{}", outcome.story(0));
        // Where the newest contacts are tied, it is not known which of them were there first.
        // Lists of 6, 12 or 60 rows have no page that is not full, if pages are that small.
        let has_tail = windows::tail(scenario.count as u64, scenario.per_page).is_some();
        if outcome.certificate.order.is_some() && has_tail && !outcome.newest_is_tied() && !outcome.has_false_order() {
            prop_assert_eq!(outcome.level(), Level::Snapshot, "{}", outcome.story(0));
            prop_assert!(scenario.require > Require::Counted || outcome.requests <= outcome.plain + 1, "{}", outcome.story(0));
        }
    }

    #[test]
    fn arrival_changes_nothing_of_a_still_list(scenario in scenario(0, &STABLE), other in any::<u64>(), concurrency in 1_usize..=16) {
        let (one, two) = (run(&scenario), run(&Scenario { schedule: other, concurrency, ..scenario }));
        prop_assert_eq!(one.output, two.output);
        prop_assert_eq!(one.certificate.level, two.certificate.level);
    }

    #[test]
    fn totals_that_are_wrong_cost_no_row(scenario in scenario(0, &STABLE), rows in -25_i64..=25, pages in -2_i64..=2) {
        for lie in [Lie::Totals(0, pages), Lie::Totals(rows, 0), Lie::Totals(rows, pages)] {
            let outcome = run(&Scenario { lie, ..scenario.clone() });
            prop_assert_eq!(outcome.lost(0), Vec::<i64>::new(), "{}", outcome.story(0));
            prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        }
    }

    #[test]
    fn a_server_that_clamps_is_as_good_as_any(scenario in scenario(25, &Kind::ALL), most in 3_u32..8) {
        for lie in [Lie::Clamped(most), Lie::Fixed(most)] {
            let outcome = run(&Scenario { lie, ..scenario.clone() });
            prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        }
    }
}

/// Cases of each property: `PROPTEST_CASES` sets it.
pub fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(800)
}
