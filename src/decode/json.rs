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

/// Where a value is in its input: a [`Raw`] without the borrow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    kind: Kind,
    at: u32,
    len: u32,
}

impl Raw<'_> {
    pub(super) fn span(&self) -> Span {
        Span { kind: self.kind, at: self.at, len: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX) }
    }
}

impl Span {
    /// The value in the input that it was read from.
    pub fn of(self, input: &[u8]) -> Raw<'_> {
        let Self { kind, at, len } = self;
        Raw { kind, at, bytes: &input[at as usize..][..len as usize] }
    }

    /// The characters of a string without escapes, as a part of `input`; `None` if that is empty because it was not valid
    /// UTF-8.
    #[inline]
    pub fn plain_in(self, input: &str) -> Option<&str> {
        let (start, end) = (self.at as usize + 1, (self.at + self.len) as usize - 1);
        if self.kind == (Kind::Text { plain: true }) { input.get(start..end) } else { None }
    }

    pub fn is_null(self) -> bool {
        self.kind == Kind::Null
    }
}

/// Parses a text from its first byte to its last.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

type Scan<T> = Result<T, Broken>;

/// A key or value at an offset of an input that was parsed before.
pub(super) fn read_at<'a>(input: &'a [u8], at: u32, read: impl FnOnce(&mut Scanner<'a>) -> Scan<Raw<'a>>) -> Raw<'a> {
    // Parsed before, so this cannot fail.
    read(&mut Scanner { at: at as usize, ..Scanner::new(input) }).unwrap_or(Raw {
        kind: Kind::Null,
        at,
        bytes: b"null",
    })
}

/// Compares two keys of an input byte by byte. `None` if that is not enough: one has an escape or is not ASCII.
pub(super) fn compare_keys(input: &[u8], one: u32, other: u32) -> Option<Ordering> {
    let plain = |at: u32| {
        // Skips the opening quote.
        let (key, rest) = input.get(at as usize + 1..).map(|rest| rest.split_at(ordinary(rest)))?;
        (rest.first() == Some(&b'"') && key.is_ascii()).then_some(key)
    };
    Some(plain(one)?.cmp(plain(other)?))
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// The offset of the next byte.
    pub fn at(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }

    /// The bytes from which offsets count.
    pub fn input(&self) -> &'a [u8] {
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
        self.members(|scanner| {
            let key = scanner.key()?;
            entry(scanner, key)
        })
    }

    /// Reads an object. `member` is called at each key, and must read it and its value.
    pub fn members<E: From<Broken>>(&mut self, member: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.items(b'{', b'}', member)
    }

    /// Reads a key and its colon.
    pub fn key(&mut self) -> Scan<Raw<'a>> {
        let key = self.string()?;
        self.space();
        self.expect(b':', "expected a colon after the key")?;
        Ok(key)
    }

    /// Skips these bytes, if they are next.
    #[inline]
    pub fn skip(&mut self, bytes: &[u8]) -> bool {
        let are_next = self.bytes[self.at..].starts_with(bytes);
        self.at += if are_next { bytes.len() } else { 0 };
        are_next
    }

    /// Reads an array. `item` is called before each element, and must read it.
    pub fn array<E: From<Broken>>(&mut self, item: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.items(b'[', b']', item)
    }

    /// Reads one value of any kind.
    #[inline]
    pub fn value(&mut self) -> Scan<Raw<'a>> {
        if self.bytes.get(self.at) == Some(&b'"') { self.string() } else { self.other_value() }
    }

    fn other_value(&mut self) -> Scan<Raw<'a>> {
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
    pub fn spanned<T>(&mut self, read: impl FnOnce(&mut Self) -> Scan<T>) -> Scan<(&'a [u8], T)> {
        self.space();
        let start = self.at;
        let value = read(self)?;
        Ok((&self.bytes[start..self.at], value))
    }

    /// Reads a value like [`Self::spanned`], but with a scanner whose offsets count from the value's first byte.
    pub fn spanned_rebased<T>(&mut self, read: impl FnOnce(&mut Self) -> Scan<T>) -> Scan<(&'a [u8], T)> {
        self.space();
        let start = self.at;
        let mut scanner = Self { bytes: &self.bytes[start..], at: 0, depth: self.depth };
        let value = read(&mut scanner).map_err(|broken| Broken { at: start + broken.at, ..broken })?;
        self.at = start + scanner.at;
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
        if !self.skip(&[close]) {
            loop {
                self.space();
                item(self)?;
                self.space();
                if self.skip(&[close]) {
                    break;
                }
                self.expect(b',', "expected a comma or closing bracket")?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "most values are strings, and a call costs as much as the string")]
    #[inline(always)]
    pub fn string(&mut self) -> Scan<Raw<'a>> {
        let start = self.at;
        self.expect(b'"', "expected a string")?;
        let mut plain = true;
        loop {
            self.at += ordinary(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.raw(Kind::Text { plain }, start));
                }
                Some(b'\\') => {
                    plain = false;
                    self.escape()?;
                }
                Some(_) => return self.broken("control character in a string"),
                None => return self.broken("unterminated string"),
            }
        }
    }

    #[inline]
    fn raw(&self, kind: Kind, start: usize) -> Raw<'a> {
        Raw { kind, at: u32::try_from(start).unwrap_or(u32::MAX), bytes: &self.bytes[start..self.at] }
    }

    fn escape(&mut self) -> Scan<()> {
        let are_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
        self.at += match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if self.bytes.get(self.at + 2..self.at + 6).is_some_and(are_digits) => 6,
            _ => return self.broken("invalid escape"),
        };
        Ok(())
    }

    fn number(&mut self) -> Scan<()> {
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits()?;
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"e") || self.skip(b"E") {
            let _sign = self.skip(b"+") || self.skip(b"-");
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
        let is_literal = self.skip(b"null") || self.skip(b"true") || self.skip(b"false");
        if is_literal { Ok(()) } else { self.broken("expected a value") }
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, reason: &'static str) -> Scan<()> {
        if self.skip(&[byte]) { Ok(()) } else { self.broken(reason) }
    }

    #[cold]
    fn broken<T>(&self, reason: &'static str) -> Scan<T> {
        let reason = if self.at >= self.bytes.len() { "unexpected end" } else { reason };
        Err(Broken { reason, at: self.at })
    }
}

/// The number of bytes before the first quote, backslash or control character.
#[inline]
fn ordinary(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The first quote, backslash or control character of eight bytes, as the lowest bit set. Subtracting from a byte below the
/// subtrahend borrows into its highest bit; a borrow from the byte before can only set bits above the lowest.
fn special(word: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    // Exchanges the quote, 0x22, for 0x20, next to the control characters.
    let quote_or_control = (word ^ (EACH * 0x02)).wrapping_sub(EACH * 0x21);
    let backslash = (word ^ (EACH * u64::from(b'\\'))).wrapping_sub(EACH);
    (quote_or_control | backslash) & !word & (EACH << 7)
}
