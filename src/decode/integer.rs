//! Integers in JSON, as numbers or as strings.

use std::fmt::Display;
use std::str::FromStr;

use super::json::{Kind, Raw};

/// An integer as it was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Integer<T> {
    pub number: T,
    /// Whether it was written as this program writes it, unlike `007` or `-0`.
    pub is_plain: bool,
}

/// The integer that a number or a numeric string spells out.
pub(crate) fn integer<T: FromStr + Display>(value: Raw<'_>) -> Option<Integer<T>> {
    let parse = |text: &str| {
        let is_integer = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        let number: T = is_integer.then(|| text.parse().ok()).flatten()?;
        // Only these can be spelled in more than one way, so the slower comparison is rare.
        let is_plain = !(text.starts_with('0') || text.starts_with("-0")) || number.to_string() == text;
        Some(Integer { number, is_plain })
    };
    match value.kind {
        Kind::Number => parse(std::str::from_utf8(value.bytes).ok()?),
        Kind::Text { .. } => parse(&value.text()?.text),
        _ => None,
    }
}
