//! An order of the list, and how rows compare in it.
//!
//! New rows always have the greatest id, `created_at` and `updated_at`, so whatever the direction, the
//! *near* end of the list is where the greatest value stands and new rows enter, and the *far* end is
//! the other: head and tail of a descending list, tail and head of an ascending one. The proofs speak of
//! near and far only, and of a row's [`Height`], which falls from near to far.

use std::fmt;

use crate::page::RowKey;

/// What a list can be seen to be sorted by.
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

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least first; new rows enter at the tail.
    Ascending,
    /// The greatest first; new rows enter at the head.
    Descending,
}

/// An order that every response agrees with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// What the list is sorted by.
    pub field: Field,
    /// Which way.
    pub direction: Direction,
    /// How ids run among rows that are equal in `field`; none when that was not seen often enough.
    pub ties: Option<Direction>,
}

/// Where a row stands between the far end (low) and the near end (high), in one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Height {
    pub value: i64,
    /// The id, or its complement; 0 where ties have no known order.
    tie: i64,
}

impl Order {
    /// Whether no two rows are equal in it.
    pub(super) fn is_unique(self) -> bool {
        self.field == Field::Id || self.ties.is_some()
    }

    /// The height of a row; none when it lacks the field.
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
    /// no known order one shared row is not enough: the page must begin properly before the tied rows.
    pub(super) fn overlaps(self, near: Height, frontier: Height) -> bool {
        if self.is_unique() { near >= frontier } else { near.value > frontier.value }
    }

    /// Whether a row at `height` was certainly in the list before a row that then stood at `edge`, the near end.
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
    fn heights_fall_along_a_descending_list_and_rise_along_an_ascending_one() {
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
    fn tied_rows_overlap_only_where_ids_order_them() {
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
