//! The keys of objects of one sort, such as contacts: recognized by their bytes, in the order of the last object.

use super::json::{Broken, Scanner};
use crate::resource::contacts::{COLUMNS, Source};
use crate::resource::{ID, OWNER};

/// Maximum number of keys to remember. Others are looked up each time, so that a page of many keys is not slow.
const REMEMBERED: usize = 64;

/// Where the value of a key belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The column of this index.
    Column(usize),
    /// The columns of the owner.
    Owner,
    /// `extra`.
    Extra,
}

/// The keys seen so far in a page.
#[derive(Debug)]
pub(super) struct KnownKeys<'a> {
    /// Each key as it was written, from its quote to its colon.
    keys: Vec<(&'a [u8], Place)>,
    /// The index of the key expected next.
    next: usize,
    place_of: fn(&str) -> Place,
}

impl<'a> KnownKeys<'a> {
    pub fn of_contact() -> Self {
        let place_of = |name: &str| match name {
            OWNER => Place::Owner,
            ID => column(Source::Id),
            _ => column(Source::Contact(name)),
        };
        Self { keys: Vec::new(), next: 0, place_of }
    }

    pub fn of_owner() -> Self {
        Self { place_of: |name| column(Source::Owner(name)), ..Self::of_contact() }
    }

    /// Reads an object. `entry` gets the offset of each key and the place of its value, and must read the value.
    pub fn object(
        &mut self,
        scanner: &mut Scanner<'a>,
        mut entry: impl FnMut(&mut Scanner<'a>, u32, Place) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.next = 0;
        scanner.members(|scanner| {
            let at = scanner.at();
            let place = match self.keys.get(self.next) {
                Some((written, place)) if scanner.skip(written) => {
                    self.next += 1;
                    *place
                }
                _ => self.unexpected(scanner)?,
            };
            entry(scanner, at, place)
        })
    }

    /// Reads a key that is not the one expected next.
    fn unexpected(&mut self, scanner: &mut Scanner<'a>) -> Result<Place, Broken> {
        let mut known = (self.next..self.keys.len()).chain(0..self.next);
        if let Some(index) = known.find(|index| scanner.skip(self.keys[*index].0)) {
            self.next = index + 1;
            return Ok(self.keys[index].1);
        }
        let (written, key) = scanner.spanned(Scanner::key)?;
        let place = key.text().map_or(Place::Extra, |name| (self.place_of)(&name.text));
        if self.keys.len() < REMEMBERED {
            self.keys.insert(self.next, (written, place));
            self.next += 1;
        }
        Ok(place)
    }
}

fn column(source: Source<'_>) -> Place {
    COLUMNS.iter().position(|column| column.source == source).map_or(Place::Extra, Place::Column)
}
