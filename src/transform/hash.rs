//! Personal data, hashed with a key: equal values can still be joined, and nobody without the key can find them out.
//!
//! The value becomes the 64 hexadecimal digits of HMAC-SHA-256 over its normal form. Null stays null, and a text with
//! nothing in it stays empty: its hash would join all who have no value. The normal form of an email address has no white
//! space around it and small letters, that of a phone number is [`phone`]'s, that of any other text has no white space
//! around it. There is no hash without a key: all phone numbers can be tried in seconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::phone::phone;
use super::select::Columns;
use crate::config::{ConfigError, Hashed, HmacKey};
use crate::resource;

/// Sets the id of a key apart from any hash of a value.
const PURPOSE: &str = "linq-export, the id of a key, 1";
/// Digits of the id of a key.
const ID: usize = 16;

/// The columns that are hashed, and how.
#[derive(Debug)]
pub(super) struct Keyed {
    columns: BTreeSet<String>,
    key: HmacKey,
}

impl Keyed {
    pub fn new(hashed: &Hashed, columns: &Columns) -> Result<Self, ConfigError> {
        let usage = |reason| Err(ConfigError::Usage(reason));
        for name in &hashed.columns {
            match columns.get(name) {
                _ if name == resource::EXTRA => {
                    return usage(
                        "extra is a JSON object of many values: drop it instead of hashing it with --hmac".to_owned(),
                    );
                }
                Some(field) if *field.data_type() == DataType::Utf8 => {}
                Some(_) => return usage(format!("{name} is no text, and --hmac cannot hash it")),
                None => return usage(format!("--hmac is to hash {name:?}, and no column of that name is written")),
            }
        }
        Ok(Self { columns: hashed.columns.iter().cloned().collect(), key: hashed.key.clone() })
    }

    /// The columns that are hashed.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.iter()
    }

    /// The column with its values hashed; none where they are not to be.
    pub fn column(&self, name: &str, column: &ArrayRef) -> Option<ArrayRef> {
        let texts = column.as_string_opt::<i32>().filter(|_| self.columns.contains(name))?;
        let hashed: StringArray = texts.iter().map(|text| text.map(|text| self.hash(name, text))).collect();
        Some(Arc::new(hashed))
    }

    /// The hash of one value of a column; empty for a value with nothing in it.
    pub fn hash(&self, name: &str, text: &str) -> String {
        let normal = normal_form(name, text);
        if normal.is_empty() { normal } else { hmac(&self.key, normal.as_bytes()) }
    }
}

/// What tells one key from another, without giving anything away.
pub(crate) fn key_id(key: &HmacKey) -> String {
    let mut id = hmac(key, PURPOSE.as_bytes());
    id.truncate(ID);
    id
}

fn hmac(key: &HmacKey, bytes: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key.expose()) else { return String::new() };
    hmac.update(bytes);
    let digits = b"0123456789abcdef";
    let halves = hmac.finalize().into_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(digits[usize::from(half)])).collect()
}

fn normal_form(column: &str, text: &str) -> String {
    let text = text.trim();
    match column {
        "email" | "owner_email" => text.to_lowercase(),
        "phone_number" => phone(text),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha_256() {
        // RFC 4231, test case 6: its key is longer than a block of SHA-256.
        let key = HmacKey::new(&[0xaa; 131]).unwrap();
        assert_eq!(
            hmac(&key, b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn values_that_mean_the_same_have_one_normal_form() {
        for (column, text, due) in [
            ("email", " Jane.Doe@Example.COM\n", "jane.doe@example.com"),
            ("owner_email", "É@x", "é@x"),
            ("phone_number", "+1 (555) 123-4567", "+15551234567"),
            ("phone_number", "555.123.4567 ", "5551234567"),
            ("phone_number", "+1 555 123 ext. 4567", "+1555123x4567"),
            ("phone_number", " unknown", "unknown"),
            ("email", " \t", ""),
            ("phone_number", "", ""),
            ("full_name", " Jane Doe ", "Jane Doe"),
        ] {
            assert_eq!(normal_form(column, text), due, "{column}");
        }
    }

    #[test]
    fn a_text_with_nothing_in_it_stays_empty() {
        let columns = Columns::of(&crate::config::Layout::default()).unwrap();
        let names = ["email", "phone_number", "title"].map(str::to_owned).to_vec();
        let hashed = Hashed { columns: names.clone(), key: HmacKey::new(&[7; 32]).unwrap() };
        let keyed = Keyed::new(&hashed, &columns).unwrap();
        for name in names {
            assert_eq!(["", " ", "\r\n"].map(|text| keyed.hash(&name, text)), ["", "", ""]);
            assert_eq!(keyed.hash(&name, "-").len(), 64);
        }
    }

    #[test]
    fn a_key_is_told_from_another_by_its_id() {
        let [one, other] = [[1; 32], [2; 32]].map(|bytes| HmacKey::new(&bytes).unwrap());
        assert_eq!((key_id(&one).len(), key_id(&one) == key_id(&one.clone())), (ID, true));
        assert_ne!(key_id(&one), key_id(&other));
    }
}
