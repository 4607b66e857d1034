//! Deduplication: which rows of each response are emitted. Each id is emitted once, in the first response that shows
//! it.
//!
//! Responses arrive in any order but are processed in the order of the list, so the output does not depend on how
//! they arrived. Rows are kept only until their response has been processed.

use std::collections::{BTreeMap, VecDeque};

use super::ids::Ids;
use super::order::Field;
use super::order_witness::{OrderWitness, Others};
use super::response::{self, Counts, id_sum};
use super::rows::{ById, Rows};
use crate::page::{Asked, RowKey};

/// A response whose rows are to be emitted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emission {
    /// The ticket of its request.
    pub ticket: u64,
    /// Which of its rows to emit.
    pub rows: RowSelection,
}

/// Which rows of a response are emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowSelection {
    /// All rows.
    All,
    /// The rows marked `true`, in the order of the page.
    Mask(Vec<bool>),
}

impl RowSelection {
    /// Whether the row of this index is emitted.
    pub fn keeps(&self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Mask(rows) => rows.get(index).is_some_and(|keep| *keep),
        }
    }
}

/// The contacts of a run.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    ids: Ids,
    /// Some of those on page 1, which certainly existed during the run.
    pub controls: Vec<i64>,
}

impl Seen {
    /// Whether a page showed this contact.
    pub fn contains(&self, id: i64) -> bool {
        self.ids.contains(id)
    }
}

/// What was found out about a response when it was processed.
#[derive(Debug)]
pub(super) struct Processed {
    pub ticket: u64,
    pub counts: Counts,
    /// Rows whose id was shown before.
    pub repeats: u64,
    /// Those of them that this response shows more than once.
    pub repeats_within: u64,
    /// The repeats of rows that are still kept.
    pub copies: Vec<Copies>,
}

/// Two copies of a row, in two responses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copies {
    /// The ticket of the response that was processed first, the row in it, and its index.
    pub first: (u64, RowKey, u64),
    /// The other row, and its index.
    pub second: (RowKey, u64),
}

/// The deduplication of a run.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    /// Tickets in the order in which they are processed.
    order: VecDeque<u64>,
    /// Rows of responses that are not processed yet.
    waiting: BTreeMap<u64, (Asked, Vec<RowKey>)>,
    ready: VecDeque<Emission>,
    ids: Ids,
    /// Page 1, and which of its rows were shown again: in any version, and in the same one.
    first: Rows,
    shown_again: [Vec<bool>; 2],
    /// The opening, if there is one.
    opening: (u64, Rows),
    /// The response that was processed last, and its position.
    previous: (u64, u64, Rows),
    /// Contacts that one response shows more than once: the page, and the number of surplus rows.
    repeated: BTreeMap<i64, (u64, u64)>,
    pub repeated_rows: u64,
    /// The sum of the hashes of the emitted ids.
    pub id_sum: u64,
}

impl Dedup {
    /// All contacts.
    pub fn into_seen(self) -> Seen {
        let page = self.first.as_slice();
        let controls = [page.len() / 2, page.len().saturating_sub(1), 0];
        let controls = controls.into_iter().filter_map(|at| page.get(at)).map(|row| row.id).collect();
        Seen { ids: self.ids, controls }
    }

    /// Puts a request at the end of the order.
    pub fn enqueue(&mut self, ticket: u64) {
        self.order.push_back(ticket);
    }

    /// Adds the rows of a response.
    pub fn add(&mut self, ticket: u64, asked: Asked, rows: Vec<RowKey>) {
        self.waiting.insert(ticket, (asked, rows));
    }

    /// Uses a waiting response as the opening.
    pub fn set_opening(&mut self, ticket: u64) {
        self.opening = (ticket, self.waiting.get(&ticket).map(|(_, rows)| Rows::new(rows.clone())).unwrap_or_default());
    }

    /// Processes the next response in order, if it has arrived. `edges` are the near edges of the openings.
    pub fn process(&mut self, edges: [Option<RowKey>; 2], witness: &mut OrderWitness) -> Option<Processed> {
        let ticket = *self.order.front()?;
        let (asked, rows) = self.waiting.remove(&ticket)?;
        let start = response::start(asked);
        self.order.pop_front();
        let rows = Rows::new(rows);
        let new = self.ids.add(rows.by_id());
        let has_repeats = new.contains(&false);
        witness.compare(rows.as_slice(), &new, self.others(ticket, start));
        let mut counts = Counts {
            maybe_new: edges.map(|edge| Field::ALL.map(|field| self.maybe_new(field, rows.as_slice(), edge.as_ref()))),
            reshown: if has_repeats { self.reshown(&rows) } else { [0; 2] },
            ..Counts::default()
        };
        let repeats_within = if has_repeats { self.repeats_within(asked.page, rows.by_id()) } else { 0 };
        let (mut repeats, mut copies) = (0, Vec::new());
        for (index, (row, new)) in (0..).zip(rows.as_slice().iter().zip(&new)) {
            if *new {
                counts.first_seen += 1;
                for (olds, edge) in counts.old.iter_mut().zip(&edges) {
                    let Some(edge) = edge else { continue };
                    olds.iter_mut().zip(Field::ALL).for_each(|(old, field)| old.count(field, row, edge));
                }
            } else {
                repeats += 1;
                copies.extend(self.copies(row, index));
            }
        }
        self.repeated_rows += repeats;
        let emitted = rows.as_slice().iter().zip(&new).filter_map(|(row, new)| new.then_some(row.id));
        self.id_sum = self.id_sum.wrapping_add(id_sum(emitted));
        let selection = if repeats == 0 { RowSelection::All } else { RowSelection::Mask(new) };
        self.ready.push_back(Emission { ticket, rows: selection });
        if ticket == 0 {
            self.first = rows.clone();
            self.shown_again = [(); 2].map(|()| vec![false; rows.as_slice().len()]);
        }
        self.previous = (ticket, start, rows);
        Some(Processed { ticket, counts, repeats, repeats_within, copies })
    }

    /// The responses to compare a response with: neither itself nor one that begins at or after it.
    fn others(&self, ticket: u64, start: u64) -> Others<'_> {
        let first = (ticket != 0).then_some(&self.first);
        let opening = (ticket != self.opening.0).then_some(&self.opening.1);
        let (_, previous_start, previous) = &self.previous;
        let previous = if *previous_start < start { previous.as_slice() } else { &[] };
        Others { earlier: [first, opening], previous }
    }

    /// The number of rows of page 1 that are shown again for the first time: in any version, and in the same one.
    fn reshown(&mut self, rows: &Rows) -> [u16; 2] {
        let mut reshown = [0; 2];
        for (at, copy) in self.first.as_slice().iter().enumerate() {
            let Some((_, row)) = rows.with_id(copy.id).next() else { continue };
            let same = [true, row.updated_at == copy.updated_at];
            for ((reshown, shown), same) in reshown.iter_mut().zip(&mut self.shown_again).zip(same) {
                *reshown += u16::from(same && !shown[at]);
                shown[at] |= same;
            }
        }
        reshown
    }

    /// The number of rows of page 1 that no other response has shown.
    pub fn not_reshown(&self) -> usize {
        self.shown_again[0].iter().filter(|shown| !**shown).count()
    }

    /// The number of rows that repeat a contact of the same response. Keeps the greatest number for each contact.
    fn repeats_within(&mut self, page: u64, by_id: &ById) -> u64 {
        let mut repeats = 0;
        for run in by_id.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
            let extra = run.len() as u64 - 1;
            repeats += extra;
            let (_, most) = self.repeated.entry(run[0].0).or_insert((page, extra));
            *most = extra.max(*most);
        }
        repeats
    }

    /// The number of rows in the list that repeat a contact of the same response, and one of them by page and id.
    pub fn repeated_within(&self) -> (u64, Option<(u64, i64)>) {
        let first = self.repeated.iter().map(|(id, (page, _))| (*page, *id)).min();
        (self.repeated.values().map(|(_, extra)| extra).sum(), first)
    }

    /// An upper bound of the new rows: those neither certainly below the edge nor in page 1.
    fn maybe_new(&self, field: Field, rows: &[RowKey], edge: Option<&RowKey>) -> u16 {
        let Some(edge) = edge else { return 0 };
        let same = |row: &RowKey, other: &RowKey| row.id == other.id && field.of(row) == field.of(other);
        let known = |row: &&RowKey| same(row, edge) || self.first.with_id(row.id).any(|(_, first)| same(row, first));
        let rows = rows.iter().filter(|row| field.of(row) >= field.of(edge)).filter(|row| !known(row));
        u16::try_from(rows.count()).unwrap_or(u16::MAX)
    }

    /// The copies of a row in page 1 and in the previous response.
    fn copies(&self, row: &RowKey, index: u64) -> impl Iterator<Item = Copies> {
        let second = (*row, index);
        let copies = [(0, &self.first), (self.previous.0, &self.previous.2)];
        copies.into_iter().filter_map(move |(ticket, rows)| {
            let (at, copy) = rows.with_id(second.0.id).next()?;
            Some(Copies { first: (ticket, *copy, at as u64), second })
        })
    }

    /// The next response to emit.
    pub fn emit(&mut self) -> Option<Emission> {
        self.ready.pop_front()
    }

    /// The number of different contacts.
    pub fn contacts(&self) -> u64 {
        self.ids.len()
    }

    /// Whether a response shows the same ids as page 1.
    pub fn is_like_first(&self, rows: &[RowKey]) -> bool {
        rows.iter().map(|row| row.id).eq(self.first.as_slice().iter().map(|row| row.id))
    }

    /// Memory that the ids hold, in bytes.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.ids.held()
    }
}
