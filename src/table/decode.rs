//! A page's body to a page's table: JSON bytes come in, a record batch with what must be observed goes out.
//!
//! One walk over the bytes, straight into the column builders. It decides nothing about reading
//! again: a body that is no page of contacts is `Malformed`, a contact without an identity `Identity`.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::{
    PageTable,
    columns::{Columns, Contact, integer},
    extra::Origin,
    json::{Broken, Kind, Raw, Scanner},
    schema::{COLUMNS, OWNER, Place},
};
use crate::page::{DecodeError, Decoded, Pagination};

impl From<Broken> for DecodeError {
    fn from(Broken { reason, at }: Broken) -> Self {
        Self::Malformed(format!("the answer is not whole JSON: {reason}, at byte {at}"))
    }
}

/// Decodes the body of one page.
pub(crate) fn decode(body: &[u8]) -> Result<Decoded<PageTable>, DecodeError> {
    decode_into(body, Columns::new)
}

/// Decodes the body of one page; its table also has each contact's JSON, as it was sent.
pub(crate) fn decode_with_raw(body: &[u8]) -> Result<Decoded<PageTable>, DecodeError> {
    decode_into(body, Columns::with_raw)
}

fn decode_into(body: &[u8], columns_of: fn() -> Columns) -> Result<Decoded<PageTable>, DecodeError> {
    let mut scanner = Scanner::new(body);
    let mut columns = None;
    let mut said = None;
    if scanner.peek()? != Kind::Object {
        return malformed("the answer is JSON, but no object");
    }
    scanner.object(|scanner, key| {
        match key.bytes {
            br#""contacts""# => columns = Some(read_contacts(scanner, columns_of())?),
            br#""pagination""# => said = Some(read_pagination(scanner)?),
            _ => drop(scanner.value()?),
        }
        Ok::<_, DecodeError>(())
    })?;
    scanner.end()?;
    let Some(columns) = columns else {
        return malformed("the answer has no `contacts`");
    };
    let Some(said) = said else {
        return malformed("the answer has no `pagination`");
    };
    let (batch, rows, findings) = columns?.finish().map_err(|error| DecodeError::Malformed(error.to_string()))?;
    let held = batch.get_array_memory_size();
    Ok(Decoded { table: PageTable { batch, findings }, said, rows, held })
}

fn malformed<T>(reason: &str) -> Result<T, DecodeError> {
    Err(DecodeError::Malformed(reason.to_owned()))
}

/// The contacts' columns; in their stead, when the array is whole but a contact has no identity, that.
type Contacts = Result<Columns, DecodeError>;

fn read_contacts(scanner: &mut Scanner<'_>, mut columns: Columns) -> Result<Contacts, DecodeError> {
    if scanner.peek()? != Kind::Array {
        return malformed("`contacts` is no array");
    }
    let mut identities = Ok(());
    scanner.array(|scanner| {
        let pushed = if scanner.peek()? == Kind::Object {
            let (bytes, contact) = scanner.spanned(read_contact)?;
            columns.push(contact, bytes, FxBuildHasher.hash_one(bytes))
        } else {
            let kind = scanner.value()?.kind;
            Err(format!("contact {} of the page is {kind}, no object with an id", columns.rows() + 1))
        };
        // What follows is read all the same: only a whole page is worth believing.
        if identities.is_ok() {
            identities = pushed.map_err(DecodeError::Identity);
        }
        Ok::<_, DecodeError>(())
    })?;
    Ok(identities.map(|()| columns))
}

fn read_contact<'a>(scanner: &mut Scanner<'a>) -> Result<Contact<'a>, Broken> {
    let mut contact = Contact::default();
    let (mut last, mut owner) = (0, None);
    scanner.object(|scanner, key| {
        if let Some(index) = find(key, &mut last, contact_key) {
            contact.set(index, scanner.value()?);
        } else if key.text().is_some_and(|key| key.text == OWNER) {
            contact.forget_owner();
            let (bytes, ()) = scanner.spanned(|scanner| read_owner(scanner, &mut contact))?;
            if owner.replace(bytes).is_some_and(|before| before != bytes) {
                contact.note_repeated(OWNER);
            }
        } else {
            contact.set_extra(Origin::Contact, key, scanner.value()?);
        }
        Ok(())
    })?;
    Ok(contact)
}

fn read_owner<'a>(scanner: &mut Scanner<'a>, contact: &mut Contact<'a>) -> Result<(), Broken> {
    match scanner.peek()? {
        Kind::Null => scanner.value().map(drop),
        Kind::Object => {
            let mut last = 0;
            scanner.object(|scanner, key| {
                let value = scanner.value()?;
                match find(key, &mut last, owner_key) {
                    Some(index) => contact.set(index, value),
                    None => contact.set_extra(Origin::Owner, key, value),
                }
                Ok(())
            })
        }
        _ => {
            contact.set_owner(scanner.value()?);
            Ok(())
        }
    }
}

fn contact_key(place: Place) -> Option<&'static str> {
    match place {
        Place::Id => Some("id"),
        Place::Contact(key) => Some(key),
        _ => None,
    }
}

fn owner_key(place: Place) -> Option<&'static str> {
    match place {
        Place::Owner(key) => Some(key),
        _ => None,
    }
}

/// The column of a key. Keys mostly come in the columns' order, so the search starts after the last one found.
fn find(key: Raw<'_>, last: &mut usize, key_of: fn(Place) -> Option<&'static str>) -> Option<usize> {
    let text = key.text()?.text;
    let index = (0..COLUMNS.len())
        .map(|step| (*last + step) % COLUMNS.len())
        .find(|index| key_of(COLUMNS[*index].place).is_some_and(|name| name == text))?;
    *last = index + 1;
    Some(index)
}

fn read_pagination(scanner: &mut Scanner<'_>) -> Result<Pagination, DecodeError> {
    if scanner.peek()? != Kind::Object {
        return malformed("`pagination` is no object");
    }
    let mut numbers: [(&str, Option<u64>); 4] =
        [("current_page", None), ("per_page", None), ("total_pages", None), ("total_count", None)];
    scanner.object(|scanner, key| {
        let value = scanner.value()?;
        let name = key.text().map(|key| key.text).unwrap_or_default();
        if let Some((_, number)) = numbers.iter_mut().find(|(key, _)| *key == name) {
            *number = integer(value).map(|integer| integer.number);
        }
        Ok::<_, DecodeError>(())
    })?;
    let number = |index: usize| {
        let (name, number) = numbers[index];
        number.ok_or_else(|| DecodeError::Malformed(format!("`pagination.{name}` is missing or no whole number")))
    };
    Ok(Pagination { current_page: number(0)?, per_page: number(1)?, total_pages: number(2)?, total_count: number(3)? })
}
