//! The manifest's checksum over itself, in its last key.
//!
//! `manifest_sha256` is the SHA-256 of the manifest's bytes with its own 64 digits set to zero. A change of any byte,
//! whitespace included, invalidates it.

use serde::Serialize;

use crate::checksum::sha256;

const KEY: &str = "\"manifest_sha256\": \"";
const DIGITS: usize = 64;

/// A record with its checksum, as written.
#[derive(Serialize)]
struct Sealed<'r, R> {
    #[serde(flatten)]
    record: &'r R,
    manifest_sha256: String,
}

/// The text of a record with its checksum.
pub(crate) fn seal(record: &impl Serialize) -> Result<String, serde_json::Error> {
    let zeros = "0".repeat(DIGITS);
    let mut text = serde_json::to_string_pretty(&Sealed { record, manifest_sha256: zeros })?;
    text.push('\n');
    let digits = sha256(text.as_bytes());
    if let Some(position) = position(&text) {
        text.replace_range(position, &digits);
    }
    Ok(text)
}

/// Whether the checksum matches the text.
pub(super) fn holds(text: &str) -> bool {
    let Some(position) = position(text) else { return false };
    let mut zeroed = text.to_owned();
    zeroed.replace_range(position.clone(), &"0".repeat(DIGITS));
    sha256(zeroed.as_bytes()) == text[position]
}

/// The position of the digits. The last occurrence counts, whatever strings before it contain.
fn position(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.rfind(KEY)? + KEY.len();
    let digits = start..start + DIGITS;
    text.get(digits.clone()).map(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_bit_breaks_the_seal() {
        let text = seal(&serde_json::json!({"key": "value", "nested": {"more": [1, 2]}})).unwrap();
        assert!(holds(&text));
        for index in 0..text.len() {
            for flip in 0..8 {
                let mut changed = text.clone().into_bytes();
                changed[index] ^= 1 << flip;
                assert!(!String::from_utf8(changed).is_ok_and(|text| holds(&text)), "{index} {flip}");
            }
        }
        assert!(!holds(&format!("{text}\n")));
        assert!(!holds(&text[..text.len() - 1]));
        assert!(!holds(""));
    }
}
