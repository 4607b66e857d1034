//! A page's JSON, walked value by value.
//!
//! Bytes come in; raw values go out, each a slice of the page with its kind, so that a value no
//! column can hold is kept as the server wrote it. The grammar is RFC 8259's, strictly; the characters
//! of a text are `text`'s to judge. It never allocates, and never recurses deeper than [`DEPTH`].

#[cfg(test)]
pub mod tests;

use std::cmp::Ordering;

/// Arrays and objects inside one another, at most (as `serde_json` has it).
const DEPTH: usize = 128;

/// Why a text is not JSON, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    /// What stands there instead of what the grammar wants.
    pub reason: &'static str,
    /// Byte offset in the page.
    pub at: usize,
}

/// The kind of a raw value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    /// A string; `plain` when it has no escape, so that its text is its bytes.
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
            Self::Text { .. } => "a text",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A value as it stands in the page, quotes and brackets included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub kind: Kind,
    /// Where it begins in the page.
    pub at: u32,
    pub bytes: &'a [u8],
}

/// Walks a page from its first byte to its last.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

type Scan<T> = Result<T, Broken>;

/// The key that begins at a byte of a page that was read before.
pub(super) fn key_at(page: &[u8], at: u32) -> Raw<'_> {
    member_at(page, at, |_| Ok(None))
}

/// How the texts of two keys of a page compare, where that can be told byte by byte: both are ASCII without escapes as
/// far as they are alike.
pub(super) fn compare_keys(page: &[u8], one: u32, other: u32) -> Option<Ordering> {
    // Past the quotes that they begin with.
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
        scanner.expect(b':', "no colon after a key")?;
        scanner.value().map(Some)
    })
}

/// A key, or what `read` finds after it.
fn member_at<'a>(page: &'a [u8], at: u32, read: impl FnOnce(&mut Scanner<'a>) -> Scan<Option<Raw<'a>>>) -> Raw<'a> {
    let mut scanner = Scanner { at: at as usize, ..Scanner::new(page) };
    let read = scanner.string().and_then(|key| Ok(read(&mut scanner)?.unwrap_or(key)));
    // Nothing stands there that was not read before.
    read.unwrap_or(Raw { kind: Kind::Null, at, bytes: b"null" })
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// The whole page.
    pub fn page(&self) -> &'a [u8] {
        self.bytes
    }

    /// The kind of the value that comes next, without reading it.
    pub fn peek(&mut self) -> Scan<Kind> {
        self.space();
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(Kind::Text { plain: false }),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => self.broken("no value"),
        }
    }

    /// Reads an object, handing each key to `entry`, which must read the value.
    pub fn object<E: From<Broken>>(
        &mut self,
        mut entry: impl FnMut(&mut Self, Raw<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.items(b'{', b'}', |scanner| {
            scanner.space();
            let key = scanner.string()?;
            scanner.space();
            scanner.expect(b':', "no colon after a key")?;
            entry(scanner, key)
        })
    }

    /// Reads an array, calling `item` before each element; it must read the value.
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

    /// Reads a value through `read`, and returns its bytes with what `read` made of it.
    pub fn spanned<T, E>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<(&'a [u8], T), E> {
        self.space();
        let start = self.at;
        let value = read(self)?;
        Ok((&self.bytes[start..self.at], value))
    }

    /// Checks that nothing but white space follows.
    pub fn end(&mut self) -> Scan<()> {
        self.space();
        if self.at < self.bytes.len() { self.broken("text after the end") } else { Ok(()) }
    }

    fn items<E: From<Broken>>(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.space();
        self.expect(open, "not the array or object it should be")?;
        if self.depth == DEPTH {
            return Ok(self.broken("too deep")?);
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
                    _ => return Ok(self.broken("no comma or closing bracket after a value")?),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn string(&mut self) -> Scan<Raw<'a>> {
        let start = self.at;
        self.expect(b'"', "no string")?;
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
                Some(0..0x20) => return self.broken("a control character in a string"),
                Some(_) => self.at += 1,
                None => return self.broken("a string without an end"),
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
            _ => return self.broken("no such escape"),
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
        if self.at == start { self.broken("no digit where a number has one") } else { Ok(()) }
    }

    fn literal(&mut self) -> Scan<()> {
        for literal in [&b"null"[..], b"true", b"false"] {
            if self.bytes[self.at..].starts_with(literal) {
                self.at += literal.len();
                return Ok(());
            }
        }
        self.broken("no value")
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
        let reason = if self.at >= self.bytes.len() { "it ends too soon" } else { reason };
        Err(Broken { reason, at: self.at })
    }
}
