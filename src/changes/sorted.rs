//! Searches in sorted lists of ids. Exports mostly list contacts in the order of their ids, so the next one is usually near.

/// A sorted list of ids, and where the last search ended.
#[derive(Debug, Default)]
pub(super) struct SortedIds {
    ids: Vec<i64>,
    at: usize,
}

impl SortedIds {
    /// Sorts the ids.
    pub fn of(mut ids: Vec<i64>) -> Self {
        ids.sort_unstable();
        Self { ids, at: 0 }
    }

    /// The position of an id.
    pub fn find(&mut self, id: i64) -> Option<usize> {
        find(&self.ids, |other| *other, id, &mut self.at)
    }

    /// The first id that is in the list twice.
    pub fn twice(&self) -> Option<i64> {
        self.ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// All ids, and those of another list, sorted.
    pub fn and(&self, other: Option<&Self>) -> Vec<i64> {
        let mut ids: Vec<_> = self.ids.iter().chain(other.into_iter().flat_map(|other| &other.ids)).copied().collect();
        ids.sort_unstable();
        ids
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

/// The position of an id in a list sorted by it. `at` is where the last search ended; neighbors are tried first.
pub(super) fn find<T>(sorted: &[T], id_of: impl Fn(&T) -> i64, id: i64, at: &mut usize) -> Option<usize> {
    let is_here = |at: usize| {
        at.checked_sub(1).is_none_or(|before| sorted.get(before).is_some_and(|before| id_of(before) < id))
            && sorted.get(at).is_none_or(|here| id_of(here) >= id)
    };
    let near = [*at, *at + 1, at.saturating_sub(1)].into_iter().find(|at| is_here(*at));
    *at = near.unwrap_or_else(|| sorted.partition_point(|entry| id_of(entry) < id));
    sorted.get(*at).is_some_and(|found| id_of(found) == id).then_some(*at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_id_in_any_order() {
        let mut sorted = SortedIds::of(vec![9, 3, 5, -7, 1]);
        let due = [-7, 1, 3, 5, 9];
        // Every search after every other one.
        for first in -8..11 {
            for second in -8..11 {
                assert_eq!(sorted.find(first), due.iter().position(|id| *id == first), "{first}");
                assert_eq!(sorted.find(second), due.iter().position(|id| *id == second), "{first} {second}");
            }
        }
        assert_eq!(SortedIds::default().find(1), None);
        assert_eq!((sorted.twice(), SortedIds::of(vec![2, 1, 2]).twice()), (None, Some(2)));
    }
}
