//! Which columns of an update differ. Of the new row, 8 bytes per cell are kept until the old row is read again.
//!
//! If there are more updates than fit into memory, both exports are read again for the rest.

use std::hash::{BuildHasher, RandomState};

use super::error::ChangesError;
use super::side::Rows;
use super::sorted::{SortedIds, find};
use crate::digest::RowTexts;

/// Memory for the cells of updated rows.
pub(super) const MAX_BYTES: usize = 256 << 20;

/// Rows per chunk of hashes.
const CHUNK: usize = 4_096;

/// The hashes of the cells of some updated rows of the new export, in the order of that export.
#[derive(Debug)]
pub(super) struct Cells {
    /// The columns.
    width: usize,
    /// The most rows at a time.
    most: usize,
    /// The updates that come before these in the new export.
    skipped: usize,
    /// The updates that were offered, including those that do not fit.
    offered: usize,
    /// The id of each row and its place in `hashes`, sorted by id.
    places: Vec<(i64, u32)>,
    /// In chunks: a list that grows is copied, and takes up to three times the memory then.
    hashes: Vec<Vec<u64>>,
    /// Keyed at random, so that nobody can craft values whose change goes unnoticed.
    keys: RandomState,
    text: Vec<u8>,
    at: usize,
}

/// The changed columns of each update, one bit per column.
#[derive(Debug)]
pub(super) struct Masks(Vec<u32>);

impl Cells {
    /// Cells of rows with `width` columns that take up to `bytes` bytes.
    pub fn new(width: usize, bytes: usize) -> Self {
        let of_row = size_of::<(i64, u32)>() + width * size_of::<u64>();
        Self {
            width,
            most: (bytes / of_row).max(1),
            skipped: 0,
            offered: 0,
            places: Vec::new(),
            hashes: Vec::new(),
            keys: RandomState::new(),
            text: Vec::new(),
            at: 0,
        }
    }

    /// Keeps the cells of an updated row of the new export, if it is one of those that fit.
    pub fn offer(&mut self, id: i64, texts: &RowTexts<'_>, row: usize) {
        let place = self.offered.checked_sub(self.skipped).filter(|place| *place < self.most);
        self.offered += 1;
        if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
            self.places.push((id, place));
            if self.places.len() % CHUNK == 1 {
                self.hashes.push(Vec::with_capacity(CHUNK * self.width));
            }
            if let Some(chunk) = self.hashes.last_mut() {
                texts.each(row, &mut self.text, |_, cell| chunk.push(self.keys.hash_one(cell)));
            }
        }
    }

    /// Sorts the rows, after the last one was offered.
    fn settle(&mut self) {
        self.places.sort_unstable();
        self.at = 0;
    }

    /// The columns in which a row of the old export differs, if its cells in the new one are kept.
    fn mask(&mut self, id: i64, texts: &RowTexts<'_>, row: usize) -> Option<u32> {
        let position = find(&self.places, |(id, _)| *id, id, &mut self.at)?;
        let (_, place) = self.places[position];
        let (chunk, start) = (&self.hashes[place as usize / CHUNK], place as usize % CHUNK * self.width);
        let (new, keys, mut mask) = (&chunk[start..start + self.width], &self.keys, 0);
        texts.each(row, &mut self.text, |column, cell| {
            mask |= u32::from(keys.hash_one(cell) != new[column]) << column;
        });
        Some(mask)
    }

    /// Makes room for the next updates, which all are offered again.
    fn turn(&mut self) {
        self.skipped += self.places.len();
        self.offered = 0;
        self.places.clear();
        self.hashes.clear();
    }
}

impl Masks {
    /// The columns that differ in all updates but those whose cells are still kept at the end.
    pub fn of(updated: &mut SortedIds, cells: &mut Cells, old: &Rows, new: &Rows) -> Result<Self, ChangesError> {
        let mut masks = Self(vec![0; updated.len()]);
        cells.settle();
        while cells.skipped + cells.places.len() < cells.offered {
            old.each(|ids, texts| {
                for (row, id) in ids.iter().enumerate() {
                    if let Some(position) = updated.find(*id) {
                        masks.find(position, *id, cells, texts, row);
                    }
                }
                Ok(())
            })?;
            cells.turn();
            new.each(|ids, texts| {
                for (row, id) in ids.iter().enumerate() {
                    if updated.find(*id).is_some() {
                        cells.offer(*id, texts, row);
                    }
                }
                Ok(())
            })?;
            cells.settle();
        }
        Ok(masks)
    }

    /// The columns that differ in the update at `position`, by its row of the old export.
    pub fn find(&mut self, position: usize, id: i64, cells: &mut Cells, texts: &RowTexts<'_>, row: usize) -> u32 {
        if self.0[position] == 0 {
            self.0[position] = cells.mask(id, texts, row).unwrap_or_default();
        }
        self.0[position]
    }

    /// The columns that differ in the update at `position`.
    pub fn known(&self, position: usize) -> u32 {
        self.0[position]
    }
}
