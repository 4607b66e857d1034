//! Finds the contacts that differ: the old export is read once into an index of hashes, then the new one is looked up.
//!
//! The index has 25 bytes per contact. Nothing is spilled to disk, where it would be personal data in another place.

use sha2::{Digest as _, Sha256};

use super::cells::Cells;
use super::change_type::ChangeType;
use super::error::ChangesError;
use super::gone::Gone;
use super::kept::Kept;
use super::side::Rows;
use super::sorted::{SortedIds, find};
use crate::digest::ContentDigest;

/// Memory is reserved for at most this many contacts, because a manifest can claim any number.
const MAX_RESERVED: usize = 1 << 26;

/// What is known of a contact of the old export: its id, and 128 bits of the SHA-256 of its row's text.
#[derive(Debug, Clone, Copy)]
struct Entry {
    id: i64,
    hash: [u64; 2],
}

/// A contact of the old export in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Gone,
    Same,
    Updated,
}

/// The ids of the contacts that differ.
#[derive(Debug)]
pub(super) struct Differences {
    pub inserted: SortedIds,
    pub updated: SortedIds,
    pub gone: SortedIds,
    /// The rows of both exports.
    pub old_rows: u64,
    pub new_rows: u64,
    /// What the digest of the table is made of that the changes were applied to, if it is wanted.
    pub digests: Option<Digests>,
}

/// What the digest of a table is made of that the changes were applied to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digests {
    pub new: ContentDigest,
    /// Rows that only the old export has, and that are not deleted.
    pub kept: ContentDigest,
}

/// Compares all rows. The cells of the first updates are kept, as many as fit, and the rows of the new export that differ.
pub(super) fn differences(
    old: &Rows,
    new: &Rows,
    cells: &mut Cells,
    kept: &mut Kept,
    digest: Option<&Gone>,
) -> Result<Differences, ChangesError> {
    let index = index(old)?;
    let mut digests = digest.map(|_| Digests::default());
    let mut fates = vec![Fate::Gone; index.len()];
    let (mut inserted, mut updated, mut new_rows, mut at) = (Vec::new(), Vec::new(), 0, 0);
    let mut text = Vec::new();
    new.each_batch(|batch| {
        let (ids, texts) = (new.ids(batch)?, new.texts(batch)?);
        new_rows += ids.len() as u64;
        let mut differ = vec![true; ids.len()];
        for (row, id) in ids.iter().enumerate() {
            let found = find(&index, |entry| entry.id, *id, &mut at);
            if found.is_none() {
                inserted.push(*id);
                if digests.is_none() {
                    continue;
                }
            }
            text.clear();
            texts.append(row, &mut text);
            let hash = hash(&text);
            if let Some(digests) = &mut digests {
                digests.new.add_hash(hash[0]);
            }
            let Some(position) = found else { continue };
            if fates[position] != Fate::Gone {
                return Err(new.twice(*id));
            }
            fates[position] = if index[position].hash == hash {
                differ[row] = false;
                Fate::Same
            } else {
                updated.push(*id);
                cells.offer(*id, &texts, row);
                Fate::Updated
            };
        }
        kept.keep(new, batch, differ)
    })?;
    let gone = index.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Gone).map(|(entry, _)| entry);
    if let Some((digests, known)) = digests.as_mut().zip(digest) {
        let kept = gone.clone().filter(|entry| known.kind(entry.id) != Some(ChangeType::Delete));
        kept.for_each(|entry| digests.kept.add_hash(entry.hash[0]));
    }
    let gone = gone.map(|entry| entry.id).collect();
    let (inserted, updated, gone) = (SortedIds::of(inserted), SortedIds::of(updated), SortedIds::of(gone));
    match inserted.twice() {
        Some(id) => Err(new.twice(id)),
        None => Ok(Differences { inserted, updated, gone, old_rows: index.len() as u64, new_rows, digests }),
    }
}

/// Hashes all rows; returns the entries sorted by id.
fn index(old: &Rows) -> Result<Vec<Entry>, ChangesError> {
    let (mut entries, mut text) = (Vec::new(), Vec::new());
    // A list that grows is copied, and leaves holes. If the manifest is wrong, it grows all the same.
    let _ = entries.try_reserve_exact(usize::try_from(old.expected).unwrap_or_default().min(MAX_RESERVED));
    old.each(|ids, texts| {
        for (row, id) in ids.iter().enumerate() {
            text.clear();
            texts.append(row, &mut text);
            entries.push(Entry { id: *id, hash: hash(&text) });
        }
        Ok(())
    })?;
    entries.sort_unstable_by_key(|entry| entry.id);
    match entries.windows(2).find(|pair| pair[0].id == pair[1].id) {
        Some(pair) => Err(old.twice(pair[0].id)),
        None => Ok(entries),
    }
}

/// 128 bits of the SHA-256: two rows that differ have the same with a probability of 2^-128.
fn hash(text: &[u8]) -> [u64; 2] {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let (words, _) = digest.as_chunks::<8>();
    [words[0], words[1]].map(u64::from_be_bytes)
}
