//! The set of ids seen so far, at 8 bytes per id.
//!
//! The ids are kept in sorted runs. A new run is merged into its neighbor once it is half as long, so that there are
//! only a few runs; while merging, the set takes up to 16 bytes per id. An id outside the range of every run is new
//! without a search, as are all ids of a list that is sorted by id.

use std::collections::HashSet;

/// A set of ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Each is sorted, and more than twice as long as the next.
    runs: Vec<Vec<i64>>,
}

impl Ids {
    /// Adds the ids of a page and returns, for each, whether it is new.
    pub fn add(&mut self, page: &[i64]) -> Vec<bool> {
        let mut here = HashSet::new();
        let new: Vec<_> = page.iter().map(|id| !self.contains(*id) && here.insert(*id)).collect();
        let mut run: Vec<_> = here.into_iter().collect();
        run.sort_unstable();
        while let Some(before) = self.runs.pop_if(|before| before.len() <= run.len().saturating_mul(2)) {
            run = merge(&before, &run);
        }
        if !run.is_empty() {
            self.runs.push(run);
        }
        new
    }

    pub fn len(&self) -> u64 {
        self.runs.iter().map(|run| run.len() as u64).sum()
    }

    fn contains(&self, id: i64) -> bool {
        let within = |run: &&Vec<i64>| run.first() <= Some(&id) && run.last() >= Some(&id);
        self.runs.iter().filter(within).any(|run| run.binary_search(&id).is_ok())
    }

    /// Memory that it holds between merges, in bytes.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.runs.iter().map(|run| run.capacity() * size_of::<i64>()).sum()
    }
}

fn merge(a: &[i64], b: &[i64]) -> Vec<i64> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        merged.extend(if x < y { a.next() } else { b.next() });
    }
    merged.extend(a);
    merged.extend(b);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_found_within_and_across_pages() {
        let mut ids = Ids::default();
        assert_eq!(ids.add(&[9, 8, 9]), [true, true, false]);
        assert_eq!(ids.add(&[8, 7, 12]), [false, true, true]);
        assert_eq!(ids.add(&[12, 9, 7, 8]), [false; 4]);
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn it_agrees_with_a_set_at_8_bytes_per_id() {
        let (mut ids, mut set) = (Ids::default(), HashSet::new());
        for page in 0..500_i64 {
            let page: Vec<_> = (0..100).map(|row| (page * 100 + row) * 7919 % 40_009).collect();
            let new: Vec<_> = page.iter().map(|id| set.insert(*id)).collect();
            assert_eq!(ids.add(&page), new);
        }
        assert_eq!(ids.len(), set.len() as u64);
        assert_eq!(ids.held(), set.len() * 8);
    }
}
