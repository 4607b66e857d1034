//! An order of the list, and how rows compare in it.
//!
//! New rows always have the greatest id, `created_at` and `updated_at`. In either direction, the *near* end is the end
//! of the list with the greatest value, where new rows enter, and the *far* end is the other one: near and far are head
//! and tail of a descending list, tail and head of an ascending one. The proofs use only near and far, and a row's
//! [`Height`], which falls from near to far.

use std::fmt;

use crate::page::RowKey;

/// A field that the list may be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// By `id`.
    Id,
    /// By `created_at`.
    CreatedAt,
    /// By `updated_at`.
    UpdatedAt,
}

impl Field {
    pub(super) const ALL: [Self; 3] = [Self::Id, Self::CreatedAt, Self::UpdatedAt];

    pub(super) fn of(self, row: &RowKey) -> Option<i64> {
        match self {
            Self::Id => Some(row.id),
            Self::CreatedAt => row.created_at,
            Self::UpdatedAt => row.updated_at,
        }
    }
}

/// The direction in which a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first; new rows enter at the tail.
    Ascending,
    /// Greatest first; new rows enter at the head.
    Descending,
}

/// An order that no response contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// The field that the list is sorted by.
    pub field: Field,
    /// The direction.
    pub direction: Direction,
    /// The direction of ids among rows that are equal in `field`; `None` if it was not seen often enough.
    pub ties: Option<Direction>,
}

/// The position of a row between the far end (low) and the near end (high), in one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Height {
    pub value: i64,
    /// The id or its complement; 0 if ties have no known order.
    tie: i64,
}

impl Order {
    /// Whether no two rows are equal in it.
    pub(super) fn is_unique(self) -> bool {
        self.field == Field::Id || self.ties.is_some()
    }

    /// The height of a row; `None` if it lacks the field.
    pub(super) fn height(self, row: &RowKey) -> Option<Height> {
        let tie = match self.ties {
            Some(ties) if ties == self.direction => row.id,
            Some(_) => !row.id,
            None => 0,
        };
        self.field.of(row).map(|value| Height { value, tie })
    }

    /// The near and the far row of a page.
    pub(super) fn near_far<'a>(self, first: &'a RowKey, last: &'a RowKey) -> (&'a RowKey, &'a RowKey) {
        match self.direction {
            Direction::Descending => (first, last),
            Direction::Ascending => (last, first),
        }
    }

    /// Whether a page whose near row is at `near` overlaps one whose far row is at `frontier`. With ties in
    /// no known order one shared row is not enough: the page must begin strictly before the tied rows.
    pub(super) fn overlaps(self, near: Height, frontier: Height) -> bool {
        if self.is_unique() { near >= frontier } else { near.value > frontier.value }
    }

    /// Whether a row at `height` certainly entered the list no later than the row at `edge`, which was then at the near
    /// end.
    pub(super) fn is_below(self, height: Height, edge: Height) -> bool {
        if self.is_unique() { height <= edge } else { height.value < edge.value }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |direction| if direction == Direction::Ascending { "ascending" } else { "descending" };
        let field = match self.field {
            Field::Id => "id",
            Field::CreatedAt => "created_at",
            Field::UpdatedAt => "updated_at",
        };
        write!(f, "{field} {}", word(self.direction))?;
        self.ties.map_or(Ok(()), |ties| write!(f, ", id {}", word(ties)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(created_at: i64, id: i64) -> RowKey {
        RowKey { id, created_at: Some(created_at), updated_at: None, hash: 0 }
    }

    #[test]
    fn heights_fall_from_the_near_end_to_the_far_end() {
        use Direction::{Ascending, Descending};
        for (direction, ties, list) in [
            (Descending, Descending, [row(5, 2), row(5, 1), row(4, 9)]),
            (Descending, Ascending, [row(5, 1), row(5, 2), row(4, 9)]),
            (Ascending, Ascending, [row(4, 9), row(5, 1), row(5, 2)]),
            (Ascending, Descending, [row(4, 9), row(5, 2), row(5, 1)]),
        ] {
            let order = Order { field: Field::CreatedAt, direction, ties: Some(ties) };
            let heights = list.map(|row| order.height(&row).unwrap());
            let falls = heights.is_sorted_by(|earlier, later| earlier > later);
            let rises = heights.is_sorted_by(|earlier, later| earlier < later);
            assert_eq!((falls, rises), (direction == Descending, direction == Ascending), "{order}");
        }
    }

    #[test]
    fn tied_rows_overlap_only_if_ids_order_them() {
        let plain = Order { field: Field::CreatedAt, direction: Direction::Descending, ties: None };
        let unique = Order { ties: Some(Direction::Descending), ..plain };
        let overlaps = |order: Order, near: RowKey, far: RowKey| {
            order.overlaps(order.height(&near).unwrap(), order.height(&far).unwrap())
        };
        assert!(overlaps(unique, row(5, 1), row(5, 1)) && !overlaps(plain, row(5, 1), row(5, 1)));
        assert!(overlaps(plain, row(6, 1), row(5, 1)));
        assert!(!overlaps(unique, row(5, 1), row(5, 2)));
    }
}
