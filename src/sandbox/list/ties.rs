//! An unstable sort: rows with the same creation time in a different order for each request.

use std::cmp::Reverse;
use std::ops::Range;

use crate::sandbox::random::Random;

/// Separates the random stream of ties from the other values of a request.
const TIES: u64 = 0x5469_6573;

/// The seed of an order of ties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shuffle(u64);

impl Shuffle {
    /// The order of the `request`th request.
    pub(super) fn of(seed: u64, request: u64) -> Self {
        Self(Random::of(seed ^ TIES, request).bits())
    }

    /// The rows at `positions` of a list, newest first, after shuffling its ties.
    pub(super) fn rows(
        self,
        positions: &Range<u64>,
        row_at: impl Fn(u64) -> Option<u64>,
        created: impl Fn(u64) -> u64,
    ) -> Vec<u64> {
        let created_at = |position| row_at(position).map(&created);
        let Range { mut start, mut end } = *positions;
        if positions.is_empty() {
            return vec![];
        }
        // Shuffle groups as a whole, even if they extend past the page, so that pages show consecutive parts.
        while start > 0 && created_at(start - 1) == created_at(start) {
            start -= 1;
        }
        while created_at(end).is_some() && created_at(end) == created_at(end - 1) {
            end += 1;
        }
        let mut rows: Vec<_> = (start..end).filter_map(&row_at).collect();
        rows.sort_by_cached_key(|row| (Reverse(created(*row)), Random::of(self.0, *row).bits()));
        (start..end).zip(rows).filter(|(position, _)| positions.contains(position)).map(|(_, row)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 rows in groups of 30, the last of 10.
    fn rows(shuffle: Shuffle, positions: Range<u64>) -> Vec<u64> {
        shuffle.rows(&positions, |position| 99_u64.checked_sub(position), |row| row / 30)
    }

    #[test]
    fn pages_of_one_order_form_one_list() {
        let shuffle = Shuffle::of(1, 1);
        let whole = rows(shuffle, 0..100);
        let pages: Vec<_> = (0..10).flat_map(|page| rows(shuffle, page * 10..page * 10 + 10)).collect();
        assert_eq!(whole, pages);
        assert!(whole.is_sorted_by(|a, b| a / 30 >= b / 30));
        let mut sorted = whole;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..100));
    }

    #[test]
    fn other_requests_have_other_orders_of_ties() {
        let (one, other) = (rows(Shuffle::of(1, 1), 20..40), rows(Shuffle::of(1, 2), 20..40));
        assert_ne!(one, other);
        assert_ne!(one, (60..80).rev().collect::<Vec<_>>());
        assert_eq!(one, rows(Shuffle::of(1, 1), 20..40));
    }

    #[test]
    fn empty_ranges_have_no_rows() {
        assert!(rows(Shuffle::of(1, 1), 100..100).is_empty());
        assert!(rows(Shuffle::of(1, 1), 0..0).is_empty());
    }
}
