//! The opening: the response that is read right after page 1 and shows where the list ends.
//!
//! Theorem 3 counts what is seen later against the size that it shows.

use super::checks::{self, Check};
use super::order::Direction;
use super::response::Response;
use crate::page::RowKey;

/// The opening, in one direction of the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// The index of its response.
    pub at: usize,
    /// The assumed direction of the list.
    pub direction: Direction,
    /// The nearest row: the first of page 1 in a descending list, the last of the opening in an ascending list.
    pub edge: RowKey,
    /// The number of rows in the list, or an upper bound of it.
    pub size: u64,
}

impl Opening {
    /// The opening of a descending and of an ascending list, if the response shows the end of the list. `first` is page
    /// 1.
    pub fn of(at: usize, response: &Response, first: Option<&Response>) -> Option<[Option<Self>; 2]> {
        if !response.ends() {
            return None;
        }
        // An empty page past the end gives only an upper bound.
        let size = response.start() + response.rows;
        let opening = |direction, edge: Option<RowKey>| edge.map(|edge| Self { at, direction, edge, size });
        let newest = first.and_then(|first| first.edges).map(|(first, _)| first);
        let last = response.edges.map(|(_, last)| last);
        Some([opening(Direction::Descending, newest), opening(Direction::Ascending, last)])
    }

    /// Whether a response was requested after the opening had been received. True for the opening itself.
    pub fn precedes(&self, responses: &[&Response], at: usize) -> bool {
        let trusted = at == 0 && !checks::enabled(Check::Again);
        let opening = || responses.get(self.at);
        at == self.at || trusted || opening().is_some_and(|opening| responses[at].sent >= opening.received)
    }
}
