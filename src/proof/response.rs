//! The summary kept of each response: its position, edges, counts and hashes, but not its rows.
//!
//! It takes about 250 bytes per response, which is 2.5 bytes per contact at 100 contacts per page.

use std::time::Duration;

use super::checks::{self, Check};
use super::order::{Field, Order};
use crate::page::{Asked, Observed, RowKey};

/// Why a response was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read through the list, page 1 included.
    Sweep,
    /// To read through the list in a window that overlaps the previous one.
    Overlap,
    /// To see where the list ends before the rest is read.
    Tail,
    /// To read page 1 (or page 2) once more.
    Recheck,
    /// To bridge a gap.
    Repair,
    /// To read the near end after everything else.
    NearEnd,
    /// To compare a page with its earlier reading.
    Verification,
}

/// The rows first seen in a response that are old, that is, not nearer than the opening's edge, in one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Old {
    below: u16,
    /// Equal in the field, with a smaller and with a greater id.
    tied: [u16; 2],
}

impl Old {
    /// Counts a row that was seen for the first time.
    pub fn count(&mut self, field: Field, row: &RowKey, edge: &RowKey) {
        match (field.of(row), field.of(edge)) {
            (Some(value), Some(top)) if value < top || row.id == edge.id && value == top => self.below += 1,
            (Some(value), Some(top)) if value == top => self.tied[usize::from(row.id > edge.id)] += 1,
            _ => {}
        }
    }

    /// The number of rows that are certainly old in one order.
    pub fn certain(self, order: Order) -> u64 {
        let tied = order.ties.map_or(0, |ties| self.tied[usize::from(ties != order.direction)]);
        u64::from(self.below) + u64::from(tied)
    }
}

/// What deduplication finds out about a response. Zero until its turn comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Rows with an id that no response had shown before.
    pub first_seen: u64,
    /// Those of them that are old, by opening (descending, ascending) and field.
    pub old: [[Old; 3]; 2],
    /// Rows that may have entered since the opening, by opening and field.
    pub maybe_new: [[u16; 3]; 2],
    /// Rows of page 1 that it is the first to show again: all, and those that were not updated since.
    pub reshown: [u16; 2],
}

/// The summary of a response.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub purpose: Purpose,
    /// The requested page, with the page size that the server applied.
    pub asked: Asked,
    pub total: u64,
    pub rows: u64,
    /// The first and the last row; `None` for an empty page.
    pub edges: Option<(RowKey, RowKey)>,
    /// The number of rows tied with the first and with the last row, in `created_at` and in `updated_at`.
    pub ties: [(u16, u16); 2],
    pub sent: Duration,
    pub received: Duration,
    /// The difference allowed between its rows and its total: the number of writes observed by then, up to a limit.
    pub slack: u64,
    /// A hash of its rows and its total.
    pub content: u64,
    /// The sum of the hashes of its ids.
    pub id_sum: u64,
    pub counts: Counts,
}

impl Response {
    pub fn new(purpose: Purpose, observed: &Observed) -> Self {
        let Observed { asked, said, rows, sent, received, .. } = observed;
        Self {
            purpose,
            asked: Asked { per_page: u32::try_from(said.per_page).unwrap_or(asked.per_page).max(1), ..*asked },
            total: said.total_count,
            rows: rows.len() as u64,
            edges: rows.first().copied().zip(rows.last().copied()),
            ties: [Field::CreatedAt, Field::UpdatedAt]
                .map(|field| (run(field, rows.iter()), run(field, rows.iter().rev()))),
            sent: *sent,
            received: *received,
            slack: 0,
            content: content(said.total_count, rows),
            id_sum: id_sum(rows.iter().map(|row| row.id)),
            counts: Counts::default(),
        }
    }

    /// The position of its first row in the list, from 0.
    pub fn start(&self) -> u64 {
        start(self.asked)
    }

    /// The position after its last row.
    pub fn end(&self) -> u64 {
        self.start() + self.rows
    }

    pub fn is_short(&self) -> bool {
        self.rows < u64::from(self.asked.per_page)
    }

    /// Whether its rows agree with its total, within the slack for writes between the two.
    pub fn agrees(&self) -> bool {
        match self.rows {
            0 => self.start() + self.slack >= self.total,
            _ if self.is_short() => self.end().abs_diff(self.total) <= self.slack,
            _ => self.end() <= self.total + self.slack,
        }
    }

    /// Whether it shows that the list ends where its rows end: it is not full, and its total agrees.
    pub fn ends(&self) -> bool {
        self.is_short() && self.agrees()
    }

    /// Whether it shows the whole list.
    pub fn is_whole(&self) -> bool {
        self.start() == 0 && (self.shows_tail() || self.rows == 0 && self.total == 0)
    }

    /// Whether it shows the tail of the list: it has rows, is not full, and its total agrees.
    pub fn shows_tail(&self) -> bool {
        let by_total = !checks::enabled(Check::End) && self.end() >= self.total;
        self.rows > 0 && (self.ends() || by_total)
    }
}

/// The position of the first row of a page.
pub(super) fn start(asked: Asked) -> u64 {
    asked.page.saturating_sub(1).saturating_mul(u64::from(asked.per_page))
}

/// A hash of a response's rows and its total. Two different contents practically never have the same hash.
fn content(total: u64, rows: &[RowKey]) -> u64 {
    // No time is the least integer, which is far before the year 1.
    let time = |time: Option<i64>| time.unwrap_or(i64::MIN).cast_unsigned();
    let numbers = |row: &RowKey| [row.id.cast_unsigned(), time(row.created_at), time(row.updated_at), row.hash];
    rows.iter().flat_map(numbers).fold(mixed(total), |hash, number| mixed(hash ^ number))
}

/// The sum of the hashes of ids. Two different sets of the same size practically never have the same sum.
pub(super) fn id_sum(ids: impl Iterator<Item = i64>) -> u64 {
    ids.map(|id| mixed(id.cast_unsigned())).fold(0, u64::wrapping_add)
}

/// A hash of a number, in which each bit depends on all bits of the number: a step of `SplitMix64`.
///
/// A server could choose ids and contents with equal hashes. It would gain nothing: what it shows in two readings would
/// differ, but be taken for equal, and it can as well show the same wrong list twice.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The number of leading rows that are equal to the first one in a field.
fn run<'a>(field: Field, rows: impl Iterator<Item = &'a RowKey> + Clone) -> u16 {
    let first = rows.clone().next().and_then(|row| field.of(row));
    u16::try_from(rows.take_while(|row| field.of(row) == first).count()).unwrap_or(u16::MAX)
}
