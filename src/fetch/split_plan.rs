//! Which smaller pages to read instead of a page that cannot be read: pure.
//!
//! Page p of size q shows positions (p-1)q to pq of the list, so pages of different sizes overlap. The two halves of the
//! page are read, then the halves of those that fail, down to the single contact at fault.

use std::ops::Range;

use crate::page::Asked;

/// A contact that no page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// Its position in the list, from 1.
    pub place: u64,
    /// The ids before and after it, if known.
    pub beside: [Option<i64>; 2],
}

impl Unreadable {
    /// Whether a page shows its position, or one so near that a change of the list may have moved the contact there. Such
    /// a page will probably fail, and many attempts would only cost time.
    pub fn is_near(self, asked: Asked) -> bool {
        let Range { start, end } = Piece::whole(asked).wanted;
        let size = end - start;
        (start.saturating_sub(size)..end + size).contains(&(self.place - 1))
    }
}

/// A page, and the positions for which it is read. It may show others, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub asked: Asked,
    /// From 0.
    pub wanted: Range<u64>,
}

impl Piece {
    /// The rows of the page that hold the wanted positions.
    pub fn rows(&self) -> Range<usize> {
        let start = start(self.asked);
        let row = |place: u64| usize::try_from(place - start).unwrap_or(usize::MAX);
        row(self.wanted.start)..row(self.wanted.end)
    }

    /// Whether it has one contact, and cannot be halved.
    pub fn is_single(&self) -> bool {
        self.asked.per_page == 1
    }

    /// The pages that show the wanted positions in halves, in list order.
    pub fn halves(&self) -> Vec<Self> {
        let Range { start, end } = self.wanted;
        let size = (end - start).div_ceil(2).max(1);
        let per_page = u32::try_from(size).unwrap_or(self.asked.per_page);
        let half = |page: u64| Self {
            asked: Asked { page: page + 1, per_page },
            wanted: start.max(page * size)..end.min((page + 1) * size),
        };
        (start / size..end.div_ceil(size)).map(half).collect()
    }

    pub fn whole(asked: Asked) -> Self {
        let start = start(asked);
        Self { asked, wanted: start..start + u64::from(asked.per_page) }
    }

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

    /// Reads a page in pieces, where those with a bad position fail. Returns what was read, what was bad, and the number of
    /// requests.
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
    fn all_but_bad_positions_are_read_once_in_order() {
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
