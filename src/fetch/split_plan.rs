//! Which windows to read in the place of a page that cannot be read: pure.
//!
//! A page of size q and number p shows the places (p-1)q to pq of the list, so that pages of any size overlap. Halves of
//! a page are read, and halves of those that fail, down to the single contact at fault.

use std::ops::Range;

use crate::page::Asked;

/// A window, and the places for which it is read. It may show others beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub asked: Asked,
    /// From 0.
    pub wanted: Range<u64>,
}

impl Piece {
    /// Where the wanted places stand in the window.
    pub fn rows(&self) -> Range<usize> {
        let start = start(self.asked);
        let row = |place: u64| usize::try_from(place - start).unwrap_or(usize::MAX);
        row(self.wanted.start)..row(self.wanted.end)
    }

    /// Whether only one contact is wanted, and nothing is left to halve.
    pub fn is_single(&self) -> bool {
        self.asked.per_page == 1
    }

    /// The windows that show the wanted places in halves, in the order of the list.
    pub fn halves(&self) -> Vec<Self> {
        let Range { start, end } = self.wanted;
        let size = (end - start).div_ceil(2).max(1);
        let per_page = u32::try_from(size).unwrap_or(self.asked.per_page);
        let window = |page: u64| Self {
            asked: Asked { page: page + 1, per_page },
            wanted: start.max(page * size)..end.min((page + 1) * size),
        };
        (start / size..end.div_ceil(size)).map(window).collect()
    }

    /// A page as a piece of itself.
    pub fn whole(asked: Asked) -> Self {
        let start = start(asked);
        Self { asked, wanted: start..start + u64::from(asked.per_page) }
    }

    /// The window of a single contact.
    pub fn single(place: u64) -> Self {
        Self { asked: Asked { page: place + 1, per_page: 1 }, wanted: place..place + 1 }
    }
}

fn start(asked: Asked) -> u64 {
    (asked.page - 1) * u64::from(asked.per_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a page in pieces where windows that show a bad place fail; what was read, found bad, and asked for.
    fn read(asked: Asked, bad: &[u64]) -> (Vec<u64>, Vec<u64>, usize) {
        let (mut read, mut found, mut requests) = (Vec::new(), Vec::new(), 0);
        let mut left = vec![Piece::whole(asked)];
        while let Some(piece) = left.pop() {
            requests += 1;
            let shown = start(piece.asked)..start(piece.asked) + u64::from(piece.asked.per_page);
            assert!(shown.start <= piece.wanted.start && piece.wanted.end <= shown.end && !piece.wanted.is_empty());
            if !bad.iter().any(|place| shown.contains(place)) {
                read.extend(piece.rows().map(|row| shown.start + row as u64));
            } else if piece.is_single() {
                found.push(piece.wanted.start);
            } else {
                left.extend(piece.halves().into_iter().rev());
            }
        }
        (read, found, requests)
    }

    #[test]
    fn all_but_the_bad_places_are_read_once_and_in_order() {
        for per_page in [1, 2, 3, 5, 25, 66, 97, 100] {
            for page in [1, 2, 7] {
                let asked = Asked { page, per_page };
                let Range { start, end } = Piece::whole(asked).wanted;
                for bad in [vec![], vec![start], vec![end - 1], vec![u64::midpoint(start, end)], vec![start, end - 1]] {
                    let expected: Vec<_> = (start..end).filter(|place| !bad.contains(place)).collect();
                    let (read, mut found, requests) = read(asked, &bad);
                    assert_eq!(read, expected, "{asked:?} {bad:?}");
                    found.sort_unstable();
                    found.dedup();
                    let mut bad = bad;
                    bad.dedup();
                    assert_eq!(found, bad, "{asked:?}");
                    let halvings = u32::BITS - per_page.leading_zeros();
                    assert!(requests <= 1 + bad.len() * 3 * halvings as usize, "{asked:?} {bad:?}: {requests}");
                }
            }
        }
    }
}
