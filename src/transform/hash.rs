//! Hashes personal data with a key: equal values can still be joined, but not recovered without the key.
//!
//! A value becomes the 64 hexadecimal digits of HMAC-SHA-256 over its normal form: email addresses are trimmed and
//! lowercased, phone numbers reduced by [`phone`], other texts trimmed. Null stays null, and a blank text becomes empty,
//! because its hash would join all contacts without a value. Unkeyed hashes are not offered: all phone numbers can be tried
//! within seconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::phone::phone;
use super::select::Columns;
use crate::config::{ConfigError, Hashed, HmacKey};
use crate::resource::{self, NormalForm};

/// Separates the id of a key from the hashes of values.
const PURPOSE: &str = "linq-export, the id of a key, 1";
/// Length of the id of a key in digits.
const ID: usize = 16;

/// The columns to hash, and the key.
#[derive(Debug)]
pub(super) struct HashedColumns {
    columns: BTreeSet<String>,
    key: HmacKey,
}

impl HashedColumns {
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
                Some(_) => return usage(format!("--hmac supports text columns only, not {name}")),
                None => return usage(format!("--hmac names {name:?}, which is not a column of the output")),
            }
        }
        Ok(Self { columns: hashed.columns.iter().cloned().collect(), key: hashed.key.clone() })
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.iter()
    }

    /// The column with its values hashed; `None` if it is not to be hashed.
    pub fn column(&self, name: &str, column: &ArrayRef) -> Option<ArrayRef> {
        let texts = column.as_string_opt::<i32>().filter(|_| self.columns.contains(name))?;
        let hashed: StringArray = texts.iter().map(|text| text.map(|text| self.hash(name, text))).collect();
        Some(Arc::new(hashed))
    }

    /// The hash of a value of a column; empty for a blank value.
    pub fn hash(&self, name: &str, text: &str) -> String {
        let normal = normal_form(name, text);
        if normal.is_empty() { normal } else { hmac(&self.key, normal.as_bytes()) }
    }
}

/// Identifies a key without revealing anything about it.
pub(crate) fn key_id(key: &HmacKey) -> String {
    let mut id = hmac(key, PURPOSE.as_bytes());
    id.truncate(ID);
    id
}

fn hmac(key: &HmacKey, bytes: &[u8]) -> String {
    // HMAC accepts keys of any length.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key.expose()) else { return String::new() };
    hmac.update(bytes);
    let digits = b"0123456789abcdef";
    let halves = hmac.finalize().into_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(digits[usize::from(half)])).collect()
}

/// The normal form of a value, in which equal values are equal however they were typed.
pub(crate) fn normal_form(column: &str, text: &str) -> String {
    let text = text.trim();
    match resource::find(column).map(|column| column.normal_form) {
        Some(NormalForm::Email) => text.to_lowercase(),
        Some(NormalForm::Phone) => phone(text),
        Some(NormalForm::Text) | None => text.to_owned(),
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
    fn equivalent_values_have_one_normal_form() {
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
    fn blank_text_becomes_empty() {
        let columns = Columns::of(&crate::config::Layout::default()).unwrap();
        let names = ["email", "phone_number", "title"].map(str::to_owned).to_vec();
        let hashed = Hashed { columns: names.clone(), key: HmacKey::new(&[7; 32]).unwrap() };
        let columns = HashedColumns::new(&hashed, &columns).unwrap();
        for name in names {
            assert_eq!(["", " ", "\r\n"].map(|text| columns.hash(&name, text)), ["", "", ""]);
            assert_eq!(columns.hash(&name, "-").len(), 64);
        }
    }

    #[test]
    fn keys_have_distinct_ids() {
        let [one, other] = [[1; 32], [2; 32]].map(|bytes| HmacKey::new(&bytes).unwrap());
        assert_eq!((key_id(&one).len(), key_id(&one) == key_id(&one.clone())), (ID, true));
        assert_ne!(key_id(&one), key_id(&other));
    }
}
