//! For every order of the list, all writes and any order of arrival, the history contradicts no claim.

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

/// The orders in which an unchanged list is the same in every answer.
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

/// Orders that sorting each page by id hides, and orders that it preserves.
const SORTED: [Kind; 5] = [Kind::Name, Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending];

/// The orders that the order witness can see.
const WITNESSED: [Kind; 6] =
    [Kind::Newest, Kind::Oldest, Kind::Ids, Kind::IdsDescending, Kind::Updated, Kind::UpdatedAscending];

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_history_contradicts_no_claim(scenario in scenario(25, &Kind::ALL)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    // Only with few writes and some orders: if ties change positions without a write, or nearly all rows are sorted by
    // id, sorting can hide the true order completely.
    #[test]
    fn sorted_pages_make_no_claim_wrong(scenario in scenario(4, &SORTED)) {
        let outcome = run(&Scenario { sorts_pages: true, ..scenario });
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    #[test]
    fn few_writes_make_no_claim_wrong(scenario in scenario(3, &Kind::ALL)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
    }

    #[test]
    fn an_unchanged_list_costs_one_more_request(scenario in scenario(0, &WITNESSED)) {
        let outcome = run(&scenario);
        prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        prop_assert!(outcome.level() >= Level::Counted, "{}", outcome.story(0));
        // If the newest contacts are tied, it is unknown which of them were there first.
        // In lists of 6, 12 or 60 rows every page is full, if pages are that small.
        let has_tail = windows::tail(scenario.count as u64, scenario.per_page).is_some();
        if outcome.certificate.order.is_some() && has_tail && !outcome.newest_is_tied() && !outcome.has_false_order() {
            prop_assert_eq!(outcome.level(), Level::Snapshot, "{}", outcome.story(0));
            prop_assert!(scenario.require > Require::Counted || outcome.requests <= outcome.plain + 1, "{}", outcome.story(0));
        }
    }

    #[test]
    fn arrival_does_not_affect_an_unchanged_list(scenario in scenario(0, &STABLE), other in any::<u64>(), concurrency in 1_usize..=16) {
        let (one, two) = (run(&scenario), run(&Scenario { schedule: other, concurrency, ..scenario }));
        prop_assert_eq!(one.output, two.output);
        prop_assert_eq!(one.certificate.level, two.certificate.level);
    }

    #[test]
    fn wrong_totals_lose_no_row(scenario in scenario(0, &STABLE), rows in -25_i64..=25, pages in -2_i64..=2) {
        for lie in [Lie::Totals(0, pages), Lie::Totals(rows, 0), Lie::Totals(rows, pages)] {
            let outcome = run(&Scenario { lie, ..scenario.clone() });
            prop_assert_eq!(outcome.lost(0), Vec::<i64>::new(), "{}", outcome.story(0));
            prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        }
    }

    #[test]
    fn clamped_pages_make_no_claim_wrong(scenario in scenario(25, &Kind::ALL), most in 3_u32..8) {
        for lie in [Lie::Clamped(most), Lie::Fixed(most)] {
            let outcome = run(&Scenario { lie, ..scenario.clone() });
            prop_assert!(outcome.wrong(0).is_none(), "{}", outcome.story(0));
        }
    }
}

/// Ties at a border leave one window that spans it: rows that only may have entered must not move it.
#[test]
fn a_wide_tie_at_a_border_is_spanned_whatever_arrives_first() {
    for instants in Instants::ALL {
        let scenario = Scenario {
            kind: Kind::Oldest,
            instants,
            count: 30,
            require: Require::Complete,
            seed: 15_444_202_816_990_378_897,
            ..Scenario::default()
        };
        for (schedule, concurrency) in [(0, 1), (128_632_622_952_773_838, 2)] {
            let outcome = run(&Scenario { concurrency, schedule, ..scenario.clone() });
            assert_eq!(outcome.level(), Level::Snapshot, "{}", outcome.story(0));
        }
    }
}

/// The number of cases of each property, set by `PROPTEST_CASES`.
pub fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(800)
}
