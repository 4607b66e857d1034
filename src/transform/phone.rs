//! The normal form of a phone number, so that a number has the same hash however it was typed.
//!
//! Only separators are removed. Numbers that differ in anything else stay distinct.

use crate::text::sanitize::acts;

/// What can precede an extension; longer ones first.
const EXTENSION: [&str; 6] = [";ext", "extension", "extn", "ext", "x", "#"];

/// The number's `+`, if any, its digits, and `x12` for an extension. Anything else that follows stays, in lowercase. A text
/// that does not begin with a number is only trimmed.
pub(super) fn phone(text: &str) -> String {
    let rest = text.trim_start_matches(separates);
    let (plus, rest) = rest.strip_prefix('+').map_or(("", rest), |rest| ("+", rest));
    let end = rest.find(|character: char| !(character.is_ascii_digit() || separates(character))).unwrap_or(rest.len());
    let (number, more) = rest.split_at(end);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return text.trim().to_owned();
    }
    format!("{plus}{digits}{}", extension(more))
}

/// What follows the number: `x` and digits if it is an extension.
fn extension(more: &str) -> String {
    let more: String = more.chars().filter(|character| !separates(*character)).flat_map(char::to_lowercase).collect();
    let after =
        EXTENSION.iter().find_map(|word| more.strip_prefix(word)).map(|after| after.trim_start_matches([':', '=']));
    match after {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => format!("x{digits}"),
        _ => more,
    }
}

/// Whether a character only separates digits. A slash or a comma may separate two numbers instead.
fn separates(character: char) -> bool {
    character.is_whitespace()
        || acts(character)
        || matches!(character, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_typed() {
        for (due, texts) in [
            (
                "+15551234567",
                &[
                    "+15551234567",
                    " +1 (555) 123-4567",
                    "(+1) 555.123.4567\n",
                    "+1\u{a0}555\u{2011}1234567",
                    "\u{202a}+15551234567\u{202c}",
                ][..],
            ),
            ("5551234567", &["555-123-4567", "(555) 1234567", "555 123 4567 "]),
            (
                "+15551234x12",
                &[
                    "+1 555 1234 x12",
                    "+15551234 ext. 12",
                    "+15551234 Ext: 12",
                    "+1555-1234 extension 12",
                    "+15551234;ext=12",
                    "+15551234 #12",
                    "+15551234X 1-2",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(phone(text), due, "{text}");
            }
        }
    }

    #[test]
    fn numbers_that_differ_stay_apart() {
        let texts = [
            "+1555 12",
            "+1555 x12",
            "1555 12",
            "1555 x12",
            "+1555 x1",
            "+1555 x1 or 2",
            "+1555 / 12",
            "+1555, 12",
            "+1555 +12",
            "+1555 CALL",
            "+1555 call me",
            "*67 155512",
            "+١٥٥٥١٢",
            "+1555١٢",
            "155512",
            "tel 155512",
            "unknown",
            "x12",
            "+",
            "",
        ];
        let forms: std::collections::BTreeSet<_> = texts.iter().map(|text| phone(text)).collect();
        // The two equal forms are of the same number.
        assert_eq!(forms.len(), texts.len() - 1, "{forms:?}");
        assert_eq!(phone("1555 12"), phone("155512"));
    }

    #[test]
    fn keeps_what_is_not_a_number() {
        for text in ["unknown", "call Jane", "x12", "#12", "n/a", "+", "-"] {
            assert_eq!(phone(&format!(" {text} ")), text);
        }
        assert_eq!(phone(" "), "");
    }
}
