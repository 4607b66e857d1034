//! Decodes the body of a page into contacts, in one pass. Their values stay where they are in the body, until they are
//! copied into a batch.
//!
//! It does not decide about retries: a body that is not a page of contacts is `Malformed`, a contact without an id
//! `Identity`. It tolerates unambiguous variants that other servers of the same data write: a byte order mark, `null`
//! for an empty list of contacts, a missing `total_pages`, and integers as strings or with a fraction of 0.

use bytes::Bytes;

use super::contact::Contact;
use super::integer::integer;
use super::json::{Broken, Kind, Raw, Scanner};
use super::known_keys::{KnownKeys, Place};
use crate::page::{DecodeError, Pagination};
use crate::resource::{CONTACT_KEY, LIST_KEY, OWNER};

/// Maximum number of contacts per page, as documented. It bounds the memory: rows of small contacts are much larger than
/// their JSON.
const MOST_CONTACTS: usize = 100;

impl From<Broken> for DecodeError {
    fn from(Broken { reason, at }: Broken) -> Self {
        Self::Malformed(format!("the response is not valid JSON: {reason} at byte {at}"))
    }
}

/// The decoded body of a page.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// What the server said about the page.
    pub said: Pagination,
    /// Its contacts, in order.
    pub contacts: Vec<Contact>,
    /// The memory that `contacts` hold, which counts against the memory budget for pages.
    pub held: usize,
}

/// Decodes the body of one page.
pub(crate) fn decode(body: &Bytes) -> Result<Decoded, DecodeError> {
    let start = if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let page = body.slice(start..);
    let mut scanner = Scanner::new(&page);
    let mut contacts = None;
    let mut is_null = false;
    let mut said = None;
    if scanner.peek()? != Kind::Object {
        return malformed("the response is JSON, but not an object");
    }
    scanner.object(|scanner, key| {
        match &*key.text().map(|key| key.text).unwrap_or_default() {
            LIST_KEY if contacts.is_some() => return malformed("the response has `contacts` more than once"),
            "pagination" if said.is_some() => return malformed("the response has `pagination` more than once"),
            LIST_KEY => {
                is_null = scanner.peek()? == Kind::Null;
                contacts = Some(read_contacts(scanner, &page)?);
            }
            "pagination" => said = Some(read_pagination(scanner)?),
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
    let contacts = contacts?;
    let held = body.len() + contacts.capacity() * size_of::<Contact>();
    let held = held + contacts.iter().map(Contact::held).sum::<usize>();
    Ok(Decoded { said, contacts, held })
}

/// Decodes the body of a response for one contact.
pub(crate) fn decode_contact(body: &Bytes) -> Result<Contact, DecodeError> {
    let start = if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let body = body.slice(start..);
    let mut scanner = Scanner::new(&body);
    if scanner.peek()? != Kind::Object {
        return malformed("the response is JSON, but not an object");
    }
    let mut contact = None;
    scanner.object(|scanner, key| {
        if *key.text().map(|key| key.text).unwrap_or_default() != *CONTACT_KEY {
            scanner.value()?;
        } else if contact.is_some() {
            return malformed("the response has `data` more than once");
        } else {
            let mut read = Contact::default();
            let (mut keys, mut keys_of_owner) = (KnownKeys::of_contact(), KnownKeys::of_owner());
            contact = Some(read_one(scanner, &body, &mut read, &mut keys, &mut keys_of_owner)?.map(|()| read));
        }
        Ok::<_, DecodeError>(())
    })?;
    scanner.end()?;
    let Some(contact) = contact else {
        return malformed("the response has no `data`");
    };
    contact.map_err(|reason| DecodeError::Identity(format!("the contact {reason}")))
}

fn malformed<T>(reason: &str) -> Result<T, DecodeError> {
    Err(DecodeError::Malformed(reason.to_owned()))
}

/// The contacts of a page. The inner error, that a contact has no valid id, counts only if the rest of the page is sound.
type Contacts = Result<Vec<Contact>, DecodeError>;

fn read_contacts<'a>(scanner: &mut Scanner<'a>, page: &'a Bytes) -> Result<Contacts, DecodeError> {
    match scanner.peek()? {
        Kind::Array => {}
        Kind::Null => {
            scanner.value()?;
            return Ok(Ok(Vec::new()));
        }
        _ => return malformed("`contacts` is not an array"),
    }
    let mut contacts = Vec::with_capacity(MOST_CONTACTS);
    let (mut keys, mut keys_of_owner) = (KnownKeys::of_contact(), KnownKeys::of_owner());
    let (mut identities, mut read) = (Ok(()), 0);
    scanner.array(|scanner| {
        read += 1;
        if read > MOST_CONTACTS {
            scanner.value()?;
            return Ok(());
        }
        contacts.push(Contact::default());
        let completed = read_one(scanner, page, &mut contacts[read - 1], &mut keys, &mut keys_of_owner)?;
        // Reads on nevertheless: only a complete page is believed.
        if identities.is_ok() {
            let of_page = |reason| DecodeError::Identity(format!("contact {read} of the page {reason}"));
            identities = completed.map_err(of_page);
        }
        Ok::<_, DecodeError>(())
    })?;
    if read > MOST_CONTACTS {
        return Err(DecodeError::Malformed(format!(
            "the page has {read} contacts, but at most {MOST_CONTACTS} were requested"
        )));
    }
    Ok(identities.map(|()| contacts))
}

/// Reads a contact of `body`. The inner error says why it has no valid id.
#[inline]
fn read_one<'a>(
    scanner: &mut Scanner<'a>,
    body: &Bytes,
    contact: &mut Contact,
    keys: &mut KnownKeys<'a>,
    keys_of_owner: &mut KnownKeys<'a>,
) -> Result<Result<(), String>, DecodeError> {
    if scanner.peek()? != Kind::Object {
        return Ok(Err(format!("is {}, not an object", scanner.value()?.kind)));
    }
    let read = |scanner: &mut Scanner<'a>| read_contact(scanner, contact, keys, keys_of_owner);
    let (bytes, ()) = scanner.spanned_rebased(read)?;
    Ok(contact.complete(body.slice_ref(bytes)))
}

fn read_contact<'a>(
    scanner: &mut Scanner<'a>,
    contact: &mut Contact,
    keys: &mut KnownKeys<'a>,
    keys_of_owner: &mut KnownKeys<'a>,
) -> Result<(), Broken> {
    let json = scanner.input();
    let mut owner = None;
    keys.object(scanner, |scanner, at, place| {
        match place {
            Place::Column(index) => contact.set(index, scanner.value()?, json),
            Place::Owner => {
                contact.forget_owner(json);
                let (bytes, ()) = scanner.spanned(|scanner| read_owner(scanner, keys_of_owner, contact))?;
                let repeated = owner.replace(bytes).is_some_and(|before| before != bytes);
                contact.note_repeated(OWNER, u64::from(repeated));
            }
            Place::Extra => {
                contact.extra.add_key(at);
                scanner.value()?;
            }
        }
        Ok(())
    })
}

fn read_owner<'a>(scanner: &mut Scanner<'a>, keys: &mut KnownKeys<'a>, contact: &mut Contact) -> Result<(), Broken> {
    let json = scanner.input();
    match scanner.peek()? {
        Kind::Null => drop(scanner.value()?),
        Kind::Object => keys.object(scanner, |scanner, at, place| {
            let value = scanner.value()?;
            match place {
                Place::Column(index) => contact.set(index, value, json),
                _ => contact.extra.add_owner_key(at),
            }
            Ok(())
        })?,
        _ => contact.extra.add_owner(scanner.value()?),
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
    fn one_contact_is_decoded_like_those_of_a_page() {
        let one = decode_contact(&r#" {"x":[1],"data":{"id":"7","first_name":"Ann"}}"#.into()).unwrap();
        let said = r#"{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
        let page = format!(r#"{{"contacts":[{{"id":"7","first_name":"Ann"}}],"pagination":{said}}}"#);
        assert_eq!(one.key, decode(&page.into()).unwrap().contacts[0].key);
        for body in ["[]", "{}", r#"{"data":{"id":1},"data":{"id":1}}"#, r#"{"data":{"id":1}"#, "<html>"] {
            assert!(matches!(decode_contact(&body.into()), Err(DecodeError::Malformed(_))), "{body}");
        }
        for body in [r#"{"data":null}"#, r#"{"data":{"id":"x"}}"#, r#"{"data":[{"id":1}]}"#] {
            assert!(matches!(decode_contact(&body.into()), Err(DecodeError::Identity(_))), "{body}");
        }
    }

    #[test]
    fn counts_contacts_beyond_the_limit_but_drops_them() {
        let said = r#"{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
        let page =
            |contacts| format!(r#"{{"contacts":[{}],"pagination":{said}}}"#, vec![r#"{"id":1}"#; contacts].join(","));
        assert_eq!(decode(&page(MOST_CONTACTS).into()).unwrap().contacts.len(), 100);
        let error = decode(&page(MOST_CONTACTS + 1).into()).unwrap_err();
        assert!(matches!(&error, DecodeError::Malformed(text) if text.contains("has 101 contacts")), "{error}");
    }
}
