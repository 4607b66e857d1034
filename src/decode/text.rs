//! The characters of a raw value.
//!
//! Invalid UTF-8 and lone surrogates (`\ud800`) become U+FFFD and are counted; `serde_json` and `sonic-rs` would reject
//! the whole page. Nothing here fails.

use std::borrow::Cow;
use std::fmt::Write;

use super::json::{Kind, Raw};

/// Replaces an invalid character.
const REPLACEMENT: &str = "\u{fffd}";

/// A text, and how many of its characters were replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text<'t> {
    pub text: Cow<'t, str>,
    pub replaced: u64,
}

impl<'a> Raw<'a> {
    /// The bytes of a number, or of the characters of a string without escapes; `None` for other values.
    pub fn plain_bytes(&self) -> Option<&'a [u8]> {
        match self.kind {
            Kind::Number => Some(self.bytes),
            Kind::Text { plain: true } => Some(&self.bytes[1..self.bytes.len() - 1]),
            _ => None,
        }
    }

    /// The characters of a string; `None` for other kinds.
    pub fn text(&self) -> Option<Text<'a>> {
        let Kind::Text { plain } = self.kind else {
            return None;
        };
        let inner = &self.bytes[1..self.bytes.len() - 1];
        if plain && let Ok(text) = std::str::from_utf8(inner) {
            return Some(Text { text: Cow::Borrowed(text), replaced: 0 });
        }
        let mut text = String::with_capacity(inner.len());
        let replaced = unescape(inner, &mut text);
        Some(Text { text: Cow::Owned(text), replaced })
    }

    /// Writes the characters of a string, and returns how many were replaced; `None` for other kinds.
    pub fn write_text(&self, out: &mut impl Write) -> Option<u64> {
        let Kind::Text { plain } = self.kind else {
            return None;
        };
        let inner = &self.bytes[1..self.bytes.len() - 1];
        Some(if plain { push_lossy(inner, out) } else { unescape(inner, out) })
    }

    /// Writes [`Self::json`], and returns how many characters were replaced.
    pub fn write_json(&self, out: &mut impl Write) -> u64 {
        if self.has_lone_surrogates() { mend(self.bytes, out) } else { push_lossy(self.bytes, out) }
    }

    /// Whether it may have lone surrogates.
    fn has_lone_surrogates(&self) -> bool {
        self.bytes.windows(3).any(|w| w[0] == b'\\' && w[1] == b'u' && w[2] | 0x20 == b'd')
    }

    /// The value as valid JSON: as sent, but with invalid characters replaced.
    pub fn json(&self) -> Text<'static> {
        let mut text = String::with_capacity(self.bytes.len());
        let replaced = self.write_json(&mut text);
        Text { text: Cow::Owned(text), replaced }
    }
}

/// The meaning of an escape sequence.
enum Escape {
    Character(char),
    /// A lone surrogate.
    Lone,
}

/// Reads the escape sequence at the start of `bytes`; the scanner has checked its syntax.
fn read_escape(bytes: &[u8]) -> (Escape, usize) {
    let simple = match bytes[1] {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return read_unicode_escape(bytes),
        other => char::from(other),
    };
    (Escape::Character(simple), 2)
}

fn read_unicode_escape(bytes: &[u8]) -> (Escape, usize) {
    let unit = hex(&bytes[2..6]);
    if let Some(character) = char::from_u32(unit) {
        return (Escape::Character(character), 6);
    }
    if unit < 0xdc00 && bytes.get(6..8) == Some(b"\\u") {
        let low = hex(&bytes[8..12]);
        if (0xdc00..0xe000).contains(&low) {
            let pair = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(pair).map_or(Escape::Lone, Escape::Character), 12);
        }
    }
    (Escape::Lone, 6)
}

fn hex(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value << 4 | char::from(*digit).to_digit(16).unwrap_or(0))
}

/// Appends the characters of an escaped string, and returns how many were replaced.
fn unescape(inner: &[u8], text: &mut impl Write) -> u64 {
    rewrite(inner, text, |text, _, escape| match escape {
        Escape::Character(character) => {
            push(text, character.encode_utf8(&mut [0; 4]));
            0
        }
        Escape::Lone => {
            push(text, REPLACEMENT);
            1
        }
    })
}

/// Appends JSON as it is, but with `\ufffd` for lone surrogates and U+FFFD for invalid UTF-8.
fn mend(json: &[u8], text: &mut impl Write) -> u64 {
    rewrite(json, text, |text, sequence, escape| match escape {
        Escape::Character(_) => {
            push(text, &String::from_utf8_lossy(sequence));
            0
        }
        Escape::Lone => {
            push(text, "\\ufffd");
            1
        }
    })
}

/// Copies bytes to `text`, but leaves each escape sequence to `take`, which returns the number of replacements.
fn rewrite<W: Write>(bytes: &[u8], text: &mut W, mut take: impl FnMut(&mut W, &[u8], Escape) -> u64) -> u64 {
    let mut replaced = 0;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        replaced += push_lossy(&rest[..at], text);
        let (escape, length) = read_escape(&rest[at..]);
        replaced += take(text, &rest[at..at + length], escape);
        rest = &rest[at + length..];
    }
    replaced + push_lossy(rest, text)
}

fn push(text: &mut impl Write, characters: &str) {
    // Writing to memory cannot fail.
    let _ = text.write_str(characters);
}

fn push_lossy(bytes: &[u8], text: &mut impl Write) -> u64 {
    let mut replaced = 0;
    for chunk in bytes.utf8_chunks() {
        push(text, chunk.valid());
        if !chunk.invalid().is_empty() {
            push(text, REPLACEMENT);
            replaced += 1;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::super::json::tests::scan;
    use super::*;

    fn text(json: &[u8]) -> (String, u64) {
        let Text { text, replaced } = scan(json).unwrap().text().unwrap();
        (text.into_owned(), replaced)
    }

    #[test]
    fn replaces_and_counts_invalid_characters() {
        assert_eq!(text(br#""a\ud800b""#), ("a\u{fffd}b".into(), 1));
        assert_eq!(text(br#""\udc00\ud83c\udf89""#), ("\u{fffd}🎉".into(), 1));
        assert_eq!(text(br#""\ud800\ud83c\udf89\ud83c""#), ("\u{fffd}🎉\u{fffd}".into(), 2));
        assert_eq!(text(b"\"a\xff\xfeb\xc3\""), ("a\u{fffd}\u{fffd}b\u{fffd}".into(), 3));
        assert_eq!(text(br#""nul \u0000 \" \\ \/ \n""#), ("nul \0 \" \\ / \n".into(), 0));
    }

    #[test]
    fn mends_raw_json_only_where_necessary() {
        let json = br#"{"a": [1.50, "\ud83c\udf89", "\u00e9"]}"#;
        assert_eq!(scan(json).unwrap().json().text.as_bytes(), json);
        let Text { text, replaced } = scan(b"[\"\\uD800\", \"\xff\"]").unwrap().json();
        assert_eq!((&*text, replaced), ("[\"\\ufffd\", \"\u{fffd}\"]", 2));
    }
}
