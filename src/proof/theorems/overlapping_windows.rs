//! Theorem 1: windows that overlap from one end of the list to the other hold every stable row.
//!
//! A *frontier* moves from the near end to the far end: every row that existed all the time and is in no
//! window lies beyond it. A window that overlaps the frontier moves it to its own far row; the count of
//! [`super::counting`] may move it too. Where nothing does, there is a gap.

use crate::proof::order::{Direction, Height, Order};
use crate::proof::parameters::{Check, Tuning};
use crate::proof::response::Record;

/// A window with rows, in one order.
#[derive(Clone, Copy, Debug)]
pub(in crate::proof) struct Span {
    pub near: Height,
    pub far: Height,
    /// Whether it shows the near end of the list.
    pub entry: bool,
    /// Whether it shows the far end of the list.
    pub exit: bool,
    /// Its record.
    pub at: usize,
}

/// How far something reaches: the far row of a window, and whether nothing is beyond it.
#[derive(Clone, Copy, Debug)]
pub(in crate::proof) struct Reach {
    pub height: Height,
    pub exit: bool,
    pub at: usize,
}

impl From<&Span> for Reach {
    fn from(span: &Span) -> Self {
        Self { height: span.far, exit: span.exit, at: span.at }
    }
}

/// Two windows that nothing joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proof) struct Gap {
    /// The record on the near side.
    pub near: usize,
    /// The record on the far side; none when the far end was not shown.
    pub far: Option<usize>,
}

/// What following the windows came to.
#[derive(Clone, Debug, Default)]
pub(in crate::proof) struct Chain {
    /// Windows that moved the frontier.
    pub links: u64,
    /// Whether the count was needed.
    pub counted: bool,
    /// Where nothing moved it. None: the chain reaches from end to end.
    pub gaps: Vec<Gap>,
}

/// The windows with rows, nearest first.
pub(in crate::proof) fn spans<'a>(
    records: impl Iterator<Item = &'a Record>,
    order: Order,
    tuning: &Tuning,
) -> Vec<Span> {
    let span = |(at, record): (usize, &Record)| {
        let (first, last) = record.edges.as_ref()?;
        let (near, far) = order.near_far(first, last);
        let (head, tail) = (record.start() == 0, record.shows_tail(tuning));
        let (entry, exit) = if order.direction == Direction::Descending { (head, tail) } else { (tail, head) };
        Some(Span { near: order.height(near)?, far: order.height(far)?, entry, exit, at })
    };
    let mut spans: Vec<_> = records.enumerate().filter_map(span).collect();
    spans.sort_by(|a, b| b.near.cmp(&a.near).then(a.far.cmp(&b.far)).then(a.at.cmp(&b.at)));
    spans
}

/// Whether a window leaves no place for what others show: between its first row and its last there are only its own rows, and
/// as many more as writes may have put or left there. Then the rows are in another order.
pub(in crate::proof) fn is_crowded(spans: &[Span], records: &[&Record], writes: u64) -> bool {
    spans.iter().enumerate().any(|(at, span)| {
        let most = records[span.at].rows + writes;
        let following = spans[at + 1..].iter().take_while(|other| other.near >= span.far);
        let within = following.filter(|other| other.near < span.near && other.far > span.far);
        let mut rows = within.scan(0, |rows, other| {
            *rows += records[other.at].fresh;
            Some(*rows)
        });
        rows.any(|rows| rows > most)
    })
}

/// Whether a window that is wholly nearer than another stood farther from the near end, by more than `most` rows.
pub(in crate::proof) fn is_inverted(spans: &[Span], records: &[&Record], order: Order, most: u64) -> bool {
    let position = |span: &Span| {
        let start = i64::try_from(records[span.at].start()).unwrap_or(i64::MAX);
        if order.direction == Direction::Descending { start } else { -start }
    };
    let mut by_far: Vec<_> = spans.iter().collect();
    by_far.sort_by_key(|span| std::cmp::Reverse(span.far));
    let (mut nearer, mut farthest) = (by_far.into_iter().peekable(), i64::MIN);
    spans.iter().any(|span| {
        while let Some(other) = nearer.next_if(|other| other.far > span.near) {
            farthest = farthest.max(position(other));
        }
        farthest.saturating_sub(position(span)) > i64::try_from(most).unwrap_or(i64::MAX)
    })
}

/// Follows the windows (nearest first) from a frontier to the far end. `counted` is a frontier that the count
/// gives; it is used only where no window helps.
pub(in crate::proof) fn follow(
    spans: &[Span],
    order: Order,
    from: Reach,
    counted: Option<Reach>,
    tuning: &Tuning,
) -> Chain {
    let overlaps = |span: &Span, frontier: &Reach| match tuning {
        _ if !tuning.makes(Check::Overlap) => true,
        _ if !tuning.makes(Check::Ties) => span.near.value >= frontier.height.value,
        _ => order.overlaps(span.near, frontier.height),
    };
    let mut chain = Chain::default();
    let mut frontier = from;
    for span in spans {
        if frontier.exit {
            break;
        }
        if !overlaps(span, &frontier)
            && let Some(count) = counted.filter(|count| count.height < frontier.height)
        {
            frontier = count;
            chain.counted = true;
        }
        if !frontier.exit && !overlaps(span, &frontier) {
            chain.gaps.push(Gap { near: frontier.at, far: Some(span.at) });
            frontier = span.into();
        }
        if span.far < frontier.height || span.exit {
            frontier = span.into();
            chain.links += 1;
        }
    }
    if !frontier.exit
        && let Some(count) = counted.filter(|count| count.exit)
    {
        chain.counted = true;
        frontier = count;
    }
    if !frontier.exit {
        chain.gaps.push(Gap { near: frontier.at, far: None });
    }
    chain
}
