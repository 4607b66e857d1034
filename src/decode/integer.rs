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
pub(crate) fn integer<T: FromStr + Display + TryFrom<u64>>(value: Raw<'_>) -> Option<Integer<T>> {
    if let Some(number) = value.plain_bytes().and_then(usual) {
        return T::try_from(number).ok().map(|number| Integer { number, is_plain: true });
    }
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

/// Parses 1 to 18 digits without a leading zero, as nearly all ids are written: much faster than `parse`.
fn usual(digits: &[u8]) -> Option<u64> {
    let [b'1'..=b'9', ..] = digits else { return None };
    let next = |number, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'));
    if digits.len() > 18 { None } else { digits.iter().try_fold(0, next) }
}

#[cfg(test)]
mod tests {
    use super::super::json::tests::scan;
    use super::*;

    proptest::proptest! {
        #[test]
        fn usual_integers_are_those_of_parse(text in "-?[0-9]{1,20}|[1-9][0-9]{0,18}[.e]?[0-9]?") {
            let parsed = text.parse::<i64>().ok();
            if let Some(number) = usual(text.as_bytes()) {
                proptest::prop_assert_eq!(parsed, i64::try_from(number).ok());
            }
            for json in [text.clone(), format!("\"{text}\"")] {
                let Ok(value) = scan(json.as_bytes()) else { continue };
                let read = integer::<i64>(value);
                proptest::prop_assert_eq!(read.map(|integer| integer.number), parsed, "{}", json);
                let is_plain = parsed.is_some_and(|number| number.to_string() == text);
                proptest::prop_assert_eq!(read.is_some_and(|integer| integer.is_plain), is_plain, "{}", json);
            }
        }
    }
}
