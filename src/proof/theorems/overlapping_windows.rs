//! Theorem 1: windows that overlap from one end of the list to the other contain every stable row.
//!
//! A *frontier* moves from the near end to the far end: every row that existed the whole time and is in no window
//! lies beyond it. A window that overlaps the frontier moves it to the window's own far row; the count of
//! [`super::counting`] may move it too. If nothing does, there is a gap.

use crate::proof::checks::{self, Check};
use crate::proof::order::{Direction, Height, Order};
use crate::proof::response::Response;

/// A window with rows, in one order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub near: Height,
    pub far: Height,
    /// Whether it shows the near end of the list.
    pub shows_near_end: bool,
    /// Whether it shows the far end of the list.
    pub shows_far_end: bool,
    /// The index of its response.
    pub at: usize,
}

/// The far row up to which no stable row is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frontier {
    pub height: Height,
    /// Whether nothing lies beyond it.
    pub is_far_end: bool,
    /// The index of the response that it comes from.
    pub at: usize,
}

impl From<&Span> for Frontier {
    fn from(span: &Span) -> Self {
        Self { height: span.far, is_far_end: span.shows_far_end, at: span.at }
    }
}

/// Two windows that nothing connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The response on the near side.
    pub near: usize,
    /// The response on the far side; `None` if no response showed the far end.
    pub far: Option<usize>,
}

/// The result of following the windows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// Windows that moved the frontier.
    pub overlaps: u64,
    /// Whether the count was needed.
    pub counted: bool,
    /// Where nothing moved the frontier. If empty, the chain reaches from end to end.
    pub gaps: Vec<Gap>,
}

/// The windows with rows, nearest first.
pub(crate) fn spans<'a>(responses: impl Iterator<Item = &'a Response>, order: Order) -> Vec<Span> {
    let span = |(at, response): (usize, &Response)| {
        let (first, last) = response.edges.as_ref()?;
        let (near, far) = order.near_far(first, last);
        let (head, tail) = (response.start() == 0, response.shows_tail());
        let descends = order.direction == Direction::Descending;
        let (shows_near_end, shows_far_end) = if descends { (head, tail) } else { (tail, head) };
        Some(Span { near: order.height(near)?, far: order.height(far)?, shows_near_end, shows_far_end, at })
    };
    let mut spans: Vec<_> = responses.enumerate().filter_map(span).collect();
    spans.sort_by(|a, b| b.near.cmp(&a.near).then(a.far.cmp(&b.far)).then(a.at.cmp(&b.at)));
    spans
}

/// Whether other windows show more rows strictly inside a window than it has itself, plus one for each write. Then the
/// list is sorted differently.
pub(crate) fn is_crowded(spans: &[Span], responses: &[&Response], writes: u64) -> bool {
    spans.iter().enumerate().any(|(at, span)| {
        let most = responses[span.at].rows + writes;
        let following = spans[at + 1..].iter().take_while(|other| other.near >= span.far);
        let within = following.filter(|other| other.near < span.near && other.far > span.far);
        let mut rows = within.scan(0, |rows, other| {
            *rows += responses[other.at].counts.first_seen;
            Some(*rows)
        });
        rows.any(|rows| rows > most)
    })
}

/// Whether a window whose rows are all nearer than those of another was farther from the near end by more than `most`
/// rows.
pub(crate) fn is_inverted(spans: &[Span], responses: &[&Response], order: Order, most: u64) -> bool {
    let position = |span: &Span| {
        let start = i64::try_from(responses[span.at].start()).unwrap_or(i64::MAX);
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

/// Follows the windows (nearest first) from a frontier to the far end. `counted` is the frontier that the count
/// proves; it is used only where no window helps.
pub(crate) fn follow(spans: &[Span], order: Order, from: Frontier, counted: Option<Frontier>) -> Chain {
    let overlaps = |span: &Span, frontier: &Frontier| {
        !checks::enabled(Check::Overlap)
            || !checks::enabled(Check::Ties) && span.near.value >= frontier.height.value
            || order.overlaps(span.near, frontier.height)
    };
    let mut chain = Chain::default();
    let mut frontier = from;
    for span in spans {
        if frontier.is_far_end {
            break;
        }
        if !overlaps(span, &frontier)
            && let Some(count) = counted.filter(|count| count.height < frontier.height)
        {
            frontier = count;
            chain.counted = true;
        }
        if !frontier.is_far_end && !overlaps(span, &frontier) {
            chain.gaps.push(Gap { near: frontier.at, far: Some(span.at) });
            frontier = span.into();
        }
        if span.far < frontier.height || span.shows_far_end {
            frontier = span.into();
            chain.overlaps += 1;
        }
    }
    if !frontier.is_far_end
        && let Some(count) = counted.filter(|count| count.is_far_end)
    {
        chain.counted = true;
        frontier = count;
    }
    if !frontier.is_far_end {
        chain.gaps.push(Gap { near: frontier.at, far: None });
    }
    chain
}
