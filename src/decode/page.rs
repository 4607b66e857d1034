//! A page's body to a page's table: JSON bytes come in, a record batch with what must be observed goes out.
//!
//! One walk over the bytes, straight into the column builders. It decides nothing about reading
//! again: a body that is no page of contacts is `Malformed`, a contact without an identity `Identity`. What other
//! servers of the same data write, and what has but one meaning, is taken: a byte order mark, `null` for no contacts
//! where there are none, no `total_pages`, and whole numbers as texts or with a fraction of 0.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::builder::{Columns, Contact, integer};
use super::json::{Broken, Kind, Raw, Scanner};
use super::{Decoded, PageTable};
use crate::page::{DecodeError, Pagination};
use crate::resource::OWNER;
use crate::resource::contacts::{COLUMNS, Place};

/// Contacts of a page, at most, as documented. The columns of more would hold many times the bytes of the page.
const MOST_CONTACTS: usize = 100;

impl From<Broken> for DecodeError {
    fn from(Broken { reason, at }: Broken) -> Self {
        Self::Malformed(format!("the answer is not whole JSON: {reason}, at byte {at}"))
    }
}

/// Decodes the body of one page.
pub(crate) fn decode(body: &[u8]) -> Result<Decoded, DecodeError> {
    decode_into(body, Columns::new)
}

/// Decodes the body of one page; its table also has each contact's JSON, as it was sent.
pub(crate) fn decode_with_raw(body: &[u8]) -> Result<Decoded, DecodeError> {
    decode_into(body, Columns::with_raw)
}

fn decode_into(body: &[u8], columns_of: fn() -> Columns) -> Result<Decoded, DecodeError> {
    let mut scanner = Scanner::new(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body));
    let mut columns = None;
    let mut is_null = false;
    let mut said = None;
    if scanner.peek()? != Kind::Object {
        return malformed("the answer is JSON, but no object");
    }
    scanner.object(|scanner, key| {
        match key.bytes {
            br#""contacts""# if columns.is_some() => return malformed("the answer has `contacts` more than once"),
            br#""pagination""# if said.is_some() => return malformed("the answer has `pagination` more than once"),
            br#""contacts""# => {
                is_null = scanner.peek()? == Kind::Null;
                columns = Some(read_contacts(scanner, columns_of())?);
            }
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
    if is_null && said.total_count > 0 {
        return malformed("`contacts` is null, though there are some by `total_count`");
    }
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
    match scanner.peek()? {
        Kind::Array => {}
        Kind::Null => {
            scanner.value()?;
            return Ok(Ok(columns));
        }
        _ => return malformed("`contacts` is no array"),
    }
    let (mut identities, mut more) = (Ok(()), 0);
    scanner.array(|scanner| {
        if columns.rows() == MOST_CONTACTS {
            more += 1;
            scanner.value()?;
            return Ok(());
        }
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
    if more > 0 {
        let contacts = columns.rows() + more;
        return Err(DecodeError::Malformed(format!(
            "the page has {contacts} contacts, and at most {MOST_CONTACTS} were asked for"
        )));
    }
    Ok(identities.map(|()| columns))
}

fn read_contact<'a>(scanner: &mut Scanner<'a>) -> Result<Contact<'a>, Broken> {
    let mut contact = Contact::new(scanner.page());
    let (mut last, mut owner) = (0, None);
    scanner.object(|scanner, key| {
        if let Some(index) = find(key, &mut last, contact_key) {
            contact.set(index, scanner.value()?);
        } else if key.text().is_some_and(|key| key.text == OWNER) {
            contact.forget_owner();
            let (bytes, ()) = scanner.spanned(|scanner| read_owner(scanner, &mut contact))?;
            let repeated = owner.replace(bytes).is_some_and(|before| before != bytes);
            contact.note_repeated(OWNER, u64::from(repeated));
        } else {
            contact.extra.take(key);
            scanner.value()?;
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
                    None => contact.extra.take_of_owner(key),
                }
                Ok(())
            })
        }
        _ => {
            contact.extra.take_owner(scanner.value()?);
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
    let mut has_pages = false;
    scanner.object(|scanner, key| {
        let value = scanner.value()?;
        let name = key.text().map(|key| key.text).unwrap_or_default();
        if let Some((_, number)) = numbers.iter_mut().find(|(key, _)| *key == name) {
            has_pages |= name == "total_pages" && value.kind != Kind::Null;
            *number = whole_number(value);
        }
        Ok::<_, DecodeError>(())
    })?;
    let number = |index: usize| {
        let (name, number) = numbers[index];
        number.ok_or_else(|| DecodeError::Malformed(format!("`pagination.{name}` is missing or no whole number")))
    };
    let (current_page, per_page, total_count) = (number(0)?, number(1)?, number(3)?);
    let total_pages = if has_pages { number(2)? } else { total_count.div_ceil(per_page.max(1)) };
    Ok(Pagination { current_page, per_page, total_pages, total_count })
}

/// A count, which some languages write as `25.0`.
fn whole_number(value: Raw<'_>) -> Option<u64> {
    let without_fraction = || {
        let end = value.bytes.iter().position(|byte| *byte == b'.').filter(|_| value.kind == Kind::Number)?;
        let is_zero = value.bytes[end + 1..].iter().all(|byte| *byte == b'0');
        integer(Raw { bytes: &value.bytes[..end], ..value }).filter(|_| is_zero)
    };
    integer(value).or_else(without_fraction).map(|integer| integer.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small contacts take much more room as rows than as JSON.
    #[test]
    fn contacts_that_no_page_can_have_are_counted_and_not_kept() {
        let said = r#"{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
        let page =
            |contacts| format!(r#"{{"contacts":[{}],"pagination":{said}}}"#, vec![r#"{"id":1}"#; contacts].join(","));
        assert_eq!(decode(page(MOST_CONTACTS).as_bytes()).unwrap().rows.len(), 100);
        let error = decode(page(MOST_CONTACTS + 1).as_bytes()).unwrap_err();
        assert!(matches!(&error, DecodeError::Malformed(text) if text.contains("has 101 contacts")), "{error}");
    }
}
