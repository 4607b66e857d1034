//! What is kept of a response: where it stood, its edges, its counts and hashes, and not its rows.
//!
//! Some 250 bytes a response, which is two and a half bytes a contact at 100 contacts a page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::order::{Field, Order};
use super::parameters::{Check, Tuning};
use crate::page::{Asked, Observed, RowKey};

/// What a response was read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To read the list through, page 1 included.
    Sweep,
    /// To read it through, overlapping the window before.
    Overlap,
    /// To know the near end of an ascending list before the rest is read.
    Tail,
    /// Page 1 once more.
    Anchor,
    /// To bridge a gap.
    Bridge,
    /// The near end, last of all.
    Closing,
    /// To compare a page with its earlier reading.
    Pass,
}

/// First copies of a response that are old: below the opening's near edge in one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Old {
    below: u16,
    /// Equal in the field, with a lesser and a greater id.
    tied: [u16; 2],
}

impl Old {
    /// Takes a first copy into account.
    pub fn count(&mut self, field: Field, row: &RowKey, edge: &RowKey) {
        match (field.of(row), field.of(edge)) {
            (Some(value), Some(top)) if value < top || row.id == edge.id && value == top => self.below += 1,
            (Some(value), Some(top)) if value == top => self.tied[usize::from(row.id > edge.id)] += 1,
            _ => {}
        }
    }

    /// How many are old for certain, in one order.
    pub fn certain(self, order: Order) -> u64 {
        let tied = order.ties.map_or(0, |ties| self.tied[usize::from(ties != order.direction)]);
        u64::from(self.below) + u64::from(tied)
    }
}

/// A response, in short.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub role: Role,
    /// What was asked, in the page size that the server applied.
    pub asked: Asked,
    pub total: u64,
    pub rows: u64,
    /// First and last row; none of an empty page.
    pub edges: Option<(RowKey, RowKey)>,
    /// Rows at the head and at the tail of the page that are tied, in `created_at` and `updated_at`.
    pub ties: [(u16, u16); 2],
    pub sent: Duration,
    pub received: Duration,
    /// Rows by which its total may differ: as many writes were seen by then, up to a few.
    pub slack: u64,
    /// A hash of its rows, whole, and its total.
    pub content: u64,
    /// The sum of a hash of its ids.
    pub id_sum: u64,
    /// First copies that it held; known when its rows have left.
    pub fresh: u64,
    /// First copies that are old, by opening (head, tail) and field.
    pub old: [[Old; 3]; 2],
    /// Rows that may have entered since the opening, by opening and field.
    pub above: [[u16; 3]; 2],
    /// Rows of the first response that it was the first to show again: all, and those that were not updated since.
    pub again: [u16; 2],
}

impl Record {
    pub fn new(role: Role, observed: &Observed) -> Self {
        let Observed { asked, said, rows, sent, received, .. } = observed;
        let mut hasher = DefaultHasher::new();
        said.total_count.hash(&mut hasher);
        for row in rows {
            (row.id, row.created_at, row.updated_at, row.hash).hash(&mut hasher);
        }
        Self {
            role,
            asked: Asked { per_page: u32::try_from(said.per_page).unwrap_or(asked.per_page).max(1), ..*asked },
            total: said.total_count,
            rows: rows.len() as u64,
            edges: rows.first().copied().zip(rows.last().copied()),
            ties: [Field::CreatedAt, Field::UpdatedAt]
                .map(|field| (run(field, rows.iter()), run(field, rows.iter().rev()))),
            sent: *sent,
            received: *received,
            slack: 0,
            content: hasher.finish(),
            id_sum: id_sum(rows.iter().map(|row| row.id)),
            fresh: 0,
            old: [[Old::default(); 3]; 2],
            above: [[0; 3]; 2],
            again: [0; 2],
        }
    }

    /// Position of its first row in the list, from 0.
    pub fn start(&self) -> u64 {
        start(self.asked)
    }

    /// Position after its last row.
    pub fn end(&self) -> u64 {
        self.start() + self.rows
    }

    pub fn is_short(&self) -> bool {
        self.rows < u64::from(self.asked.per_page)
    }

    /// Whether its rows and its total agree, but for writes that may have come between the two.
    pub fn agrees(&self) -> bool {
        match self.rows {
            0 => self.start() + self.slack >= self.total,
            _ if self.is_short() => self.end().abs_diff(self.total) <= self.slack,
            _ => self.end() <= self.total + self.slack,
        }
    }

    /// Whether it shows that the list ends where its rows end: not full, and its total agrees.
    pub fn ends(&self) -> bool {
        self.is_short() && self.agrees()
    }

    /// Whether it shows the whole list.
    pub fn is_whole(&self, tuning: &Tuning) -> bool {
        self.start() == 0 && (self.shows_tail(tuning) || self.rows == 0 && self.total == 0)
    }

    /// Whether it shows the tail of the list: not full, with rows, and its total agrees.
    pub fn shows_tail(&self, tuning: &Tuning) -> bool {
        let by_total = !tuning.makes(Check::End) && self.end() >= self.total;
        self.rows > 0 && (self.ends() || by_total)
    }
}

/// Position of the first row of a page.
pub(super) fn start(asked: Asked) -> u64 {
    asked.page.saturating_sub(1).saturating_mul(u64::from(asked.per_page))
}

/// The sum of a hash of ids: as good as never equal for two different collections of the same number of ids.
pub(super) fn id_sum(ids: impl Iterator<Item = i64>) -> u64 {
    let hash = |id: i64| {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        hasher.finish()
    };
    ids.map(hash).fold(0, u64::wrapping_add)
}

/// How many rows are equal to the first in a field.
fn run<'a>(field: Field, rows: impl Iterator<Item = &'a RowKey> + Clone) -> u16 {
    let first = rows.clone().next().and_then(|row| field.of(row));
    u16::try_from(rows.take_while(|row| field.of(row) == first).count()).unwrap_or(u16::MAX)
}
