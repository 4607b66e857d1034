//! The windows that a request can show: page `p` of size `q` shows positions (p-1)q to pq, and q may vary.
//!
//! Pure arithmetic: the window that overlaps earlier ones, spans a border, or shows the tail.

use super::response;
use crate::page::Asked;

/// The page sizes to choose from: from half of the widest up.
fn sizes(widest: u32) -> impl Iterator<Item = u32> {
    (widest.div_ceil(2).max(1)..=widest.max(1)).rev()
}

/// The page of size `per_page` that shows `position`.
fn showing(position: u64, per_page: u32) -> Asked {
    Asked { page: position / u64::from(per_page) + 1, per_page }
}

/// The position after the last row that a window can show.
pub(super) fn end(asked: Asked) -> u64 {
    response::start(asked).saturating_add(u64::from(asked.per_page))
}

/// The window that reaches farthest past `reached` and still shows the `margin` rows before it. If page sizes
/// are too small for that, the plain page.
pub(super) fn next(reached: u64, margin: u32, widest: u32) -> Asked {
    let from = reached.saturating_sub(u64::from(margin));
    let best = sizes(widest).map(|size| showing(from, size)).max_by_key(|asked| (end(*asked), asked.per_page));
    best.filter(|asked| end(*asked) > reached).unwrap_or_else(|| showing(reached, widest.max(1)))
}

/// The window that reaches back farthest and still shows the `margin` rows from `from` on.
pub(super) fn back(from: u64, margin: u32, widest: u32) -> Asked {
    let last = from + u64::from(margin).saturating_sub(1);
    let windows = sizes(widest).map(|size| showing(last, size));
    windows.min_by_key(|asked| response::start(*asked)).unwrap_or_else(|| showing(from, widest.max(1)))
}

/// The window with the most room on both sides of the positions from `low` to `high`; `None` if they are too far
/// apart.
pub(super) fn spanning(low: u64, high: u64, widest: u32) -> Option<Asked> {
    let room = |asked: &Asked| (low - response::start(*asked)).min(end(*asked).saturating_sub(high));
    sizes(widest).map(|size| showing(low, size)).filter(|asked| end(*asked) > high).max_by_key(room)
}

/// The plain page that shows where a list of `total` rows ends: the last page, or the next one if that is full.
pub(super) fn last(total: u64, per_page: u32) -> Asked {
    showing(total, per_page.max(1))
}

/// The window that shows the tail of a list of `total` rows, is not full, and reaches back farthest.
pub(super) fn tail(total: u64, widest: u32) -> Option<Asked> {
    let last = total.checked_sub(1)?;
    let ends = |size: &u32| !total.is_multiple_of(u64::from(*size));
    sizes(widest).filter(ends).map(|size| showing(last, size)).min_by_key(|asked| response::start(*asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_cost_a_fifth_more() {
        for (margin, at_most) in [(5, 1_195), (1, 1_145)] {
            let (mut reached, mut windows) = (100, 1);
            while reached <= 100_000 {
                let asked = next(reached, margin, 100);
                assert!(response::start(asked) + u64::from(margin) <= reached && end(asked) > reached);
                assert!((50..=100).contains(&asked.per_page));
                reached = end(asked);
                windows += 1;
            }
            assert!(windows <= at_most, "{windows}");
        }
    }

    #[test]
    fn a_window_always_goes_on_whatever_the_page_size() {
        for widest in 1..=12 {
            for reached in 0..200 {
                for margin in 0..=widest {
                    assert!(end(next(reached, margin, widest)) > reached);
                    assert!(response::start(next(reached, margin, widest)) <= reached);
                }
            }
        }
    }

    #[test]
    fn a_border_is_spanned_and_a_tail_is_shown() {
        for position in 40..2_000 {
            let asked = spanning(position - 5, position + 5, 100).unwrap();
            assert!(response::start(asked) + 5 <= position && end(asked) > position + 5);
            let asked = tail(position, 100).unwrap();
            assert!(response::start(asked) < position && end(asked) > position);
        }
        assert_eq!(spanning(10, 200, 100), None);
        assert_eq!(tail(0, 100), None);
    }
}
