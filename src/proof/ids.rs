//! The set of ids seen so far, at about 8 bytes per id.
//!
//! The ids are kept in sorted blocks, which are found by their least id. There is no hash that a server could aim at by
//! the choice of ids: whatever they are, adding one costs at most two searches and a copy of its block.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use super::rows::ById;

/// The number of ids above which a block is divided. Each new id copies its block unless its page has others for the same
/// block, so that larger blocks slow down a list that is not sorted by id; smaller ones take more memory.
const BLOCK: usize = 512;

/// A set of ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Each has the ids from its key up to the next key, ascending. The first key is the least of all integers.
    blocks: BTreeMap<i64, Vec<i64>>,
    len: u64,
}

impl Ids {
    /// Adds the ids of a page and returns, for each row, whether its id is new.
    pub fn add(&mut self, page: &ById) -> Vec<bool> {
        let mut new = vec![true; page.len()];
        let mut rest = page;
        while let Some((least, _)) = rest.first() {
            let key = self.blocks.range(..=*least).next_back().map_or(i64::MIN, |(key, _)| *key);
            let next = self.blocks.range((Excluded(key), Unbounded)).next();
            let end = next.map_or(rest.len(), |(next, _)| rest.partition_point(|(id, _)| id < next));
            let (ids, others) = rest.split_at(end);
            self.add_to_block(key, ids, &mut new);
            rest = others;
        }
        new
    }

    fn add_to_block(&mut self, key: i64, ids: &ById, new: &mut [bool]) {
        let block = self.blocks.entry(key).or_default();
        let fresh = missing(block, ids, new);
        if fresh.is_empty() {
            return;
        }
        self.len += fresh.len() as u64;
        *block = merged(block, &fresh);
        if block.len() > BLOCK {
            let upper = block.split_off(block.len() / 2);
            block.shrink_to_fit();
            self.blocks.insert(upper[0], upper);
        }
    }

    /// Whether an id was added.
    pub fn contains(&self, id: i64) -> bool {
        let block = self.blocks.range(..=id).next_back();
        block.is_some_and(|(_, block)| block.binary_search(&id).is_ok())
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Memory that it holds, in bytes, plus half as much for the tree.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        let ids: usize = self.blocks.values().map(|block| block.capacity() * size_of::<i64>()).sum();
        ids + self.blocks.len() * size_of::<(i64, Vec<i64>)>() * 3 / 2
    }
}

/// The ids that a block lacks, each once. Marks the rows of all others as not new.
fn missing(block: &[i64], ids: &ById, new: &mut [bool]) -> Vec<i64> {
    let mut missing = Vec::with_capacity(ids.len());
    let mut above = block;
    for (id, row) in ids {
        above = &above[above.partition_point(|known| known < id)..];
        if above.first() == Some(id) || missing.last() == Some(id) {
            new[*row] = false;
        } else {
            missing.push(*id);
        }
    }
    missing
}

/// The ids of two sorted lists without a common id.
fn merged(block: &[i64], ids: &[i64]) -> Vec<i64> {
    let mut merged = Vec::with_capacity(block.len() + ids.len());
    let mut rest = block;
    for id in ids {
        let (below, above) = rest.split_at(rest.partition_point(|known| known < id));
        merged.extend_from_slice(below);
        merged.push(*id);
        rest = above;
    }
    merged.extend_from_slice(rest);
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::proof::rows::by_id;

    fn add(ids: &mut Ids, page: &[i64]) -> Vec<bool> {
        ids.add(&by_id(page.iter().copied()))
    }

    #[test]
    fn repeats_are_found_within_and_across_pages() {
        let mut ids = Ids::default();
        assert_eq!(add(&mut ids, &[9, 8, 9]), [true, true, false]);
        assert_eq!(add(&mut ids, &[8, 7, 12]), [false, true, true]);
        assert_eq!(add(&mut ids, &[12, 9, 7, 8]), [false; 4]);
        assert_eq!(add(&mut ids, &[i64::MIN, i64::MAX, i64::MIN]), [true, true, false]);
        assert_eq!(ids.len(), 6);
        assert!([7, 8, 9, 12, i64::MIN, i64::MAX].into_iter().all(|id| ids.contains(id)));
        assert!(![6, 10, i64::MIN + 1, i64::MAX - 1].into_iter().any(|id| ids.contains(id)));
    }

    /// Pages of ids in several orders; the last two repeat ids.
    fn orders() -> [fn(i64) -> i64; 5] {
        [|n| n, |n| -n, |n| n * 7_919 % 50_021, |n| n * 7_919 % 40_009, |n| (n % 2) * 1_000_000 + n / 4]
    }

    #[test]
    fn it_agrees_with_a_set_at_about_8_bytes_per_id() {
        for order in orders() {
            let (mut ids, mut set) = (Ids::default(), HashSet::new());
            for page in 0..500 {
                let page: Vec<_> = (0..100).map(|row| order(page * 100 + row)).collect();
                let new: Vec<_> = page.iter().map(|id| set.insert(*id)).collect();
                assert_eq!(add(&mut ids, &page), new);
            }
            assert_eq!(ids.len(), set.len() as u64);
            assert!(ids.held() < set.len() * 33 / 4, "{} for {}", ids.held(), set.len());
        }
    }
}
