//! Writes JSON into a byte buffer, piece by piece and without allocating.
//!
//! Escapes as Rails does: besides what JSON demands, `&`, `<` and `>` leave as `\u0026`,
//! `\u003c` and `\u003e`, so that readers meet escapes in ordinary values.

use super::instant::digits;

/// An object under construction; [`Object::end`] closes it.
pub(super) struct Object<'out> {
    out: &'out mut Vec<u8>,
    first: bool,
}

/// A text value under construction; [`Text::end`] closes it.
pub(super) struct Text<'out> {
    out: &'out mut Vec<u8>,
}

impl<'out> Object<'out> {
    pub(super) fn begin(out: &'out mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        decimal(self.key(key), value);
    }

    pub(super) fn null(&mut self, key: &str) {
        self.key(key).extend_from_slice(b"null");
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key).extend_from_slice(json);
    }

    /// A text value, to be added piece by piece.
    pub(super) fn text(&mut self, key: &str) -> Text<'_> {
        let out = self.key(key);
        out.push(b'"');
        Text { out }
    }

    pub(super) fn end(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

impl Text<'_> {
    pub(super) fn add(self, text: &str) -> Self {
        escape(self.out, text);
        self
    }

    pub(super) fn add_number(self, number: u64) -> Self {
        decimal(self.out, number);
        self
    }

    /// The last `width` digits of `number`, leading zeros included.
    pub(super) fn add_digits(self, number: u64, width: usize) -> Self {
        digits(self.out, number, width);
        self
    }

    pub(super) fn add_with(self, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        write(self.out);
        self
    }

    pub(super) fn end(self) {
        self.out.push(b'"');
    }
}

fn decimal(out: &mut Vec<u8>, number: u64) {
    let width = number.checked_ilog10().unwrap_or(0) as usize + 1;
    digits(out, number, width);
}

fn escape(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // Nearly all texts need nothing; looking at all bytes without branching is quickest.
    if !bytes.iter().fold(false, |any, byte| any | is_special(*byte)) {
        out.extend_from_slice(bytes);
        return;
    }
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ if is_special(byte) => {
                let [high, low] = [byte >> 4, byte & 0xf].map(usize::from);
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEXADECIMAL[high], HEXADECIMAL[low]]);
            }
            _ => out.push(byte),
        }
    }
}

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

fn is_special(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'\\' | b'&' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_character_below_u0800_survives_reading() {
        let text: String = (0..0x800).filter_map(char::from_u32).collect();
        let mut out = vec![b'"'];
        escape(&mut out, &text);
        out.push(b'"');
        let read: String = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, text);
    }

    #[test]
    fn objects_are_written_compactly() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.number("a", 0);
        object.number("b", u64::MAX);
        object.null("c");
        object.text("d").add("x\n").add_number(70).add_digits(5, 3).end();
        object.raw("e", b"[]");
        object.end();
        let text = r#"{"a":0,"b":18446744073709551615,"c":null,"d":"x\n70005","e":[]}"#;
        assert_eq!(String::from_utf8(out.clone()).unwrap(), text);
        assert!(serde_json::from_slice::<Value>(&out).is_ok());
    }
}
