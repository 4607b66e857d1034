//! Decodes the body of a page into a table, in one pass straight into the column builders.
//!
//! It does not decide about retries: a body that is not a page of contacts is `Malformed`, a contact without an id
//! `Identity`. It tolerates unambiguous variants that other servers of the same data write: a byte order mark, `null`
//! for an empty list of contacts, a missing `total_pages`, and integers as strings or with a fraction of 0.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::contact::Contact;
use super::integer::integer;
use super::json::{Broken, Kind, Raw, Scanner};
use super::known_keys::{KnownKeys, Place};
use super::page_rows::PageRows;
use super::page_table::{Decoded, PageTable};
use crate::page::{DecodeError, Pagination};
use crate::resource::{LIST_KEY, OWNER};

/// Maximum number of contacts per page, as documented. It bounds the memory: rows of small contacts are much larger than
/// their JSON.
const MOST_CONTACTS: usize = 100;

impl From<Broken> for DecodeError {
    fn from(Broken { reason, at }: Broken) -> Self {
        Self::Malformed(format!("the response is not valid JSON: {reason} at byte {at}"))
    }
}

/// Decodes the body of one page.
pub(crate) fn decode(body: &[u8]) -> Result<Decoded, DecodeError> {
    decode_into(body, PageRows::new)
}

/// Decodes the body of one page. The table also has each contact's JSON as it was sent.
pub(crate) fn decode_with_raw(body: &[u8]) -> Result<Decoded, DecodeError> {
    decode_into(body, PageRows::with_raw)
}

fn decode_into<'b>(body: &'b [u8], new_rows: fn(&'b str) -> PageRows<'b>) -> Result<Decoded, DecodeError> {
    let page = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = simdutf8::basic::from_utf8(page).unwrap_or_default();
    let mut scanner = Scanner::new(page);
    let mut contacts = None;
    let mut is_null = false;
    let mut said = None;
    if scanner.peek()? != Kind::Object {
        return malformed("the response is JSON, but not an object");
    }
    scanner.object(|scanner, key| {
        match key.bytes {
            LIST_KEY if contacts.is_some() => return malformed("the response has `contacts` more than once"),
            br#""pagination""# if said.is_some() => return malformed("the response has `pagination` more than once"),
            LIST_KEY => {
                is_null = scanner.peek()? == Kind::Null;
                contacts = Some(read_contacts(scanner, new_rows(text))?);
            }
            br#""pagination""# => said = Some(read_pagination(scanner)?),
            _ => drop(scanner.value()?),
        }
        Ok::<_, DecodeError>(())
    })?;
    scanner.end()?;
    let Some(contacts) = contacts else {
        return malformed("the response has no `contacts`");
    };
    let Some(said) = said else {
        return malformed("the response has no `pagination`");
    };
    if is_null && said.total_count > 0 {
        return malformed("`contacts` is null, but `total_count` is not zero");
    }
    let (batch, rows, findings) = contacts?.finish().map_err(|error| DecodeError::Malformed(error.to_string()))?;
    let held = batch.get_array_memory_size();
    Ok(Decoded { table: PageTable { batch, findings }, said, rows, held })
}

fn malformed<T>(reason: &str) -> Result<T, DecodeError> {
    Err(DecodeError::Malformed(reason.to_owned()))
}

/// The contacts' rows, or `DecodeError::Identity` if the array is complete but a contact has no valid id.
type Contacts<'b> = Result<PageRows<'b>, DecodeError>;

fn read_contacts<'b>(scanner: &mut Scanner<'b>, mut rows: PageRows<'b>) -> Result<Contacts<'b>, DecodeError> {
    match scanner.peek()? {
        Kind::Array => {}
        Kind::Null => {
            scanner.value()?;
            return Ok(Ok(rows));
        }
        _ => return malformed("`contacts` is not an array"),
    }
    let (mut keys, mut keys_of_owner) = (KnownKeys::of_contact(), KnownKeys::of_owner());
    let (mut identities, mut more) = (Ok(()), 0);
    scanner.array(|scanner| {
        if rows.rows() == MOST_CONTACTS {
            more += 1;
            scanner.value()?;
            return Ok(());
        }
        let pushed = if scanner.peek()? == Kind::Object {
            let (bytes, contact) = scanner.spanned(|scanner| read_contact(scanner, &mut keys, &mut keys_of_owner))?;
            rows.push(contact, bytes, FxBuildHasher.hash_one(bytes))
        } else {
            let kind = scanner.value()?.kind;
            Err(format!("contact {} of the page is {kind}, not an object", rows.rows() + 1))
        };
        // Reads on nevertheless: only a complete page is believed.
        if identities.is_ok() {
            identities = pushed.map_err(DecodeError::Identity);
        }
        Ok::<_, DecodeError>(())
    })?;
    if more > 0 {
        let contacts = rows.rows() + more;
        return Err(DecodeError::Malformed(format!(
            "the page has {contacts} contacts, but at most {MOST_CONTACTS} were requested"
        )));
    }
    Ok(identities.map(|()| rows))
}

fn read_contact<'a>(
    scanner: &mut Scanner<'a>,
    keys: &mut KnownKeys<'a>,
    keys_of_owner: &mut KnownKeys<'a>,
) -> Result<Contact<'a>, Broken> {
    let mut contact = Contact::new(scanner.page());
    let mut owner = None;
    keys.object(scanner, |scanner, at, place| {
        match place {
            Place::Column(index) => contact.set(index, scanner.value()?),
            Place::Owner => {
                contact.forget_owner();
                let (bytes, ()) = scanner.spanned(|scanner| read_owner(scanner, keys_of_owner, &mut contact))?;
                let repeated = owner.replace(bytes).is_some_and(|before| before != bytes);
                contact.note_repeated(OWNER, u64::from(repeated));
            }
            Place::Extra => {
                contact.extra.take(at);
                scanner.value()?;
            }
        }
        Ok(())
    })?;
    Ok(contact)
}

fn read_owner<'a>(
    scanner: &mut Scanner<'a>,
    keys: &mut KnownKeys<'a>,
    contact: &mut Contact<'a>,
) -> Result<(), Broken> {
    match scanner.peek()? {
        Kind::Null => drop(scanner.value()?),
        Kind::Object => keys.object(scanner, |scanner, at, place| {
            let value = scanner.value()?;
            match place {
                Place::Column(index) => contact.set(index, value),
                _ => contact.extra.take_of_owner(at),
            }
            Ok(())
        })?,
        _ => contact.extra.take_owner(scanner.value()?),
    }
    Ok(())
}

fn read_pagination(scanner: &mut Scanner<'_>) -> Result<Pagination, DecodeError> {
    if scanner.peek()? != Kind::Object {
        return malformed("`pagination` is not an object");
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
        number.ok_or_else(|| DecodeError::Malformed(format!("`pagination.{name}` is missing or not an integer")))
    };
    let (current_page, per_page, total_count) = (number(0)?, number(1)?, number(3)?);
    let total_pages = if has_pages { number(2)? } else { total_count.div_ceil(per_page.max(1)) };
    Ok(Pagination { current_page, per_page, total_pages, total_count })
}

/// An integer, which some languages write as `25.0`.
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

    #[test]
    fn counts_contacts_beyond_the_limit_but_drops_them() {
        let said = r#"{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
        let page =
            |contacts| format!(r#"{{"contacts":[{}],"pagination":{said}}}"#, vec![r#"{"id":1}"#; contacts].join(","));
        assert_eq!(decode(page(MOST_CONTACTS).as_bytes()).unwrap().rows.len(), 100);
        let error = decode(page(MOST_CONTACTS + 1).as_bytes()).unwrap_err();
        assert!(matches!(&error, DecodeError::Malformed(text) if text.contains("has 101 contacts")), "{error}");
    }
}
