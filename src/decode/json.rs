//! A pull parser for JSON.
//!
//! It yields raw values: slices of the input with their kind, so that a value which no column can hold is kept as the
//! server wrote it. It follows the grammar of RFC 8259 strictly, but leaves the characters of strings to `text`. It never
//! allocates, and never recurses deeper than [`DEPTH`].

#[cfg(test)]
pub mod tests;

use std::cmp::Ordering;

/// Maximum nesting of arrays and objects, as in `serde_json`.
const DEPTH: usize = 128;

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// What is wrong there.
    pub reason: &'static str,
    /// Offset in bytes.
    pub at: usize,
}

/// The kind of a raw value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    /// A string; `plain` if it has no escapes, so that its text is its bytes.
    Text {
        plain: bool,
    },
    Array,
    Object,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text { .. } => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A value as it is in the input, including quotes and brackets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub kind: Kind,
    /// Its offset in the input.
    pub at: u32,
    pub bytes: &'a [u8],
}

/// Parses a text from its first byte to its last.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

type Scan<T> = Result<T, Broken>;

/// The key at an offset of a page that was parsed before.
pub(super) fn key_at(page: &[u8], at: u32) -> Raw<'_> {
    member_at(page, at, |_| Ok(None))
}

/// Compares two keys of a page byte by byte. `None` if that is not enough: a byte before the first difference is an
/// escape or not ASCII.
pub(super) fn compare_keys(page: &[u8], one: u32, other: u32) -> Option<Ordering> {
    // Skips the opening quotes.
    let [one, other] = [one, other].map(|at| page.get(at as usize + 1..).unwrap_or_default());
    for (one, other) in one.iter().zip(other) {
        if [one, other].iter().any(|byte| **byte == b'\\' || !byte.is_ascii()) {
            return None;
        }
        match (one, other) {
            (b'"', b'"') => return Some(Ordering::Equal),
            (b'"', _) => return Some(Ordering::Less),
            (_, b'"') => return Some(Ordering::Greater),
            _ if one != other => return Some(one.cmp(other)),
            _ => {}
        }
    }
    None
}

/// The value of that key.
pub(super) fn value_at(page: &[u8], at: u32) -> Raw<'_> {
    member_at(page, at, |scanner| {
        scanner.space();
        scanner.expect(b':', "expected a colon after the key")?;
        scanner.value().map(Some)
    })
}

/// A key, or what `read` finds after it.
fn member_at<'a>(page: &'a [u8], at: u32, read: impl FnOnce(&mut Scanner<'a>) -> Scan<Option<Raw<'a>>>) -> Raw<'a> {
    let mut scanner = Scanner { at: at as usize, ..Scanner::new(page) };
    let read = scanner.string().and_then(|key| Ok(read(&mut scanner)?.unwrap_or(key)));
    // Parsed before, so this cannot fail.
    read.unwrap_or(Raw { kind: Kind::Null, at, bytes: b"null" })
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// The whole input.
    pub fn page(&self) -> &'a [u8] {
        self.bytes
    }

    /// The kind of the next value, without consuming it.
    pub fn peek(&mut self) -> Scan<Kind> {
        self.space();
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(Kind::Text { plain: false }),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => self.broken("expected a value"),
        }
    }

    /// Reads an object. `entry` gets each key, and must read the value.
    pub fn object<E: From<Broken>>(
        &mut self,
        mut entry: impl FnMut(&mut Self, Raw<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.items(b'{', b'}', |scanner| {
            scanner.space();
            let key = scanner.string()?;
            scanner.space();
            scanner.expect(b':', "expected a colon after the key")?;
            entry(scanner, key)
        })
    }

    /// Reads an array. `item` is called before each element, and must read it.
    pub fn array<E: From<Broken>>(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.items(b'[', b']', |scanner| item(scanner))
    }

    /// Reads one value of any kind.
    pub fn value(&mut self) -> Scan<Raw<'a>> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::Text { .. } => return self.string(),
            Kind::Object => self.object(|scanner, _| scanner.value().map(drop))?,
            Kind::Array => self.array(|scanner| scanner.value().map(drop))?,
            Kind::Number => self.number()?,
            Kind::Null | Kind::Bool => self.literal()?,
        }
        Ok(self.raw(kind, start))
    }

    /// Reads a value with `read`, and returns its bytes along with the result.
    pub fn spanned<T, E>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<(&'a [u8], T), E> {
        self.space();
        let start = self.at;
        let value = read(self)?;
        Ok((&self.bytes[start..self.at], value))
    }

    /// Checks that only white space follows.
    pub fn end(&mut self) -> Scan<()> {
        self.space();
        if self.at < self.bytes.len() { self.broken("trailing characters") } else { Ok(()) }
    }

    fn items<E: From<Broken>>(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.space();
        self.expect(open, "expected another kind of value")?;
        if self.depth == DEPTH {
            return Ok(self.broken("nested too deeply")?);
        }
        self.depth += 1;
        self.space();
        if self.bytes.get(self.at) == Some(&close) {
            self.at += 1;
        } else {
            loop {
                item(self)?;
                self.space();
                match self.bytes.get(self.at) {
                    Some(b',') => self.at += 1,
                    Some(byte) if *byte == close => {
                        self.at += 1;
                        break;
                    }
                    _ => return Ok(self.broken("expected a comma or closing bracket")?),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn string(&mut self) -> Scan<Raw<'a>> {
        let start = self.at;
        self.expect(b'"', "expected a string")?;
        let mut plain = true;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.raw(Kind::Text { plain }, start));
                }
                Some(b'\\') => {
                    plain = false;
                    self.escape()?;
                }
                Some(0..0x20) => return self.broken("control character in a string"),
                Some(_) => self.at += 1,
                None => return self.broken("unterminated string"),
            }
        }
    }

    fn raw(&self, kind: Kind, start: usize) -> Raw<'a> {
        Raw { kind, at: u32::try_from(start).unwrap_or(u32::MAX), bytes: &self.bytes[start..self.at] }
    }

    fn escape(&mut self) -> Scan<()> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u')
                if self
                    .bytes
                    .get(self.at + 2..self.at + 6)
                    .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) =>
            {
                self.at += 6;
            }
            _ => return self.broken("invalid escape"),
        }
        Ok(())
    }

    fn number(&mut self) -> Scan<()> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Scan<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { self.broken("expected a digit") } else { Ok(()) }
    }

    fn literal(&mut self) -> Scan<()> {
        for literal in [&b"null"[..], b"true", b"false"] {
            if self.bytes[self.at..].starts_with(literal) {
                self.at += literal.len();
                return Ok(());
            }
        }
        self.broken("expected a value")
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Scan<()> {
        if self.bytes.get(self.at) == Some(&byte) {
            self.at += 1;
            Ok(())
        } else {
            self.broken(reason)
        }
    }

    fn broken<T>(&self, reason: &'static str) -> Scan<T> {
        let reason = if self.at >= self.bytes.len() { "unexpected end" } else { reason };
        Err(Broken { reason, at: self.at })
    }
}
