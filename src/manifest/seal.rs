//! The seal of a manifest: its last key, a digest of all the rest of it.
//!
//! `manifest_sha256` is the SHA-256 of the manifest's own bytes with its 64 digits written as zeros.
//! Whatever byte changes, white space included, the seal is broken.

use serde::Serialize;

use crate::checksum::sha256;

const KEY: &str = "\"manifest_sha256\": \"";
const DIGITS: usize = 64;

/// A record with its seal, as it is written.
#[derive(Serialize)]
struct Sealed<'r, R> {
    #[serde(flatten)]
    record: &'r R,
    manifest_sha256: String,
}

/// The text of a record with its seal.
pub(crate) fn seal(record: &impl Serialize) -> Result<String, serde_json::Error> {
    let zeros = "0".repeat(DIGITS);
    let mut text = serde_json::to_string_pretty(&Sealed { record, manifest_sha256: zeros })?;
    text.push('\n');
    let digits = sha256(text.as_bytes());
    if let Some(place) = place(&text) {
        text.replace_range(place, &digits);
    }
    Ok(text)
}

/// Whether the text is as it was sealed.
pub(super) fn holds(text: &str) -> bool {
    let Some(place) = place(text) else { return false };
    let mut zeroed = text.to_owned();
    zeroed.replace_range(place.clone(), &"0".repeat(DIGITS));
    sha256(zeroed.as_bytes()) == text[place]
}

/// Where the digits stand. The last key is meant, whatever is said before it.
fn place(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.rfind(KEY)? + KEY.len();
    let place = start..start + DIGITS;
    text.get(place.clone()).map(|_| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_holds_until_a_byte_changes() {
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
